"""Two simulated years of windows, caps and nights, over zones whose clocks change by night."""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from upscaled.core.budget import Spend
from upscaled.core.hours import parse_window
from upscaled.core.nights import Night, ended, is_astray, night_due
from upscaled.core.window import day_start, is_open, month_start, next_change, next_day, next_open
from upscaled.flow.sums import Days, sums
from upscaled.nouns import Micros

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
ZONES = ["Europe/Berlin", "US/Pacific", "Australia/Lord_Howe", "Asia/Kolkata"]
"""An hour's leap at two different local times, half an hour's leap, and none."""
Open = Callable[[int, int], bool]
"""By weekday (Monday is 0) and minute of the day: the same hours once more, written by hand."""

WINDOWS: dict[str, Open] = {
    "22:00-06:00": lambda _, minute: minute >= 22 * 60 or minute < 6 * 60,
    "02:00-02:30, 12:00-13:00": lambda _, minute: 120 <= minute < 150 or 720 <= minute < 780,
    "mon-fri 22:00-06:00; sat,sun 00:00-24:00": lambda day, minute: (
        day in {5, 6}
        or (day <= 4 and minute >= 22 * 60)
        or (day in {1, 2, 3, 4} and minute < 6 * 60)
    ),
    "sun 01:30-02:30": lambda day, minute: day == 6 and 90 <= minute < 150,
}
ODD: dict[str, Open] = {
    "01:59-02:01, 23:47-00:13": lambda _, minute: (
        119 <= minute < 121 or minute >= 23 * 60 + 47 or minute < 13
    ),
    "sat 01:31-02:29; sun 02:01-03:03": lambda day, minute: (
        (day == 5 and 91 <= minute < 149) or (day == 6 and 121 <= minute < 183)
    ),
}
"""Looked at to the minute."""
in_zones = pytest.mark.parametrize("name", ZONES)


def steps(minutes: int) -> Iterator[datetime]:
    at = BEGIN
    while at < END:
        yield at
        at += timedelta(minutes=minutes)


def walk(text: str, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield every change of a window, as one asks for it after the other."""
    window = parse_window(text)
    at = next_change(BEGIN, window, zone)
    while at is not None and at < END:
        yield at
        at = next_change(at, window, zone)


def brute(text: str, zone: ZoneInfo, minutes: int) -> list[datetime]:
    """Return every change of a window, found by looking at the wall every few minutes."""
    found, before = [], None
    for at in steps(minutes):
        wall = at.astimezone(zone)
        now = (WINDOWS | ODD)[text](wall.weekday(), wall.hour * 60 + wall.minute)
        if before is not None and now is not before:
            found.append(at)
        before = now
    return found


@pytest.mark.parametrize("text", WINDOWS)
@in_zones
def test_windows_open_and_close_when_a_look_at_the_wall_says_so(name: str, text: str) -> None:
    zone = ZoneInfo(name)
    changes = list(walk(text, zone))

    assert changes == brute(text, zone, 30)
    window = parse_window(text)
    for before, after in pairwise(changes):
        middle = before + (after - before) / 2
        assert is_open(before, window, zone) is is_open(middle, window, zone)
        if not is_open(middle, window, zone):
            assert next_open(middle, window, zone) == after


@pytest.mark.long
@pytest.mark.parametrize("text", ODD)
@in_zones
def test_and_to_the_minute(name: str, text: str) -> None:
    assert list(walk(text, ZoneInfo(name))) == brute(text, ZoneInfo(name), 1)


@pytest.mark.parametrize("starts", [time(0), time(2, 30), time(22)])
@in_zones
def test_days_and_months_of_the_caps_begin_once_each(name: str, starts: time) -> None:
    """A cap counts what was settled since the day began: it is empty again once a day."""
    zone = ZoneInfo(name)
    looked = list(steps(60))
    days = sorted({day_start(at, zone, starts) for at in looked})
    months = sorted({month_start(at, zone, starts) for at in looked})

    dates = [begun.astimezone(zone).date() for begun in days]
    assert dates == [dates[0] + timedelta(days=n) for n in range(len(dates))]
    assert len(dates) in {730, 731}
    assert [next_day(begun, zone, starts) for begun in days[:-1]] == days[1:]
    firsts = [begun.astimezone(zone).date() for begun in months]
    assert all(first.day == 1 for first in firsts)
    named = [first.year * 12 + first.month for first in firsts]
    assert named == list(range(named[0], named[0] + len(named)))
    assert len(named) in {24, 25}
    assert set(months) <= set(days) | {months[0]}


class Till:
    """One dollar settled every hour, and when."""

    def __init__(self) -> None:
        self.settled: list[datetime] = []

    def spent(self, since: datetime) -> Micros:
        """Return the sum since a moment."""
        return len(self.settled) - bisect_left(self.settled, since)

    def reserved(self) -> Micros:
        """Return nothing: all is settled."""
        return 0


@pytest.mark.parametrize("starts", [time(0), time(22)])
@in_zones
def test_the_sums_under_the_caps_are_empty_again_once_a_day_and_once_a_month(
    name: str, starts: time
) -> None:
    till, days, zone = Till(), Days(zone=ZoneInfo(name), starts=starts), ZoneInfo(name)
    resets: dict[str, list[date]] = {"today": [], "month": []}
    before: Spend | None = None
    for at in steps(60):
        till.settled.append(at)
        spend = sums(till, days, at)
        for word, dates in resets.items():
            now = getattr(spend, word)
            if before is not None and now != getattr(before, word) + 1:
                assert now == 1
                dates.append(at.astimezone(zone).date())
        before = spend

    days_seen, months_seen = resets["today"], resets["month"]
    assert days_seen == [days_seen[0] + timedelta(days=n) for n in range(len(days_seen))]
    assert len(days_seen) in {730, 731}
    assert all(one.day == 1 for one in months_seen)
    assert len(months_seen) == len(set(months_seen)) in {23, 24}


def nights(zone: ZoneInfo, ends: time, ticks: Iterator[datetime]) -> list[Night]:
    """Tell nights as a daemon does that remembers only the last date."""
    told, last = [], None
    for at in ticks:
        if last is None:
            last = ended(at, zone, ends)
        elif night := night_due(at, last, zone, ends):
            assert night.ends <= at
            told.append(night)
            last = night.date
    return told


def ragged(seed: int) -> Iterator[datetime]:
    """Ticks of five minutes and more: late ones, double ones, a clock that steps back a little."""
    chance, at = random.Random(seed), BEGIN
    while at < END:
        yield at
        kind = chance.random()
        if kind < 0.02:
            at += timedelta(hours=chance.uniform(1, 20))  # switched off for some hours
        elif kind < 0.04:
            yield at - timedelta(minutes=chance.uniform(0, 90))  # its clock was set back
        at += timedelta(
            minutes=chance.choice([5, 5, 5, 20, 60, 180]), seconds=chance.uniform(0, 60)
        )


@pytest.mark.parametrize("ends", [time(2, 30), time(6)])
@in_zones
def test_every_night_is_told_once(name: str, ends: time) -> None:
    zone = ZoneInfo(name)
    told = nights(zone, ends, ragged(len(name)))

    dates = [night.date for night in told]
    assert dates == [dates[0] + timedelta(days=n) for n in range(len(dates))]
    assert len(dates) in {729, 730}
    assert all(a.ends == b.begins for a, b in pairwise(told))
    for night in told:
        wall = night.ends.astimezone(zone)
        leapt = timedelta(hours=wall.hour - ends.hour, minutes=wall.minute - ends.minute)
        assert wall.date() == night.date
        assert timedelta(0) <= leapt <= timedelta(hours=1)  # 02:30 may not be there that night


def test_nights_that_were_missed_are_one_with_the_latest() -> None:
    zone, week = ZoneInfo("Europe/Berlin"), timedelta(days=7)
    first = datetime(2026, 3, 27, 12, tzinfo=UTC)
    ticks = [first, first + timedelta(days=1), first + week, first + week + timedelta(days=1)]

    told = nights(zone, time(6), iter(ticks))

    assert [night.date for night in told] == [date(2026, 3, 28), date(2026, 4, 3), date(2026, 4, 4)]
    assert [night.ends - night.begins for night in told] == [
        timedelta(days=1),
        timedelta(days=6, hours=-1),  # the clocks leapt on the 29th
        timedelta(days=1),
    ]


def test_a_mark_from_a_wrong_clock_is_known() -> None:
    zone, now = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 27, 12, tzinfo=UTC)

    assert is_astray(now, date(2038, 1, 19), zone, time(6))
    assert not is_astray(now, date(2026, 3, 28), zone, time(6))


def test_a_date_that_a_zone_skipped_is_no_night() -> None:
    samoa = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    begin = datetime(2011, 12, 28, tzinfo=UTC)
    ticks = (begin + timedelta(minutes=5) * step for step in range(12 * 24 * 5))

    dates = [night.date.day for night in nights(samoa, time(6), ticks)]

    assert dates == [28, 29, 31, 1, 2]
