"""
Room on the disks: asked for before a step writes, kept for it until it is done.

Owned by the conductor's thread. What lies on shares is measured in each watch's own lane, since a
hung mount answers nobody; what is free there is a few seconds old, and what was let in since then
is known here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from upscaled.core.life import LIFE
from upscaled.core.outcome import Later
from upscaled.core.space import ASKED, free_for, need, sentence, too_little
from upscaled.errors import UpscaledError
from upscaled.nouns import Hold, Job, Room

RECHECK_SECONDS = 60.0
"""A held job looks again at least so often; `fitting` wakes it sooner."""
LOOK_SECONDS = 5.0
"""How often the shares are measured."""

LOOK_RANK = 1000
"""Before every step of the same lane, as any look."""

Measure = Callable[[Path], Room]
Roots = Mapping[str, Path]
"""A watch's `outbox` and `review`."""

_NEAREST = {state: rank for rank, state in enumerate(LIFE)}


class Space:
    """What is free, what is spoken for, and who waits for more."""

    def __init__(
        self, work: Path, watches: Sequence[Roots], measure: Measure, *, packed: bool = True
    ) -> None:
        self._work = work
        self._watches = watches
        self._measure = measure
        self._packed = packed
        self._rooms: dict[Path, Room] = {}
        self._let_in: dict[str, list[tuple[Room, int]]] = {}
        self._held: dict[str, Job] = {}
        self._looking: set[int] = set()

    def ask(self, job: Job) -> Later | None:
        """Keep room for a job's step, or return why it waits."""
        if job.state not in ASKED or job.starts:
            return None  # what may have been sent is looked up, whatever the disks are like
        held = self._held.pop(job.id, None) is not None
        short = self._short(job, held=held)
        if short is not None:
            self._let_in.pop(job.id, None)
            self._held[job.id] = job
            return Later(seconds=RECHECK_SECONDS, hold=Hold.DISK, reason=short)
        self._let_in[job.id] = [(room, number) for _, room, number in self._needs(job)]
        return None

    def note(self, job: Job) -> None:
        """Note where a job is now: what it has written it needs no more."""
        if job.hold is not Hold.DISK:
            self._held.pop(job.id, None)
        if job.id not in self._let_in:
            return
        left = [(room, number) for _, room, number in self._needs(job)]
        if job.hold is None and left:
            self._let_in[job.id] = left
        else:
            del self._let_in[job.id]

    def fitting(self) -> Iterator[Job]:
        """Yield who was held and has room now, what is nearest to its end first."""
        for job in sorted(self._held.values(), key=lambda one: -_NEAREST[one.state]):
            if self._short(job, held=True) is None:
                yield job

    def free(self) -> dict[Path, Room]:
        """Return what was measured last: the private folder and every root that answered."""
        own = self._room(self._work)
        return self._rooms | ({self._work: own} if own is not None else {})

    def begin(self, watch: int) -> bool:
        """Say whether a watch's roots may be measured: not while the last look is under way."""
        begun = watch not in self._looking
        self._looking.add(watch)
        return begun

    def look(self, watch: int) -> dict[Path, Room]:
        """Measure a watch's roots; runs in the watch's lane. One that is lost is left out."""
        found = {}
        for root in self._watches[watch].values():
            try:
                found[root] = self._measure(root)
            except UpscaledError:
                continue  # the patrol says what is wrong with it
        return found

    def looked(self, watch: int, found: Mapping[Path, Room]) -> None:
        """Take in what was measured."""
        self._looking.discard(watch)
        for root in self._watches[watch].values():
            self._rooms.pop(root, None)
        self._rooms.update(found)

    # ---- inside

    def _short(self, job: Job, *, held: bool) -> str | None:
        """Return what is missing for a job; places on one file system count together."""
        needs = list(self._needs(job))
        for place, room, _ in needs:
            here = sum(number for _, other, number in needs if other.device == room.device)
            others = self._spoken_for(room.device, but=job.id)
            if too_little(here, room, others, held=held):
                return sentence(here, free_for(room, others), place)
        return None

    def _needs(self, job: Job) -> Iterator[tuple[Path, Room, int]]:
        """Yield place, its room as far as it is known, and the bytes a job will write there."""
        wanted, roots = need(job, packed=self._packed), self._watches[job.watch]
        places = (
            (self._work, wanted.work),
            (roots["outbox"], wanted.outbox),
            (roots["review"], wanted.review),
        )
        for place, number in places:
            room = self._room(place) if number else None
            if room is not None:
                yield place, room, number

    def _room(self, place: Path) -> Room | None:
        """Return what is free; the private folder is local, so it is asked at once."""
        if place != self._work:
            return self._rooms.get(place)
        try:
            return self._measure(place)
        except UpscaledError:
            return None

    def _spoken_for(self, device: int, *, but: str) -> int:
        return sum(
            number
            for one, kept in self._let_in.items()
            if one != but
            for room, number in kept
            if room.device == device
        )
