"""
Who stays awake while nobody watches: what is told unasked, and the dead man's switch.

A room of the house like `eyes`: it joins what the conductor knows with the doors that tell it.
Everything here is on the conductor's thread, but for the heartbeat, which the timetable's thread
sends; it only reads.
"""

from collections.abc import Mapping
from datetime import UTC, timedelta
from functools import partial

import structlog

from upscaled.core.job_line import job_line
from upscaled.core.nights import Night
from upscaled.core.noteworthy import standing, told_of_end
from upscaled.core.notice_kinds import Kind
from upscaled.core.notices import Board
from upscaled.core.settings_night import Notify
from upscaled.edge import heartbeat, notify
from upscaled.edge.timetable import Timetable
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.notices import Notices, Send, Standing
from upscaled.flow.overtime import Overtime
from upscaled.measures import Known, Measures
from upscaled.nouns import Job

log = structlog.get_logger()

RUNNING = "running"
"""The ledger's key: since when a daemon runs; emptied at a clean end."""
LOOK_SECONDS = 5.0
FINISH_SECONDS = 5.0
_GIGABYTE = 1e9


class Nightwatch:
    """Tells people, measures, and gives signs of life."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._clock = known.conductor.tools.clock
        self.measures = Measures(known)
        self._board = Board(quiet=timedelta())
        self.notices = Notices(known.ledger, self._clock, known.conductor.post, self._board)
        self.notices.senders = self._senders
        self.notices.wanted = lambda: frozenset(known.settings().notify.events)
        self.notices.standing = self._standing
        known.nights.told = self._night
        self._overtime = Overtime()
        self._notify: Notify | None = None
        self._sends: dict[str, Send] = {}
        self._mute = False
        self._next_look = 0.0

    def start(self, timetable: Timetable) -> None:
        """Begin: see how the last run ended, and answer who asks."""
        self.notices.load()
        self._look_back()
        self.measures.start(timetable)
        table = self._known.settings().notify
        try:
            url = heartbeat.find_url(table.heartbeat_url.get_secret_value())
        except UpscaledError as error:
            log.warning("no_heartbeat", reason=error.message)  # the switch will say so too
            return
        if url:
            timetable.every(table.heartbeat_seconds, "heartbeat", partial(self._beat, url))

    def turn(self) -> None:
        """Look round, at every turn of the conductor."""
        self.measures.note()
        if self._clock.monotonic() >= self._next_look:
            self._next_look = self._clock.monotonic() + LOOK_SECONDS
            self.measures.look()
            self._look_at_time()
        self.notices.turn()

    def ended(self, job: Job) -> None:
        """Write a job's canonical line; count it; tell people what they should hear of."""
        log.info("job_ended", **job_line(job))
        self.measures.ended(job)
        if (told := told_of_end(job)) is not None:
            self.notices.happened(*told)

    def warned(self, sentence: str) -> None:
        """Tell people that a cap is near."""
        self.notices.happened(Kind.CAP_NEAR, sentence)

    def finish(self) -> None:
        """Let the last messages of a run leave that ends by itself; for some seconds at most."""
        until = self._clock.monotonic() + FINISH_SECONDS
        self.notices.hurry()
        while self.notices.pending() and self._clock.monotonic() < until:
            self.notices.turn()
            self._known.conductor.turn(0.1)

    def stopping(self) -> None:
        """Be ready no more: the last steps come back."""
        self.measures.note(stopping=True)

    def stop(self, *, clean: bool) -> None:
        """End; what is not told yet waits in the ledger."""
        self.measures.stop()
        self.notices.stop()
        if clean:
            self._mark("")

    # ---- inside

    def _look_back(self) -> None:
        """Note that we run; a mark that is still there was left by a run that did not end."""
        since = self._known.ledger.get(RUNNING)
        if since:
            log.warning("unclean_last_stop", started_at=since)
            said = (
                f"The run that began at {since} did not end in order (killed, crashed, no power)."
            )
            self.notices.happened(Kind.UNCLEAN, f"{said} Every job goes on from its last fact.")
        self._mark(self._clock.now().astimezone(UTC).isoformat(timespec="seconds"))

    def _mark(self, value: str) -> None:
        try:
            self._known.ledger.put(RUNNING, value)
        except LedgerUnwritable as error:
            log.warning("mark_not_written", reason=error.message)

    def _look_at_time(self) -> None:
        minutes = self._known.settings().notify.too_long_minutes
        jobs = self._known.conductor.book.jobs.values()
        for job in self._overtime.late(jobs, self._clock.monotonic(), minutes * 60):
            said = f"{job.path}: worked on for more than {minutes:.0f} min ({job.state.value})"
            self.notices.happened(Kind.TOO_LONG, said)

    def _standing(self) -> Standing:
        settings, conductor = self._known.settings(), self._known.conductor
        beats = self._known.patrol.beats
        troubles = {
            str(watch.inbox): beat.trouble
            for watch, beat in zip(settings.watch, beats, strict=False)
        }
        free = {str(path): room.free for path, room in conductor.door.space.free().items()}
        low = settings.notify.disk_low_gb * _GIGABYTE
        book = conductor.book
        return standing(book.jobs.values(), troubles, free, low, ledger=book.trouble)

    def _night(self, night: Night, said: str) -> None:
        """Tell of a night that has ended, in its report's words."""
        if said:
            self.notices.happened(Kind.NIGHT, f"{night.date.isoformat()}: {said}")

    def _senders(self) -> Mapping[str, Send]:
        """Return who takes messages, as the config says now."""
        table = self._known.settings().notify
        if table is not self._notify:
            self._notify = table
            self._board.quiet = timedelta(minutes=table.quiet_minutes)
            unreachable = timedelta(minutes=table.unreachable_minutes)
            self._board.after = {Kind.UNREACHABLE: unreachable}
            self._sends = dict(senders_of(table))
        return self._sends

    def _beat(self, url: str) -> None:
        """Give a sign of life while all is well; runs on the timetable's thread."""
        if self.measures.unready():
            return
        try:
            heartbeat.ping(url)
            self._mute = False
        except UpscaledError as error:
            if not self._mute:
                log.warning("heartbeat_not_sent", reason=error.message)
            self._mute = True


def senders_of(table: Notify) -> Mapping[str, Send]:
    """Return the senders that the config and the environment name."""
    found: dict[str, Send] = {}
    if table.notify_command:
        found["command"] = partial(notify.run_command, table.notify_command)
    try:
        urls = notify.find_urls(table.urls_file)
    except UpscaledError as error:
        log.warning("no_addresses", reason=error.message)
        return found
    for number, (url, scheme) in enumerate(zip(urls, notify.schemes(urls), strict=True), 1):
        # One sender each: what one of them refuses is not sent to the others again.
        found[f"apprise {number} ({scheme})"] = partial(notify.send_by_apprise, url)
    return found
