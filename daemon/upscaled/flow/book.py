"""
The conductor's book: every living job in memory, every change in the ledger first.

Owned by the conductor's thread. While the ledger cannot be written, changes wait here in order and
`writable` is False: the conductor then starts nothing, so nothing can be paid for.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from upscaled.core.life import ENDS
from upscaled.errors import LedgerUnwritable
from upscaled.nouns import Job, PassDone

log = structlog.get_logger()


class Journal(Protocol):
    """What the book needs of the ledger."""

    def add(self, jobs: Sequence[Job]) -> None:
        """Write the rows of files seen for the first time."""

    def record(self, job: Job, said: str = "", paid: Sequence[PassDone] = ()) -> None:
        """Write a job's new row, its history and its settled money in one go."""

    def forget(self, job: Job) -> None:
        """Drop the row of a file that left before it was ever read."""

    def unfinished(self) -> Iterator[Job]:
        """Yield every job that has not ended, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    job: Job
    said: str
    paid: tuple[PassDone, ...]


class Book:
    """Living jobs by id and by path."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.jobs: dict[str, Job] = {}
        self._by_path: dict[tuple[int, str], str] = {}
        self._away: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
        self._waiting: deque[_Change] = deque()
        self.noted: Callable[[Job], None] = lambda _job: None
        """Told of every change of a living job."""
        self.left: Callable[[Job], None] = lambda _job: None
        """Told when a job is no living one any more."""
        self.trouble = ""

    @property
    def writable(self) -> bool:
        """Say whether every change so far is durable."""
        return not self._waiting

    def load(self) -> None:
        """Take up every job that has not ended."""
        for job in self._journal.unfinished():
            self._remember(job)

    def at(self, watch: int, path: str) -> Job | None:
        """Return the living job of a file."""
        job_id = self._by_path.get((watch, path))
        return self.jobs.get(job_id) if job_id else None

    def away_from(self, watch: int, path: str) -> list[Job]:
        """Return the living jobs of a path whose original is not taken from the inbox."""
        return [self.jobs[job_id] for job_id in self._away.get((watch, path), ())]

    def add(self, jobs: Sequence[Job]) -> None:
        """Take in files seen for the first time; on a full disk they are seen again later."""
        try:
            self._journal.add(jobs)
        except LedgerUnwritable as error:
            self.complain(error)
            return
        self.trouble = ""
        for job in jobs:
            self._remember(job)

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

    def forget(self, job: Job) -> None:
        """Drop a file that left before it was ever read."""
        try:
            self._journal.forget(job)
        except LedgerUnwritable as error:
            self.complain(error)
            return
        self._drop(job)

    def _remember(self, job: Job) -> None:
        if job.state in ENDS:
            self._drop(job)
            return
        self.jobs[job.id] = job
        self._let_go(job)
        if job.facts.away:
            self._away[job.watch, job.path].add(job.id)
        else:
            self._by_path[job.watch, job.path] = job.id
        self.noted(job)

    def _drop(self, job: Job) -> None:
        self.jobs.pop(job.id, None)
        self._let_go(job)
        self.left(job)

    def _let_go(self, job: Job) -> None:
        place = job.watch, job.path
        if self._by_path.get(place) == job.id:
            del self._by_path[place]
        if place in self._away:
            self._away[place].discard(job.id)
            if not self._away[place]:
                del self._away[place]

    def complain(self, error: LedgerUnwritable) -> None:
        """Say once that the ledger cannot be used."""
        if self.trouble != error.message:
            log.error("ledger_unwritable", reason=error.message, hint=error.hint)
        self.trouble = error.message
