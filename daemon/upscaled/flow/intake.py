"""
From sightings to jobs: what is new, what is quiet, what left, what was never ours to take.

The scan is the truth. Owned by the conductor's thread; decides nothing about what happens next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from upscaled.core.folders import Grammar, Target
from upscaled.core.settle import Settling
from upscaled.core.strays import Stray, closed_strays, find_strays, folder_of
from upscaled.flow.book import Book
from upscaled.nouns import Facts, Hold, Job, Sighting, State

EMPTY = "The file is empty; a render farm's placeholder waits until it is filled."


class Whole(Protocol):
    """A full look at an inbox."""

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """Return every file that is not litter."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Return every folder that is not litter."""

    @property
    def closed(self) -> tuple[str, ...]:
        """Return the folders that may not be read."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What one look at a watch came to."""

    quiet: list[Job] = field(default_factory=list)
    left: list[Job] = field(default_factory=list)
    replaced: list[Job] = field(default_factory=list)


class Intake:
    """One watch's arrivals."""

    def __init__(self, watch: int, grammar: Grammar, settling: Settling, book: Book) -> None:
        self.watch = watch
        self.settling = settling
        self.strays: tuple[Stray, ...] = ()
        self._grammar = grammar
        self._book = book

    def scanned(
        self,
        scan: Whole,
        *,
        now: datetime,
        monotonic: float,
        new_id: Callable[[], str],
        left_in_place: Callable[[Sighting], bool],
    ) -> Seen:
        """Take in a full look at the inbox; every file not in it has left."""
        seen, fresh = Seen(), list[Job]()
        for sighting in scan.sightings:
            place = self._grammar.resolve(folder_of(sighting.path))
            if not isinstance(place, Target):
                continue
            job = self._book.at(self.watch, sighting.path)
            if job is not None:
                self._looked(job, sighting, monotonic, seen)
            elif not left_in_place(sighting):
                order = place.order
                fresh.append(_job(sighting, new_id(), order.name, order.urgent, now))
                self.settling.observe(sighting, monotonic)
        self._book.add(fresh)
        paths = [sighting.path for sighting in scan.sightings]
        self._missing(set(paths), scan.closed, seen)
        self.strays = find_strays(self._grammar, scan.folders, paths) + closed_strays(scan.closed)
        return seen

    def looked(self, sightings: Sequence[Sighting], monotonic: float) -> Seen:
        """Take in a second look at files that have not settled yet."""
        seen = Seen()
        for sighting in sightings:
            job = self._book.at(self.watch, sighting.path)
            if job is None:
                self.settling.forget(sighting.path)
            else:
                self._looked(job, sighting, monotonic, seen)
        return seen

    def _looked(self, job: Job, sighting: Sighting, monotonic: float, seen: Seen) -> None:
        same = (job.size, job.mtime_ns, job.inode) == (
            sighting.size,
            sighting.mtime_ns,
            sighting.inode,
        )
        if job.state is not State.SEEN:
            self.settling.forget(job.path)
            if job.size != sighting.size:
                seen.replaced.append(job)
            return
        if job.hold is Hold.NOT_READY and same and job.sha256 is not None:
            return  # tried as it is; it waits for its owner, or for its patience to end
        if not same:
            job = self._changed(job, sighting)
        if sighting.size == 0 and job.hold is not Hold.NOT_READY:
            self._book.save(replace(job, hold=Hold.NOT_READY, reason=EMPTY))
        if self.settling.observe(sighting, monotonic):
            self.settling.forget(sighting.path)
            seen.quiet.append(self._book.jobs[job.id])

    def _changed(self, job: Job, sighting: Sighting) -> Job:
        """Start a growing file's patience anew: what was tried was an earlier state of it."""
        changed = replace(
            job,
            size=sighting.size,
            mtime_ns=sighting.mtime_ns,
            inode=sighting.inode,
            sha256=None,
            hold=None,
            reason=None,
            due_at=None,
            facts=Facts(passes=job.facts.passes),
        )
        self._book.save(changed)
        return changed

    def _missing(self, present: set[str], closed: Sequence[str], seen: Seen) -> None:
        unseen = tuple(f"{folder}/" for folder in closed)
        for job in list(self._book.jobs.values()):
            gone = job.path not in present and not job.path.startswith(unseen)
            if job.watch == self.watch and gone and not job.facts.away:
                self.settling.forget(job.path)
                seen.left.append(job)


def _job(sighting: Sighting, job_id: str, target: str, urgent: bool, now: datetime) -> Job:  # noqa: FBT001 - a row's field
    return Job(
        id=job_id,
        state=State.SEEN,
        watch=sighting.watch,
        path=sighting.path,
        target=target,
        urgent=urgent,
        size=sighting.size,
        mtime_ns=sighting.mtime_ns,
        inode=sighting.inode,
        seen_at=now,
        updated_at=now,
    )
