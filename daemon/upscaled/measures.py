"""
Health and measures: what the conductor's thread left, and what the ledger counts, for who asks.

A room of the house like `eyes`. The conductor's thread only leaves a small value behind (`note`);
the ledger is asked by the thread that answers, so a scrape never holds up a picture.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from upscaled import __version__
from upscaled.core import metrics
from upscaled.core.exposition import CONTENT_TYPE, exposition
from upscaled.core.health import Vitals, dead, unready
from upscaled.core.job_line import stage_seconds
from upscaled.core.life import Word, word_of
from upscaled.core.price import usd
from upscaled.core.settings import Settings
from upscaled.core.window import begins, is_open
from upscaled.edge import disk
from upscaled.edge.clock import local_zone
from upscaled.edge.endpoint import Endpoint, Page
from upscaled.edge.ledger import Ledger
from upscaled.edge.timetable import Timetable
from upscaled.errors import LedgerUnwritable, Outage, UpscaledError
from upscaled.flow.conductor import Conductor
from upscaled.flow.nights import Nights
from upscaled.flow.patrol import Patrol
from upscaled.flow.pulse import Pulse
from upscaled.flow.sums import Days, caps_of, sums
from upscaled.nouns import Job

log = structlog.get_logger()

TEXTFILE_SECONDS = 15.0
_PLAIN = "text/plain; charset=utf-8"
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the night watch may look at. Settings are asked late: a reload replaces them."""

    settings: Callable[[], Settings]
    ledger: Ledger
    conductor: Conductor
    patrol: Patrol
    nights: Nights
    pulse: Pulse
    engine: Callable[[], Mapping[str, str | None]]
    """Name and state, as `status` has them; the conductor's thread alone may ask."""


class Measures:
    """Owned by the conductor's thread, but for what answers: `healthy`, the endpoint, the file."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._clock = known.conductor.tools.clock
        self._started_at = self._clock.now()
        self._tally = metrics.Tally()
        self._vitals = Vitals()
        self._engine = (known.conductor.tools.engine, False)
        self._free: Mapping[tuple[str, str], int] = {}
        self._endpoint: Endpoint | None = None
        self._unwritten = False

    def start(self, timetable: Timetable) -> None:
        """Answer from now on, where the config wants it."""
        table = self._known.settings().metrics
        if table.listen is not None:
            try:
                self._endpoint = Endpoint(table.listen.host, table.listen.port, self._answers())
                log.info("measures_at", host=table.listen.host, port=self._endpoint.port)
            except Outage as error:
                log.warning("no_endpoint", reason=error.message)  # pictures are worth more
        if table.textfile is not None:
            timetable.every(TEXTFILE_SECONDS, "textfile", self._write)

    def note(self, *, stopping: bool = False) -> None:
        """Leave how it stands, for other threads to read; called at every turn."""
        known = self._known
        beats = known.patrol.beats
        self._vitals = Vitals(
            ledger=known.conductor.book.trouble,
            watches=tuple(beat.trouble for beat in beats),
            looked=all(beat.scanned for beat in beats),
            stopping=stopping,
        )

    def look(self) -> None:
        """Leave what takes a little longer: every few seconds, on the conductor's thread."""
        engine = self._known.engine()
        self._engine = engine["name"] or "", engine["state"] == "ready"
        free = self._known.conductor.door.space.free()
        work, watches = self._known.conductor.tools.work, self._known.settings().watch
        places = {("state", ""): work} | {
            (role, str(number)): getattr(watch, role)
            for number, watch in enumerate(watches)
            for role in ("outbox", "review")
        }
        self._free = {key: free[path].free for key, path in places.items() if path in free}

    def ended(self, job: Job) -> None:
        """Count an end."""
        self._tally.note(word_of(job.state, held=False).value, stage_seconds(job))

    def stop(self) -> None:
        """Answer no more; the file that stays behind says that nothing is ready."""
        self.note(stopping=True)
        self._write()
        if self._endpoint is not None:
            self._endpoint.stop()

    # ---- asked by any thread

    def unready(self) -> tuple[str, ...]:
        """Return why it does not do its work; empty while it does."""
        return unready(self._vitals, self._age())

    def _age(self) -> float:
        return self._known.pulse.age(self._clock.monotonic())

    def _answers(self) -> dict[str, Callable[[], Page]]:
        return {
            "/metrics": lambda: Page(status=200, type=CONTENT_TYPE, text=self.text()),
            "/healthz": lambda: _health(list(filter(None, [dead(self._age())]))),
            "/readyz": lambda: _health(list(self.unready())),
        }

    def text(self) -> str:
        """Return every measure, as Prometheus reads it."""
        return exposition(metrics.families(self._seen()))

    def _seen(self) -> metrics.Seen:
        known, now = self._known, self._clock.now()
        settings = known.settings()
        zone, told = local_zone(settings.schedule.timezone), known.nights.told_last
        watches = range(len(settings.watch))
        jobs, holds, money = self._counted(settings, now)
        return metrics.Seen(
            version=__version__,
            started_at=self._started_at.timestamp(),
            pulse_age=self._age(),
            ready=not self.unready(),
            jobs=jobs,
            holds=holds,
            ended=dict(self._tally.ended),
            stages=dict(self._tally.stages),
            money=money,
            engine=self._engine,
            watches=tuple(not why for why in self._vitals.watches),
            windows=tuple(is_open(now, settings.window_of(one), zone) for one in watches),
            free=self._free,
            night_at=begins(told, zone, settings.night_ends).timestamp() if told else None,
        )

    def _counted(
        self, settings: Settings, now: datetime
    ) -> tuple[dict[str, int], dict[str, int], dict[str, float]]:
        """Return jobs by word, holds, and money; nothing of them while the ledger is deaf."""
        try:
            return self._read(settings, now)
        except LedgerUnwritable:
            return {}, {}, {}

    def _read(
        self, settings: Settings, now: datetime
    ) -> tuple[dict[str, int], dict[str, int], dict[str, float]]:
        ledger, caps = self._known.ledger, caps_of(settings)
        words = dict.fromkeys((word.value for word in Word), 0)
        for state, held, number in ledger.counts():
            words[word_of(state, held=held).value] += number
        days = Days(zone=local_zone(settings.schedule.timezone), starts=settings.day_starts)
        spend = sums(ledger, days, now)
        money = {
            "total": ledger.spent(_BEGIN),
            "today": spend.today,
            "month": spend.month,
            "reserved": spend.reserved,
            "daily_cap": caps.daily,
            "monthly_cap": caps.monthly,
        }
        return words, ledger.tallies.holds(), {key: usd(one) for key, one in money.items()}

    def _write(self) -> None:
        """Write the textfile; runs on the timetable's thread. A fault is told once."""
        path = self._known.settings().metrics.textfile
        if path is None:
            return
        try:
            disk.write_whole(self.text().encode(), path)
            self._unwritten = False
        except UpscaledError as error:
            if not self._unwritten:
                log.warning("textfile_not_written", reason=error.message)
            self._unwritten = True


def _health(faults: list[str]) -> Page:
    text = "".join(f"{one}\n" for one in faults)
    return Page(status=503 if faults else 200, type=_PLAIN, text=text or "ok\n")
