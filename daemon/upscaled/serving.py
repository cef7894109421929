"""
One daemon after the other over one house, each with the configuration that holds just then.

On SIGHUP config and rules are read again in a thread of their own, since a new folder may lie on a
share that hangs. What is faulty is refused whole and the old one stays. Else a new daemon is
furnished beside the living one and takes over between two turns: steps under way end with what they
began with, and everything that was made from the old settings goes with the old daemon.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import structlog

from upscaled.core.changes import Change, Plain, changes, flat
from upscaled.core.life import LIFE
from upscaled.core.reload import moved_roots, refusals
from upscaled.core.settings import Settings
from upscaled.daemon import Daemon, Shown
from upscaled.edge import diary
from upscaled.edge.signals import HangUps, two_stages
from upscaled.edge.toml import keep_in_force, load_settings, rule_sums
from upscaled.errors import ConfigError, Fault, LedgerUnwritable, UpscaledError
from upscaled.flow.attendance import Manager
from upscaled.house import House
from upscaled.nouns import State

log = structlog.get_logger()

RELOAD, HELD = "reload", "settings"
"""Where the ledger keeps how the last reload went, and what was in force last."""
READ_SECONDS = 60.0
"""A folder that says nothing for so long hangs."""
QUIET_SECONDS = 30.0
"""How long a moment is looked for in which nobody's hands are full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What reading the configuration again has led to: a successor, or faults."""

    heir: Daemon | None = None
    faults: tuple[Fault, ...] = ()


class _Reading:
    """One look at the configuration, under way in its own thread."""

    def __init__(self, read: Callable[[], Daemon], until: float, place: str) -> None:
        self.until = until
        self.found: _Found | None = None
        self._read = read
        self._place = place
        self._answer: SimpleQueue[_Found] = SimpleQueue()
        Thread(target=self._look, name="reload", daemon=True).start()

    def heard(self) -> _Found | None:
        """Return what it has led to, None while it goes on."""
        with suppress(Empty):
            self.found = self._answer.get_nowait()
        return self.found

    def _look(self) -> None:
        try:
            found = _Found(heir=self._read())
        except ConfigError as error:
            found = _Found(faults=error.faults)
        except UpscaledError as error:
            found = _Found(faults=(said_by(self._place, error.message, error.hint),))
        except Exception as error:
            log.exception("reload_failed")
            found = _Found(faults=(said_by(self._place, f"{type(error).__name__}: {error}"),))
        self._answer.put(found)


class Serving:
    """The run from start to end. `source` is the absolute path of the config file."""

    def __init__(
        self, house: House, source: Path, hang_ups: HangUps, manager: Manager | None = None
    ) -> None:
        self.daemon = Daemon(house, manager)
        self._source = source
        self._manager = manager
        self._hang_ups = hang_ups
        self._stopping = False
        self.reloaded: Callable[[], None] = lambda: None
        """Told when another configuration holds."""
        self.leaving: Callable[[], None] = lambda: None
        """Told when the end begins, so that others end meanwhile."""
        self._reading: _Reading | None = None

    def run(self, *, until_idle: bool, shown: Shown | None = None) -> int:
        """Work until asked to stop, or until idle; return the exit code."""
        self._note_in_force("start")
        self._put(RELOAD, None)
        with two_stages(self._stop):
            while True:
                on_duty = self.daemon
                on_duty.relief, on_duty.leaving = self._relief, self.leaving
                code = on_duty.run(until_idle=until_idle, shown=shown)
                if on_duty.heir is None:
                    return code
                self.daemon = on_duty.heir
                if self._stopping or on_duty.asked_to_stop:
                    self.daemon.stop()

    def _stop(self) -> None:
        self._stopping = True  # by a signal between two daemons

    # ---- in the conductor's thread, after each turn

    def _relief(self) -> Daemon | None:
        """Return who takes over from the daemon just now."""
        now = self.daemon.house.tools.clock.monotonic()
        if self._reading is None:
            if self._hang_ups.take():
                log.info("config_read_again", path=str(self._source))
                self.daemon.attendance.reloading()
                self._reading = _Reading(self._read, now + READ_SECONDS, str(self._source))
            return None
        known = self._reading.found
        found = known or self._reading.heard()
        if found is not None and known is None:
            self._reading.until = now + QUIET_SECONDS
        return self._decide(found, late=now >= self._reading.until)

    def _decide(self, found: _Found | None, *, late: bool) -> Daemon | None:
        place = str(self._source)
        if found is None:
            if late:
                hung = f"a folder did not answer within {READ_SECONDS:g} s"
                self._refuse((said_by(place, hung, "see that every share is there"),))
        elif found.heir is None:
            self._refuse(found.faults)
        elif not (why := self._hands_full(found.heir)):
            return self._hand_over(found.heir)
        elif late:
            self._refuse((said_by(place, why, "reload once more in a while"),))
        return None

    def _hands_full(self, heir: Daemon) -> str:
        """Return why this is no moment to hand over, empty where it is one."""
        daemon = self.daemon
        if daemon.book.trouble or not daemon.book.writable:
            return f"the ledger cannot be written: {daemon.book.trouble}"
        if not daemon.orders.rests:
            return "orders of the command line are being carried out"
        moved = moved_roots(daemon.house.settings, heir.house.settings)
        delivering = sum(
            daemon.house.settings.watch[job.watch].inbox in moved
            for job in daemon.book.jobs.values()
            if LIFE[job.state].patient
            or (job.state is State.FINISHED and job.id in daemon.conductor.running)
        )
        if delivering:
            return f"{delivering} results are on their way to folders that would change"
        return ""

    def _hand_over(self, heir: Daemon) -> Daemon:
        heir.succeed(self.daemon)
        self.daemon = heir
        changed = self._note_in_force("reload")
        self._tell(faults=(), changed=changed)
        log.info("config_reloaded", changed=[change.key for change in changed])
        self.reloaded()
        return heir

    def _refuse(self, faults: tuple[Fault, ...]) -> None:
        log.error("config_refused", faults=[fault.sentence() for fault in faults])
        self.daemon.config_trouble = f"the new configuration was refused: {faults[0].sentence()}"
        self._tell(faults=faults, changed=())

    def _tell(self, faults: tuple[Fault, ...], changed: tuple[Change, ...]) -> None:
        """Leave word for `status`, and let the service manager know at the next turn."""
        self._reading = None
        told = {
            "at": self._now(),
            "ok": not faults,
            "faults": [asdict(fault) for fault in faults],
            "changes": [change.told() for change in changed],
        }
        self._put(RELOAD, told)
        self.daemon.attendance.reloaded()

    # ---- in the reading thread

    def _read(self) -> Daemon:
        """Return a daemon on the configuration as it is now; raises what speaks against it."""
        house = self.daemon.house
        settings = load_settings(self._source)
        real = house.ledger.living_in()
        watches = zip(house.settings.watch, house.ledger.inboxes, strict=True)
        living = {str(watch.inbox): real.get(inbox, 0) for watch, inbox in watches}
        if faults := refusals(house.settings, settings, living, str(self._source)):
            raise ConfigError(faults)
        return Daemon(house.renewed(settings), self._manager)

    # ---- what was changed, and when

    def _note_in_force(self, by: str) -> tuple[Change, ...]:
        """Write down what differs from what was in force last; nothing at the very first start."""
        house = self.daemon.house
        held = json.loads(house.ledger.get(HELD) or "{}")
        holds = _held(house.settings)
        changed = changes(held, holds) if held else ()
        line = {"at": self._now(), "by": by, "changes": [change.told() for change in changed]}
        state = house.settings.state.directory
        try:
            keep_in_force(self._source, state)
            if changed:
                diary.append(state / diary.CONFIG_CHANGES, line)
        except OSError as error:
            log.warning("config_not_noted", reason=str(error))
        if held != holds:
            self._put(HELD, holds)
        return changed

    def _now(self) -> str:
        now = self.daemon.house.tools.clock.now()
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _put(self, key: str, value: object) -> None:
        try:
            self.daemon.house.ledger.put(key, json.dumps(value))
        except LedgerUnwritable as error:
            log.warning("not_noted", key=key, reason=error.message)


def said_by(place: str, why: str, hint: str = "") -> Fault:
    """Return what speaks against a reload where no single key does."""
    return Fault(place=place, key="reload", value=why, expected="a moment to take over", hint=hint)


def _held(settings: Settings) -> dict[str, Plain]:
    own = rule_sums(settings.rules.directory)
    return {**flat(settings), **{f"rules/{name}": total for name, total in own.items()}}
