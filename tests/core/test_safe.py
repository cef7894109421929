"""How far a source may safely be enlarged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import GOOD, POOR, PRISTINE, probe
from upscaled.core.safe import detail_size, safe_factor
from upscaled.nouns import Family

C, R, D, T, G = Family.CORE, Family.RECOVER, Family.REDEFINE, Family.TEXT, Family.CGI


@pytest.mark.parametrize(
    ("family", "features", "short", "expected"),
    [
        (C, PRISTINE, 1000, 6),
        (C, GOOD, 1000, 4),
        (C, POOR, 1000, 2),
        (C, {}, 1000, 2),
        (C, PRISTINE, 479, 2),
        (C, {**PRISTINE, "r_eff": 0.45}, 900, 2),
        (C, {**PRISTINE, "r_eff": float("nan")}, 1000, 4),
        (C, {**PRISTINE, "noise": 3.0}, 1000, 2),
        (C, {**PRISTINE, "noise": 1.3}, 1000, 4),
        (C, {**PRISTINE, "cnoise": 1.0}, 1000, 2),
        (C, {**PRISTINE, "edgew_best": 0.59}, 1000, 4),
        (C, {**PRISTINE, "lossless": 0.0, "q_eq": 95.0}, 1000, 4),
        (C, {**PRISTINE, "lossless": 0.0, "q_eq": 96.0}, 1000, 6),
        (R, PRISTINE, 1000, 2),
        (D, PRISTINE, 1000, 4),
        (D, POOR, 1000, 2),
        (C, {**PRISTINE, "r_eff": 1.0}, 1000, 4),  # 1 is said where nothing could be measured
        (D, PRISTINE, 199, 2),
        (G, PRISTINE, 1000, 6),
        (G, GOOD, 1000, 4),
        (G, POOR, 1000, 2),
        (T, {**GOOD, "edgew_best": 0.55, "q_eq": 85.0}, 300, 4),
        (T, {**GOOD, "edgew_best": 0.54}, 1000, 2),
        (T, {**GOOD, "q_eq": 84.0}, 1000, 2),
        (T, PRISTINE, 100, 2),
    ],
)
def test_the_weakest_link_decides(
    family: Family, features: dict[str, float], short: int, expected: float
) -> None:
    factor, why = safe_factor(family, probe(short, short * 2, features))

    assert factor == expected
    assert why.startswith(f"{expected:g}x is safe")


def test_flat_graphics_go_to_six_only_without_losses() -> None:
    flat = "flat-graphic"

    assert safe_factor(T, probe(600, 600, PRISTINE), flat)[0] == 6
    assert safe_factor(T, probe(600, 600, {**PRISTINE, "lossless": 0.0}), flat)[0] == 4
    assert safe_factor(T, probe(600, 600, PRISTINE), "text-lines")[0] == 4


def test_a_thumbnail_goes_no_further_than_four_whatever_it_is() -> None:
    flat = {**PRISTINE, "r_eff": 1.0}

    factor, why = safe_factor(T, probe(240, 240, flat), "flat-graphic")
    assert (factor, "only 192 px of detail" in why) == (4, True)
    assert safe_factor(T, probe(250, 250, flat), "flat-graphic")[0] == 6


def test_detail_in_few_pixels_is_told_by_size_and_not_of_a_jpeg_or_the_unknown() -> None:
    hollow = {**PRISTINE, "r_eff": 0.45, "jpeg_life": 0.0}

    assert detail_size(probe(1000, 800, hollow)) == (500, 400)
    assert detail_size(probe(1000, 800, {**hollow, "jpeg_life": 1.0})) is None
    assert detail_size(probe(1000, 800, {**hollow, "r_eff": 0.54})) is None
    assert detail_size(probe(1000, 800, {"jpeg_life": 0.0})) is None
    assert detail_size(probe(1000, 800, {"r_eff": 0.3})) is None


def test_the_sentence_names_what_limits_it() -> None:
    assert "JPEG-equivalent quality 60" in safe_factor(C, probe(1000, 1000, POOR))[1]
    assert "q_eq" in safe_factor(C, probe(1000, 1000, {"noise": 1.0, "cnoise": 0.0}))[1]
    assert "colour noise" in safe_factor(C, probe(900, 900, {**PRISTINE, "cnoise": 2.0}))[1]
    assert "450 px of detail" in safe_factor(C, probe(450, 900, PRISTINE))[1]


@given(
    family=st.sampled_from(Family),
    features=st.dictionaries(
        st.sampled_from([*PRISTINE, "short_px"]), st.floats(-10, 1000) | st.just(float("nan"))
    ),
    more=st.floats(0, 50),
    rule=st.sampled_from(["", "flat-graphic"]),
)
def test_noise_never_makes_a_source_safer(
    family: Family, features: dict[str, float], more: float, rule: str
) -> None:
    noisy = {**features, "noise": features.get("noise", 0.0) + more}

    quiet = safe_factor(family, probe(800, 900, features), rule)[0]
    if "noise" in features:
        assert safe_factor(family, probe(800, 900, noisy), rule)[0] <= quiet
    assert quiet in {2.0, 4.0, 6.0}
    assert family is not R or quiet == 2
    assert family is not D or quiet <= 4
