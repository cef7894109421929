"""What a picture's own pixels come to on paper."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import FOUR_K, probe, sheet, shipped, verdict
from upscaled.core.draft import PlanRequest
from upscaled.core.plan import make_plan
from upscaled.core.plan_json import plan_json
from upscaled.core.printing import good_up_to, printed
from upscaled.core.sizes import A_SHEETS, target_size
from upscaled.nouns import Fit, Order, Plan, Printed

A2 = sheet(420, 594, 240)
A4 = sheet(210, 297, 300)
CATALOGUE = shipped("unified")


def planned(size: tuple[int, int], order: Order, **more: Any) -> Plan:
    return make_plan(
        PlanRequest(probe=probe(*size), verdict=verdict(), order=order, catalogue=CATALOGUE, **more)
    )


def on(order: Order, size: tuple[int, int]) -> Printed:
    found = printed(order, target_size(order, *size), size)
    assert found is not None
    return found


def test_a_print_says_what_of_it_is_the_sources_own() -> None:
    # A2 is 23.39 inches long: 1426 pixels of the source's own are 61 an inch, 240 are asked for.
    assert asdict(on(A2, (1426, 1008))) == {
        "native_ppi": 61.0,
        "enlarged": 3.937,
        "invented_share": 0.935,
        "good_up_to": "A4",
        "viewing_distance_m": 1.43,
    }


def test_a_larger_source_is_kept_and_nothing_is_made_up() -> None:
    plan = planned((4000, 3000), A4)

    assert (plan.width, plan.height, plan.passes) == (4000, 3000, ())
    assert plan.printed is not None
    assert plan.ppi == pytest.approx(plan.printed.native_ppi, abs=0.05)
    assert plan.printed.invented_share == 0
    assert any("none had to be made up" in note for note in plan.notes)


def test_a_larger_source_that_is_shrunk_has_more_of_its_own_than_is_printed() -> None:
    plan = planned((4000, 3000), A4, larger_print="shrink")

    assert plan.printed is not None
    assert plan.printed.native_ppi > plan.ppi == 300  # type: ignore[operator] # a print's
    assert (plan.printed.invented_share, plan.review) == (0, False)


def test_a_print_with_too_few_pixels_of_its_own_goes_to_review_and_the_plan_says_so() -> None:
    plan = planned((1426, 1008), A2)

    assert plan.review
    assert plan.review_reason == (
        "The source's own pixels come to only 61 an inch on this sheet, under 100"
        " (min_effective_ppi): good up to A4."
    )
    assert any(
        "goes to review: the source's own pixels come to only 61" in one for one in plan.notes
    )
    told = plan_json("a.png", plan, A2)
    assert told["review"]
    assert told["print"]["good_up_to"] == "A4"


def test_where_no_sheet_is_small_enough_it_says_that() -> None:
    plan = planned((700, 500), A4)

    assert plan.review_reason is not None
    assert plan.review_reason.endswith("not even enough for A5.")
    assert plan.printed is not None
    assert plan.printed.good_up_to is None


def test_a_scan_at_a_hundred_dots_an_inch_is_not_under_a_hundred() -> None:
    # 297 mm at 100 ppi are 1169.3 pixels: a file has 1169, which is 99.97.
    assert not planned((827, 1169), A4).review


def test_zero_asks_for_nothing() -> None:
    plan = planned((700, 500), A4, min_effective_ppi=0)

    assert (plan.review, plan.review_reason) == (False, None)
    assert plan.printed is not None


def test_a_screen_has_no_paper() -> None:
    plan = planned((1200, 800), FOUR_K)

    assert plan.printed is None
    assert plan_json("a.png", plan, FOUR_K)["print"] is None


@given(
    st.integers(300, 9000),
    st.integers(300, 9000),
    st.sampled_from(list(A_SHEETS)),
    st.sampled_from([Fit.FIT, Fit.FILL, Fit.PAD]),
    st.sampled_from([0.0, 3.0]),
)
def test_what_is_good_on_a_sheet_is_good_on_every_smaller_one(
    width: int, height: int, name: str, fit: Fit, bleed: float
) -> None:
    order = sheet(*A_SHEETS[name], 300, fit=fit, bleed_mm=bleed)
    best = good_up_to(order, (width, height), 100)

    names = list(A_SHEETS)
    good = names[: names.index(best.lower()) + 1] if best else []
    for one, mm in A_SHEETS.items():
        fine = replace(order, sheet_mm=mm, ppi=1200)
        native = 1200 / float(target_size(fine, width, height).scale)
        assert (one in good) == (round(native) >= 100)


@given(
    st.integers(4000, 20_000),
    st.integers(4000, 20_000),
    st.sampled_from([Fit.FIT, Fit.FILL, Fit.PAD]),
    st.sampled_from([0.0, 3.0]),
)
def test_where_a_larger_source_is_kept_all_its_density_is_its_own(
    width: int, height: int, fit: Fit, bleed: float
) -> None:
    order = sheet(*A_SHEETS["a5"], 300, fit=fit, bleed_mm=bleed)
    size = target_size(order, width, height)
    found = on(order, (width, height))

    assert size.kept
    assert (size.scaled_width, size.scaled_height) == (width, height)
    assert found.native_ppi == pytest.approx(size.ppi, abs=0.06)
    assert (found.enlarged, found.invented_share) == (1.0, 0.0)
