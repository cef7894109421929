"""Hours and days across clock changes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.hours import Window, parse_time, parse_window
from upscaled.core.window import (
    day_start,
    is_open,
    month_start,
    next_day,
    next_open,
)

ZONES = [ZoneInfo(n) for n in ("Europe/Berlin", "America/New_York", "Australia/Sydney", "UTC")]
BERLIN = ZONES[0]

zones = st.sampled_from(ZONES)
instants = st.one_of(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis asks for naive bounds
    # The hours around clock changes, which chance alone seldom finds.
    st.builds(
        lambda start, seconds: start + timedelta(seconds=seconds),
        st.sampled_from(
            [
                datetime(2025, *day, tzinfo=UTC)
                for day in ((3, 29), (10, 25), (3, 8), (11, 1), (4, 5), (10, 4))
            ]
        ),
        st.integers(0, 2 * 86_400),
    ),
)
minutes = st.integers(0, 1439)


def hours(text: str) -> Window:
    window = parse_window(text)
    assert window is not None
    return window


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(minutes)
    end = (start + draw(st.integers(1, 1439))) % 1440
    return hours(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_hours_are_read_and_nothing_is_always() -> None:
    assert str(parse_window(" 9:00 - 17:30 ")) == "09:00-17:30"
    assert str(parse_window("18:00-24:00")) == "18:00-24:00"
    assert parse_window("") is None
    assert is_open(at("2025-01-01T12:00+01:00"), None, BERLIN)


@pytest.mark.parametrize(
    "text", ["22", "22-06", "22:00", "25:00-06:00", "22:60-06:00", "24:01-06:00", "08:00-08:00"]
)
def test_hours_that_say_nothing_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"written|no time|starts when it ends"):
        parse_window(text)


@pytest.mark.parametrize(
    ("now", "open_"),
    [("21:59:59", False), ("22:00", True), ("23:59", True), ("05:59:59", True), ("06:00", False)],
)
def test_a_window_may_pass_midnight(now: str, open_: bool) -> None:  # noqa: FBT001 - a table's cell
    assert is_open(at(f"2025-01-15T{now}+01:00"), hours("22:00-06:00"), BERLIN) is open_


def test_an_hour_that_the_clock_leaps_over_opens_at_the_leap() -> None:
    opened = next_open(at("2025-03-30T00:00+01:00"), hours("02:30-04:00"), BERLIN)

    assert opened == at("2025-03-30T03:00+02:00")


def test_a_window_that_the_clock_leaps_over_whole_opens_the_day_after() -> None:
    opened = next_open(at("2025-03-30T00:00+01:00"), hours("02:10-02:50"), BERLIN)

    assert opened == at("2025-03-31T02:10+02:00")


def test_a_window_in_the_hour_that_comes_twice_opens_twice() -> None:
    window = hours("02:15-02:45")
    first = next_open(at("2025-10-26T00:00+02:00"), window, BERLIN)
    second = next_open(first + timedelta(minutes=30), window, BERLIN)

    assert (first, second) == (at("2025-10-26T02:15+02:00"), at("2025-10-26T02:15+01:00"))


@given(now=instants, window=windows(), zone=zones)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    now: datetime, window: Window, zone: ZoneInfo
) -> None:
    opened = next_open(now, window, zone)

    assert opened >= now
    assert opened.utcoffset() == timedelta(0)
    assert is_open(opened, window, zone)
    if opened > now:
        span = (opened - now) / 40
        assert not any(is_open(now + span * step, window, zone) for step in range(40))
        assert not is_open(opened - timedelta(seconds=1), window, zone)


@given(now=instants, zone=zones)
def test_days_and_months_are_those_of_the_calendar_on_the_wall(
    now: datetime, zone: ZoneInfo
) -> None:
    start, end, month = day_start(now, zone), next_day(now, zone), month_start(now, zone)
    today = now.astimezone(zone).date()

    assert month <= start <= now < end
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)
    assert start.astimezone(zone).date() == today
    assert (start - timedelta(microseconds=1)).astimezone(zone).date() == today - timedelta(days=1)
    assert end == day_start(end, zone)
    assert month.astimezone(zone).date() == today.replace(day=1)


def test_a_midnight_that_never_was_begins_the_day_at_the_leap() -> None:
    santiago = ZoneInfo("America/Santiago")  # 7 September 2025: 00:00 becomes 01:00
    start = day_start(at("2025-09-07T12:00-03:00"), santiago)

    assert start == at("2025-09-07T01:00-03:00") == next_day(at("2025-09-06T12:00-04:00"), santiago)


def test_a_midnight_that_comes_twice_begins_the_day_once() -> None:
    havana = ZoneInfo("America/Havana")  # 2 November 2025: 01:00 becomes 00:00
    assert day_start(at("2025-11-02T00:30-05:00"), havana) == at("2025-11-02T00:00-04:00")


starts = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30, 59]))


@given(now=instants, zone=zones, begins=starts)
def test_days_that_begin_at_another_time_cover_all_time_once(
    now: datetime, zone: ZoneInfo, begins: time
) -> None:
    start, end = day_start(now, zone, begins), next_day(now, zone, begins)
    month = month_start(now, zone, begins)

    assert month <= start <= now < end
    assert timedelta(hours=22) <= end - start <= timedelta(hours=26)
    assert day_start(end, zone, begins) == end
    assert next_day(start, zone, begins) == end
    assert day_start(end - timedelta(microseconds=1), zone, begins) == start
    assert month.astimezone(zone).date().day == 1
    assert month == month_start(start, zone, begins)


def test_a_night_belongs_to_the_day_it_began_on_even_where_the_month_turns() -> None:
    ten = time(22)
    after_midnight = at("2026-12-01T03:00+01:00")

    assert day_start(after_midnight, BERLIN, ten) == at("2026-11-30T22:00+01:00")
    assert month_start(after_midnight, BERLIN, ten) == at("2026-11-01T22:00+01:00")
    assert next_day(after_midnight, BERLIN, ten) == at("2026-12-01T22:00+01:00")
    assert month_start(at("2026-12-01T22:00+01:00"), BERLIN, ten) == at("2026-12-01T22:00+01:00")


def test_a_beginning_that_the_clock_leaps_over_comes_as_much_later() -> None:
    half_past_two = time(2, 30)  # 29 March 2026: 02:00 becomes 03:00
    start = day_start(at("2026-03-29T12:00+02:00"), BERLIN, half_past_two)

    assert start == at("2026-03-29T03:30+02:00")
    assert next_day(at("2026-03-29T03:29+02:00"), BERLIN, half_past_two) == start


def test_a_beginning_that_comes_twice_begins_the_day_once() -> None:
    half_past_two = time(2, 30)  # 25 October 2026: 03:00 becomes 02:00
    first = at("2026-10-25T02:30+02:00")

    assert day_start(at("2026-10-25T02:45+01:00"), BERLIN, half_past_two) == first
    assert next_day(first, BERLIN, half_past_two) == at("2026-10-26T02:30+01:00")


def test_a_day_that_a_zone_skipped_holds_no_time() -> None:
    samoa = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    last = at("2011-12-29T23:59-10:00")

    assert next_day(last, samoa) == at("2011-12-31T00:00+14:00")
    assert day_start(at("2011-12-31T00:00+14:00"), samoa) == at("2011-12-31T00:00+14:00")


def test_a_time_of_the_day_is_read() -> None:
    assert parse_time(" 6:00 ") == time(6)
    assert parse_time("") is None
    with pytest.raises(ValueError, match="a time is written"):
        parse_time("6")
    with pytest.raises(ValueError, match="no time of the day"):
        parse_time("25:00")
