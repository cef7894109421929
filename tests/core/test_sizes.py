"""How many pixels a target asks for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import DIGITAL, EIGHT_K, FOUR_K, sheet
from upscaled.core.sizes import A_SHEETS, default_ppi, target_size
from upscaled.nouns import Fit, Order

sides = st.integers(1, 30_000)
fits = st.sampled_from([Fit.LONG_EDGE, Fit.FIT, Fit.FILL, Fit.PAD])


def delivered(order: Order, width: int, height: int, **policy: str) -> tuple[int, int]:
    size = target_size(order, width, height, **policy)
    return size.width, size.height


FOUR_FIT, FOUR_FILL = replace(FOUR_K, fit=Fit.FIT), replace(FOUR_K, fit=Fit.FILL)
EIGHT_FIT = replace(EIGHT_K, fit=Fit.FIT)

PUBLISHED = {
    (1600, 900): [(3840, 2160), (3840, 2160), (3840, 2160), (7680, 4320), (7680, 4320)],
    (1500, 1000): [(3840, 2560), (3240, 2160), (3840, 2160), (7680, 5120), (6480, 4320)],
    (1200, 900): [(3840, 2880), (2880, 2160), (3840, 2160), (7680, 5760), (5760, 4320)],
    (1000, 1000): [(3840, 3840), (2160, 2160), (3840, 2160), (7680, 7680), (4320, 4320)],
    (1280, 540): [(3840, 1620), (3840, 1620), (3840, 2160), (7680, 3240), (7680, 3240)],
    (1000, 1500): [(2560, 3840), (2160, 3240), (2160, 3840), (5120, 7680), (4320, 6480)],
}


@pytest.mark.parametrize("source", PUBLISHED)
def test_four_and_eight_k_come_out_as_published(source: tuple[int, int]) -> None:
    orders = [FOUR_K, FOUR_FIT, FOUR_FILL, EIGHT_K, EIGHT_FIT]

    assert [delivered(order, *source) for order in orders] == PUBLISHED[source]


@pytest.mark.parametrize(
    ("paper", "ppi", "plain", "with_bleed"),
    [
        ("a5", 300, (1748, 2480), (1819, 2551)),
        ("a4", 300, (2480, 3508), (2551, 3579)),
        ("a3", 300, (3508, 4961), (3579, 5031)),
        ("a2", 300, (4961, 7016), (5031, 7087)),
        ("a1", 300, (7016, 9933), (7087, 10004)),
        ("a0", 300, (9933, 14043), (10004, 14114)),
        ("a2", 240, (3969, 5613), None),
        ("a0", 150, (4967, 7022), None),
    ],
)
def test_sheets_have_the_published_pixels(
    paper: str, ppi: int, plain: tuple[int, int], with_bleed: tuple[int, int] | None
) -> None:
    order = sheet(*A_SHEETS[paper], ppi, fit=Fit.FILL)

    assert delivered(order, 700, 990) == plain
    assert delivered(order, 990, 700) == plain[::-1]
    if with_bleed:
        bleed = replace(order, fit=Fit.FIT, bleed_mm=3.0)
        assert delivered(bleed, 700, 990) == with_bleed, "bleed implies fill"


def test_inches_come_out_whole() -> None:
    order = sheet(16 * 25.4, 20 * 25.4, 300, fit=Fit.FILL)

    assert delivered(order, 400, 500) == (4800, 6000)


def test_a_print_fits_inside_its_sheet_and_a_pad_fills_it_up() -> None:
    order = sheet(297, 420, 300)
    padded = target_size(replace(order, fit=Fit.PAD, pad="white"), 1500, 1000)

    assert delivered(order, 1500, 1000) == (4961, 3307)
    assert (padded.width, padded.height) == (4961, 3508)
    assert (padded.scaled_width, padded.scaled_height) == (4961, 3307)


def test_a_fill_keeps_the_whole_picture_in_mind_until_the_crop() -> None:
    size = target_size(replace(FOUR_K, fit=Fit.FILL), 1280, 540)

    assert (size.width, size.height) == (3840, 2160)
    assert (size.scaled_width, size.scaled_height) == (5120, 2160)


@pytest.mark.parametrize(
    ("long_mm", "ppi"), [(420, 300), (421, 240), (594, 240), (841, 200), (842, 150)]
)
def test_a_larger_sheet_needs_fewer_dots(long_mm: float, ppi: int) -> None:
    assert default_ppi(long_mm) == ppi


def test_a_larger_source_shrinks_on_screen_and_is_kept_for_print() -> None:
    assert delivered(FOUR_K, 6000, 4000) == (3840, 2560)
    assert delivered(FOUR_K, 6000, 4000, larger="keep") == (6000, 4000)

    order = sheet(297, 420, 300)
    kept = target_size(order, 9000, 6000)
    assert (kept.width, kept.height, kept.kept) == (9000, 6000, True)
    assert (kept.asked_width, kept.asked_height) == (4961, 3307)
    assert kept.ppi == 544.29
    assert 9000 / kept.ppi * 25.4 <= 420
    assert delivered(order, 9000, 6000, larger_print="shrink") == (4961, 3307)


def test_a_kept_source_is_cropped_or_padded_to_the_sheets_shape() -> None:
    order = sheet(297, 420, 300, fit=Fit.FILL)
    filled = target_size(order, 9000, 6000)
    padded = target_size(replace(order, fit=Fit.PAD), 9000, 6000)

    assert (filled.scaled_width, filled.scaled_height) == (9000, 6000)
    assert filled.width / filled.height == pytest.approx(4961 / 3508, rel=1e-3)
    assert filled.height == 6000
    assert padded.width == 9000
    assert padded.width / padded.height == pytest.approx(4961 / 3508, rel=1e-3)


@pytest.mark.parametrize(
    ("order", "source", "expected"),
    [
        (FOUR_K, (1000, 667), (3840, 2562)),
        (FOUR_K, (667, 1000), (2562, 3840)),
        (replace(FOUR_K, long_px=3841), (1000, 667), (3841, 2562)),
        (sheet(297, 420, 300, fit=Fit.FILL), (1000, 700), (4960, 3508)),
        (DIGITAL, (1001, 667), (1000, 666)),
    ],
)
def test_even_rounds_the_sides_but_never_a_long_edge(
    order: Order, source: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert delivered(replace(order, even=True), *source) == expected


@given(width=sides, height=sides, fit=fits, even=st.booleans())
def test_a_digital_target_is_met_to_the_pixel(
    width: int, height: int, fit: Fit, *, even: bool
) -> None:
    order = replace(FOUR_K, fit=fit, even=even)
    box = (3840, 2160) if width >= height else (2160, 3840)

    got = delivered(order, width, height)

    if fit is Fit.LONG_EDGE:
        assert max(got) == 3840
        assert (got[0] >= got[1]) == (width >= height)
    elif fit is Fit.FIT:
        assert got[0] <= box[0]
        assert got[1] <= box[1]
        assert got[0] == box[0] or got[1] == box[1]
    else:
        assert got == box
    assert min(got) >= 1
    assert not even or not any(side % 2 for side in got)


sheets = st.builds(
    lambda paper, **more: sheet(*A_SHEETS[paper], 240, **more),
    st.sampled_from(sorted(A_SHEETS)),
    fit=fits,
    even=st.booleans(),
    bleed_mm=st.sampled_from([0.0, 3.0]),
)


@given(order=sheets, width=sides, height=sides, policy=st.sampled_from(["keep", "shrink"]))
def test_a_print_always_fits_its_sheet_and_a_crop_is_never_larger_than_the_picture(
    order: Order, width: int, height: int, policy: str
) -> None:
    size = target_size(order, width, height, larger_print=policy)

    assert size.ppi is not None
    for side, mm in zip(sorted((size.width, size.height)), order.sheet_mm or (), strict=True):
        rounding = 25.4 / size.ppi
        assert side / size.ppi * 25.4 <= mm + 2 * order.bleed_mm + rounding
    least = 2 if order.even else 1
    assert min(size.width, size.height) >= least
    if order.fit is not Fit.PAD:
        assert size.width <= max(least, size.scaled_width)
        assert size.height <= max(least, size.scaled_height)
    elif not order.even:
        assert size.width >= size.scaled_width
        assert size.height >= size.scaled_height
