"""
A result that a person moved from review/ into the outbox by hand counts as accepted.

Looked for where a result has left review/: first where it would be delivered, then by its bytes
anywhere in the outbox, a bounded number of files in each look. It stays where it was put; only its
sidecar follows. Owned by the conductor's thread, looks in the watch's lane.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

import structlog

from upscaled.core import names
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.answers import Desk
from upscaled.flow.census import Waiting
from upscaled.flow.conductor import Conductor
from upscaled.flow.knowing import Archive, Finder, claimed
from upscaled.flow.lanes import Lane as Road
from upscaled.flow.patrol import LOOK_RANK
from upscaled.flow.tools import Disk
from upscaled.nouns import Dragged, Identity, Job, State

log = structlog.get_logger()

LOOK_SECONDS = 5.0
AT_ONCE = 100
"""Results in review/ that are looked for in one look, and files of the outbox, times ten."""
REST_SECONDS = (30.0, 3600.0)
"""After a walk through the whole outbox in vain: the first rest, and the longest."""
BY_HAND = "moved to the outbox by hand"


@dataclass(slots=True, kw_only=True)
class _Round:
    """What is known of one watch; the lane's while `busy`."""

    watch: int
    lane: Road
    look_at: float = 0.0
    busy: bool = False
    mark: tuple[int, float] | None = None
    standing: list[Waiting] = field(default_factory=list)
    next: int = 0
    missing: dict[str, Job] = field(default_factory=dict)
    """Jobs whose result has left review/, by id."""
    walk: Iterator[tuple[str, Identity]] | None = None
    walk_at: float = 0.0
    rest: float = REST_SECONDS[0]
    asked: set[tuple[str, str]] = field(default_factory=set)
    """Job and path: each is asked for once in a run."""
    trouble: str = ""


class Outings:
    """Every watch's results that went out by hand."""

    def __init__(
        self,
        conductor: Conductor,
        desk: Desk,
        archive: Archive,
        finder: Finder,
        lanes: Sequence[Road],
    ) -> None:
        self._conductor = conductor
        self._desk = desk
        self._archive = archive
        self._finder = finder
        self._rounds = [_Round(watch=number, lane=lane) for number, lane in enumerate(lanes)]

    def turn(self) -> None:
        """Look at every watch that is due."""
        now = self._conductor.tools.clock.monotonic()
        for one in self._rounds:
            if not one.busy and now >= one.look_at and self._conductor.book.writable:
                one.busy = True
                one.lane.put(LOOK_RANK, partial(self._work, one, now))

    # ---- in the watch's lane

    def _work(self, one: _Round, now: float) -> None:
        found: list[tuple[Job, Dragged]] = []
        trouble = ""
        try:
            found = list(self._look(one, now))
        except UpscaledError as error:
            trouble = error.message
        finally:
            self._conductor.post(partial(self._looked, one, found, trouble))

    def _look(self, one: _Round, now: float) -> Iterator[tuple[Job, Dragged]]:
        tools = self._conductor.tools
        tools.roots.require(one.watch)
        self._miss(one, now)
        if not one.missing:
            one.walk = None
            return
        config = tools.settings.watch[one.watch]
        places = {job.facts.delivery.path for job in one.missing.values() if job.facts.delivery}
        seen = [path for path in sorted(places) if tools.disk.is_there(config.outbox / path)]
        sizes = {job.facts.result.bytes for job in one.missing.values() if job.facts.result}
        seen += [path for path, who in self._walked(one, config.outbox, now) if who.size in sizes]
        tools.roots.require(one.watch)  # what an unmount took away was not moved by a person
        for path in dict.fromkeys(seen):
            if (job := self._whose(one, config.outbox / path, path)) is not None:
                yield job, self._beside(config.outbox, path, job)

    def _miss(self, one: _Round, now: float) -> None:
        """See which results have left review/, some hundred in one look."""
        review, disk = self._conductor.tools.settings.watch[one.watch].review, self._disk
        mark = self._archive.mark(one.watch)
        if mark != one.mark:
            one.mark = mark
            every = self._archive.standing(one.watch)
            one.standing = [waiting for waiting in every if waiting.root == "review"]
            ids = {waiting.job for waiting in one.standing}
            one.missing = {job: row for job, row in one.missing.items() if job in ids}
        if one.next >= len(one.standing):
            one.next = 0
        for waiting in one.standing[one.next : one.next + AT_ONCE]:
            if disk.is_there(review / waiting.path):
                one.missing.pop(waiting.job, None)
            elif waiting.job not in one.missing and (job := self._desk.job(waiting.job)):
                one.missing[job.id] = job
                one.walk_at, one.rest = now, REST_SECONDS[0]
        one.next += AT_ONCE

    def _walked(self, one: _Round, outbox: Path, now: float) -> Iterator[tuple[str, Identity]]:
        """Yield the next files of the outbox; after the last one rest, each time longer."""
        if one.walk is None and now < one.walk_at:
            return
        one.walk = one.walk or self._finder.files(outbox)
        part = list(islice(one.walk, 10 * AT_ONCE))
        if len(part) < 10 * AT_ONCE:
            one.walk, one.walk_at = None, now + one.rest
            one.rest = min(2 * one.rest, REST_SECONDS[1])
        yield from part

    def _whose(self, one: _Round, lies: Path, path: str) -> Job | None:
        """Return the job in review whose result this is, unless another one delivered it there."""
        sizes = {job.facts.result.bytes for job in one.missing.values() if job.facts.result}
        if self._disk.identity(lies).size not in sizes:
            return None
        sha256 = self._disk.digest(lies)
        every = self._archive.results(sha256)
        if any(_delivered(job, one.watch, path) for job in every):
            return None
        mine = [job for job in every if job.id in one.missing and job.state is State.REVIEW]
        return min(mine, key=lambda job: not _is_named(job, path), default=None)

    def _beside(self, outbox: Path, path: str, job: Job) -> Dragged:
        """Tell where sidecar and comparison lie that came along."""
        sidecar, compare = names.sidecar_name(path), names.compare_name(path)
        told = claimed(outbox / sidecar, self._desk, self._finder)
        known = job.facts.delivery and job.facts.delivery.compare_sha256
        there = known is not None and self._disk.is_there(outbox / compare)
        came = there and self._disk.digest(outbox / compare) == known
        return Dragged(
            root="outbox",
            by=BY_HAND,
            picture=path,
            sidecar=sidecar if told and told.id == job.id else None,
            compare=compare if came else None,
        )

    # ---- back in the conductor's thread

    def _looked(self, one: _Round, found: Sequence[tuple[Job, Dragged]], trouble: str) -> None:
        one.busy = False
        one.look_at = self._conductor.tools.clock.monotonic() + LOOK_SECONDS
        if trouble and trouble != one.trouble:
            log.warning("outbox_not_searched", watch=one.watch, reason=trouble)
        one.trouble = trouble
        try:
            self._ask(one, found)
        except LedgerUnwritable as error:
            self._conductor.book.complain(error)

    def _ask(self, one: _Round, found: Sequence[tuple[Job, Dragged]]) -> None:
        pending = {order.job for order in self._desk.asked()}
        for job, dragged in found:
            key = job.id, dragged.picture or ""
            if job.id not in pending and key not in one.asked:
                log.info("accepted_by_hand", job=job.id, path=dragged.picture)
                now = self._conductor.tools.clock.now()
                self._desk.ask("accept", job.id, now, None, dragged)
                one.asked.add(key)
                pending.add(job.id)

    @property
    def _disk(self) -> Disk:
        return self._conductor.tools.disk


def _delivered(job: Job, watch: int, path: str) -> bool:
    """Say whether a job's own result was delivered there."""
    delivery = job.facts.delivery
    return (
        job.state is not State.REVIEW
        and job.watch == watch
        and delivery is not None
        and (delivery.root, delivery.path) == ("outbox", path)
    )


def _is_named(job: Job, path: str) -> bool:
    delivery = job.facts.delivery
    return delivery is not None and PurePosixPath(delivery.path).name == PurePosixPath(path).name
