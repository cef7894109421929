"""
What is spent and reserved, by the days and months of the caps; for the gate and for `status`.

Light on purpose: a command that only reads loads no more than this.
"""

from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import TYPE_CHECKING, Protocol

from upscaled.core.budget import Caps, Spend
from upscaled.core.price import micros
from upscaled.core.window import day_start, month_start, next_day
from upscaled.nouns import Micros

if TYPE_CHECKING:
    from upscaled.core.settings import Settings


class Sums(Protocol):
    """The sums of a whole ledger."""

    def spent(self, since: datetime) -> Micros:
        """Return the settled money since a moment."""

    def reserved(self) -> Micros:
        """Return the money in flight or in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """When days and months begin for the caps."""

    zone: tzinfo
    starts: time

    def day(self, now: datetime) -> datetime:
        """Return when the day of now began."""
        return day_start(now, self.zone, self.starts)

    def month(self, now: datetime) -> datetime:
        """Return when the month of now began."""
        return month_start(now, self.zone, self.starts)

    def end(self, now: datetime) -> datetime:
        """Return when the next day begins."""
        return next_day(now, self.zone, self.starts)


def caps_of(settings: "Settings") -> Caps:
    """Return the caps of the config."""
    budget = settings.budget
    return Caps(
        daily=micros(budget.daily_usd),
        monthly=micros(budget.monthly_usd),
        per_job=micros(budget.per_job_usd),
        folder=None if budget.folder_usd is None else micros(budget.folder_usd),
        brake_times=budget.brake_times,
        brake_floor=micros(budget.brake_floor_usd),
    )


def sums(ledger: Sums, days: Days, now: datetime) -> Spend:
    """Return what is spent today and this month, and what is reserved."""
    return Spend(
        today=ledger.spent(days.day(now)),
        month=ledger.spent(days.month(now)),
        reserved=ledger.reserved(),
    )
