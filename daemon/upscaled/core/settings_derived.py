"""
What follows from several keys of the configuration together; and the configuration as plain values.

Plain values need no library to be held: a process that only shows has them handed over.
"""

from collections.abc import Mapping
from datetime import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from upscaled.core.window import MIDNIGHT, MORNING

if TYPE_CHECKING:
    from upscaled.core.hours import Window
    from upscaled.core.settings import Settings

SHOWN = ("watch", "state", "engine", "budget", "plan", "rules", "target", "schedule", "report")
"""Tables that a process that only shows needs; what is secret stands in others."""


class Derived:
    """Mixed into the configuration, and into its plain values."""

    if TYPE_CHECKING:
        watch: Any
        schedule: Any
        report: Any
        budget: Any

    @property
    def night_ends(self) -> time:
        """Return when a night ends on the wall and its report is due."""
        window = self.schedule.window
        found: time = self.report.at or (window.end if window else MORNING)
        return found

    @property
    def day_starts(self) -> time:
        """Return when a day begins for the caps: as told, with the window, or at midnight."""
        window = self.schedule.window
        found: time = self.budget.day_starts_at or (window.start if window else MIDNIGHT)
        return found

    def window_of(self, watch: int) -> "Window | None":
        """Return when submits of a watch may leave: its own hours, else the schedule's."""
        own: Window | None = self.watch[watch].window
        found: Window | None = self.schedule.window if own is None else own or None
        return found


class _Plain(Derived, SimpleNamespace):
    """The configuration as plain values; can be pickled."""


def plain_settings(settings: "Settings") -> "Settings":
    """Return what a process that only shows needs, as plain values of the same names."""
    return cast("Settings", _Plain(**{name: _plain(getattr(settings, name)) for name in SHOWN}))


def _plain(value: Any) -> Any:
    names = getattr(type(value), "model_fields", None)
    if names is not None:
        return SimpleNamespace(**{name: _plain(getattr(value, name)) for name in names})
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value
