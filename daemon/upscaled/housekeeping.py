"""
The daily round of the house: a copy of the ledger, old rows, small files.

A room of the house; its work is done in a thread of its own, beside the conductor.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock, Thread

import structlog

from upscaled.core.settings import Settings
from upscaled.edge.ledger import SCHEMA_VERSION, Ledger
from upscaled.edge.ledger.backup import COPIED_AT, copies, copy
from upscaled.edge.ledger.retention import Pruned
from upscaled.edge.memory import give_back
from upscaled.errors import LedgerUnwritable

log = structlog.get_logger()

EVERY_SECONDS = 600.0
"""How often it is asked whether the day's round was made; a machine may sleep through any hour."""
DAILY, MIGRATED = "ledger-", "before-schema-"
MOST_MIGRATED = 3
PRUNED = "pruned_on"
RESTORED = "restored"
"""In the ledger: what it was restored from and when, until a person has said `resume`."""


def backups(settings: Settings) -> Path:
    """Return where the copies lie."""
    return settings.state.directory / "backups"


def before_migration(settings: Settings, ledger: Ledger, now: datetime) -> None:
    """Keep a copy of a ledger that is about to be brought up to date."""
    schema = ledger.schema()
    if schema in {None, SCHEMA_VERSION} or not settings.state.backups:
        return
    folder = backups(settings)
    copy(ledger.path, folder / f"{MIGRATED}{SCHEMA_VERSION}-{_stamp(now)}.sqlite", now)
    for old in copies(folder, MIGRATED)[:-MOST_MIGRATED]:
        old.unlink()


def meet_restored(ledger: Ledger, now: datetime) -> None:
    """
    Begin paused where the ledger is a copy that was put back.

    What was submitted after it was made is not known here, and would be paid for a second time;
    only a person can say what became of it.
    """
    copied_at = ledger.get(COPIED_AT)
    if not copied_at:
        return
    ledger.put("paused", "1")
    ledger.put(RESTORED, json.dumps({"copied_at": copied_at, "at": now.isoformat()}))
    ledger.put(COPIED_AT, "")
    log.warning("ledger_restored", copied_at=copied_at, hint="see `upscaled status`")


class Housekeeping:
    """Makes the day's round once, whoever asks how often."""

    def __init__(self, settings: Settings, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._ledger = ledger
        self._now = now
        self._lock = Lock()

    def ask(self) -> None:
        """Begin the round in a thread of its own, unless one is being made."""
        Thread(target=self._once, name="housekeeping", daemon=True).start()

    def _once(self) -> None:
        if not self._lock.acquire(blocking=False):
            return
        try:
            self.round()
        except LedgerUnwritable as error:
            log.warning("housekeeping_failed", reason=error.message, hint=error.hint)
        except Exception:
            # Its thread ends here; the next day's round is made all the same, and the work goes on.
            log.exception("housekeeping_failed")
        finally:
            give_back()
            self._lock.release()

    def round(self) -> None:
        """Make the day's copy and let go of what is old, each where it was not done today."""
        now = self._now()
        self._back_up(now)
        today = now.date().isoformat()
        if self._ledger.get(PRUNED) == today:
            return
        if days := self._settings.state.keep_history_days:
            gone = self._ledger.retention.prune(now - timedelta(days=days), now)
            if gone != Pruned():
                log.info("pruned", **asdict(gone))
        self._ledger.shrink()
        self._ledger.put(PRUNED, today)

    def _back_up(self, now: datetime) -> None:
        keep, folder = self._settings.state.backups, backups(self._settings)
        to = folder / f"{DAILY}{now.astimezone(UTC):%Y-%m-%d}.sqlite"
        if keep and not to.exists():
            copy(self._ledger.path, to, now)
            log.info("ledger_copied", to=str(to), bytes=to.stat().st_size)
        for old in copies(folder, DAILY)[: -keep or None]:
            old.unlink()


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
