"""
When each watch is looked at: at once after a hint, often while something settles, and whenever the
timetable says so, because hints get lost.

Owned by the conductor's thread; the looks themselves run in the watch's own lane.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Protocol

import structlog

from upscaled.core.outcome import Leave
from upscaled.errors import UpscaledError
from upscaled.flow.conductor import Conductor
from upscaled.flow.intake import Intake, Seen, Whole
from upscaled.flow.lanes import Lane
from upscaled.nouns import Hold, Sighting, State

log = structlog.get_logger()

LOOK_RANK = 1000
"""Before every step of the same lane: a look is short, and the scan is the truth."""
REBUILD_SECONDS = 5.0
REST, REST_SECONDS = 4, 0.01
"""Scanning takes at most a fifth of its lane, however many hints come in."""
_UNPAID = {State.TAKEN, State.JUDGED, State.PLANNED, State.ADMITTED, State.PREPARED}


class Scan(Whole, Protocol):
    """One full look at an inbox, and what could not be taken in."""

    @property
    def odd(self) -> tuple[str, ...]:
        """Return names that cannot be taken as they are spelt."""


class Eyes(Protocol):
    """How one watch is seen."""

    def scan(self) -> Scan:
        """Look at the whole inbox, or raise `Outage`."""

    def look(self, paths: tuple[str, ...]) -> Sequence[Sighting]:
        """Look at single files."""

    def told(self, intake: Intake, folders: Sequence[str]) -> None:
        """Put notes into folders that are not understood; take away those no longer true."""

    def listen(self) -> str:
        """See that hints come in; return what was wrong, empty where all was well."""


@dataclass(slots=True, kw_only=True)
class Beat:
    """One watch's round. `None` for a time is never."""

    intake: Intake
    eyes: Eyes
    lane: Lane
    scan_at: float = 0.0
    look_at: float = 0.0
    listen_at: float = 0.0
    begun_at: float = 0.0
    rest_until: float = 0.0
    """A writer's events come by the thousand; a scan is followed by a rest in proportion."""
    busy: bool = False
    scanned: bool = False
    again: bool = False
    trouble: str = ""
    odd: tuple[str, ...] = ()
    told: object = None
    """What the notes in the folders were last made from."""


class Patrol:
    """All watches' rounds."""

    def __init__(
        self,
        conductor: Conductor,
        beats: Sequence[Beat],
        left_in_place: Callable[[Sighting], bool],
    ) -> None:
        self.beats = tuple(beats)
        self._conductor = conductor
        self._clock = conductor.tools.clock
        self._left_in_place = left_in_place

    def hint(self, watch: int) -> None:
        """Look at a watch sooner; called from any thread."""
        self._conductor.post(partial(self.soon, watch))

    def soon(self, watch: int) -> None:
        """Look at a watch at the next turn, and once more if a look is under way."""
        beat = self.beats[watch]
        beat.scan_at = min(beat.scan_at, beat.rest_until)
        beat.again = beat.busy

    def share(self, watch: int) -> str | None:
        """Return what is wrong with a watch; empty is well, None before the first look."""
        beat = self.beats[watch]
        return beat.trouble or ("" if beat.scanned else None)

    def turn(self) -> float:
        """Begin every look that is due; return the seconds until the next one."""
        now = self._clock.monotonic()
        waits = [1.0]
        for beat in self.beats:
            if not beat.busy:
                self._begin(beat, now)
            if not beat.busy:
                due = (
                    min(beat.scan_at, beat.look_at)
                    if beat.intake.settling.paths()
                    else beat.scan_at
                )
                waits.append(due - now)
        return max(0.0, min(waits))

    def settled(self) -> bool:
        """Say whether every watch was looked at whole and nothing there is still settling."""
        return all(self._is_settled(beat) for beat in self.beats)

    def _is_settled(self, beat: Beat) -> bool:
        trouble = beat.trouble or self._conductor.book.trouble
        looked = beat.scanned and beat.scan_at == inf
        return bool(trouble or looked) and not beat.busy and not self._settling(beat)

    def _settling(self, beat: Beat) -> bool:
        return any(
            (job := self._conductor.book.at(beat.intake.watch, path)) and job.hold is None
            for path in beat.intake.settling.paths()
        )

    def _begin(self, beat: Beat, now: float) -> None:
        if now >= beat.listen_at:
            beat.listen_at = now + REBUILD_SECONDS
            beat.busy = True
            beat.lane.put(LOOK_RANK, partial(self._listen, beat))
        elif now >= beat.scan_at:
            beat.busy, beat.begun_at = True, now
            beat.lane.put(LOOK_RANK, partial(self._scan, beat))
        elif beat.intake.settling.paths() and now >= beat.look_at:
            beat.busy = True
            paths = beat.intake.settling.paths()
            beat.lane.put(LOOK_RANK, partial(self._look, beat, paths))

    # ---- in the watch's lane

    def _listen(self, beat: Beat) -> None:
        try:
            deaf = beat.eyes.listen()
        except Exception as error:  # noqa: BLE001 - as below
            deaf = _words(error)
        self._answer(beat, partial(self._listened, beat, deaf))

    def _scan(self, beat: Beat) -> None:
        try:
            self._conductor.tools.roots.require(beat.intake.watch)
            scan = beat.eyes.scan()
        except Exception as error:  # noqa: BLE001 - whatever it is, the watch says so and goes on
            self._answer(beat, partial(self._failed, beat, _words(error)))
        else:
            self._answer(beat, partial(self._scanned, beat, scan))

    def _look(self, beat: Beat, paths: tuple[str, ...]) -> None:
        try:
            sightings = beat.eyes.look(paths)
        except Exception as error:  # noqa: BLE001 - as above
            self._answer(beat, partial(self._failed, beat, _words(error)))
        else:
            self._answer(beat, partial(self._looked, beat, sightings))

    def _tell(self, beat: Beat, folders: Sequence[str]) -> None:
        try:
            beat.eyes.told(beat.intake, folders)
        except UpscaledError as error:
            beat.told = None  # told again after the next scan
            log.warning("note_not_written", watch=beat.intake.watch, reason=error.message)

    def _answer(self, beat: Beat, then: Callable[[], None]) -> None:
        def back() -> None:
            beat.busy = False
            then()

        self._conductor.post(back)

    # ---- back in the conductor's thread

    def _listened(self, beat: Beat, deaf: str) -> None:
        if deaf:
            # A file born while a watcher was rebuilt, or is missing, is reported by nobody.
            beat.scan_at = 0.0

    def _failed(self, beat: Beat, reason: str) -> None:
        if beat.trouble != reason:
            log.warning("watch_unhealthy", watch=beat.intake.watch, reason=reason)
        beat.trouble = reason
        beat.scan_at = self._clock.monotonic() + REBUILD_SECONDS

    def _scanned(self, beat: Beat, scan: Scan) -> None:
        if beat.trouble:
            log.info("watch_healthy_again", watch=beat.intake.watch)
            self._conductor.wake_held(Hold.SHARE)
        if scan.odd != beat.odd:
            log.warning("left_where_they_are", watch=beat.intake.watch, files=scan.odd)
        beat.trouble, beat.odd, beat.scanned = "", scan.odd, True
        now = self._clock.monotonic()
        seen = beat.intake.scanned(
            scan,
            now=self._clock.now(),
            monotonic=now,
            new_id=self._conductor.new_id,
            left_in_place=self._left_in_place,
        )
        told = (beat.intake.strays, scan.folders)
        if told != beat.told:
            beat.told = told
            beat.lane.put(LOOK_RANK, partial(self._tell, beat, scan.folders))
        beat.rest_until = now + REST * max(REST_SECONDS, now - beat.begun_at)
        beat.scan_at = beat.rest_until if beat.again else inf
        if self._conductor.book.trouble:
            beat.scan_at = now + REBUILD_SECONDS  # what could not be written down is seen again
        beat.again = False
        beat.look_at = now + beat.intake.settling.look_every()
        self._act(seen)  # last: it may ask for the next scan

    def _looked(self, beat: Beat, sightings: Sequence[Sighting]) -> None:
        now = self._clock.monotonic()
        gone = set(beat.intake.settling.paths()) - {seen.path for seen in sightings}
        self._act(beat.intake.looked(sightings, now))
        if gone:
            beat.scan_at = 0.0  # only a whole scan may conclude that a file left
        beat.look_at = now + beat.intake.settling.look_every()

    def _act(self, seen: Seen) -> None:
        conductor = self._conductor
        for job in seen.quiet:
            conductor.wake(job, at_once=True)
        for job in seen.left:
            if job.id in conductor.running:
                continue
            if job.state is State.SEEN:
                conductor.book.forget(job)
            elif job.state in _UNPAID or (job.state is State.SUBMITTING and job.starts == 0):
                conductor.apply(job, Leave(reason="Taken away by its owner before it was sent."))
        for job in seen.replaced:
            if job.id not in conductor.running and job.state in _UNPAID:
                conductor.apply(
                    job, Leave(reason="Replaced by its owner; the new one is a new job.")
                )
                self.soon(job.watch)


def _words(error: Exception) -> str:
    return error.message if isinstance(error, UpscaledError) else f"{type(error).__name__}: {error}"
