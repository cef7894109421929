"""
When a night has ended: a pure calendar, asked again and again, that answers once for each date.

A night is called by the date on the wall on which it ends. What was done last is all that must be
remembered; ticks may come late, twice, or not for a week.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from upscaled.core.window import begins, day_of

_ASTRAY = timedelta(days=2)
"""A mark further ahead was left by a wrong clock; it would silence every night until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A stretch of time that one report tells of; the next one begins where it ends."""

    date: date
    """The local date on which it ended."""
    begins: datetime
    """Aware UTC. After a daemon that was off for days: where the last one that was told ended."""
    ends: datetime


def ended(now: datetime, zone: tzinfo, ends: time) -> date:
    """Return the date of the latest night that has ended by now."""
    return day_of(now, zone, ends)


def night_due(now: datetime, last: date | None, zone: tzinfo, ends: time) -> Night | None:
    """
    Return the night that is to be told now, None where nothing is.

    `last`: the date told last; None before the first: what was before the first start is nobody's,
    so the caller notes `ended` and waits for the next. Nights that were missed are one with the
    latest: a person wants one page in the morning, and no hour of it left out.
    """
    latest = ended(now, zone, ends)
    if last is None or latest <= last:
        return None
    return Night(date=latest, begins=begins(last, zone, ends), ends=begins(latest, zone, ends))


def is_astray(now: datetime, last: date, zone: tzinfo, ends: time) -> bool:
    """Say whether a mark lies so far ahead that only a wrong clock can have left it."""
    return last > ended(now, zone, ends) + _ASTRAY
