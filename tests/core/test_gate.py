"""What closes the gate before money leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from upscaled.core.budget import Caps, Folder, SeriesCost, Spend
from upscaled.core.gate import Closed, Conditions, to_admit, to_submit
from upscaled.core.hours import parse_window
from upscaled.nouns import (
    Artifact,
    Facts,
    Family,
    Fidelity,
    Format,
    Hold,
    Job,
    Pass,
    Plan,
    State,
    Tried,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPEN = Conditions(
    now=NOW,
    zone=ZoneInfo("Europe/Berlin"),
    paused=False,
    has_key=True,
    window=None,
    stops={},
    spend=Spend(),
    caps=Caps(daily=1_000_000, monthly=2_000_000, per_job=500_000),
)
ONE = Pass(endpoint="fal-ai/topaz/upscale/image", model="m", factor=2, width=2, height=2)

MADE = Artifact(path="", sha256="", bytes=1, width=2, height=2, format="PNG")


def job(engine: str = "fal") -> Job:
    plan = Plan(
        model=Family.CORE,
        passes=(ONE,),
        width=2,
        height=2,
        target_width=2,
        target_height=2,
        format=Format.PNG,
        ppi=None,
        scaled_width=2,
        scaled_height=2,
    )
    return Job(
        id="j",
        state=State.PLANNED,
        watch=0,
        path="4k/a.png",
        size=1,
        mtime_ns=1,
        inode=1,
        seen_at=NOW,
        updated_at=NOW,
        facts=Facts(engine=engine, plan=plan),
    )


def stop(hold: Hold, until: datetime | None) -> Closed:
    return Closed(hold=hold, reason="because", until=until)


@pytest.mark.parametrize(
    ("conditions", "hold"),
    [
        (OPEN, None),
        (replace(OPEN, paused=True), Hold.PAUSED),
        (replace(OPEN, has_key=False), Hold.NO_KEY),
        (replace(OPEN, window=parse_window("22:00-06:00")), Hold.WINDOW),
        (replace(OPEN, window=parse_window("12:30-14:00")), None),
        (replace(OPEN, spend=Spend(today=950_000, month=950_000)), Hold.BUDGET),
        (replace(OPEN, spend=Spend(reserved=950_000)), Hold.BUDGET),
        (replace(OPEN, stops={"": stop(Hold.LOCKED, NOW + timedelta(seconds=1))}), Hold.LOCKED),
        (replace(OPEN, stops={"": stop(Hold.LOCKED, NOW - timedelta(seconds=1))}), None),
        (
            replace(OPEN, stops={ONE.endpoint: stop(Hold.ENDPOINT, NOW + timedelta(1))}),
            Hold.ENDPOINT,
        ),
        (replace(OPEN, stops={"another": stop(Hold.ENDPOINT, NOW + timedelta(1))}), None),
    ],
)
def test_each_condition_closes_the_gate_with_its_word(
    conditions: Conditions, hold: Hold | None
) -> None:
    closed = to_admit(job(), 80_000, conditions)

    assert (closed and closed.hold) == hold
    if closed:
        assert closed.reason


def test_local_work_stops_only_for_a_pause() -> None:
    shut = replace(
        OPEN,
        has_key=False,
        window=parse_window("22:00-06:00"),
        spend=Spend(today=9_000_000),
        stops={"": stop(Hold.LOCKED, None)},
    )

    assert to_admit(job("local"), 0, shut) is None
    closed = to_admit(job("local"), 0, replace(shut, paused=True))
    assert closed is not None
    assert closed.hold is Hold.PAUSED


def test_a_window_closes_the_first_submit_but_not_the_second_pass() -> None:
    night = replace(OPEN, window=parse_window("22:00-06:00"))
    first = job()
    second = replace(first, facts=replace(first.facts, pass_index=1))

    closed = to_submit(first, night)

    assert closed is not None
    assert closed.hold is Hold.WINDOW
    assert to_submit(second, night) is None


def test_what_was_begun_inside_the_window_has_its_second_try_outside_too() -> None:
    night = replace(OPEN, window=parse_window("22:00-06:00"))
    first = job()
    assert first.facts.plan is not None
    one = Tried(
        plan=first.facts.plan,
        raw=MADE,
        raw_from=None,
        result=MADE,
        fidelity=Fidelity(verdict="fail", figures={}),
    )
    tried = replace(first, facts=replace(first.facts, tried=one))

    assert to_admit(tried, 80_000, night) is None


def test_an_urgent_folder_ignores_the_window_and_nothing_else() -> None:
    night = replace(OPEN, window=parse_window("22:00-06:00"))
    urgent = replace(job(), urgent=True)

    assert to_admit(urgent, 80_000, night) is None
    spent = to_admit(urgent, 80_000, replace(night, spend=Spend(today=950_000, month=950_000)))
    assert spent is not None
    assert spent.hold is Hold.BUDGET


@pytest.mark.parametrize(
    ("cost", "spend", "until"),
    [
        # Berlin's midnight, the first of the month, and what no turn of the calendar brings about.
        (80_000, Spend(today=950_000, month=950_000), datetime(2026, 11, 22, 23, tzinfo=UTC)),
        (80_000, Spend(month=1_950_000), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        (80_000, Spend(today=950_000, month=1_950_000), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        (600_000, Spend(), None),
        (600_000, Spend(today=950_000, month=1_950_000), None),
    ],
)
def test_a_cap_is_looked_at_again_when_its_day_or_month_turns_and_else_only_once_it_is_raised(
    cost: int, spend: Spend, until: datetime | None
) -> None:
    closed = to_admit(job(), cost, replace(OPEN, spend=spend))

    assert closed is not None
    assert closed.until == until


def test_what_alone_is_over_a_day_s_or_a_month_s_cap_waits_for_a_higher_one() -> None:
    wide = replace(OPEN.caps, per_job=9_000_000)
    folder = replace(wide, daily=9_000_000, monthly=9_000_000, folder=500_000)
    spent = Spend(month=1_500_000, folder=Folder(path="4k", today=400_000))
    for cost, caps, key in (
        (1_200_000, wide, "daily_usd"),  # over the month's rest, too, which the calendar brings
        (2_500_000, wide, "monthly_usd"),
        (600_000, folder, "folder_usd"),
    ):
        closed = to_admit(job(), cost, replace(OPEN, caps=caps, spend=spent))

        assert closed is not None
        assert closed.until is None
        assert f"(budget.{key})" in closed.reason
        assert "until the cap is raised." in closed.reason


def test_a_series_over_a_cap_and_a_folder_the_brake_holds_say_when_they_go_on() -> None:
    caps = replace(OPEN.caps, brake_times=2.0)
    braked = Folder(path="4k", today=100_000, past=(50_000,) * 3)
    whole = SeriesCost(count=30, cost=2_400_000, dearest=80_000)

    series = to_admit(job(), 80_000, replace(OPEN, series=whole))
    held = to_admit(job(), 80_000, replace(OPEN, caps=caps, spend=Spend(folder=braked)))

    assert series is not None
    assert series.until is None
    assert held is not None
    assert held.until == datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "says", "until"),
    [
        (
            "22:00-06:00",
            "Outside the window 22:00-06:00; it opens Sun 22:00 CET (Europe/Berlin).",
            datetime(2026, 11, 22, 21, 0, tzinfo=UTC),
        ),
        (
            "sun 01:00-05:00",
            "Outside the window sun 01:00-05:00; it opens Sun 29 Nov 01:00 CET (Europe/Berlin).",
            datetime(2026, 11, 29, 0, 0, tzinfo=UTC),
        ),
    ],
)
def test_outside_the_window_it_says_until_when_with_the_zone(
    window: str, says: str, until: datetime
) -> None:
    closed = to_submit(job(), replace(OPEN, window=parse_window(window)))

    assert closed == Closed(hold=Hold.WINDOW, reason=says, until=until)


def test_a_full_day_lifts_at_the_next_midnight_of_the_zone() -> None:
    closed = to_admit(job(), 80_000, replace(OPEN, spend=Spend(today=1_000_000)))

    assert closed is not None
    assert closed.until == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
