"""The three caps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.budget import Caps, Spend, admit

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
