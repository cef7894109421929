"""What all calls share: options, the ledger, the script, a clock that tests may push on."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from standin.book import Book
from standin.faults import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How this fal behaves. Times in seconds."""

    latency: float = 0.0
    """Of the model's step, besides the work itself."""
    concurrency: int = 2
    """Requests worked on at once; the rest is in the queue."""
    result_life: float = 3600.0
    """How long the queue remembers an ended request."""
    token_life: float = 3600.0
    listing_delay: float = 0.0
    """How long after its acceptance a request is listed."""
    page: int = 100
    """Most requests on a page of the list."""
    balance_usd: float | None = None
    """Play money; once it is spent the account is locked."""
    keys: tuple[str, ...] = ()
    """Keys that are known; empty: any."""
    pictures: dict[str, Path] = field(default_factory=dict)
    """What a model returns, by its name, brought to the result's size; else an honest result."""


@dataclass(slots=True, kw_only=True)
class World:
    """The state of one stand-in."""

    url: str
    options: Options
    folder: Path
    book: Book
    script: Script
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopping: threading.Event = field(default_factory=threading.Event)
    locked: bool = False
    skew: float = 0.0
    keys: set[str] = field(default_factory=set)
    """Keys met so far, to notice one where none may be."""
    tokens: dict[str, float] = field(default_factory=dict)
    """Storage tokens and when they end."""
    mortal: dict[str, float] = field(default_factory=dict)
    """Files that end, and when."""
    signed: dict[str, str] = field(default_factory=dict)
    """Files that may be put once, by the address signed for it."""

    def clock(self) -> float:
        """Return seconds that tests can push on."""
        return time.monotonic() + self.skew

    def moment(self, clock: float | None = None) -> datetime:
        """Return the wall's time for a reading of the clock, now by default."""
        away = 0.0 if clock is None else clock - self.clock()
        return datetime.now(UTC) + timedelta(seconds=self.skew + away)

    def is_locked(self) -> bool:
        """Return whether the account takes no requests."""
        balance = self.options.balance_usd
        spent = float(self.book.summary()["billed_usd"]) if balance is not None else 0.0
        return self.locked or (balance is not None and spent >= balance)

    def violation(self, what: str, **about: Any) -> None:
        """Write down that the caller did what it must never do."""
        self.book.write("violation", what=what, **about)

    def file(self, name: str) -> Path:
        """Return where a file of the media host lies."""
        return self.folder / name
