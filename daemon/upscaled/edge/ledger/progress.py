"""
How series stand, counted by SQLite: ten thousand members are a few rows here.

Read-only but for when people were told. A member that came twice, or was done again, counts as the
later of its jobs does.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from upscaled.core.flicker import BOUND
from upscaled.core.frames import Range, count, frame_of
from upscaled.core.life import ENDS, LIFE, Word, word_of
from upscaled.core.progress import RANGES, Progress, Unrest
from upscaled.core.series import is_sequence
from upscaled.edge.ledger.rows import job_of, when
from upscaled.edge.ledger.series import TABLE
from upscaled.edge.ledger.tables import jobs
from upscaled.nouns import Job, Plan, Recipe, State

_RECIPE = TypeAdapter(Recipe)
_UNREST = TypeAdapter(Unrest)
_Link = Callable[[], AbstractContextManager[sa.Connection]]
_ROWS = jobs.c
_WITHDRAWN = State.WITHDRAWN.value
_UNDER_WAY = [
    state.value
    for state, stage in LIFE.items()
    if stage.step and state not in {State.SEEN, State.ASKED, State.TAKEN}
]
MOST = 20
"""Series that are told at once, the latest first."""
_WHYS = 3
_ENDED = _ROWS.state.in_([state.value for state in ENDS])

Key = tuple[int, str]
"""Watch and series."""
_Such = list[list[sa.ColumnElement[bool]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A row of the table of series."""

    recipe: Recipe | None = None
    proven_by: str | None = None
    told: str | None = None


class Standings:
    """How series stand."""

    def __init__(self, inboxes: Sequence[str], reading: _Link, writing: _Link) -> None:
        self._inboxes = tuple(inboxes)
        self._reading = reading
        self._writing = writing

    def latest(self, since: datetime, limit: int = MOST) -> list[Key]:
        """Return the series that have members under way, or were told since; the latest first."""
        moved = sa.func.max(sa.func.coalesce(TABLE.c.told_at, 0.0), TABLE.c.decided_at)
        alive = (
            sa.select(_ROWS.inbox, _ROWS.series)
            .where(_ROWS.state.in_(_UNDER_WAY), _ROWS.series.is_not(None))
            .distinct()
        )
        told = (
            sa.select(TABLE.c.inbox, TABLE.c.key)
            .where(TABLE.c.inbox.in_(self._inboxes), moved >= since.timestamp())
            .order_by(moved.desc())
            .limit(limit)
        )
        with self._reading() as link:
            found = [*link.execute(alive).all(), *link.execute(told).all()]
        keys = dict.fromkeys((inbox, key) for inbox, key in found if inbox in self._inboxes)
        return [(self._inboxes.index(inbox), key) for inbox, key in keys][:limit]

    def known(self) -> list[Key]:
        """Return every series that was ever judged, the latest first."""
        query = (
            sa.select(TABLE.c.inbox, TABLE.c.key)
            .where(TABLE.c.inbox.in_(self._inboxes))
            .order_by(TABLE.c.decided_at.desc())
        )
        with self._reading() as link:
            return [(self._inboxes.index(inbox), key) for inbox, key in link.execute(query)]

    def within(self, watch: int, folder: str) -> list[str]:
        """Return the series directly in a folder, the latest first."""
        query = (
            sa.select(TABLE.c.key)
            .where(
                TABLE.c.inbox == self._inboxes[watch],
                TABLE.c.key >= f"{folder}/",
                TABLE.c.key < f"{folder}0",  # the character after the slash
            )
            .order_by(TABLE.c.decided_at.desc(), TABLE.c.key)
        )
        with self._reading() as link:
            found = link.execute(query).scalars().all()
        return [key for key in found if key.rpartition("/")[0] == folder]

    def progress(self, watch: int, key: str, span: Range | None = None) -> Progress:
        """Return how one series stands; `span` are the frames that there should be."""
        inbox, run = self._inboxes[watch], _run_of(key)
        with self._reading() as link:
            known = _known(link, inbox, key)
            newest = run is not None and _newest(link, inbox, run) in {None, key}
            such = _members(inbox, key, run if newest else None)
            words, cost = _counted(link, such)
            run = run or _only_run(link, inbox, key)
            return Progress(
                watch=watch,
                key=key,
                words=words,
                cost=cost,
                recipe=known.recipe,
                plan=_plan(link, inbox, key),
                pilot=_path(link, known.proven_by),
                reopened_at=_reopened(link, such),
                flicker=_UNREST.validate_json(known.told) if known.told else None,
                why=_whys(link, such),
                **(_frames(link, inbox, run, span) if run else {}),
            )

    def neighbours(self, job: Job) -> list[tuple[str, str]]:
        """Return path and swatch of the finished frames before and after one, the latest first."""
        frame = frame_of(job.path)
        if frame is None or frame.number is None:
            return []
        seen = sa.func.json_extract(_ROWS.facts, "$.fidelity.swatch")
        query = (
            sa.select(_ROWS.path, seen)
            .where(
                _ROWS.inbox == self._inboxes[job.watch],
                _ROWS.run == frame.run,
                _ROWS.frame.in_([frame.number - 1, frame.number + 1]),
                _ROWS.series == job.facts.series,
                _ROWS.state != _WITHDRAWN,
                seen.is_not(None),
            )
            .order_by(_ROWS.updated_at.desc())
        )
        found: dict[str, str] = {}
        with self._reading() as link:
            for path, swatch in link.execute(query):
                found.setdefault(path, swatch)
        return list(found.items())

    def unrest(self, watch: int, key: str) -> Unrest | None:
        """Return what the comparisons of neighbours came to; reads every member's facts."""
        excess = sa.func.json_extract(_ROWS.facts, "$.flicker.excess")
        each = (
            sa.select(_ROWS.path, excess.label("excess"))
            .where(
                _ROWS.inbox == self._inboxes[watch],
                _ROWS.series == key,
                _ROWS.state.in_([State.DONE.value, State.REVIEW.value]),
                excess.is_not(None),
            )
            .subquery()
        )
        over = sa.func.sum(sa.case((each.c.excess > BOUND, 1), else_=0))
        worst = sa.select(each.c.path, each.c.excess).order_by(each.c.excess.desc(), each.c.path)
        with self._reading() as link:
            first = link.execute(worst.limit(1)).first()
            if first is None:
                return None
            number, many = link.execute(sa.select(sa.func.count(), over)).one()
        return Unrest(compared=number, worst=first.excess, frame=first.path, over=many)

    def told(self, watch: int, key: str, at: datetime, flicker: Unrest | None) -> None:
        """Note when people were told of a series, and what its flicker comes to."""
        values = {
            "told_at": at.timestamp(),
            "flicker": _UNREST.dump_json(flicker).decode() if flicker else None,
        }
        where = (TABLE.c.inbox == self._inboxes[watch]) & (TABLE.c.key == key)
        with self._writing() as link:
            link.execute(TABLE.update().where(where), values)


def _run_of(key: str) -> str | None:
    """Return what a sequence's frames share, None for a whole folder or a named series."""
    return key.rpartition(" ")[0] if is_sequence(key) else None


def _known(link: sa.Connection, inbox: str, key: str) -> _Known:
    query = sa.select(TABLE.c.recipe, TABLE.c.proven_by, TABLE.c.flicker)
    row = link.execute(query.where(TABLE.c.inbox == inbox, TABLE.c.key == key)).first()
    if row is None:
        return _Known()
    return _Known(
        recipe=_RECIPE.validate_json(row.recipe), proven_by=row.proven_by, told=row.flicker
    )


def _newest(link: sa.Connection, inbox: str, run: str) -> str | None:
    """Return of several pixel sizes the latest: what is not judged yet counts there."""
    query = (
        sa.select(TABLE.c.key)
        .where(TABLE.c.inbox == inbox, TABLE.c.key >= f"{run} ", TABLE.c.key < f"{run}!")
        .order_by(TABLE.c.decided_at.desc())
        .limit(1)
    )
    found: str | None = link.execute(query).scalar()
    return found


def _members(inbox: str, key: str, run: str | None) -> _Such:
    """
    Return what finds the members: each list for an index of its own.

    Those of the series, and of a run those that are not judged, or failed before they were.
    """
    here = (_ROWS.inbox == inbox, _ROWS.state != _WITHDRAWN)
    found = [[*here, _ROWS.series == key]]
    if run is not None:
        found.append([*here, _ROWS.run == run, _ROWS.series.is_(None), _ROWS.away.is_(False)])
    return found


def _counted(link: sa.Connection, such: _Such) -> tuple[dict[Word, int], int]:
    """Return how many members there are of each word, and what all their jobs have cost."""
    held = _ROWS.hold.is_not(None)
    words, cost = Counter[Word](), 0
    for one in such:
        query = sa.select(_ROWS.state, held, sa.func.count(), sa.func.sum(_ROWS.cost))
        for state, is_held, number, micros in link.execute(
            query.where(*one).group_by(_ROWS.state, held)
        ):
            words[word_of(State(state), held=bool(is_held))] += number
            cost += micros
    words.subtract(_again(link, such))
    return {word: number for word, number in words.items() if number}, cost


def _again(link: sa.Connection, such: _Such) -> Counter[Word]:
    """Return the earlier jobs of members that came more than once: they do not count."""
    twice = [sa.select(_ROWS.path).where(*one) for one in such]
    paths = sa.union_all(*twice).subquery()
    query = sa.select(paths.c.path).group_by(paths.c.path).having(sa.func.count() > 1)
    words = Counter[Word]()
    for path in link.execute(query).scalars().all():
        rows = [
            row
            for one in such
            for row in link.execute(
                sa.select(_ROWS.seen_at, _ROWS.id, _ROWS.state, _ROWS.hold).where(
                    *one, _ROWS.path == path
                )
            )
        ]
        for row in sorted(rows)[:-1]:
            words[word_of(State(row.state), held=row.hold is not None)] += 1
    return words


def _only_run(link: sa.Connection, inbox: str, key: str) -> str | None:
    """Return the one sequence that a series folder holds, None where it holds none, or several."""
    query = sa.select(_ROWS.run).where(_ROWS.inbox == inbox, _ROWS.series == key).distinct()
    found = link.execute(query.limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def _frames(link: sa.Connection, inbox: str, run: str, span: Range | None) -> dict[str, Any]:
    """Return the first and the last frame of a run, and what is missing."""
    here = (_ROWS.inbox == inbox, _ROWS.run == run, _ROWS.state != _WITHDRAWN)
    every = sa.select(_ROWS.frame.label("n")).where(*here, _ROWS.frame.is_not(None)).distinct()
    ends = sa.select(sa.func.min(_ROWS.frame), sa.func.max(_ROWS.frame)).where(*here)
    first, last = link.execute(ends).one()
    known = every.subquery()
    if span is not None:  # the numbers around it stand in for frames
        around = (sa.select(sa.literal(one)) for one in (span[0] - 1, span[1] + 1))
        known = sa.union(every.where(_ROWS.frame.between(*span)), *around).subquery()
    pairs = sa.select(known.c.n, sa.func.lead(known.c.n).over(order_by=known.c.n).label("then"))
    gaps = pairs.subquery()
    wide = gaps.c.then - gaps.c.n > 1
    query = sa.select(gaps.c.n + 1, gaps.c.then - 1).where(wide).order_by(gaps.c.n)
    missing = tuple((low, high) for low, high in link.execute(query))
    path = link.execute(sa.select(_ROWS.path).where(*here, _ROWS.frame == first).limit(1)).scalar()
    frame = frame_of(path) if path else None
    return {
        "first": first,
        "last": last,
        "missing": missing[: RANGES + 1],
        "gone": count(missing),
        "width": len(frame.digits) if frame else 4,
    }


def _plan(link: sa.Connection, inbox: str, key: str) -> Plan | None:
    """Return the plan of one member: theirs are one."""
    planned = sa.func.json_extract(_ROWS.facts, "$.plan").is_not(None)
    here = (_ROWS.inbox == inbox, _ROWS.series == key, _ROWS.state != State.JUDGED.value)
    row = link.execute(sa.select(jobs).where(*here, planned).limit(1)).mappings().first()
    return job_of(row, [inbox]).facts.plan if row else None


def _path(link: sa.Connection, job_id: str | None) -> str | None:
    found: str | None = link.execute(sa.select(_ROWS.path).where(_ROWS.id == job_id)).scalar()
    return found


def _reopened(link: sa.Connection, such: _Such) -> datetime | None:
    """Return since when members are under way that came after all before them had ended."""
    begun = [
        link.execute(sa.select(sa.func.min(_ROWS.seen_at)).where(*one, ~_ENDED)).scalar()
        for one in such
    ]
    first = min((one for one in begun if one is not None), default=None)
    if first is None:
        return None
    ended = sa.select(sa.func.max(_ROWS.updated_at)).where(_ENDED, _ROWS.seen_at < first)
    before = [link.execute(ended.where(*one)).scalar() for one in such]
    last = max((one for one in before if one is not None), default=None)
    return when(first) if last is not None and last < first else None


def _whys(link: sa.Connection, such: _Such) -> tuple[str, ...]:
    """Return what members wait for, the most common sentences first."""
    found = Counter[str]()
    for one in such:
        query = (
            sa.select(_ROWS.reason, sa.func.count())
            .where(*one, ~_ENDED, _ROWS.reason.is_not(None))
            .group_by(_ROWS.reason)
            .order_by(sa.func.count().desc(), _ROWS.reason)
            .limit(_WHYS)
        )
        for reason, number in link.execute(query):
            found[reason] += number
    return tuple(reason for reason, _ in found.most_common(_WHYS))
