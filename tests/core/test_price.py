"""What a pass costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import shipped
from upscaled.core.price import PriceRule, cost, usd
from upscaled.nouns import Family

UNIFIED, SPLIT = shipped("unified"), shipped("split")
CORE = SPLIT.recipes[Family.CORE].model.price
REDEFINE = SPLIT.recipes[Family.REDEFINE].model.price
STAIRS = UNIFIED.recipes[Family.CORE].model.price


@pytest.mark.parametrize(
    ("rule", "width", "height", "dollars"),
    [
        (CORE, 3840, 2160, 0.08),
        (CORE, 7680, 4320, 0.16),
        (CORE, 12000, 8000, 0.32),
        (CORE, 6000, 4000, 0.08),
        (CORE, 6001, 4000, 0.16),
        (REDEFINE, 3840, 2160, 0.24),
        (REDEFINE, 7680, 4320, 0.72),
        (REDEFINE, 12000, 8000, 1.92),
        (REDEFINE, 1, 1, 0.08),
        (STAIRS, 6000, 4000, 0.08),
        (STAIRS, 7680, 7680, 0.24),
        (STAIRS, 12000, 8000, 0.32),
        (STAIRS, 25600, 20000, 1.36),
        (STAIRS, 25601, 20000, 1.44),
    ],
)
def test_the_published_examples_come_out_to_the_cent(
    rule: PriceRule, width: int, height: int, dollars: float
) -> None:
    assert usd(cost(rule, width, height)) == dollars


@pytest.mark.parametrize("family", Family)
def test_unified_never_assumes_less_than_the_page_of_the_split_family_for_inventing_models(
    family: Family,
) -> None:
    if family in {Family.RECOVER, Family.REDEFINE}:
        assert UNIFIED.recipes[family].model.price == SPLIT.recipes[family].model.price


@given(
    rule=st.sampled_from([CORE, REDEFINE, STAIRS]),
    width=st.integers(1, 40_000),
    height=st.integers(1, 40_000),
    more=st.integers(0, 5_000),
)
def test_more_pixels_never_cost_less(rule: PriceRule, width: int, height: int, more: int) -> None:
    assert 0 < cost(rule, width, height) <= cost(rule, width + more, height)
