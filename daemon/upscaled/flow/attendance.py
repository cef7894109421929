"""
What a service manager hears of the daemon: that it is ready, that it is alive, and what goes on.

Owned by the conductor's thread; nothing is said that this thread did not come round to say.
"""

from collections.abc import Callable
from typing import Protocol

from upscaled.flow.pulse import Pulse

WORDS_SECONDS = 1.0
"""A studio's night has tens of thousands of steps; the line is for people."""
ALIVE_SHARE = 4
"""sd_watchdog_enabled(3) asks for a sign within half the time; twice as often bears a slow turn."""


class Manager(Protocol):
    """Who started us as a service."""

    @property
    def watchdog_seconds(self) -> float | None:
        """Return within how long it wants a sign, None where it wants none."""

    def ready(self, words: str) -> None:
        """Say that the start, or a reload, is complete."""

    def says(self, words: str) -> None:
        """Say in plain words what goes on."""

    def alive(self) -> None:
        """Give a sign of life."""

    def reloading(self) -> None:
        """Say that the configuration is read again; `ready` ends it."""

    def stopping(self, words: str) -> None:
        """Say that the end has begun."""


class Attendance:
    """Keeps the manager informed, and no more often than it needs."""

    def __init__(self, manager: Manager, pulse: Pulse) -> None:
        self.pulse = pulse
        self._manager = manager
        self._ready = False
        self._quiet = False
        """While a reload is under way, and once the end has begun."""
        self._words = ""
        self._words_at = 0.0
        self._alive_at = 0.0

    def turned(self, now: float, words: Callable[[], str]) -> None:
        """Note a turn of the conductor; the first one makes the service ready."""
        self.pulse.beat(now)
        if not self._quiet:
            self._say(words, now)
        if self._manager.watchdog_seconds is not None and now >= self._alive_at:
            self._manager.alive()
            self._alive_at = now + self._manager.watchdog_seconds / ALIVE_SHARE

    def reloading(self) -> None:
        """Say that the configuration is read again; `reloaded` ends it."""
        self._quiet = True
        self._manager.reloading()

    def reloaded(self) -> None:
        """Have the next turn say that the reload is complete, whichever way it went."""
        self._quiet = self._ready = False

    def stopping(self, words: str) -> None:
        """Say that the end has begun; signs of life go on while the last steps come back."""
        self._quiet = True
        self._manager.stopping(words)

    def _say(self, words: Callable[[], str], now: float) -> None:
        if not self._ready:
            self._ready = True
            self._words, self._words_at = words(), now + WORDS_SECONDS
            self._manager.ready(self._words)
        elif now >= self._words_at:
            self._words_at = now + WORDS_SECONDS
            said = words()
            if said != self._words:
                self._words = said
                self._manager.says(said)
