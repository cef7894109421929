"""
From looks to jobs: what is new, what is quiet, what left, what was never ours to take.

Folder by folder: a whole look into one says what lies in it, and what is not in it has left. Owned
by the conductor's thread; decides nothing about what happens next.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from upscaled.core.folders import Grammar, Target
from upscaled.core.settle import Settling
from upscaled.core.strays import Stray, closed_strays, find_strays
from upscaled.flow.book import Book, parted
from upscaled.flow.slips import Slips
from upscaled.nouns import Facts, Hold, Job, Sighting, State, Wishes

EMPTY = "The file is empty; a render farm's placeholder waits until it is filled."


class Look(Protocol):
    """What lies directly in one folder, or a part of it."""

    @property
    def folder(self) -> str:
        """Return which, relative; empty for the inbox itself."""

    @property
    def sightings(self) -> Sequence[Sighting]:
        """Return its files that are not litter."""

    @property
    def inside(self) -> Sequence[str]:
        """Return its sub-folders that are not litter."""

    @property
    def odd(self) -> Sequence[str]:
        """Return what cannot be taken as it is spelt, a sentence each."""

    @property
    def tickets(self) -> Mapping[str, Wishes]:
        """Return what its tickets ask for, by the name of their picture."""

    @property
    def closed(self) -> bool:
        """Say whether it may not be read."""

    @property
    def gone(self) -> bool:
        """Say whether it is not there any more."""

    @property
    def last(self) -> bool:
        """Say whether no further part of it follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a look came back, and how a new job is called."""

    now: datetime
    monotonic: float
    new_id: Callable[[], str]


@dataclass(slots=True, kw_only=True)
class Seen:
    """What one look at a watch came to."""

    quiet: list[Job] = field(default_factory=list)
    left: list[Job] = field(default_factory=list)
    replaced: list[Job] = field(default_factory=list)
    anew: list[Job] = field(default_factory=list)
    """Jobs of files that were not read yet and whose ticket came, changed or left."""
    enter: list[str] = field(default_factory=list)
    """Folders that nobody has looked into yet."""


@dataclass(slots=True)
class _Round:
    """What the parts of one look into a folder have said so far."""

    names: set[str] = field(default_factory=set)
    inside: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    closed: bool = False


@dataclass(slots=True)
class _Folder:
    """What is known of a folder since the last whole look into it."""

    files: int = 0
    linear: bool = False
    """It names a target and holds OpenEXR, by the name."""
    inside: frozenset[str] = frozenset()
    closed: bool = False
    left: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Originals that were done and stay where they are: size and time by name."""
    round: _Round | None = None


Ended = Callable[[Sequence[Sighting]], set[str]]
"""Returns the paths among files that were done already and are left in place by the config."""


class Intake:
    """One watch's arrivals."""

    def __init__(
        self,
        watch: int,
        grammar: Grammar,
        settling: Settling,
        book: Book,
        left_in_place: Ended = lambda _sightings: set(),
    ) -> None:
        self.watch = watch
        self.settling = settling
        self.folders: dict[str, _Folder] = {}
        self._grammar = grammar
        self._book = book
        self._left_in_place = left_in_place
        self._slips = Slips(grammar, book)
        self._strays: tuple[Stray, ...] | None = None
        self._odd: dict[str, tuple[str, ...]] = {}

    @property
    def strays(self) -> tuple[Stray, ...]:
        """Return the folders that are not understood or may not be read."""
        if self._strays is None:
            held = {path: folder.files for path, folder in self.folders.items()}
            closed = [path for path, folder in self.folders.items() if folder.closed]
            found = find_strays(self._grammar, self.folders, held)
            self._strays = found + closed_strays(sorted(closed))
        return self._strays

    @property
    def odd(self) -> tuple[str, ...]:
        """Return what stays where it is because of its name or kind, a sentence each."""
        own = tuple(line for lines in self._odd.values() for line in lines)
        return own + self._slips.odd

    @property
    def linear(self) -> tuple[str, ...]:
        """Return the folders that name a target and hold OpenEXR."""
        return tuple(sorted(path for path, folder in self.folders.items() if folder.linear))

    def took(self, look: Look, moment: Moment) -> Seen:
        """Take in a part of a look into one folder; after its last part, what is not in it left."""
        seen = Seen()
        if look.gone:
            self._gone(look.folder, seen)
            return seen
        if look.folder not in self.folders:
            self._strays = None
        folder = self.folders.setdefault(look.folder, _Folder())
        parts = folder.round = folder.round or _Round()
        parts.names.update(parted(one.path)[1] for one in look.sightings)
        parts.inside.update(look.inside)
        parts.odd += look.odd
        parts.closed |= look.closed
        self._slips.took(look.folder, look.tickets)
        place = self._grammar.resolve(look.folder)
        if isinstance(place, Target):
            self._arrived(look, folder, place, moment, seen)
        if look.last:
            self._closed(look.folder, folder, parts, seen)
            if not parts.closed:
                self._slips.closed(self.watch, look.folder, parts.names, moment.monotonic)
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

    # ---- inside

    def _arrived(
        self, look: Look, folder: _Folder, place: Target, moment: Moment, seen: Seen
    ) -> None:
        known = self._book.names(self.watch, look.folder)
        waiting = set(self._book.backlog.names(self.watch, look.folder))
        asleep = self._book.asleep.get((self.watch, look.folder), set())
        filled = {
            one.path: one for one in look.sightings if one.size and parted(one.path)[1] in asleep
        }
        waiting |= asleep
        fresh = []
        for sighting in look.sightings:
            name = parted(sighting.path)[1]
            if (job_id := known.get(name)) is not None:
                self._looked(self._book.jobs[job_id], sighting, moment.monotonic, seen)
            elif name not in waiting and folder.left.get(name) != _stamp(sighting):
                fresh.append(sighting)
        for job in self._book.filled(self.watch, [*filled]):
            self._looked(job, filled[job.path], moment.monotonic, seen)
        done = self._left_in_place(fresh) if fresh else set()
        folder.left.update({parted(one.path)[1]: _stamp(one) for one in fresh if one.path in done})
        new = sorted((one for one in fresh if one.path not in done), key=lambda one: one.mtime_ns)
        order = place.order
        jobs = [_job(one, moment, order.name, urgent=order.urgent) for one in new]
        jobs = sorted(self._slips.claimed(jobs, place), key=lambda job: not job.urgent)
        by_path = {one.path: one for one in new}
        for job in self._book.add(jobs):
            self.settling.observe(by_path[job.path], moment.monotonic)

    def _closed(self, path: str, folder: _Folder, parts: _Round, seen: Seen) -> None:
        """Conclude from a whole look: what was here and is not any more has left."""
        folder.round = None
        if folder.files != len(parts.names) or folder.closed != parts.closed:
            self._strays = None
        folder.files, folder.closed = len(parts.names), parts.closed
        if parts.odd:
            self._odd[path] = tuple(parts.odd)  # in its old place: the order is compared, too
        else:
            self._odd.pop(path, None)
        if parts.closed:
            return
        lit = any(name.lower().endswith(".exr") for name in parts.names)
        folder.linear = lit and isinstance(self._grammar.resolve(path), Target)
        self._missing(path, parts.names, seen)
        for name in [name for name in folder.left if name not in parts.names]:
            del folder.left[name]
        for left in folder.inside - parts.inside:
            self._gone(left, seen)
        seen.enter += sorted(one for one in parts.inside if one not in self.folders)
        folder.inside = frozenset(parts.inside)

    def _missing(self, path: str, present: Iterable[str], seen: Seen) -> None:
        prefix = f"{path}/" if path else ""
        for name, job_id in list(self._book.names(self.watch, path).items()):
            if name not in present:
                self.settling.forget(prefix + name)
                seen.left.append(self._book.jobs[job_id])
        asleep = self._book.asleep.get((self.watch, path), ())
        waiting = (*self._book.backlog.names(self.watch, path), *asleep)
        self._book.unqueue(self.watch, [prefix + name for name in waiting if name not in present])

    def _gone(self, path: str, seen: Seen) -> None:
        """Conclude that all that lay in a folder and below it has left."""
        below = f"{path}/"
        for folder in [one for one in self.folders if one == path or one.startswith(below)]:
            self._missing(folder, (), seen)
            del self.folders[folder]
            self._odd.pop(folder, None)
            self._slips.left(folder)
            self._strays = None

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
        elif self._slips.has_changed(job, same=same):
            self.settling.forget(job.path)
            seen.anew.append(job)
        elif self._rests(job, same=same):
            self.settling.rests(job.path, monotonic)
        else:
            self._settles(job if same else self._changed(job, sighting), sighting, monotonic, seen)

    def _rests(self, job: Job, *, same: bool) -> bool:
        """Say whether it waits for its owner, or for its patience to end: it was tried as it is."""
        tried = job.hold is Hold.NOT_READY and same and job.sha256 is not None
        return tried or (job.facts.wishes is not None and bool(job.facts.wishes.fault))

    def _settles(self, job: Job, sighting: Sighting, monotonic: float, seen: Seen) -> None:
        if sighting.size == 0 and job.hold is not Hold.NOT_READY:
            self._book.save(replace(job, hold=Hold.NOT_READY, reason=EMPTY))
        if sighting.size == 0 and self._book.lull(self._book.jobs[job.id]):
            self.settling.forget(sighting.path)
            return
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
            facts=Facts(passes=job.facts.passes, wishes=job.facts.wishes),
        )
        self._book.save(changed)
        return changed


def _stamp(sighting: Sighting) -> tuple[int, int]:
    return sighting.size, sighting.mtime_ns


def _job(sighting: Sighting, moment: Moment, target: str, *, urgent: bool) -> Job:
    return Job(
        id=moment.new_id(),
        state=State.SEEN,
        watch=sighting.watch,
        path=sighting.path,
        target=target,
        urgent=urgent,
        size=sighting.size,
        mtime_ns=sighting.mtime_ns,
        inode=sighting.inode,
        hold=None if sighting.size else Hold.NOT_READY,
        reason=None if sighting.size else EMPTY,
        seen_at=moment.now,
        updated_at=moment.now,
        facts=_NOTHING_YET,
    )


_NOTHING_YET = Facts()
