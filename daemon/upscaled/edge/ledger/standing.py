"""
How a series stands, in SQLite's own words: the ledger and a glance at it ask the same of the file.

Counted by SQLite: ten thousand members are a few rows here. A member that came twice, or was done
again, counts as the later of its jobs does.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upscaled.core.frames import Range, count, frame_of
from upscaled.core.life import ENDS, LIFE, Word, word_of
from upscaled.core.progress import RANGES, Progress, Run, Unrest
from upscaled.core.series import is_sequence
from upscaled.core.shaped import shaped
from upscaled.edge.ledger.rows import when
from upscaled.nouns import Facts, Plan, Recipe, State

_ENDED = json.dumps([state.value for state in ENDS])
_UNDER_WAY = json.dumps(
    [
        state.value
        for state, stage in LIFE.items()
        if stage.step and state not in {State.SEEN, State.ASKED, State.TAKEN}
    ]
)
MOST = 20
"""Series that are told at once, the latest first."""
_WHYS = 3

Ask = Callable[[str, Mapping[str, object]], Sequence[Sequence[Any]]]
"""Puts a statement with named values to the file, and returns its rows."""
Key = tuple[int, str]
"""Watch and series."""

_OF_SERIES = "inbox = :inbox AND state != 'withdrawn' AND series = :key"
_OF_RUN = "inbox = :inbox AND state != 'withdrawn' AND run = :run AND series IS NULL AND away = 0"
"""Of a run those that are not judged, or failed before they were."""
_OF_RUNS = "inbox = :inbox AND state != 'withdrawn' AND run IN (SELECT value FROM json_each(:runs))"
MOST_RUNS = 1000
"""Sequences of one series folder whose frames are counted."""


def latest(ask: Ask, inboxes: Sequence[str], since: datetime, limit: int = MOST) -> list[Key]:
    """Return the series that have members under way, or were told since; the latest first."""
    alive = (
        "SELECT DISTINCT inbox, series FROM jobs WHERE series IS NOT NULL"
        " AND state IN (SELECT value FROM json_each(:under_way))"
    )
    told = (
        "SELECT inbox, key FROM series WHERE inbox IN (SELECT value FROM json_each(:inboxes))"
        " AND max(coalesce(told_at, 0.0), decided_at) >= :since"
        " ORDER BY max(coalesce(told_at, 0.0), decided_at) DESC LIMIT :limit"
    )
    values = {"inboxes": json.dumps(inboxes), "since": since.timestamp(), "limit": limit}
    found = [*ask(alive, {"under_way": _UNDER_WAY}), *ask(told, values)]
    keys = dict.fromkeys((inbox, key) for inbox, key in found if inbox in inboxes)
    return [(inboxes.index(inbox), key) for inbox, key in keys][:limit]


def progress(ask: Ask, inboxes: Sequence[str], about: Key, span: Range | None = None) -> Progress:
    """Return how one series stands; `span` are the frames that there should be."""
    watch, key = about
    series = _Series(ask, inboxes[watch], key)
    words, cost = series.counted()
    known = series.known()
    return Progress(
        watch=watch,
        key=key,
        words=words,
        cost=cost,
        recipe=shaped(Recipe, json.loads(known.recipe)) if known.recipe else None,
        plan=series.plan(),
        pilot=series.path(known.proven_by),
        reopened_at=series.reopened(),
        flicker=shaped(Unrest, json.loads(known.told)) if known.told else None,
        why=series.whys(),
        **_numbers(series.frames(span)),
    )


def _numbers(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what is told of frames: of one sequence itself, of several each of them."""
    if len(runs) == 1:
        return {
            name: getattr(runs[0], name) for name in ("first", "last", "missing", "gone", "width")
        }
    return {"runs": tuple(runs), "gone": sum(run.gone for run in runs)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A row of the table of series."""

    recipe: str | None = None
    proven_by: str | None = None
    told: str | None = None


def _run(
    name: str, begins: tuple[str | None, int | None], last: int | None, gaps: Sequence[Range]
) -> Run:
    path, first = begins
    frame = frame_of(path) if path else None
    return Run(
        run=name,
        first=first,
        last=last,
        missing=tuple(gaps[: RANGES + 1]),
        gone=count(gaps),
        width=len(frame.digits) if frame else 4,
    )


class _Series:
    """One series; every question is one or two statements."""

    def __init__(self, ask: Ask, inbox: str, key: str) -> None:
        self._ask = ask
        self.run = key.rpartition(" ")[0] if is_sequence(key) else None
        """What a sequence's frames share, None for a whole folder or a named series."""
        self._values = {"inbox": inbox, "key": key, "run": self.run, "ended": _ENDED}
        newest = self.run is not None and self._newest() in {None, key}
        self._such = [_OF_SERIES, _OF_RUN] if newest else [_OF_SERIES]
        """What finds the members: each along an index of its own."""

    def known(self) -> _Known:
        """Return what was decided and told of it."""
        rows = self._all(
            "SELECT recipe, proven_by, flicker FROM series WHERE inbox = :inbox AND key = :key"
        )
        if not rows:
            return _Known()
        return _Known(recipe=rows[0][0], proven_by=rows[0][1], told=rows[0][2])

    def counted(self) -> tuple[dict[Word, int], int]:
        """Return how many members there are of each word, and what all their jobs have cost."""
        words, cost = Counter[Word](), 0
        query = (
            "SELECT state, hold IS NOT NULL, count(*), sum(cost) FROM jobs WHERE SUCH GROUP BY 1, 2"
        )
        for state, held, number, micros in self._each(query):
            words[word_of(State(state), held=bool(held))] += number
            cost += micros
        words.subtract(self._again())
        return {word: number for word, number in words.items() if number}, cost

    def frames(self, span: Range | None) -> list[Run]:
        """Return of each of its sequences the first and the last frame, and what is missing."""
        names = [self.run] if self.run is not None else self._runs()
        values = {"runs": json.dumps(names)}
        # Where one minimum alone is asked for, SQLite takes the path from its row.
        first = "SELECT run, path, min(frame) FROM jobs WHERE SUCH GROUP BY run"
        last = "SELECT run, max(frame) FROM jobs WHERE SUCH GROUP BY run"
        begins = {run: (path, low) for run, path, low in self._all(first, _OF_RUNS, values)}
        ends = {row[0]: row[1] for row in self._all(last, _OF_RUNS, values)}
        gaps = self._gaps(values, span)
        return [
            _run(name, begins.get(name, (None, None)), ends.get(name), gaps.get(name, []))
            for name in names
        ]

    def _runs(self) -> list[str]:
        """Return the sequences that a series folder holds; members without a number are of none."""
        # The plus keeps SQLite to the index of the series: there are more frames than its own.
        found = self._all(
            "SELECT DISTINCT +run FROM jobs WHERE SUCH AND +run IS NOT NULL LIMIT :most",
            _OF_SERIES,
            {"most": MOST_RUNS},
        )
        return sorted(run for (run,) in found)

    def _gaps(self, values: Mapping[str, object], span: Range | None) -> dict[str, list[Range]]:
        """Return what is missing in each sequence, rising."""
        low, high = span or (None, None)
        # Of a span the numbers around it stand in for frames.
        around = (
            " AND frame BETWEEN :low AND :high"
            " UNION SELECT value, :low - 1 FROM json_each(:runs)"
            " UNION SELECT value, :high + 1 FROM json_each(:runs)"
            if span is not None
            else ""
        )
        query = (
            "WITH known(run, n) AS (SELECT DISTINCT run, frame FROM jobs WHERE SUCH),"
            " pairs(run, n, next) AS"
            " (SELECT run, n, lead(n) OVER (PARTITION BY run ORDER BY n) FROM known)"
            " SELECT run, n + 1, next - 1 FROM pairs WHERE next - n > 1 ORDER BY run, n"
        )
        such = f"{_OF_RUNS} AND frame IS NOT NULL{around}"
        gaps: dict[str, list[Range]] = {}
        for run, first, last in self._all(query, such, {**values, "low": low, "high": high}):
            gaps.setdefault(run, []).append((first, last))
        return gaps

    def plan(self) -> Plan | None:
        """Return the plan of one member: theirs are one."""
        found = self._all(
            "SELECT facts FROM jobs WHERE inbox = :inbox AND series = :key AND state != 'judged'"
            " AND json_extract(facts, '$.plan') IS NOT NULL LIMIT 1"
        )
        return shaped(Facts, json.loads(found[0][0])).plan if found else None

    def path(self, job_id: str | None) -> str | None:
        """Return a job's path."""
        found = self._all("SELECT path FROM jobs WHERE id = :job", values={"job": job_id})
        return found[0][0] if found else None

    def reopened(self) -> datetime | None:
        """Return since when members are under way that came after all before them had ended."""
        alive = (
            "SELECT min(seen_at) FROM jobs WHERE SUCH"
            " AND state NOT IN (SELECT value FROM json_each(:ended))"
        )
        first = min((one for (one,) in self._each(alive) if one is not None), default=None)
        if first is None:
            return None
        ended = (
            "SELECT max(updated_at) FROM jobs WHERE SUCH AND seen_at < :first"
            " AND state IN (SELECT value FROM json_each(:ended))"
        )
        before = self._each(ended, {"first": first})
        last = max((one for (one,) in before if one is not None), default=None)
        return when(first) if last is not None and last < first else None

    def whys(self) -> tuple[str, ...]:
        """Return what members wait for, the most common sentences first."""
        found = Counter[str]()
        query = (
            "SELECT reason, count(*) FROM jobs WHERE SUCH AND reason IS NOT NULL"
            " AND state NOT IN (SELECT value FROM json_each(:ended))"
            " GROUP BY reason ORDER BY count(*) DESC, reason LIMIT :whys"
        )
        for reason, number in self._each(query, {"whys": _WHYS}):
            found[reason] += number
        return tuple(reason for reason, _ in found.most_common(_WHYS))

    # ---- inside

    def _newest(self) -> str | None:
        """Return of several pixel sizes the latest: what is not judged yet counts there."""
        found = self._all(
            "SELECT key FROM series WHERE inbox = :inbox AND key >= :low AND key < :high"
            " ORDER BY decided_at DESC LIMIT 1",
            values={"low": f"{self.run} ", "high": f"{self.run}!"},
        )
        return found[0][0] if found else None

    def _again(self) -> Counter[Word]:
        """Return the earlier jobs of members that came more than once: they do not count."""
        twice = (
            "SELECT path FROM (SELECT path FROM jobs WHERE SUCH) GROUP BY +path HAVING count(*) > 1"
        )
        both = " UNION ALL SELECT path FROM jobs WHERE ".join(self._such)
        query = "SELECT seen_at, id, state, hold FROM jobs WHERE SUCH AND path = :path"
        words = Counter[Word]()
        for (path,) in self._all(twice, both):
            rows = sorted(tuple(row) for row in self._each(query, {"path": path}))
            for _, _, state, hold in rows[:-1]:
                words[word_of(State(state), held=hold is not None)] += 1
        return words

    def _each(self, query: str, values: Mapping[str, object] | None = None) -> list[Sequence[Any]]:
        return [row for such in self._such for row in self._all(query, such, values)]

    def _all(
        self, query: str, such: str = "", values: Mapping[str, object] | None = None
    ) -> Sequence[Sequence[Any]]:
        return self._ask(query.replace("SUCH", such), {**self._values, **(values or {})})
