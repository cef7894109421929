"""
How an inbox stands, counted from what is in memory: who is in work, who waits for what, until when.

A hundred thousand waiting files cost no more than their number of folders. Owned by the conductor's
thread; read for `_STATUS.txt`.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from typing import Protocol

from upscaled.core.budget import Caps, Spend
from upscaled.core.folders import Target, drop_folder
from upscaled.core.forecast import RECENT, Forecast, Kind, Sample, forecast, sample_of
from upscaled.core.life import Word, word_of
from upscaled.core.status_text import NAMES, Group, Standing
from upscaled.flow.conductor import Conductor
from upscaled.flow.patrol import Patrol
from upscaled.nouns import Hold, Job, State

_LIFTS = {Hold.BUDGET, Hold.WINDOW}
"""Holds whose next look is when they lift; the others are looked at again and again."""
_STAGES = {
    State.SEEN: "Still arriving, or about to be read.",
    State.ASKED: "About to be looked at.",
    State.TAKEN: "About to be looked at.",
    State.JUDGED: "The rest of the series is waited for.",
    State.PLANNED: "Looked at and planned.",
    State.ADMITTED: "Being prepared.",
    State.PREPARED: "Being prepared.",
    State.SUBMITTING: "Being enlarged.",
    State.SUBMITTED: "Being enlarged.",
    State.READY: "Enlarged, being fetched.",
    State.FETCHED: "Being finished and checked.",
}
_ENDING = "Being put in its place."
_QUEUED = "In the queue of this folder."

_Key = tuple[str, Hold | None, str, datetime | None]
"""
What makes a group: the target folder, the hold, without one what is said, and the minute in which
it lifts: no day is named for a price over a whole cap because another picture waits for tomorrow.
"""


class Waiting(Protocol):
    """One file that waits for a person."""

    @property
    def job(self) -> str:
        """Return whose it is."""

    @property
    def root(self) -> str:
        """Return `review` or `failed`."""

    @property
    def path(self) -> str:
        """Return where, relative to the root."""

    @property
    def at(self) -> float:
        """Return when what is known of it changed last, in seconds since 1970."""


class People(Protocol):
    """What the ledger knows of files that wait for a person."""

    def mark(self, watch: int) -> tuple[int, float]:
        """Return what changes whenever they do."""

    def standing(self, watch: int) -> Sequence[Waiting]:
        """Return them, the latest first."""

    def recent(self, limit: int) -> Sequence[Job]:
        """Return the latest jobs that ended well, the latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the daemon says of itself."""

    engine: Callable[[], tuple[str, str]]
    """Its name, and why it does not work; empty where it does."""
    spend: Callable[[], Spend]
    caps: Caps
    zone: tzinfo
    people: People
    settle_seconds: Sequence[float]
    """By watch: how long what is dragged must lie still."""


@dataclass(slots=True)
class _Tally:
    """Files of one group while they are counted."""

    says: str = ""
    files: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, some: Iterable[str], number: int) -> None:
        self.files += number
        self.names += islice(some, NAMES - len(self.names))


class Census:
    """Counts what is in memory, and remembers how quick the work was."""

    def __init__(self, conductor: Conductor, patrol: Patrol, office: Office) -> None:
        self._conductor = conductor
        self._patrol = patrol
        self._office = office
        self._samples: deque[Sample] = deque(maxlen=RECENT)
        for job in reversed(office.people.recent(RECENT)):
            self.ended(job)

    def ended(self, job: Job) -> None:
        """Learn from an end how quick the work is."""
        if (sample := sample_of(job)) is not None:
            self._samples.append(sample)

    def standing(self, watch: int, *, alive: bool) -> Standing:
        """Return how a watch stands, without what the ledger alone knows."""
        beat, office, book = self._patrol.beats[watch], self._office, self._conductor.book
        engine, stop = office.engine()
        by_word: dict[Word, list[Job]] = {}
        for job in book.jobs.values():
            if job.watch == watch:
                by_word.setdefault(word_of(job.state, held=job.hold is not None), []).append(job)
        waiting = self._tallied(by_word.get(Word.WAITING, ()))
        self._queue(watch, waiting)
        return Standing(
            alive=alive,
            zone=office.zone,
            engine=engine,
            stop=stop,
            trouble=tuple(filter(None, (beat.trouble, book.trouble))),
            looking=not beat.scanned and not beat.trouble,
            working=_groups(self._tallied(by_word.get(Word.WORKING, ()))),
            waiting=_groups(waiting),
            held=_groups(self._tallied(by_word.get(Word.HELD, ()))),
            forecast=self._forecast(watch, engine),
            spend=office.spend(),
            caps=office.caps,
            strays=beat.intake.strays,
            odd=beat.odd,
        )

    def _tallied(self, jobs: Iterable[Job]) -> dict[_Key, _Tally]:
        found: dict[_Key, _Tally] = {}
        grammar = self._conductor.tools.grammar
        for job in jobs:
            says = job.reason or _STAGES.get(job.state, _ENDING)
            folder = drop_folder(grammar, job.path)
            until = _minute(job.due_at) if job.hold in _LIFTS else None
            key = folder, job.hold, "" if job.hold else says, until
            tally = found.setdefault(key, _Tally())
            tally.says = says
            tally.add([job.path.removeprefix(f"{folder}/")], 1)
        return found

    def _queue(self, watch: int, waiting: dict[_Key, _Tally]) -> None:
        """Add what are names alone: by their number, whoever they are."""
        for aim, folders in self._conductor.book.backlog.lines():
            if aim[0] == watch:
                tally = waiting.setdefault((aim[1], None, _QUEUED, None), _Tally(says=_QUEUED))
                for some in folders.values():
                    tally.add(some, len(some))

    def _forecast(self, watch: int, engine: str) -> Forecast | None:
        """Return the range for one inbox: others may go first, or after it."""
        own, every = (
            forecast(self._samples, self._ahead(engine, some)) for some in ([watch], None)
        )
        return replace(own, most=every.most) if own and every else None

    def _ahead(self, engine: str, watches: Sequence[int] | None) -> Counter[Kind]:
        """Count what can move by its kind."""
        book, grammar = self._conductor.book, self._conductor.tools.grammar
        ahead = Counter[Kind]()
        for job in book.jobs.values():
            if job.hold is None and (watches is None or job.watch in watches):
                ahead[job.target, job.facts.engine or engine] += 1
        for (watch, folder), folders in book.backlog.lines():
            place = grammar.resolve(folder)
            if (watches is None or watch in watches) and isinstance(place, Target):
                ahead[place.order.name, engine] += sum(map(len, folders.values()))
        return ahead


def _minute(at: datetime | None) -> datetime | None:
    """Return a time to the full minute: a turn of the calendar was kept as so many seconds."""
    return at and (at + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _groups(tallies: Mapping[_Key, _Tally]) -> tuple[Group, ...]:
    """Return the groups, the largest first."""
    found = [
        Group(
            folder=folder,
            says=tally.says,
            files=tally.files,
            names=tuple(tally.names),
            hold=hold,
            until=until,
        )
        for (folder, hold, _, until), tally in tallies.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.files, one.folder)))
