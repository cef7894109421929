"""Figures in, a verdict out: the bands of the fidelity check."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.fidelity import assess, parse_bands
from upscaled.errors import ConfigError
from upscaled.nouns import Family

RULES = Path(__file__).parents[2] / "rules" / "fidelity.toml"
BANDS = parse_bands(tomllib.loads(RULES.read_text()), "fidelity.toml")
ORDER = ["pass", "review", "fail"]


@pytest.mark.parametrize(
    ("figure", "value", "verdict"),
    [
        ("ssim", 0.95, "pass"),
        ("ssim", 0.9499, "review"),
        ("ssim", 0.8499, "fail"),
        ("delta_e_max", 10.0, "pass"),
        ("delta_e_max", 15.1, "fail"),
        ("size_off", 1.0, "fail"),
        ("decodes", 0.0, "fail"),
        ("ssim", float("nan"), "fail"),
    ],
)
def test_each_figure_has_its_bands(figure: str, value: float, verdict: str) -> None:
    assert assess({figure: value}, Family.CORE, BANDS).verdict == verdict


def test_the_worst_figure_decides_and_every_fault_has_its_reason() -> None:
    figures = {"ssim": 0.99, "tile_min": 0.7, "ab_shift": 6.0, "unknown": 7.0}
    found = assess(figures, Family.CORE, BANDS)

    assert found.verdict == "fail"
    assert found.figures == figures
    assert found.reasons == (
        "colour cast (mean shift in a*b*): 6, should be at most 3",
        "structure in the least alike place: 0.7, should be at least 0.8",
    )


def test_generative_families_may_change_texture() -> None:
    assert assess({"tile_min": 0.7}, Family.CORE, BANDS).verdict == "review"
    assert assess({"tile_min": 0.7}, Family.RECOVER, BANDS).verdict == "pass"
    assert assess({"ssim": 0.92}, Family.RECOVER, BANDS).verdict == "review"
    assert assess({"ssim": 0.92}, Family.REDEFINE, BANDS).verdict == "pass"


def test_what_could_not_be_measured_at_all_needs_a_look() -> None:
    assert assess({}, Family.CORE, BANDS).verdict == "review"


@given(value=st.floats(-1, 1), worse=st.floats(0, 1), family=st.sampled_from(list(Family)))
def test_a_worse_figure_never_gets_a_better_verdict(
    value: float, worse: float, family: Family
) -> None:
    one = assess({"ssim": value}, family, BANDS).verdict
    other = assess({"ssim": value - worse}, family, BANDS).verdict

    assert ORDER.index(one) <= ORDER.index(other)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"better": "higher"}, "better = higher"),
        ({"pass": "much"}, "much"),
        ({"colour": 1}, "unknown key colour"),
        ({"family": {"portrait": {"pass": 1, "review": 0}}}, "portrait"),
    ],
)
def test_a_wrong_band_is_named_with_its_place(change: dict[str, Any], named: str) -> None:
    right = {"figure": "ssim", "says": "alike", "better": "more", "pass": 0.9, "review": 0.8}
    with pytest.raises(ConfigError) as caught:
        parse_bands({"band": [right, right | change, right | change]}, "own.toml")

    first, second = caught.value.faults
    assert (first.place, first.key, second.key) == ("own.toml", "band[1]", "band[2]")
    assert named in first.value
