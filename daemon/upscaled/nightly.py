"""
A night's report, written into every outbox through the lane of its share.

A share that is away, full or hung keeps nobody else's report back: what could not be written is
owed, remembered over restarts, and tried again until it stands.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Lock

import structlog

from upscaled.core.nights import Night
from upscaled.core.notices import LONGEST
from upscaled.core.report.lead import lead
from upscaled.core.report.words import count
from upscaled.core.settings import Settings
from upscaled.edge.ledger import Ledger
from upscaled.errors import LedgerUnwritable, Outage, UpscaledError
from upscaled.flow.lanes import Lane
from upscaled.flow.ports import Clock
from upscaled.flow.space import LOOK_RANK
from upscaled.outboxes import Outbox, Real, Wanted, Written, outboxes_of, report_outbox
from upscaled.reporting import span_between

log = structlog.get_logger()

OWED = "reports_owed"
"""The ledger's key: the reports that could not be written yet."""
AGAIN_SECONDS = 300.0
PATIENCE_SECONDS = 60.0
"""How long a share may take before the night is told without it."""
MOST_SAID = LONGEST - 20
"""Characters of a morning's message; the night's date stands before them."""
MOST_OWED = 200
"""A share that is gone for good is not waited for for ever: the oldest are let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One report that is still to be written."""

    outbox: str
    begins: datetime
    ends: datetime

    def to_json(self) -> list[object]:
        """Return it as it is remembered."""
        return [self.outbox, self.begins.timestamp(), self.ends.timestamp()]


class Nightly:
    """
    Writes reports, and remembers which are owed.

    `write` blocks its lane; `again` returns at once. Both may be called from any thread.
    `real` says where an outbox lies, and asks no disk.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        ledger: Ledger,
        clock: Clock,
        lanes: Mapping[int, Lane],
        real: Real,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._clock = clock
        self._lanes = lanes
        self._real = real
        self._lock = Lock()
        self._under_way: set[tuple[str, datetime]] = set()

    def write(self, night: Night) -> str:
        """
        Write a night's report into every outbox; return what the morning's message says.

        Raises `Outage` where none could be written.
        """
        asked = [
            (outbox, self._begin(outbox, night.begins, night.ends)) for outbox in self._outboxes()
        ]
        wait([future for _, future in asked], timeout=PATIENCE_SECONDS)
        stands = [future.result() for _, future in asked if _stands(future)]
        missed = [outbox for outbox, future in asked if not _stands(future)]
        if not stands:
            raise Outage("; ".join(_why(future) for _, future in asked), hold="share")
        self._owe(missed, night)
        return joined([*map(_said, stands), *map(_missed, missed)])

    def again(self) -> None:
        """Try what is owed once more."""
        outboxes = {str(outbox.folder): outbox for outbox in self._outboxes()}
        for one in self._owed():
            if one.outbox in outboxes:
                self._begin(outboxes[one.outbox], one.begins, one.ends)
            else:
                self._forget(one)  # the outbox has left the configuration

    # ---- inside

    def _outboxes(self) -> list[Outbox]:
        return outboxes_of(self._settings(), self._real)

    def _begin(self, outbox: Outbox, begins: datetime, ends: datetime) -> "Future[Written]":
        future: Future[Written] = Future()
        key = str(outbox.folder), ends
        with self._lock:
            if key in self._under_way:  # its share still hangs over the last try
                future.set_exception(Outage(f"{outbox.folder} does not answer", hold="share"))
                return future
            self._under_way.add(key)
        work = partial(self._work, outbox, (begins, ends), future)
        self._lanes[outbox.watches[0]].put(LOOK_RANK, work)
        return future

    def _work(
        self, outbox: Outbox, night: tuple[datetime, datetime], future: "Future[Written]"
    ) -> None:
        settings = self._settings()
        try:
            wanted = Wanted(span=span_between(settings, *night), now=self._clock.now())
            written = report_outbox(settings, self._ledger, outbox, wanted)
            self._forget(Owed(outbox=str(outbox.folder), begins=night[0], ends=night[1]))
        except UpscaledError as error:
            log.warning("report_not_written", outbox=str(outbox.folder), reason=error.message)
            future.set_exception(error)
        except Exception as error:
            log.exception("report_failed", outbox=str(outbox.folder))
            future.set_exception(error)
        else:
            future.set_result(written)
        finally:
            with self._lock:
                self._under_way.discard((str(outbox.folder), night[1]))

    def _owed(self) -> list[Owed]:
        return [
            Owed(outbox=outbox, begins=_utc(begins), ends=_utc(ends))
            for outbox, begins, ends in json.loads(self._ledger.get(OWED) or "[]")
        ]

    def _owe(self, outboxes: Sequence[Outbox], night: Night) -> None:
        more = [
            Owed(outbox=str(one.folder), begins=night.begins, ends=night.ends) for one in outboxes
        ]
        with self._lock:
            if more:
                known = self._owed()
                self._remember([*known, *(one for one in more if one not in known)])

    def _forget(self, one: Owed) -> None:
        with self._lock:
            known = self._owed()
            if one in known:
                self._remember([other for other in known if other != one])

    def _remember(self, owed: Iterable[Owed]) -> None:
        told = json.dumps([one.to_json() for one in owed][-MOST_OWED:])
        try:
            self._ledger.put(OWED, told)
        except LedgerUnwritable as error:
            log.warning("owed_not_remembered", reason=error.message)


def joined(parts: Sequence[str]) -> str:
    """Return what fits into one message whole, and how much more there is."""
    shown = list(parts)
    while len(said := _with_rest(shown, len(parts) - len(shown))) > MOST_SAID and len(shown) > 1:
        shown.pop()
    return said


def _with_rest(shown: Sequence[str], more: int) -> str:
    rest = f"And {count(more, 'more outbox', 'more outboxes')}."
    return " ".join([*shown, rest] if more else shown)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _stands(future: "Future[Written]") -> bool:
    return future.done() and future.exception() is None


def _why(future: "Future[Written]") -> str:
    error = future.exception() if future.done() else None
    return str(error) if error else "the share does not answer"


def _said(written: Written) -> str:
    scope = f"{written.report.scope}: " if written.report.scope else ""
    return f"{scope}{lead(written.report)} The report: {written.page}"


def _missed(outbox: Outbox) -> str:
    return f"The report for {outbox.folder} follows once it can be written."
