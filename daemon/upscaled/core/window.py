"""
Openings of a window and days of the calendar, right across clock changes.

Instants go in and come out as aware UTC; the zone is an argument. Nothing here reads a clock.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

from upscaled.core.hours import Window, time_of

_DAY = timedelta(days=1)
MIDNIGHT = time(0)
MORNING = time(6)
_MOSTLY_DAYS, _SEARCH_DAYS = 4, 16
"""A clock change may swallow a week's only hours; a zone has once skipped a day (Samoa 2011)."""


def is_open(now: datetime, window: Window | None, zone: tzinfo) -> bool:
    """Tell whether a submit may go out now; without a window always."""
    return window is None or window.holds(now.astimezone(zone))


def next_open(now: datetime, window: Window | None, zone: tzinfo) -> datetime:
    """
    Return the first instant from now on at which the window is open; now itself if it is.

    Raises `ValueError` where no day of the next two weeks opens it.
    """
    if window is None or is_open(now, window, zone):
        return now.astimezone(UTC)
    opens = next_change(now, window, zone)
    if opens is None:
        raise ValueError(f"{window} never opens")
    return opens


def next_change(now: datetime, window: Window | None, zone: tzinfo) -> datetime | None:
    """Return the first instant after now at which the window opens or closes; None if never."""
    if not window:
        return None
    # To the minute, so that ten thousand held jobs ask the calendar once.
    return _change(now.astimezone(UTC).replace(second=0, microsecond=0), window, zone)


@lru_cache(maxsize=64)
def _change(minute: datetime, window: Window, zone: tzinfo) -> datetime | None:
    """
    Look at every instant that may change the answer: a beginning, an end, a leap of the clock.

    A wall time that comes twice may change it both times, and a leap may land inside the hours, or
    outside; whatever else lies between two such instants, nothing changes there.
    """
    held = is_open(minute, window, zone)
    edges = {time_of(edge) for span in window.spans for edge in (span.start, span.end)}
    first = minute.astimezone(zone).date() - _DAY
    for count in (_MOSTLY_DAYS, _SEARCH_DAYS):
        days = [first + _DAY * number for number in range(count)]
        found = {at for day in days for edge in edges for at in _instants(day, edge, zone)}
        later = sorted(at for at in found.union(_leaps(days, zone)) if at > minute)
        if changed := next((at for at in later if is_open(at, window, zone) is not held), None):
            return changed
    return None


def _instants(day: date, wall: time, zone: tzinfo) -> Iterator[datetime]:
    """Yield when a time on the wall comes: once, or twice where the clock is set back."""
    for fold in (0, 1):
        yield datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC)


def _leaps(days: list[date], zone: tzinfo) -> Iterator[datetime]:
    """Yield the instants at which the zone's clocks are set, to the minute."""
    noons = [datetime.combine(day, time(12), UTC) for day in days]
    for before, after in pairwise(noons):
        if _offset(before, zone) != _offset(after, zone):
            yield _leap(before, after, zone)


def _leap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Halve down to the first minute with the new offset."""
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if _offset(middle, zone) == _offset(before, zone):
            before = middle
        else:
            after = middle
    return after


def _offset(at: datetime, zone: tzinfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def day_start(now: datetime, zone: tzinfo, starts: time = MIDNIGHT) -> datetime:
    """Return the instant at which the day of now began in the zone, by a time on the wall."""
    return begins(day_of(now, zone, starts), zone, starts)


def next_day(now: datetime, zone: tzinfo, starts: time = MIDNIGHT) -> datetime:
    """Return the first instant after now at which a day begins in the zone."""
    day = now.astimezone(zone).date() - _DAY
    while (begun := begins(day, zone, starts)) <= now:
        day += _DAY
    return begun


def month_start(now: datetime, zone: tzinfo, starts: time = MIDNIGHT) -> datetime:
    """Return the instant at which the month of now began: with the day of its first date."""
    return begins(day_of(now, zone, starts).replace(day=1), zone, starts)


def next_month(now: datetime, zone: tzinfo, starts: time = MIDNIGHT) -> datetime:
    """Return the first instant after now at which a month begins in the zone."""
    first = day_of(now, zone, starts).replace(day=1)
    return begins((first + 31 * _DAY).replace(day=1), zone, starts)


def day_of(now: datetime, zone: tzinfo, starts: time) -> date:
    """Return the date of the day that now lies in; a day is called by the date it begins on."""
    day = now.astimezone(zone).date() + _DAY
    while begins(day, zone, starts) > now:
        day -= _DAY
    return day


def begins(day: date, zone: tzinfo, starts: time) -> datetime:
    """
    Return the instant at which a day begins.

    With `fold=0` a time that comes twice is the first one, and one that the clock leaps over is
    reckoned with the offset before the leap: as much later on the wall as the clock leapt, which
    for a midnight is the instant of the leap itself.
    """
    return datetime.combine(day, starts, zone).astimezone(UTC)
