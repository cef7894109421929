"""The caps, the brake and the warnings."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.budget import (
    Caps,
    Folder,
    SeriesCost,
    Spend,
    admit,
    admit_whole,
    braked,
    room,
    usual_day,
    warnings,
)

CAPS = Caps(daily=20_000_000, monthly=200_000_000, per_job=5_000_000)
CENT = 10_000


def test_what_fits_under_every_cap_is_admitted_to_the_last_cent() -> None:
    spend = Spend(today=19_000_000, month=19_000_000, reserved=920_000)

    assert admit(8 * CENT, spend, CAPS) is None
    assert admit(8 * CENT + 1, spend, CAPS) is not None


@pytest.mark.parametrize(
    ("cost", "spend", "cap", "words"),
    [
        (5_120_000, Spend(), "per_job_usd", "$5.12, over the cap of $5.00"),
        (80_000, Spend(today=20_000_000), "daily_usd", "$20.00 are spent this day"),
        (80_000, Spend(month=199_960_000), "monthly_usd", "$199.96 are spent this month"),
        (80_000, Spend(reserved=19_960_000), "daily_usd", "$19.96 are reserved"),
        (80_000, Spend(month=10**9, today=10**9), "monthly_usd", "a cap of $200.00"),
    ],
)
def test_a_refusal_names_the_cap_and_the_numbers(
    cost: int, spend: Spend, cap: str, words: str
) -> None:
    refusal = admit(cost, spend, CAPS)

    assert refusal is not None
    assert refusal.cap == cap
    assert words in refusal.sentence


def test_a_cap_of_nothing_spends_nothing_but_lets_free_jobs_through() -> None:
    closed = Caps(daily=0, monthly=0, per_job=0)

    assert admit(1, Spend(), closed) is not None
    assert admit(0, Spend(today=10**12, reserved=10**12), closed) is None


@pytest.mark.parametrize("caps", [Caps(daily=0, monthly=10**9, per_job=10**9)])
def test_a_cap_that_time_never_lifts_does_not_promise_a_new_day(caps: Caps) -> None:
    refusal = admit(80_000, Spend(), caps)

    assert refusal is not None
    assert "new day" not in refusal.sentence


money = st.integers(0, 10**9)


@given(
    cost=money,
    spend=st.builds(Spend, today=money, month=money, reserved=money),
    caps=st.builds(Caps, daily=money, monthly=money, per_job=money),
)
def test_what_is_admitted_never_passes_a_cap(cost: int, spend: Spend, caps: Caps) -> None:
    if cost and admit(cost, spend, caps) is None:
        assert cost <= caps.per_job
        assert spend.today + spend.reserved + cost <= caps.daily
        assert spend.month + spend.reserved + cost <= caps.monthly


def test_what_a_picture_has_cost_already_counts_against_its_own_cap() -> None:
    assert admit(80_000, Spend(), CAPS, before=4_920_000) is None
    refusal = admit(80_000, Spend(), CAPS, before=4_930_000)

    assert refusal is not None
    assert "after $4.93 that it has cost already" in refusal.sentence


def test_a_folder_may_have_a_cap_of_its_own() -> None:
    capped = replace(CAPS, folder=1_000_000)
    spend = Spend(folder=Folder(path="ACME/print-a2", today=960_000))
    refusal = admit(80_000, spend, capped)

    assert refusal is not None
    assert refusal.cap == "folder_usd"
    assert "the folder ACME/print-a2 has had $0.96 today, of a cap of $1.00" in refusal.sentence
    assert admit(40_000, spend, capped) is None
    assert admit(80_000, spend, CAPS) is None


def series(each: int, count: int) -> SeriesCost:
    return SeriesCost(count=count, cost=each * count, dearest=each)


def test_a_series_is_held_whole_and_says_what_it_needs_and_what_is_left() -> None:
    refusal = admit_whole(series(160_000, 500), Spend(), CAPS)

    assert refusal is not None
    assert refusal.cap == "daily_usd"
    assert "The series needs $80.00 for 500 pictures at once" in refusal.sentence
    assert "so $20.00 are left; none of it is begun until the cap is raised." in refusal.sentence
    assert admit_whole(series(160_000, 125), Spend(), CAPS) is None
    assert admit_whole(series(0, 2), Spend(today=10**12), CAPS) is None


def test_a_series_with_one_picture_over_its_own_cap_is_held_whole() -> None:
    dear = SeriesCost(count=2, cost=5_200_000, dearest=5_120_000)
    refusal = admit_whole(dear, Spend(), CAPS)

    assert refusal is not None
    assert refusal.cap == "per_job_usd"
    assert "A picture of the series would cost $5.12" in refusal.sentence


def test_what_a_begun_series_still_needs_is_nobody_elses() -> None:
    spend = Spend(today=2_000_000, promised=17_960_000)

    refusal = admit(80_000, spend, CAPS)

    assert refusal is not None
    assert "$17.96 are reserved or promised to a series" in refusal.sentence
    assert room(spend, CAPS) == 40_000


def folder(*past: int, today: int = 0, released: bool = False) -> Folder:
    return Folder(path="4k", today=today, past=past, released=released)


BRAKE = Caps(daily=10**9, monthly=10**9, per_job=10**9, brake_times=10, brake_floor=5_000_000)


def test_a_folder_that_brings_many_times_its_usual_day_waits_for_a_person() -> None:
    usual = (800_000, 640_000, 960_000)
    refusal = braked(80_000, folder(*usual, today=7_960_000), BRAKE)

    assert refusal is not None
    assert refusal.cap == "brake"
    assert "more than 10 times its usual day of $0.80" in refusal.sentence
    assert "`upscaled resume`" in refusal.sentence
    assert braked(80_000, folder(*usual, today=7_920_000), BRAKE) is None


@pytest.mark.parametrize(
    ("here", "caps"),
    [
        (folder(80_000, 80_000, 80_000, today=4_920_000), BRAKE),  # under the floor
        (folder(80_000, 80_000, today=10**8), BRAKE),  # nobody knows its usual yet
        (folder(80_000, 80_000, 80_000, today=10**8, released=True), BRAKE),
        (folder(80_000, 80_000, 80_000, today=10**8), replace(BRAKE, brake_times=0)),
    ],
)
def test_the_brake_lets_through_what_is_small_unknown_or_allowed(here: Folder, caps: Caps) -> None:
    assert braked(80_000, here, caps) is None


def test_one_busy_day_does_not_become_the_usual() -> None:
    assert usual_day(folder(80_000, 80_000, 80_000, 90_000_000)) == 80_000
    assert usual_day(folder(*[80_000] * 14, *[9_000_000] * 60)) == 80_000


def test_it_warns_of_each_cap_from_its_share_on() -> None:
    assert warnings(Spend(today=15_990_000, month=15_990_000), CAPS, 0.8) == {}
    told = warnings(Spend(today=15_000_000, month=170_000_000, reserved=1_000_000), CAPS, 0.8)

    assert told["daily_usd"].startswith("$16.00 of $20.00 (this day, budget.daily_usd)")
    assert "until a new month begins" in told["monthly_usd"]
    assert warnings(Spend(today=10**9), replace(CAPS, daily=0), 0.8) == {}


@given(
    costs=st.lists(st.integers(0, 10**7), min_size=1, max_size=20),
    spend=st.builds(Spend, today=money, month=money, reserved=money, promised=money),
    caps=st.builds(Caps, daily=money, monthly=money, per_job=money),
)
def test_a_series_that_may_begin_can_be_admitted_to_its_last_picture(
    costs: list[int], spend: Spend, caps: Caps
) -> None:
    whole = SeriesCost(count=len(costs), cost=sum(costs), dearest=max(costs))
    if admit_whole(whole, spend, caps) is None:
        reserved = spend.reserved
        for cost in costs:
            assert admit(cost, replace(spend, reserved=reserved), caps) is None
            reserved += cost
