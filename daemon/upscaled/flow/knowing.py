"""
Whose is a file that a person has moved? Asked of the ledger, by the file's bytes alone.

Works in the lane of the side that it looks at; remembers what it has read, so that a file is hashed
once however long it lies.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from upscaled.core import boxes, names
from upscaled.core.boxes import Box
from upscaled.core.tickets import DIGEST_DIGITS
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.census import People
from upscaled.flow.sides import Side
from upscaled.flow.tools import Tools
from upscaled.nouns import Identity, Job, State

SIDECAR_BYTES = 4 * 1024 * 1024
"""No sidecar of ours is as long; what is longer is a stranger's."""
AT_ONCE, BYTES_AT_ONCE = 32, 512 * 1024 * 1024
"""Files, and their bytes, that are read in one look; the next look goes on."""
_REMEMBERED = 1000

STRANGER = {
    "review": (
        "it is not a result as it was delivered: it was changed since then, or it is another"
        " picture. A picture that you retouched goes into the outbox by your own hand"
    ),
    "failed": "it is no original that failed as it was set aside, or it was changed since then",
}
TICKET_ALONE = "a ticket goes with its own original, which does not lie beside it"
ALONE = "it is no comparison of a result that waits; drag the result or its .json"
SHUT = "this folder may not be read; give the service's user the right to"
NO_SIDECAR = "it is no sidecar that fits what is known of its job"
ELSEWHERE = "it belongs to another inbox; drag it into the review or failed folder of that one"


class Archive(People, Protocol):
    """What the ledger knows of files that people move."""

    def results(self, sha256: str) -> Sequence[Job]:
        """Return the jobs whose result has these bytes, those in review first."""

    def failed(self, sha256: str, size: int) -> Sequence[Job]:
        """Return the failed jobs with this original; those that were never read by its size."""

    def compared(self, sha256: str) -> Sequence[Job]:
        """Return the jobs in review whose comparison has these bytes."""


class Finder(Protocol):
    """What lies in a folder of people's."""

    def folders(self, root: Path) -> Sequence[str]:
        """Return the names of a root's own folders that begin with `_`."""

    def files(self, folder: Path) -> Iterator[tuple[str, Identity]]:
        """Yield the files below a folder: relative path, and one stat."""

    def content(self, path: Path, most: int) -> bytes:
        """Return what a file holds, at most so many bytes."""

    def tidy(self, folder: Path, before: float) -> None:
        """Remove the empty folders below a folder that have not changed since a moment."""


class Desk(Protocol):
    """What is asked of jobs."""

    def job(self, job_id: str) -> Job | None:
        """Return one job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """A file that lies in a box."""

    box: Box
    path: str
    """Relative to the side's root."""
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whose a file is."""

    kind: str
    """`picture`, `sidecar`, `compare`, `ticket`, or empty."""
    job: str = ""
    sha256: str = ""
    says: str = ""
    """Why it is nobody's."""
    again: bool = False
    """It could not be read; it is tried at each look."""


class Knowing:
    """Knows the files of one side."""

    def __init__(
        self, side: Side, tools: Tools, desk: Desk, archive: Archive, finder: Finder
    ) -> None:
        self._side = side
        self._tools = tools
        self._desk = desk
        self._archive = archive
        self._finder = finder
        self._read: dict[str, tuple[Identity, Known]] = {}
        self._compared: dict[str, str] = {}

    def know(
        self, still: Sequence[Lying], lying: Sequence[Lying]
    ) -> tuple[dict[str, Known], dict[str, Job]]:
        """
        Return whose each of the files that lie still is, by path, and the jobs by id.

        What there was no time to read is missing. `lying` is all that is there.
        """
        present = {one.path: one for one in lying}
        self._read = {
            path: (identity, known)
            for path, (identity, known) in self._read.items()
            if path in present and present[path].identity == identity
        }
        count, size = 0, 0
        for one in sorted(still, key=lambda one: not one.path.endswith(names.SIDECAR)):
            if one.path in self._read and not self._read[one.path][1].again:
                continue
            if count >= AT_ONCE or size > BYTES_AT_ONCE:
                break
            count, size = count + 1, size + one.identity.size
            self._read[one.path] = one.identity, self._tried(one)
        found = {path: known for path, (_, known) in self._read.items()}
        jobs = self._load(known.job for known in found.values() if known.job)
        whose = {path: self._compare(path, known, found) for path, known in found.items()}
        whose = {path: _ticket(path, known, whose, jobs) for path, known in whose.items()}
        return whose, jobs | self._load({one.job for one in whose.values()} - jobs.keys() - {""})

    # ---- inside

    def _tried(self, one: Lying) -> Known:
        """Look at a file; one that may not be read does not keep the others from being heard."""
        if one.identity.size < 0:
            return Known(kind="", says=SHUT)
        try:
            return self._look(one)
        except LedgerUnwritable:
            raise
        except UpscaledError as error:
            return Known(kind="", says=f"it could not be read: {error.message}", again=True)

    def _look(self, one: Lying) -> Known:
        lies = self._side.path / one.path
        if one.path.endswith(names.SIDECAR):
            return self._sidecar(lies)
        sha256 = self._tools.disk.digest(lies)
        if one.path.endswith(names.TICKET):
            return Known(kind="ticket", sha256=sha256, says=TICKET_ALONE)
        picture = self._picture(one, sha256)
        if picture is not None:
            return picture
        if one.path.endswith(names.COMPARE):
            every = self._archive.compared(sha256)
            jobs = [job for job in every if job.watch in self._side.watches]
            mine = self._choose(one, jobs, names.COMPARE).id if jobs else ""
            return Known(kind="compare", job=mine, sha256=sha256, says="" if mine else ALONE)
        return Known(kind="", sha256=sha256, says=STRANGER[self._side.root])

    def _sidecar(self, lies: Path) -> Known:
        job = claimed(lies, self._desk, self._finder)
        if job is None:
            return Known(kind="", says=NO_SIDECAR)
        if job.watch not in self._side.watches:
            return Known(kind="", says=ELSEWHERE)
        return Known(kind="sidecar", job=job.id)

    def _picture(self, one: Lying, sha256: str) -> Known | None:
        if self._side.root == "review":
            every = self._archive.results(sha256)
        else:
            every = self._archive.failed(sha256, one.identity.size)
            every = [job for job in every if job.sha256 or self._is_unread(job, one)]
        jobs = [job for job in every if job.watch in self._side.watches]
        if not jobs:
            return Known(kind="", sha256=sha256, says=ELSEWHERE) if every else None
        return Known(kind="picture", job=self._choose(one, jobs, "").id, sha256=sha256)

    def _is_unread(self, job: Job, one: Lying) -> bool:
        """Say whether an original that failed before it was read is this one: it left its place."""
        home = job.facts.set_aside or ""
        same = home.rpartition("/")[2] == one.path.rpartition("/")[2]
        return same and not self._tools.disk.is_there(self._side.path / home)

    def _choose(self, one: Lying, jobs: Sequence[Job], tail: str) -> Job:
        """
        Of jobs with equal bytes, take whose sidecar lies beside it, else whose own left its place.

        `tail` is what its name ends in beyond that of its picture.
        """
        beside = self._read.get(names.sidecar_name(one.path.removesuffix(tail)))
        kind = "compare" if tail else "picture"
        taken = {known.job for _, known in self._read.values() if known.kind == kind}
        waiting = {State.REVIEW, State.FAILED}

        def rank(job: Job) -> tuple[bool, bool, bool, bool]:
            left = not self._tools.disk.is_there(self._side.path / (home_of(job) + tail))
            own = beside is not None and beside[1].job == job.id
            return job.state not in waiting, not own, job.id in taken, not left

        return min(jobs, key=rank)

    def _compare(self, path: str, known: Known, found: Mapping[str, Known]) -> Known:
        """Give a comparison to whose hash of it is known, else to whose file it lies beside."""
        if known.kind != "compare":
            return known
        stem = path.removesuffix(names.COMPARE)
        near = found.get(stem) or found.get(names.sidecar_name(stem)) or known
        job = known.job or self._compared.get(known.sha256) or near.job
        return replace(known, job=job, says="" if job else ALONE)

    def _load(self, ids: Iterable[str]) -> dict[str, Job]:
        """Load jobs, and remember by which comparison each is known, also once it is answered."""
        loaded = {job_id: job for job_id in set(ids) if (job := self._desk.job(job_id))}
        for job in loaded.values():
            delivery = job.facts.delivery
            if delivery is not None and delivery.compare_sha256 is not None:
                self._compared[delivery.compare_sha256] = job.id
        while len(self._compared) > _REMEMBERED:
            del self._compared[next(iter(self._compared))]
        return loaded


def _ticket(path: str, known: Known, whose: Mapping[str, Known], jobs: Mapping[str, Job]) -> Known:
    """Give a ticket to the original beside which it lies, where it was made by this one."""
    if known.kind != "ticket":
        return known
    stem = path.removesuffix(names.TICKET)
    near = whose.get(stem) or whose.get(names.sidecar_name(stem)) or known
    wishes = jobs[near.job].facts.wishes if near.job in jobs else None
    mine = wishes is not None and wishes.ticket == known.sha256[:DIGEST_DIGITS]
    return replace(known, job=near.job, says="") if mine else known


def claimed(lies: Path, desk: Desk, finder: Finder) -> Job | None:
    """Return the job of a sidecar that fits it in every hash, None where it fits none."""
    said = finder.content(lies, SIDECAR_BYTES + 1)
    if len(said) > SIDECAR_BYTES:
        return None
    try:
        claim = boxes.claim_of(json.loads(said))
    except (ValueError, RecursionError):
        return None
    job = desk.job(claim.job) if claim else None
    return job if claim and job and boxes.fits(claim, job) else None


def home_of(job: Job) -> str:
    """Return where we put a job's picture, relative to review/ or failed/; empty where nowhere."""
    if job.state is State.FAILED:
        return job.facts.set_aside or ""
    delivery = job.facts.delivery
    return delivery.path if delivery is not None and delivery.root == "review" else ""
