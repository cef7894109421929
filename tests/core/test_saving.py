"""Where a plan costs less and looks the same."""

from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.test_plan import asked, planned
from orders import DIGITAL, EIGHT_K, FOUR_K, GOOD, POOR, PRISTINE, probe
from upscaled.core.fingerprint import fingerprint
from upscaled.core.plan import make_plan
from upscaled.core.safe import detail_size
from upscaled.core.saving import UNSEEN, below_step, cheaper_size, worth_sending
from upscaled.errors import Aside
from upscaled.nouns import Family

SOFT = {**PRISTINE, "r_eff": 0.36, "jpeg_life": 0.0}
CLEAN = replace(FOUR_K, clean=True)


def test_a_pass_stops_just_below_a_price_step_where_nobody_sees_the_rest() -> None:
    plan = planned(probe(1920, 1080), FOUR_K, Family.REDEFINE)
    one = plan.passes[0]

    assert (plan.width, plan.height) == (3840, 2160)
    assert plan.cost == 160_000, "two blocks of 4 MP, where 3840 x 2160 would begin a third"
    assert 8_000_000 - 2 * (3840 + 2160) < one.width * one.height <= 8_000_000
    assert plan.shortfall == (
        f"Redefine stops at {one.width} x {one.height}, just below a price step ($0.16 instead of"
        " $0.24); the last 1.02x is plain resampling."
    )


def test_no_step_is_saved_where_the_rest_would_be_seen() -> None:
    plan = planned(probe(1200, 800), FOUR_K, Family.REDEFINE)  # 9.8 MP, 11 % above a step

    assert plan.passes[0].width == 3840
    assert plan.shortfall is None


def test_a_second_pass_is_not_paid_for_the_last_few_pixels() -> None:
    plan = planned(probe(1900, 1200), EIGHT_K)  # 4.04x

    assert [one.factor for one in plan.passes] == [4.0]
    assert (plan.width, plan.height) == (7680, 4851)


def test_the_safe_factor_itself_is_never_shaved() -> None:
    plan = planned(probe(1920, 1080, POOR), DIGITAL, Family.REDEFINE)

    assert (plan.passes[0].factor, plan.width) == (2.0, 3840)
    assert plan.shortfall is None


def test_what_resampling_may_do_is_not_exceeded_for_a_lower_price() -> None:
    picture = probe(2000, 1000, POOR)  # twice is 8 MP: no step; 1.99x more is nearly the limit

    tight = planned(probe(1010, 1010, POOR), replace(FOUR_K, long_px=4030), Family.REDEFINE)
    loose = planned(probe(1010, 1010, POOR), replace(FOUR_K, long_px=3600), Family.REDEFINE)

    assert planned(picture, FOUR_K, Family.REDEFINE).passes[0].factor == 1.92
    assert tight.passes[0].factor == 2.0
    assert loose.passes[0].factor < 2.0, "4.08 MP is a hair above a block"


@given(
    width=st.integers(200, 6000),
    height=st.integers(200, 6000),
    engine=st.tuples(st.sampled_from(list(Family)), st.sampled_from(["unified", "split"])),
    order=st.sampled_from([FOUR_K, EIGHT_K, CLEAN]),
    features=st.sampled_from([PRISTINE, GOOD, POOR, SOFT]),
)
def test_saving_never_costs_more_and_never_shows(
    width: int, height: int, engine: tuple[Family, str], order: Any, features: dict[str, float]
) -> None:
    request = asked(probe(width, height, features), order, *engine)
    try:
        plan = make_plan(request)
    except Aside:
        return
    short = plan.shortfall or ""
    for one, source in zip(
        plan.passes, [(width, height), *((p.width, p.height) for p in plan.passes)], strict=False
    ):
        assert one.width <= (one.prepared or source)[0] * one.factor + 1
    if plan.passes and "safely" not in short:
        last = plan.passes[-1]
        assert plan.scaled_width <= last.width * UNSEEN + 3
        assert plan.scaled_height <= last.height * UNSEEN + 3
        if plan.scaled_width > last.width + 2:
            assert "price step" in short


def test_the_hint_names_both_prices_and_the_size() -> None:
    plan = planned(probe(3000, 2000), replace(EIGHT_K, long_px=6200))

    assert "One step cheaper ($0.08 instead of $0.16) at 6000 x 4000 or below." in plan.notes
    assert not any("cheaper" in one for one in planned(probe(3000, 2000), EIGHT_K).notes)


def test_what_costs_nothing_gets_no_hint() -> None:
    plan = planned(probe(3000, 2000), replace(EIGHT_K, long_px=6200), engine="local")

    assert not any("cheaper" in one for one in plan.notes)


def test_a_hollow_scan_is_repaired_at_the_size_of_its_detail() -> None:
    whole = planned(probe(6000, 4000, {**SOFT, "r_eff": 0.9}), CLEAN, Family.RECOVER)
    plan = planned(probe(6000, 4000, SOFT), CLEAN, Family.RECOVER)

    assert (whole.passes[0].prepared, whole.passes[0].width) == (None, 6000)
    assert plan.passes[0].prepared == (3840, 2560)
    assert (plan.passes[0].factor, plan.passes[0].width) == (1.0, 3840)
    assert (plan.width, plan.height) == (whole.width, whole.height) == (3840, 2560)
    assert (plan.cost, whole.cost) == (240_000, 480_000)
    assert any("sent at 3840 x 2560, for $0.24" in one for one in plan.notes)


def test_a_shrunk_upload_is_another_request() -> None:
    plan = planned(probe(6000, 4000, SOFT), CLEAN, Family.RECOVER)
    bare = [replace(one, prepared=None) for one in plan.passes]

    assert fingerprint("a", plan.passes) != fingerprint("a", bare)


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        (probe(1000, 800, SOFT), (400, 320)),
        (probe(1000, 800, {**SOFT, "jpeg_life": 1.0}), None),
        (probe(1000, 800, {**SOFT, "r_eff": 0.6}), None),
        (probe(1000, 800, {}), None),
        (probe(1000, 800, {**SOFT, "r_eff": float("nan")}), None),
    ],
)
def test_only_what_never_was_a_jpeg_is_known_to_be_hollow(
    picture: Any, size: tuple[int, int] | None
) -> None:
    assert detail_size(picture) == size


def test_neither_detail_nor_a_pixel_of_the_goal_is_given_up() -> None:
    assert worth_sending((1000, 800), (300, 240), (400, 320)) == (400, 320)
    assert worth_sending((1000, 800), (600, 480), (400, 320)) == (600, 480)
    assert worth_sending((1000, 800), (1000, 800), (400, 320)) is None
    assert worth_sending((1000, 800), (300, 240), None) is None


@given(block=st.integers(1, 500), least=st.integers(1, 2000), more=st.integers(0, 500))
def test_below_a_step_is_the_most_for_the_least_price(block: int, least: int, more: int) -> None:
    def price(number: int) -> int:
        return -(-number // block)

    found = below_step(price, least + more, least)

    assert least <= found <= least + more
    assert price(found) == price(least)
    assert found == least + more or price(found + 1) > price(least)


def test_a_size_far_above_its_step_has_no_cheaper_neighbour() -> None:
    def price(size: tuple[int, int]) -> int:
        return -(-prod(size) // 4_000_000)

    assert cheaper_size(price, (2800, 1800)) is None
    assert cheaper_size(price, (2500, 1667)) == ((2449, 1633), 1)
    assert Fraction(2449, 2500) > Fraction(9, 10)
