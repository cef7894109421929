"""
`_STATUS.txt` in each inbox: how it stands, for the people who have no shell.

Looked at every few seconds, written where something changed and at most once a minute, in the
watch's own lane. Made from counts: a hundred thousand waiting files cost no more than their number
of folders. Where originals are left in place the inbox is not ours to write in: then it stands in
review/, where people look anyway.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Protocol

import structlog

from upscaled.core import names
from upscaled.core.budget import Caps, Spend
from upscaled.core.folders import Target
from upscaled.core.forecast import RECENT, Forecast, Kind, Sample, forecast, sample_of
from upscaled.core.life import Word, word_of
from upscaled.core.status_text import NAME, NAMES, Group, Place, Standing, body, text
from upscaled.core.strays import folder_of
from upscaled.errors import LedgerUnwritable, Outage, UpscaledError
from upscaled.flow.cashier import drop_folder
from upscaled.flow.conductor import Conductor
from upscaled.flow.lanes import Lane as Road
from upscaled.flow.patrol import LOOK_RANK, Patrol
from upscaled.flow.ports import Clock
from upscaled.nouns import Hold, Job, State

log = structlog.get_logger()

LOOK_SECONDS = 5.0
WRITE_SECONDS = 60.0
STOP_SECONDS = 0.5
"""How long an end waits for the last words, of all together; a hung share must not hold it up."""
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

_Key = tuple[str, Hold | None, str]
"""What makes a group: the target folder, the hold, and without one what is said."""


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


@dataclass(slots=True, kw_only=True)
class _Page:
    """One inbox's status."""

    watch: int
    folder: Path
    name: str
    lane: Road
    look_at: float = 0.0
    write_at: float = 0.0
    busy: bool = False
    body: str = ""
    trouble: str = ""
    mark: tuple[int, float] | None = None
    places: tuple[tuple[Place, ...], tuple[Place, ...]] = ((), ())
    """In review/ and in failed/, as of `mark`."""


@dataclass(slots=True)
class _Tally:
    """Files of one group while they are counted."""

    says: str = ""
    files: int = 0
    names: list[str] = field(default_factory=list)
    until: datetime | None = None

    def add(self, some: Iterable[str], number: int) -> None:
        self.files += number
        self.names += islice(some, NAMES - len(self.names))


class Boards:
    """Every inbox's status. Owned by the conductor's thread; writes in the watch's lane."""

    def __init__(
        self,
        conductor: Conductor,
        patrol: Patrol,
        lanes: Sequence[Road],
        office: Office,
    ) -> None:
        self._conductor = conductor
        self._patrol = patrol
        self._office = office
        self._samples: deque[Sample] = deque(maxlen=RECENT)
        for job in reversed(office.people.recent(RECENT)):
            self.ended(job)
        self._pages = [
            _Page(
                watch=number,
                folder=config.review if config.originals == "leave" else config.inbox,
                name=config.inbox.name,
                lane=lanes[number],
            )
            for number, config in enumerate(conductor.tools.settings.watch)
        ]

    def ended(self, job: Job) -> None:
        """Learn from an end how quick the work is."""
        if (sample := sample_of(job)) is not None:
            self._samples.append(sample)

    def turn(self) -> None:
        """Look at what is due; a status that changed is written, at most once a minute."""
        now = self._conductor.tools.clock.monotonic()
        for page in self._pages:
            looked = self._patrol.share(page.watch) is not None
            if looked and not page.busy and now >= max(page.look_at, page.write_at):
                page.look_at = now + LOOK_SECONDS
                self._begin(page, alive=True)

    def stop(self) -> None:
        """Say that nobody works here any more."""
        ends = [self._begin(page, alive=False) for page in self._pages]
        wait_for([end for end in ends if end is not None], self._conductor.tools.clock)

    def _begin(self, page: _Page, *, alive: bool) -> Event | None:
        """See how it stands, and have that written; None while the ledger is deaf."""
        try:
            standing = self._standing(page.watch, alive=alive)
        except LedgerUnwritable as error:
            self._conductor.book.complain(error)
            return None
        page.busy, end = True, Event()
        page.lane.put(LOOK_RANK, partial(self._work, page, standing, end))
        return end

    # ---- how it stands

    def _standing(self, watch: int, *, alive: bool) -> Standing:
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
            tally = found.setdefault((folder, job.hold, "" if job.hold else says), _Tally())
            tally.says = says
            tally.add([job.path.removeprefix(f"{folder}/")], 1)
            if job.hold in _LIFTS and job.due_at is not None:
                tally.until = max(tally.until or job.due_at, job.due_at)
        return found

    def _queue(self, watch: int, waiting: dict[_Key, _Tally]) -> None:
        """Add what are names alone: by their number, whoever they are."""
        for aim, folders in self._conductor.book.backlog.lines():
            if aim[0] == watch:
                tally = waiting.setdefault((aim[1], None, _QUEUED), _Tally(says=_QUEUED))
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

    # ---- in the watch's lane

    def _work(self, page: _Page, standing: Standing, end: Event) -> None:
        trouble = ""
        before = page.body
        try:
            self._look(page)
            self._write(page, standing)
        except UpscaledError as error:
            trouble = error.message
        finally:
            written = page.body != before
            self._conductor.post(partial(self._back, page, trouble, written=written))
            end.set()

    def _look(self, page: _Page) -> None:
        """Ask the ledger what waits for a person, where that has changed."""
        people = self._office.people
        mark = people.mark(page.watch)
        if mark != page.mark:
            folders: dict[str, Counter[str]] = {"review": Counter(), "failed": Counter()}
            for one in people.standing(page.watch):
                folders[one.root][folder_of(one.path)] += 1
            review, failed = (_places(folders[root]) for root in ("review", "failed"))
            page.mark, page.places = mark, (review, failed)

    def _write(self, page: _Page, standing: Standing) -> None:
        tools = self._conductor.tools
        try:
            tools.roots.require(page.watch)
        except Outage:
            # Another of its roots may be lost; that is just what people here want to know.
            if not tools.disk.is_there(page.folder / names.ROOT_MARKER):
                raise
        whole = replace(standing, review=page.places[0], failed=page.places[1])
        now = tools.clock.now()
        said = body(whole, now) + ("" if standing.alive else "not running")
        if said != page.body:
            tools.disk.note(text(whole, now, page.name), page.folder / NAME)
            page.body = said

    # ---- back in the conductor's thread

    def _back(self, page: _Page, trouble: str, *, written: bool) -> None:
        now = self._conductor.tools.clock.monotonic()
        page.busy = False
        if written or trouble:
            page.write_at = now + WRITE_SECONDS
        if trouble and trouble != page.trouble:
            log.warning("status_not_written", folder=str(page.folder), reason=trouble)
        page.trouble = trouble


def wait_for(ends: Iterable[Event], clock: Clock) -> None:
    """Wait a bounded time for all of them together."""
    until = clock.monotonic() + STOP_SECONDS
    for end in ends:
        end.wait(max(0.0, until - clock.monotonic()))


def _groups(tallies: Mapping[_Key, _Tally]) -> tuple[Group, ...]:
    """Return the groups, the largest first."""
    found = [
        Group(
            folder=folder,
            says=tally.says,
            files=tally.files,
            names=tuple(tally.names),
            hold=hold,
            until=tally.until,
        )
        for (folder, hold, _), tally in tallies.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.files, one.folder)))


def _places(folders: Mapping[str, int]) -> tuple[Place, ...]:
    found = (Place(folder=folder, files=number) for folder, number in folders.items())
    return tuple(sorted(found, key=lambda one: (-one.files, one.folder)))
