"""
Every night is told once: asks the calendar, has the report written, remembers it.

Owned by the conductor's thread; the writing runs in a lane of its own, since an outbox may hang. A
night is marked only after it was written: a crash in between has it written again, under the same
date, so `write` must bear that.
"""

from collections.abc import Callable
from datetime import date, time, tzinfo
from functools import partial
from typing import Protocol

import structlog

from upscaled.core.nights import Night, ended, is_astray, night_due
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.lanes import Lane
from upscaled.flow.ports import Clock

log = structlog.get_logger()

MARK = "night_told"
"""The ledger's key: the date of the last night that was told."""
LOOK_SECONDS = 20.0
AGAIN_SECONDS = 300.0
"""After a report that could not be written: a full disk or a lost share may be mended by then."""


class Memory(Protocol):
    """What is remembered of the ledger."""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""

    def put(self, key: str, value: str) -> None:
        """Remember a value; raises `LedgerUnwritable`."""


class Nights:
    """
    Calls `write(night)` once for each night, and `told` with the sentence that it returns.

    `calendar` returns the zone and when nights end; it is asked late, since a reload may change it.
    """

    def __init__(
        self,
        memory: Memory,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
        calendar: Callable[[], tuple[tzinfo, time]],
    ) -> None:
        self.write: Callable[[Night], str] = lambda _night: ""
        """Writes a night's report, in a lane; the same night again must come to the same. Returns a
        sentence for a message. What it raises has it called again later."""
        self.told: Callable[[Night, str], None] = lambda _night, _said: None
        """Called on the conductor's thread after the night was marked."""
        self.busy = False
        self.told_last: date | None = None
        """The date of the night that was told last, as far as this run knows."""
        self._memory = memory
        self._clock = clock
        self._post = post
        self._calendar = calendar
        self._lane = Lane("nights", 1)
        self._next_look = 0.0
        self._stopped = False

    def turn(self) -> None:
        """Look at the calendar now and then."""
        if self.busy or self._clock.monotonic() < self._next_look:
            return
        self._next_look = self._clock.monotonic() + LOOK_SECONDS
        try:
            night = self._due()
        except LedgerUnwritable:
            return  # the book has said so already
        if night is not None:
            self.busy = True
            self._lane.put(0, partial(self._write, night))

    def stop(self) -> None:
        """Begin nothing more; what is just being written is written again by who comes after."""
        self._stopped = True
        self._lane.stop()

    # ---- inside

    def _due(self) -> Night | None:
        now, (zone, ends) = self._clock.now(), self._calendar()
        marked = self._memory.get(MARK)
        last = self.told_last = date.fromisoformat(marked) if marked else None
        if last is None or is_astray(now, last, zone, ends):
            self._memory.put(MARK, ended(now, zone, ends).isoformat())
            return None
        return night_due(now, last, zone, ends)

    def _write(self, night: Night) -> None:
        try:
            said = self.write(night)
        except UpscaledError as error:
            self._post(partial(self._not_written, night, error.message))
        except Exception as error:
            log.exception("report_failed", date=night.date.isoformat())
            self._post(partial(self._not_written, night, f"{type(error).__name__}: {error}"))
        else:
            self._post(partial(self._written, night, said))

    def _written(self, night: Night, said: str) -> None:
        self.busy = False
        if self._stopped:
            return  # a reload came in between, and nobody would hear of it here
        try:
            self._memory.put(MARK, night.date.isoformat())
        except LedgerUnwritable:
            return  # it is written once more, under the same date
        self.told_last = night.date
        log.info("night_ended", date=night.date.isoformat(), said=said)
        self.told(night, said)

    def _not_written(self, night: Night, why: str) -> None:
        self.busy = False
        self._next_look = self._clock.monotonic() + AGAIN_SECONDS
        log.warning("report_not_written", date=night.date.isoformat(), reason=why)
