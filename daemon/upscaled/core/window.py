"""
Hours of the wall clock and days of the calendar, right across clock changes.

Instants go in and come out as aware UTC; the zone is an argument. Nothing here reads a clock.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_HOURS = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})\s*")
_TIME = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*")
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
MIDNIGHT = time(0)
_SEARCH_MINUTES = 4 * 24 * 60
"""A clock change may swallow a day's window, and a zone has once skipped a day (Samoa 2011)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of the day on the wall, `start` included, `end` not; may pass midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, wall: time) -> bool:
        """Tell whether a time on the wall lies inside."""
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


def parse_window(text: str) -> Window | None:
    """
    Read hours such as `22:00-06:00`; empty is None: always open.

    Raises `ValueError` with a sentence for the person.
    """
    if not text.strip():
        return None
    found = _HOURS.fullmatch(text)
    if not found:
        raise ValueError('hours are written "22:00-06:00"')
    start, end = _time(found[1], found[2]), _time(found[3], found[4])
    if start == end:
        raise ValueError("it starts when it ends; leave it empty for always")
    return Window(start=start, end=end)


def parse_time(text: str) -> time | None:
    """
    Read a time of the day such as `06:00`; empty is None.

    Raises `ValueError` with a sentence for the person.
    """
    if not text.strip():
        return None
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError('a time is written "06:00"')
    return _time(found[1], found[2])


def _time(hour: str, minute: str) -> time:
    if (hour, minute) == ("24", "00"):
        return time(0)
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{hour}:{minute} is no time of the day")
    return time(int(hour), int(minute))


def is_open(now: datetime, window: Window | None, zone: tzinfo) -> bool:
    """Tell whether a submit may go out now; without a window always."""
    return window is None or window.holds(now.astimezone(zone).time())


def next_open(now: datetime, window: Window | None, zone: tzinfo) -> datetime:
    """
    Return the first instant from now on at which the window is open; now itself if it is.

    Where the clock jumps in between, the minutes are walked: the jump may land in the window, skip
    it, or repeat it. Raises `ValueError` where no day of the next four opens it.
    """
    if window is None or is_open(now, window, zone):
        return now.astimezone(UTC)
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    guess = minute + _until(window.start, minute.astimezone(zone).time())
    if minute.astimezone(zone).utcoffset() == guess.astimezone(zone).utcoffset():
        return guess
    ahead = (minute + _MINUTE * count for count in range(1, _SEARCH_MINUTES))
    for instant in ahead:
        if is_open(instant, window, zone):
            return instant
    raise ValueError(f"{window} never opens")


def _until(start: time, wall: time) -> timedelta:
    minutes = (start.hour - wall.hour) * 60 + start.minute - wall.minute
    return _MINUTE * (minutes % (24 * 60))


def day_start(now: datetime, zone: tzinfo, starts: time = MIDNIGHT) -> datetime:
    """Return the instant at which the day of now began in the zone, by a time on the wall."""
    return _begins(_day(now, zone, starts), zone, starts)


def next_day(now: datetime, zone: tzinfo, starts: time = MIDNIGHT) -> datetime:
    """Return the first instant after now at which a day begins in the zone."""
    day = now.astimezone(zone).date() - _DAY
    while (begins := _begins(day, zone, starts)) <= now:
        day += _DAY
    return begins


def month_start(now: datetime, zone: tzinfo, starts: time = MIDNIGHT) -> datetime:
    """Return the instant at which the month of now began: with the day of its first date."""
    return _begins(_day(now, zone, starts).replace(day=1), zone, starts)


def _day(now: datetime, zone: tzinfo, starts: time) -> date:
    """Return the date of the day that now lies in; a day is called by the date it begins on."""
    day = now.astimezone(zone).date() + _DAY
    while _begins(day, zone, starts) > now:
        day -= _DAY
    return day


def _begins(day: date, zone: tzinfo, starts: time) -> datetime:
    """
    Return the instant at which a day begins.

    With `fold=0` a time that comes twice is the first one, and one that the clock leaps over is
    reckoned with the offset before the leap: as much later on the wall as the clock leapt, which
    for a midnight is the instant of the leap itself.
    """
    return datetime.combine(day, starts, zone).astimezone(UTC)
