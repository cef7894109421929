"""
The conductor's book: the jobs that move or rest, in memory, every change in the ledger first.

What only waits in its inbox for its turn is a name in the backlog and a row in the ledger. Owned by
the conductor's thread. While the ledger cannot be written, changes wait here in order and
`writable` is False: the conductor then starts nothing, so nothing can be paid for.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from upscaled.core.life import ENDS
from upscaled.errors import LedgerUnwritable
from upscaled.flow.backlog import Aim, Backlog
from upscaled.nouns import Hold, Job, PassDone, State

log = structlog.get_logger()

MOVING = 512
"""Jobs that are settled, read, judged or worked on at once; the rest waits in its inbox."""
AHEAD = 64
"""So many more may move where their tickets call them urgent."""
RESTING = 256
"""Jobs of one target folder that are held, each with a private copy on the disk: no more are taken
out of their inbox behind them. What waits for its series does not count: the rest must come."""

PLACEHOLDERS = 256
"""Empty files that are looked at one by one until somebody fills them; of more only the names are
kept, and the whole look into their folder finds what was filled."""


class Journal(Protocol):
    """What the book needs of the ledger."""

    def add(self, jobs: Sequence[Job]) -> None:
        """Write the rows of files seen for the first time."""

    def record(self, job: Job, said: str = "", paid: Sequence[PassDone] = ()) -> None:
        """Write a job's new row, its history and its settled money in one go."""

    def forget(self, jobs: Sequence[Job]) -> None:
        """Drop the rows of files that left before they were ever read."""

    def alive_at(self, watch: int, paths: Sequence[str]) -> list[Job]:
        """Return the jobs of these paths that have not ended."""

    def named(self, ids: Sequence[str]) -> dict[str, Job]:
        """Return the jobs that have these ids, ended ones too."""

    def unfinished(self) -> Iterator[Job]:
        """Yield every job that has not ended, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    job: Job
    said: str
    paid: tuple[PassDone, ...]


def parted(path: str) -> tuple[str, str]:
    """Return the folder, empty for the inbox itself, and the name of a path in an inbox."""
    folder, _, name = path.rpartition("/")
    return folder, name


def _by_folder(job: Job) -> Aim:
    return job.watch, parted(job.path)[0]


def _is_moving(job: Job) -> bool:
    return job.hold is None and job.state is not State.JUDGED


def _is_resting(job: Job) -> bool:
    """Say whether it is held with its private copy; an empty file was never read."""
    return job.hold is not None and job.sha256 is not None


def _is_empty(job: Job) -> bool:
    """Say whether it is a placeholder that nobody has filled yet."""
    return job.state is State.SEEN and job.size == 0 and job.hold is Hold.NOT_READY


class Book:
    """Living jobs by id, by folder and name."""

    def __init__(self, journal: Journal, aim: Callable[[Job], Aim] = _by_folder) -> None:
        self._journal = journal
        self._aim = aim
        self.jobs: dict[str, Job] = {}
        self.backlog = Backlog()
        self._names: dict[tuple[int, str], dict[str, str]] = {}
        self._away: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
        self._moving: set[str] = set()
        self._resting: dict[str, Aim] = {}
        self._rest_in: Counter[Aim] = Counter()
        self._empty: set[str] = set()
        self.asleep: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
        """Names of placeholders by folder, of which nothing else is kept here."""
        self._waiting: deque[_Change] = deque()
        self.noted: Callable[[Job], None] = lambda _job: None
        """Told of every change of a living job, and of every file that waits for its turn."""
        self.left: Callable[[Job], None] = lambda _job: None
        """Told when a job is no living one any more."""
        self.trouble = ""
        self.revision = 0
        """Grows with every change of what lives here."""

    @property
    def writable(self) -> bool:
        """Say whether every change so far is durable."""
        return not self._waiting

    @property
    def has_room(self) -> bool:
        """Say whether one more file may be taken out of its inbox."""
        return len(self._moving) < MOVING

    def load(self) -> None:
        """Take up every job that has not ended; where there is no room, what is unread waits."""
        for job in self._journal.unfinished():
            unread = job.state is State.SEEN and job.sha256 is None
            if unread and not self.has_room and not self._goes_ahead(job):
                self._queue(job)
            elif not self.lull(job):
                self._remember(job)

    def at(self, watch: int, path: str) -> Job | None:
        """Return the living job of a file, None where it waits for its turn."""
        folder, name = parted(path)
        return self.jobs.get(self._names.get((watch, folder), {}).get(name, ""))

    def names(self, watch: int, folder: str) -> Mapping[str, str]:
        """Return the living jobs' ids in one folder by file name."""
        return self._names.get((watch, folder), {})

    def away_from(self, watch: int, path: str) -> list[Job]:
        """Return the living jobs of a path whose original is not taken from the inbox."""
        return [self.jobs[job_id] for job_id in self._away.get((watch, path), ())]

    def add(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """
        Take in files seen for the first time; return those whose turn it is.

        On a full disk none is: they are seen again later.
        """
        try:
            self._journal.add(jobs)
        except LedgerUnwritable as error:
            self.complain(error)
            return ()
        self.trouble = ""
        awake = []
        for job in jobs:
            aim = self._aim(job)
            in_turn = self.has_room and self._may_rest(aim) and not self.backlog.holds(aim)
            if self.lull(job):
                continue
            if in_turn or self._goes_ahead(job):
                self._remember(job)
                awake.append(job)
            else:
                self._queue(job)
        return tuple(awake)

    def named(self, ids: Sequence[str]) -> dict[str, Job] | None:
        """Return the jobs that have these ids, ended ones too; None while nobody can say."""
        if not self.writable:
            return None  # the rows are older than what happened
        try:
            return self._journal.named(ids)
        except LedgerUnwritable as error:
            self.complain(error)
            return None

    def refill(self) -> tuple[Job, ...]:
        """Return some files whose turn has come, while there is room; each is looked at anew."""
        if not self.backlog or not self.has_room or not self.writable:
            return ()
        watch, paths = self.backlog.next(self._may_rest)
        found = self._alive_at(watch, paths)
        for job in found:
            self._remember(job)
        return tuple(found)

    def rouse(self, job: Job) -> None:
        """Let a file that waits for its turn go first: somebody asks for it by name."""
        folder, name = parted(job.path)
        if self.backlog.drop(job.watch, folder, name) or self._wakes(job):
            self._remember(job)

    def lull(self, job: Job) -> bool:
        """Keep the name alone of a placeholder where many stand; say whether that was done."""
        others = len(self._empty) - (job.id in self._empty)
        if not _is_empty(job) or others < PLACEHOLDERS or not self.writable:
            return False
        folder, name = parted(job.path)
        self.asleep[job.watch, folder].add(name)
        self._drop(job)
        return True

    def filled(self, watch: int, paths: Sequence[str]) -> list[Job]:
        """Take up again what was a placeholder and is none any more."""
        found = self._alive_at(watch, paths) if paths and self.writable else []
        for job in found:
            self._wakes(job)
            self._remember(job)
        return found

    def save(self, job: Job, said: str = "", paid: tuple[PassDone, ...] = ()) -> bool:
        """Make a change durable; False while the ledger cannot be written, and then it waits."""
        self._remember(job)
        self._waiting.append(_Change(job=job, said=said, paid=paid))
        return self.flush()

    def note(self, job: Job) -> None:
        """Remember when to look at a job again; a restart looks at once anyway."""
        self._remember(job)

    def flush(self) -> bool:
        """Write what waits, in order; say whether all of it is durable now."""
        while self._waiting:
            change = self._waiting[0]
            try:
                self._journal.record(change.job, change.said, change.paid)
            except LedgerUnwritable as error:
                self.complain(error)
                return False
            self._waiting.popleft()
            self.trouble = ""
        return True

    def forget(self, jobs: Sequence[Job]) -> None:
        """Drop files that left before they were ever read."""
        try:
            self._journal.forget(jobs)
        except LedgerUnwritable as error:
            self.complain(error)
            return
        for job in jobs:
            folder, name = parted(job.path)
            self.backlog.drop(job.watch, folder, name)
            self._wakes(job)
            self._drop(job)

    def unqueue(self, watch: int, paths: Sequence[str]) -> None:
        """Drop files that left while they waited for their turn."""
        if paths:
            self.forget(self._alive_at(watch, paths))

    def _alive_at(self, watch: int, paths: Sequence[str]) -> list[Job]:
        try:
            return self._journal.alive_at(watch, paths)
        except LedgerUnwritable as error:
            self.complain(error)
            return []

    def _wakes(self, job: Job) -> bool:
        folder, name = parted(job.path)
        names = self.asleep.get((job.watch, folder), set())
        if name not in names:
            return False
        names.discard(name)
        if not names:
            del self.asleep[job.watch, folder]
        return True

    def _queue(self, job: Job) -> None:
        folder, name = parted(job.path)
        self.backlog.add(self._aim(job), folder, name, urgent=job.urgent)
        self.noted(job)

    def _remember(self, job: Job) -> None:
        if job.state in ENDS:
            self._drop(job)
            return
        folder, name = parted(job.path)
        self.jobs[job.id] = job
        self._let_go(job)
        if job.facts.away:
            self._away[job.watch, job.path].add(job.id)
        else:
            self._names.setdefault((job.watch, folder), {})[name] = job.id
        self._count(job, alive=True)
        self.noted(job)

    def _drop(self, job: Job) -> None:
        self.jobs.pop(job.id, None)
        self._count(job, alive=False)
        self._let_go(job)
        self.left(job)

    def _let_go(self, job: Job) -> None:
        folder, name = parted(job.path)
        names = self._names.get((job.watch, folder), {})
        if names.get(name) == job.id:
            del names[name]
            if not names:
                del self._names[job.watch, folder]
        place = job.watch, job.path
        if place in self._away:
            self._away[place].discard(job.id)
            if not self._away[place]:
                del self._away[place]

    def _count(self, job: Job, *, alive: bool) -> None:
        self.revision += 1
        if alive and _is_moving(job):
            self._moving.add(job.id)
        else:
            self._moving.discard(job.id)
        if alive and _is_empty(job):
            self._empty.add(job.id)
        else:
            self._empty.discard(job.id)
        if (aim := self._resting.pop(job.id, None)) is not None:
            self._rest_in[aim] -= 1
        if alive and _is_resting(job):
            aim = self._resting[job.id] = self._aim(job)
            self._rest_in[aim] += 1

    def _goes_ahead(self, job: Job) -> bool:
        """Say whether its own ticket lets a file pass those that wait in the same folder."""
        wishes = job.facts.wishes
        return wishes is not None and wishes.urgent and len(self._moving) < MOVING + AHEAD

    def _may_rest(self, aim: Aim) -> bool:
        return self._rest_in[aim] < RESTING

    def complain(self, error: LedgerUnwritable) -> None:
        """Say once that the ledger cannot be used."""
        if self.trouble != error.message:
            log.error("ledger_unwritable", reason=error.message, hint=error.hint)
        self.trouble = error.message
