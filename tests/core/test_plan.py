"""What will be done, and what it costs."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import DIGITAL, EIGHT_K, FOUR_K, GOOD, POOR, PRISTINE, probe, sheet, shipped, verdict
from upscaled.core.draft import PlanRequest
from upscaled.core.passes import size_after
from upscaled.core.plan import make_plan
from upscaled.core.plan_json import plan_json, refused_json
from upscaled.errors import Aside
from upscaled.nouns import Family, Fit, Format, Order, Plan, Probe

CATALOGUES = {name: shipped(name) for name in ("unified", "split", "local")}
A3 = sheet(297, 420, 300)


def asked(
    picture: Probe,
    order: Order,
    family: Family = Family.CORE,
    engine: str = "unified",
    **more: Any,
) -> PlanRequest:
    return PlanRequest(
        probe=picture,
        verdict=verdict(family),
        order=order,
        catalogue=CATALOGUES[engine],
        fal_catalogue=CATALOGUES["unified"],
        **more,
    )


def planned(*args: Any, **more: Any) -> Plan:
    return make_plan(asked(*args, **more))


def test_the_smallest_fractional_factor_reaches_the_target() -> None:
    plan = planned(probe(1200, 800), FOUR_K)

    assert [(one.factor, one.width, one.height) for one in plan.passes] == [(3.2, 3840, 2560)]
    assert (plan.width, plan.height) == (3840, 2560)
    assert plan.shortfall is None
    assert plan.cost == plan.fal_cost == 80_000


def test_a_factor_is_rounded_up_so_that_the_result_is_never_too_small() -> None:
    plan = planned(probe(1801, 1201), FOUR_K)

    assert plan.passes[0].factor == 2.1324, "the height asks a little more than the width"
    assert plan.passes[0].width >= 3840
    assert plan.passes[0].height >= plan.height


def test_more_than_four_times_takes_two_passes_and_the_first_is_whole() -> None:
    plan = planned(probe(1000, 800), DIGITAL)

    assert [one.factor for one in plan.passes] == [2.0, 3.0]
    assert (plan.width, plan.height) == (6000, 4800)
    assert plan.cost == 80_000 + 160_000


def test_what_is_beyond_the_safe_factor_is_resampled_and_said_with_numbers() -> None:
    plan = planned(probe(1200, 800, POOR), FOUR_K)

    assert plan.passes[0].factor == plan.safe_factor == 2.0
    assert (plan.width, plan.height) == (3840, 2560)
    assert plan.shortfall == (
        "The source may safely be enlarged 2x, to 2400 x 1600; the last 1.6x is plain resampling."
    )
    assert not plan.review


def test_the_rounding_of_a_sheet_is_no_shortfall() -> None:
    plan = planned(probe(1754, 2480, POOR), replace(A3, fit=Fit.FILL))

    assert (plan.passes[0].factor, plan.shortfall) == (2.0, None)
    assert (plan.width, plan.height) == (3508, 4961)


def test_for_a_generated_picture_there_is_a_better_way() -> None:
    plan = planned(probe(1200, 800, POOR), FOUR_K, Family.REDEFINE)

    assert plan.shortfall is not None
    assert plan.shortfall.endswith("Generate at 1920 x 1280 instead.")


def test_a_studio_may_prefer_smaller_or_a_second_look() -> None:
    smaller = planned(probe(1200, 800, POOR), FOUR_K, beyond_safe="smaller")
    review = planned(probe(1200, 800, POOR), FOUR_K, beyond_safe="review")

    assert (smaller.width, smaller.height) == (2400, 1600)
    assert (smaller.target_width, smaller.target_height) == (3840, 2560)
    assert "smaller" in (smaller.shortfall or "")
    assert review.review
    assert (review.width, review.height) == (3840, 2560)


def test_what_would_be_gigantic_is_delivered_where_smaller_will_do() -> None:
    order = replace(FOUR_K, long_px=40_000)

    assert planned(probe(12_000, 100, POOR), order, beyond_safe="smaller").width == 24_000


@pytest.mark.parametrize(
    ("fit", "whole", "final"),
    [(Fit.FILL, (2560, 1080), (1920, 1080)), (Fit.PAD, (2560, 1080), (2560, 1440))],
)
def test_smaller_keeps_the_targets_shape(
    fit: Fit, whole: tuple[int, int], final: tuple[int, int]
) -> None:
    order = replace(EIGHT_K, fit=fit)
    plan = planned(probe(1280, 540, POOR), order, beyond_safe="smaller")

    assert (plan.scaled_width, plan.scaled_height) == whole
    assert (plan.width, plan.height) == final
    assert (plan.target_width, plan.target_height) == (7680, 4320)


def test_too_far_is_refused_with_the_largest_target_that_would_do() -> None:
    with pytest.raises(Aside) as caught:
        planned(probe(600, 400, POOR), FOUR_K)

    assert caught.value.code == "too_small"
    assert "3840 x 2560, 6.4x the source (600 x 400)" in caught.value.message
    assert "2400 x 1600: try `hd` or `digital`" in caught.value.hint
    assert planned(probe(960, 640, POOR), FOUR_K).width == 3840, "4x is just within the limit"
    assert planned(probe(600, 400, POOR), FOUR_K, resample_limit=3.2).width == 3840


def test_a_print_that_is_too_far_is_told_a_smaller_sheet_or_fewer_dots() -> None:
    with pytest.raises(Aside) as caught:
        planned(probe(900, 600, POOR), A3)

    assert caught.value.code == "too_small"
    assert "`print-a4` or the same sheet with 217ppi" in caught.value.hint


@pytest.mark.parametrize(
    ("picture", "order", "words"),
    [
        (probe(1000, 10), replace(FOUR_K, long_px=40_000), "over 32,000 pixels a side"),
        (probe(20_000, 1_000), replace(EIGHT_K, fit=Fit.FILL), "86400 x 4320"),
        (probe(9_000, 9_000), replace(FOUR_K, long_px=31_000), "2.9 GB"),
        (probe(40_000, 100), DIGITAL, "over 32,000 pixels a side"),
    ],
)
def test_what_no_program_opens_is_refused_before_it_is_paid_for(
    picture: Probe, order: Order, words: str
) -> None:
    with pytest.raises(Aside) as caught:
        planned(picture, order)

    assert caught.value.code == "too_large"
    assert words in caught.value.message
    assert caught.value.hint


def test_a_models_own_limit_lowers_the_factor_and_is_named() -> None:
    order = replace(FOUR_K, long_px=20_000)
    plan = planned(probe(9_000, 9_000), order, Family.REDEFINE)
    (only,) = plan.passes

    assert only.width * only.height <= 256_000_000
    assert plan.width == 20_000
    assert plan.shortfall is not None
    assert plan.shortfall.startswith("Redefine makes at most 256 megapixels")


def test_beyond_a_models_limit_and_the_resampling_it_is_too_large_not_too_small() -> None:
    order = replace(FOUR_K, long_px=25_000)
    with pytest.raises(Aside) as caught:
        planned(probe(9_000, 9_000), order, Family.REDEFINE, resample_limit=1.2)

    assert caught.value.code == "too_large"


def test_a_source_that_no_model_takes_is_resampled_free() -> None:
    plan = planned(probe(24_000, 23_000), replace(FOUR_K, long_px=26_000))

    assert plan.passes == ()
    assert plan.shortfall is not None


def test_large_enough_costs_nothing() -> None:
    plan = planned(probe(6000, 4000), FOUR_K)

    assert plan.passes == ()
    assert plan.cost == 0
    assert (plan.width, plan.height) == (3840, 2560)
    assert plan.shortfall is None


def test_two_per_cent_are_not_worth_a_model_and_are_said() -> None:
    plan = planned(probe(3800, 2000), FOUR_K)

    assert plan.passes == ()
    assert plan.width == 3840
    assert plan.shortfall == (
        "The target is only 1.01x the source: plain resampling, no model, no cost."
    )


def test_clean_pays_for_one_pass_at_the_sources_own_size() -> None:
    large = planned(probe(6000, 4000), replace(FOUR_K, clean=True))
    near = planned(probe(3800, 2000), replace(FOUR_K, clean=True))
    giant = planned(probe(24_000, 23_000), replace(FOUR_K, clean=True))

    assert [one.factor for one in large.passes] == [1.0]
    assert large.cost == 80_000
    assert near.passes[0].factor == 1.0106
    assert giant.passes == ()
    assert any("`clean`" in note for note in giant.notes)


def test_faces_are_left_alone_unless_they_are_asked_for() -> None:
    picture = probe(1200, 800)

    assert planned(picture, FOUR_K).passes[0].params["face_enhancement"] is False
    faces = planned(picture, replace(FOUR_K, faces=True))
    assert faces.passes[0].params["face_enhancement"] is True
    redefine = planned(picture, replace(FOUR_K, faces=True), Family.REDEFINE)
    assert "face_enhancement" not in redefine.passes[0].params
    assert any("face" in note for note in redefine.notes)


def test_legacy_takes_the_old_model_with_the_parameters_it_knows() -> None:
    recover = planned(probe(2000, 1500), replace(FOUR_K, legacy=True), Family.RECOVER)
    core = planned(probe(2000, 1500), replace(FOUR_K, legacy=True))

    assert recover.passes[0].model == "Recovery"
    assert recover.passes[0].params == {"output_format": "png"}
    assert any("nearest is Standard V2" in note for note in core.notes)


def test_a_restored_picture_is_taken_further_by_the_model_that_keeps_to_it() -> None:
    text = CATALOGUES["unified"].recipes[Family.REDEFINE]

    assert text.later is Family.CORE


def test_the_embedded_engine_shows_fals_sizes_and_price_for_nothing() -> None:
    request = asked(probe(1000, 800), DIGITAL)
    here = make_plan(replace(request, catalogue=CATALOGUES["local"]))
    there = make_plan(request)

    assert [(one.endpoint, one.model, one.factor) for one in here.passes] == [
        ("local", "Lanczos", 6.0)
    ]
    assert here.cost == 0
    assert here.fal_cost == there.cost > 0
    assert (here.width, here.height) == (there.width, there.height)


def test_the_owner_reads_what_he_might_not_expect() -> None:
    picture = probe(9000, 6000, alpha=True, mode="RGBA", bits=16)
    notes = " ".join(planned(picture, A3).notes)

    assert "its pixels are kept and the density rises to 544.29 ppi" in notes
    assert "Transparency is laid on white" in notes
    assert "16 bits" in " ".join(planned(probe(1200, 800, bits=16), FOUR_K).notes)


def test_pads_and_crops_are_kept_apart_from_the_picture() -> None:
    padded = planned(probe(1500, 1000), replace(A3, fit=Fit.PAD))
    dark = planned(probe(1500, 1000), replace(FOUR_K, fit=Fit.PAD))

    assert (padded.width, padded.height, padded.pad) == (4961, 3508, "white")
    assert (padded.scaled_width, padded.scaled_height) == (4961, 3307)
    assert dark.pad == "black"
    assert planned(probe(1500, 1000), FOUR_K).pad == ""


def test_json_has_the_published_shape() -> None:
    plan = planned(probe(1200, 800), FOUR_K)
    line = plan_json("in/a.jpg", plan, FOUR_K)

    assert line["target"] == {"name": "4k", "width": 3840, "height": 2560}
    assert line["passes"] == [
        {
            "endpoint": "fal-ai/topaz/upscale/image",
            "model": "Standard V2",
            "factor": 3.2,
            "width": 3840,
            "height": 2560,
            "params": {"output_format": "png", "face_enhancement": False},
            "cost_usd": 0.08,
        }
    ]
    assert (line["cost_usd"], line["width"], line["height"], line["format"]) == (
        0.08,
        3840,
        2560,
        Format.PNG,
    )
    assert (line["path"], line["model"], line["shortfall"]) == ("in/a.jpg", "core", None)
    assert refused_json("a", "too_small", "m", "h") == {
        "path": "a",
        "error": {"code": "too_small", "message": "m", "hint": "h"},
        "cost_usd": 0,
    }


orders = st.builds(
    lambda order, fit, **more: replace(order, fit=order.fit if order is DIGITAL else fit, **more),
    st.sampled_from([FOUR_K, EIGHT_K, A3, DIGITAL, replace(A3, bleed_mm=3.0)]),
    st.sampled_from([Fit.LONG_EDGE, Fit.FIT, Fit.FILL, Fit.PAD]),
    clean=st.booleans(),
    even=st.booleans(),
)
requests = st.builds(
    asked,
    st.builds(
        probe,
        st.integers(1, 12_000),
        st.integers(1, 12_000),
        st.sampled_from([PRISTINE, GOOD, POOR, {}]),
    ),
    orders,
    st.sampled_from(Family),
    st.sampled_from(["unified", "split"]),
    beyond_safe=st.sampled_from(["resample", "smaller", "review"]),
    larger_print=st.sampled_from(["keep", "shrink"]),
)


def plan_or_refusal(request: PlanRequest) -> Plan | Aside:
    try:
        return make_plan(request)
    except Aside as refused:
        return refused


@given(request=requests)
def test_no_plan_ever_breaks_its_promises(request: PlanRequest) -> None:
    plan = plan_or_refusal(request)
    if isinstance(plan, Aside):
        assert plan.code in {"too_small", "too_large"}
        assert plan.hint
        return

    assert len(plan.passes) <= 2
    assert all(1 <= one.factor <= 4 and one.cost > 0 for one in plan.passes)
    product = math.prod(Fraction(str(one.factor)) for one in plan.passes)
    sure = product if plan.otherwise is None else Fraction(str(plan.passes[0].factor))
    assert sure <= Fraction(str(plan.safe_factor))
    assert product <= 4 or plan.otherwise is None
    assert 1 <= min(plan.width, plan.height) <= max(plan.width, plan.height) <= 32_000
    if request.beyond_safe != "smaller" and request.larger_print != "keep":
        assert (plan.width, plan.height) == (plan.target_width, plan.target_height)
    if plan.shortfall is None:
        reached = size_after(plan.passes, request.source)
        assert reached[0] + 3 >= plan.scaled_width
        assert reached[1] + 3 >= plan.scaled_height
    assert plan.shortfall or plan.review_reason or not plan.review


@given(
    side=st.integers(200, 6_000),
    more=st.integers(0, 3_000),
    family=st.sampled_from(Family),
    engine=st.sampled_from(["unified", "split"]),
)
def test_a_larger_result_never_costs_less(
    side: int, more: int, family: Family, engine: str
) -> None:
    picture = probe(side, side, GOOD)
    small, large = (replace(FOUR_K, long_px=px) for px in (4000, 4000 + more))

    dear = plan_or_refusal(asked(picture, large, family, engine))
    if isinstance(dear, Plan):
        assert planned(picture, small, family, engine).cost <= dear.cost
