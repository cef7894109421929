"""Letters, rasters, borders, blocks, tones and transparency, drawn so that the truth is known."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from drawn_scenes import framed, lines, noisy, photographed, pressed, printed, scene, sprites
from edge.test_measures import features, seen


def inverted(image: Image.Image) -> Image.Image:
    return Image.eval(image, lambda value: 255 - value)


@pytest.mark.parametrize("size", [10, 18, 32])
def test_lines_of_letters_are_seen_in_every_size_and_polarity(size: int) -> None:
    page = lines(size)

    for image in (page, inverted(page), pressed(page, 40)):
        found = features(image)
        assert found["txt_share"] > 0.5
        assert found["txt_area"] > 0.05
        assert found["txt_n"] > 50


@pytest.mark.parametrize("size", [10, 18, 32])
def test_a_page_photographed_under_uneven_light_is_still_read(size: int) -> None:
    found = features(photographed(lines(size)))

    assert found["txt_share"] > 0.5
    assert found["txt_n"] > 50


@pytest.mark.parametrize("seed", range(2))
def test_a_scene_has_no_lines_of_letters(seed: int) -> None:
    for image in (scene(seed=seed), noisy(scene(seed=seed), 8)):
        assert features(image)["txt_share"] < 0.1


@pytest.mark.parametrize("cycles", [0.17, 0.28, 0.4])
@pytest.mark.parametrize("degrees", [15, 45])
def test_a_printed_raster_stands_out(cycles: float, degrees: float) -> None:
    print_ = printed(scene(), cycles, degrees)

    assert features(print_)["halftone"] > 0.3
    assert features(noisy(print_, 8))["halftone"] > 0.1


@pytest.mark.parametrize("seed", range(2))
def test_neither_texture_noise_blocks_nor_letters_are_a_raster(seed: int) -> None:
    picture = scene(seed=seed)

    for image in (picture, noisy(picture, 8), pressed(picture, 30), lines(14 + 6 * seed)):
        assert features(image)["halftone"] < 0.06


@pytest.mark.parametrize("share", [0.02, 0.08, 0.2])
@pytest.mark.parametrize("sides", ["ltrb", "ltr"])
def test_a_paper_border_is_measured_to_half_a_percent(share: float, sides: str) -> None:
    assert features(framed(scene(), share, sides))["border"] == pytest.approx(share, abs=0.005)


def test_what_is_no_frame_is_no_border() -> None:
    blank = Image.new("RGB", (400, 300), "white")

    for image in (scene(), framed(scene(), 0.1, "lt"), framed(scene(), 0.1, "l"), blank):
        assert features(image)["border"] == 0


@pytest.mark.parametrize("block", [2, 3, 5, 16])
def test_the_blocks_of_pixel_art_are_found_exactly(block: int) -> None:
    assert features(sprites(block))["runs"] == block


def test_what_has_no_blocks_has_none() -> None:
    one_edge = Image.new("RGB", (400, 400), "navy")
    one_edge.paste("white", (100, 100, 300, 300))

    for image in (sprites(1), scene(), lines(18), pressed(sprites(4), 90), one_edge):
        assert features(image)["runs"] == 1


def test_what_stands_on_even_ground_tells_a_graphic_from_a_product() -> None:
    ground = Image.new("RGB", (900, 700), "white")
    product, poster = ground.copy(), ground.copy()
    product.paste(scene(400, 300), (250, 200))
    ImageDraw.Draw(poster).rectangle((250, 200, 650, 500), "navy", "black", 12)

    one, two, bare = (features(picture) for picture in (product, poster, ground))

    assert min(one["eqn"], two["eqn"], bare["eqn"]) > 0.5
    assert one["eqn_busy"] < 0.24 < two["eqn_busy"]
    assert bare["eqn_busy"] == 1


def test_sepia_is_of_one_hue_at_any_strength_and_a_scene_is_not() -> None:
    grey = scene().convert("L")
    found = []
    for red, blue in ((1.0, 1.0), (1.08, 0.85), (1.15, 0.6), (0.1, 0.1)):
        tinted = [grey.point(lambda v, k=k: v * k) for k in (red, 1.0, blue)]
        found.append(features(Image.merge("RGB", tinted))["mono"])
    assert found == [1, 2, 2, 0]  # grey, two tones, a leaf
    assert features(scene())["mono"] == 0


@pytest.mark.parametrize("least", [250, 254])
def test_an_alpha_that_nobody_sees_is_none(least: int) -> None:
    data = np.dstack([np.asarray(scene(200, 160)), np.full((160, 200), 255, np.uint8)])
    data[::2, :, 3] = least

    look = seen(Image.fromarray(data))

    assert (look.alpha, look.transparent) == (False, 0)


@pytest.mark.parametrize("rows", [1, 40, 160])
def test_the_transparent_share_is_exact_and_colours_stay_what_they_are(rows: int) -> None:
    opaque = np.asarray(scene(200, 160))
    data = np.dstack([opaque, np.full((160, 200), 255, np.uint8)])
    data[:rows, :, 3] = 127
    data[rows:, :, 3] = 128

    look = seen(Image.fromarray(data))

    assert look.alpha
    assert look.transparent == rows / 160
    assert np.array_equal(look.small, opaque)
