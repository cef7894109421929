"""How hours of the week are written, and what is refused with a sentence."""

from datetime import datetime, time, timedelta

import pytest

from upscaled.core.hours import ALWAYS, DAYS, Window, parse_window

MONDAY = datetime(2026, 11, 30)  # noqa: DTZ001 - a time on the wall


def hours(text: str) -> Window:
    window = parse_window(text)
    assert window is not None
    return window


def open_at(text: str) -> set[str]:
    """Return the half hours of a week in which it is open, as `mon 22:00`."""
    walls = [MONDAY + timedelta(minutes=30 * step) for step in range(7 * 48)]
    found = [wall for wall in walls if hours(text).holds(wall)]
    return {f"{DAYS[wall.weekday()]} {wall:%H:%M}" for wall in found}


def test_several_hours_of_one_day_add_up() -> None:
    both = open_at("22:00-06:00, 12:00-13:00")

    assert len(both) == 7 * (16 + 2)
    assert {"wed 12:30", "wed 23:30", "wed 05:30"} <= both
    assert not {"wed 13:00", "wed 06:00", "wed 21:30"} & both


def test_a_weekday_night_reaches_into_saturday_and_not_into_monday_morning() -> None:
    nights = open_at("mon-fri 22:00-06:00")

    assert {"fri 23:30", "sat 05:30", "tue 00:00"} <= nights
    assert not {"sat 06:00", "sat 22:00", "mon 00:00", "mon 05:30"} & nights


def test_groups_add_up() -> None:
    week = open_at("mon-fri 22:00-06:00; sat,sun 00:00-24:00")

    assert len(week) == 4 * 16 + 4 + 48 + 48  # friday's morning end lies in the whole saturday
    assert "mon 00:00" not in week


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("fri-mon 1:00-2:00", "fri sat sun mon"),
        ("Wed , SUN 1:00-2:00", "wed sun"),
        ("mon-sun 1:00-2:00", "mon tue wed thu fri sat sun"),
        ("sat-sat 1:00-2:00", "sat"),
    ],
)
def test_days_are_ranges_and_lists(text: str, days: str) -> None:
    assert {moment[:3] for moment in open_at(text)} == set(days.split())


def test_what_was_written_is_shown_tidily() -> None:
    assert str(parse_window(" Mon-Fri  9:00 - 17:30 ;sat 8:00-9:00,10:00-24:00")) == (
        "mon-fri 09:00-17:30; sat 08:00-09:00, 10:00-24:00"
    )
    assert not ALWAYS
    assert ALWAYS.holds(MONDAY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("22-06", 'hours are written "22:00-06:00"'),
        ("mon", 'hours are missing after "mon"'),
        ("montag 1:00-2:00", '"montag" is no day'),
        ("mon-fry 1:00-2:00", '"fry" is no day'),
        ("1:00-2:00, sat 3:00-4:00", 'put a ; before "sat"'),
        ("mon tue 1:00-2:00", 'a comma between "mon" and "tue"'),
        ("1:00-2:00 3:00-4:00", "a comma between"),
        ("mon,, tue 1:00-2:00", "a comma stands between"),
        (",1:00-2:00", "a comma stands between"),
        ("1:00-2:00;", "hours are written"),
        ("25:00-06:00", "25:00 is no time"),
        ("00:00-00:00", "a whole day is 00:00-24:00"),
        ("24:00-24:00", "a whole day is 00:00-24:00"),
        ("mon-fri\u000022:00-06:00", "hours are missing"),
    ],
)
def test_what_says_nothing_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_window(text)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("08:00-18:00", time(8), time(18)),
        ("12:00-13:00, 22:00-06:00", time(22), time(6)),
        ("sat,sun 00:00-24:00; mon-fri 21:30-05:15", time(21, 30), time(5, 15)),
        ("18:00-24:00", time(18), time(0)),
    ],
)
def test_a_night_is_the_first_hours_past_midnight_else_the_first(
    text: str, begins: time, ends: time
) -> None:
    assert (hours(text).start, hours(text).end) == (begins, ends)
