"""
When each watch is looked at: at once after a hint, often while something settles, and whenever the
timetable says so, because hints get lost.

Owned by the conductor's thread; the looks themselves run in the watch's own lane.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from math import inf

import structlog

from upscaled.core.life import LIFE
from upscaled.core.life import Lane as Place
from upscaled.core.outcome import Leave
from upscaled.core.settle import QUICKEST_SECONDS
from upscaled.core.strays import Stray
from upscaled.errors import UpscaledError
from upscaled.flow.beat import LISTEN_AGAIN_SECONDS, Beat
from upscaled.flow.book import parted
from upscaled.flow.conductor import Conductor
from upscaled.flow.intake import Look, Moment, Seen
from upscaled.flow.silence import told
from upscaled.nouns import Hold, Job, Sighting, State

log = structlog.get_logger()

LOOK_RANK = 1000
"""Before every step of the same lane: a look is short, and the scan is the truth."""
LOOK_SECONDS = 60.0
"""A look is a few thousand names; one that takes longer hangs, whatever the markers say."""
LISTEN_SECONDS = 5.0
TROUBLED_SECONDS = 5.0
"""After a look that failed: a marker costs little to look for."""
REST, REST_SECONDS = 4, 0.01
"""Looking takes at most a fifth of its lane, however many hints come in."""
REST_WHOLE, LONGEST_SECONDS = 1000, 300.0
"""A whole look is followed by a thousand times what it took, but by no more than five minutes:
the more lies there, the rarer the look that only finds what was replaced in place."""
PARTS = 4
"""Parts of a look that come back at once: some thousand files."""
FOLDERS = 200
"""Folders that are looked into in one go."""
_UNPAID = {State.TAKEN, State.JUDGED, State.PLANNED, State.ADMITTED, State.PREPARED}


class Patrol:
    """All watches' rounds."""

    def __init__(self, conductor: Conductor, beats: Sequence[Beat]) -> None:
        self.beats = tuple(beats)
        self._conductor = conductor
        self._clock = conductor.tools.clock
        self.silence: Callable[[int], str] = lambda _watch: ""
        """Says which watch does not answer."""

    def hint(self, watch: int, folder: str | None = None) -> None:
        """Look into a folder of a watch sooner, or into all of them; called from any thread."""
        self._conductor.post(partial(self.soon, watch, folder))

    def soon(self, watch: int, folder: str | None = None) -> None:
        """Look into a folder of a watch, or into all of them, at the next turn."""
        beat = self.beats[watch]
        if folder is None:
            beat.everything()
            beat.whole_at = min(beat.whole_at, beat.rest_until)  # a share that is lost, too
        else:
            beat.dirty[folder] = None

    def unready(self, job: Job) -> None:
        """Go on looking at a file that was tried too early: where no events come nothing tells."""
        self.beats[job.watch].intake.settling.expect(job.path)

    def share(self, watch: int) -> str | None:
        """Return what is wrong with a watch; empty is well, None before the first look."""
        beat = self.beats[watch]
        return beat.silent or beat.trouble or ("" if beat.scanned else None)

    def silent(self, watch: int) -> str:
        """Return since when a watch does not answer; empty where it does."""
        return self.beats[watch].silent

    def wrong(self, watch: int) -> str:
        """Return what is wrong with a watch; empty is well."""
        return self.share(watch) or ""

    def turn(self) -> float:
        """Begin every look that is due; return the seconds until the next one."""
        self._refill()
        now = self._clock.monotonic()
        waits = [1.0]
        for beat in self.beats:
            self._listen_for_silence(beat, now)
            if not beat.busy:
                self._begin(beat, now)
            if not beat.busy:
                waits.append(self._next(beat) - now)
        return max(0.0, min(waits))

    def settled(self) -> bool:
        """Say whether every watch was looked at whole and nothing there is still settling."""
        return all(self._is_settled(beat) for beat in self.beats)

    # ---- inside

    def _refill(self) -> None:
        """Let files come out of their inbox while there is room for them."""
        while roused := self._conductor.book.refill():
            for job in roused:
                beat = self.beats[job.watch]
                beat.intake.settling.expect(job.path)

    def _next(self, beat: Beat) -> float:
        if beat.trouble:
            return beat.whole_at
        due = [inf if beat.walks else beat.whole_at, beat.times_at, beat.listen_at]
        if beat.dirty or beat.round:
            due.append(beat.rest_until)
        due.append(max(beat.look_from, beat.intake.settling.next_at()))
        return min(due)

    def _is_settled(self, beat: Beat) -> bool:
        trouble = beat.trouble or self._conductor.book.trouble
        looked = beat.scanned and not beat.dirty and beat.round is None
        if beat.silent:
            return True
        return bool(trouble or looked) and not beat.busy and not self._settling(beat)

    def _settling(self, beat: Beat) -> bool:
        return any(
            (job := self._conductor.book.at(beat.intake.watch, path)) and job.hold is None
            for path in beat.intake.settling.paths()
        )

    def _begin(self, beat: Beat, now: float) -> None:
        if beat.silent or (beat.trouble and now < beat.whole_at):
            return
        walks = bool(beat.round or beat.dirty) and now >= beat.rest_until
        if now >= beat.listen_at:
            beat.listen_at = now + LISTEN_SECONDS
            self._put(beat, self._listen)
        elif now >= beat.whole_at and not beat.walks:
            beat.whole_at = now + self._pace(beat)
            beat.walked, beat.walking = 0.0, True
            beat.everything()
            self._look_into(beat, now)
        elif not (walks and beat.looked) and (paths := self._unsettled(beat, now)):
            # Before the rest of a long walk: the first picture is not to wait for the last folder.
            beat.looked = True
            self._put(beat, partial(self._look, paths=paths))
        elif walks:
            self._look_into(beat, now)
        elif now >= beat.times_at:
            beat.times_at = now + beat.eyes.paces.times_seconds
            self._put(beat, self._times)

    def _pace(self, beat: Beat) -> float:
        """Return the seconds until the next whole look, by what the last one took."""
        rest = min(LONGEST_SECONDS, REST_WHOLE * beat.walked)
        whole = max(beat.eyes.paces.whole_seconds, rest)
        return whole * (0.75 + 0.5 * self._conductor.tools.die())

    def _unsettled(self, beat: Beat, now: float) -> tuple[str, ...]:
        return beat.intake.settling.due(now) if now >= beat.look_from else ()

    def _look_into(self, beat: Beat, now: float) -> None:
        beat.looked = False
        if beat.round is None:
            folders = list(islice(beat.dirty, FOLDERS))
            for folder in folders:
                del beat.dirty[folder]
            beat.round, beat.begun_at = beat.eyes.looks(folders), now
        self._put(beat, partial(self._scan, round_=beat.round))

    def _put(self, beat: Beat, work: Callable[[Beat], None]) -> None:
        beat.busy = True
        beat.lane.put(LOOK_RANK, partial(self._work, beat, work))

    def _listen_for_silence(self, beat: Beat, now: float) -> None:
        since = beat.at_work_since
        reason = self.silence(beat.intake.watch)
        if not reason and since is not None and now - since >= LOOK_SECONDS:
            reason = f"a look into its folders has not come back for {told(now - since)}"
        if reason and not beat.silent:
            log.warning("watch_silent", watch=beat.intake.watch, reason=reason)
        before, beat.silent = beat.silent, reason
        if reason and not before:
            self._ill(beat, reason)
        elif before and not reason:
            beat.trouble, beat.whole_at = before, now  # until a look has said that all is well

    # ---- in the watch's lane

    def _work(self, beat: Beat, work: Callable[[Beat], None]) -> None:
        beat.at_work_since = self._clock.monotonic()
        try:
            work(beat)
        except Exception as error:  # noqa: BLE001 - whatever it is, the watch says so and goes on
            self._answer(beat, partial(self._failed, beat, _words(error)))

    def _listen(self, beat: Beat) -> None:
        deaf = beat.eyes.listen()
        self._answer(beat, partial(self._listened, beat, deaf))

    def _times(self, beat: Beat) -> None:
        self._require(beat)
        changed = beat.eyes.changed()
        self._answer(beat, partial(self._changed, beat, changed))

    def _scan(self, beat: Beat, *, round_: Iterator[Look]) -> None:
        self._require(beat)
        begun = self._clock.monotonic()
        parts = list(islice(round_, PARTS))
        walked = self._clock.monotonic() - begun
        # An unmount in the middle of a look must not pass for a folder that was emptied.
        self._require(beat)
        self._answer(beat, partial(self._scanned, beat, parts, walked))

    def _look(self, beat: Beat, *, paths: tuple[str, ...]) -> None:
        sightings = beat.eyes.look(paths)
        self._answer(beat, partial(self._looked, beat, paths, sightings))

    def _require(self, beat: Beat) -> None:
        self._conductor.tools.roots.require(beat.intake.watch)

    def _tell(
        self,
        beat: Beat,
        strays: Sequence[Stray],
        linear: Sequence[str],
        folders: Sequence[str],
    ) -> None:
        try:
            self._require(beat)  # it may have gone since the look: no note under a mount point
            beat.eyes.told(strays, linear, folders)
        except UpscaledError as error:
            self._conductor.post(partial(setattr, beat, "told", None))  # told again later
            log.warning("note_not_written", watch=beat.intake.watch, reason=error.message)

    def _answer(self, beat: Beat, then: Callable[[], None]) -> None:
        def back() -> None:
            beat.busy, beat.at_work_since = False, None
            then()

        self._conductor.post(back)

    # ---- back in the conductor's thread

    def _listened(self, beat: Beat, deaf: str) -> None:
        beat.intake.settling.quiet_seconds = beat.eyes.settle_seconds
        if not deaf:
            beat.pause = LISTEN_AGAIN_SECONDS[0]
            return
        # A file born while a watcher was rebuilt, or is missing, is reported by nobody.
        beat.everything()
        beat.listen_at = self._clock.monotonic() + beat.pause
        beat.pause = min(LISTEN_AGAIN_SECONDS[1], beat.pause * 2)

    def _changed(self, beat: Beat, folders: Sequence[str]) -> None:
        for folder in folders:
            beat.dirty[folder] = None

    def _failed(self, beat: Beat, reason: str) -> None:
        if beat.trouble != reason:
            log.warning("watch_unhealthy", watch=beat.intake.watch, reason=reason)
        self._ill(beat, reason)
        beat.round, beat.scanned, beat.walking = None, False, False
        beat.dirty.clear()
        for folder in beat.intake.folders.values():
            folder.round = None
        beat.whole_at = self._clock.monotonic() + TROUBLED_SECONDS

    def _scanned(self, beat: Beat, parts: Sequence[Look], walked: float) -> None:
        now = self._clock.monotonic()
        beat.walked += walked * beat.walking
        self._well(beat)
        moment = Moment(now=self._clock.now(), monotonic=now, new_id=self._conductor.new_id)
        odd = beat.odd if beat.scanned else ()
        for part in parts:
            seen = beat.intake.took(part, moment)
            for folder in seen.enter:
                beat.dirty[folder] = None
            self._act(seen)
        if len(parts) == PARTS:
            return  # there may be more of it
        beat.round = None
        if not beat.dirty:
            self._went_round(beat, now, odd)

    def _went_round(self, beat: Beat, now: float, odd: tuple[str, ...]) -> None:
        """Rest after the last folder that was named."""
        if beat.walking:
            beat.whole_at = max(beat.whole_at, now + self._pace(beat))
        beat.scanned, beat.walking = True, False
        beat.rest_until = now + REST * max(REST_SECONDS, now - beat.begun_at)
        if self._conductor.book.trouble:
            beat.everything()  # what could not be written down is seen again
            beat.rest_until = now + LISTEN_SECONDS
        if beat.odd != odd:
            log.warning("left_where_they_are", watch=beat.intake.watch, files=beat.odd)
        strays, linear = beat.intake.strays, beat.intake.linear
        folders = tuple(beat.intake.folders)
        if (strays, linear, folders) != beat.told:
            beat.told = strays, linear, folders
            beat.lane.put(LOOK_RANK, partial(self._tell, beat, strays, linear, folders))

    def _ill(self, beat: Beat, reason: str) -> None:
        """Hold what would go on at this watch: each of its files says what it waits for."""
        was_well, beat.trouble = not beat.trouble, reason
        if was_well:
            for job in self._at(beat, None):
                self._conductor.book.save(replace(job, hold=Hold.SHARE, reason=reason))

    def _well(self, beat: Beat) -> None:
        if not beat.trouble:
            return
        log.info("watch_healthy_again", watch=beat.intake.watch)
        beat.trouble = ""
        for job in self._at(beat, Hold.SHARE):
            if job.state is State.SEEN and job.id not in self._conductor.running:
                # Somebody may have gone on writing meanwhile, so it settles anew.
                lifted = replace(job, hold=None, reason=None, due_at=None)
                self._conductor.book.save(lifted)
                beat.intake.settling.expect(job.path)
        self._conductor.wake_held(Hold.SHARE)

    def _at(self, beat: Beat, hold: Hold | None) -> list[Job]:
        """Return the jobs whose next step is in a watch's folders, by what holds them."""
        return [
            job
            for job in self._conductor.book.jobs.values()
            if job.watch == beat.intake.watch
            and job.hold is hold
            and LIFE[job.state].lane is Place.ROOT
        ]

    def _looked(self, beat: Beat, paths: Sequence[str], sightings: Sequence[Sighting]) -> None:
        now = self._clock.monotonic()
        for path in set(paths) - {seen.path for seen in sightings}:
            beat.dirty[parted(path)[0]] = None  # only a folder's whole look may conclude from that
        self._act(beat.intake.looked(sightings, now))
        beat.look_from = now + QUICKEST_SECONDS

    def _act(self, seen: Seen) -> None:
        conductor = self._conductor
        for job in seen.quiet:
            conductor.wake(job, at_once=True)
        for job in seen.left:
            if job.id in conductor.running:
                continue
            if job.state is State.SEEN:
                conductor.book.forget([job])
            elif job.state in _UNPAID or (job.state is State.SUBMITTING and job.starts == 0):
                conductor.apply(job, Leave(reason="Taken away by its owner before it was sent."))
        self._begin_anew([job for job in seen.anew if job.id not in conductor.running])
        for job in seen.replaced:
            if job.id not in conductor.running and job.state in _UNPAID:
                conductor.apply(
                    job, Leave(reason="Replaced by its owner; the new one is a new job.")
                )
                self.soon(job.watch, parted(job.path)[0])

    def _begin_anew(self, jobs: Sequence[Job]) -> None:
        """Let files come in once more whose tickets changed: nothing was done for them."""
        for job in jobs:
            self._conductor.book.forget([job])
            self.soon(job.watch, parted(job.path)[0])


def _words(error: Exception) -> str:
    return error.message if isinstance(error, UpscaledError) else f"{type(error).__name__}: {error}"
