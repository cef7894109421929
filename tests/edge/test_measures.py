"""Each measure against a truth that the test makes, with its tolerance."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from judge_pictures import encoded, landscape, noisy, page
from upscaled.edge.pictures.look import Look, gatherer_for, luma, strip_rows
from upscaled.edge.pictures.measures import measure
from upscaled.edge.pictures.measures_jpeg import ijg_table, table_quality
from upscaled.edge.pictures.measures_text import components
from upscaled.edge.pictures.named import MEASURES


def seen(image: Image.Image) -> Look:
    data = np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    gatherer, rows = gatherer_for(*image.size), strip_rows(*image.size)
    for y in range(0, image.height, rows):
        gatherer.take(data[y : y + rows])
    return gatherer.look()


def features(image: Image.Image) -> dict[str, float]:
    return measure(seen(image))


def saved(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(BytesIO(encoded(image, "JPEG", quality=quality))).convert("RGB")


def test_every_measure_is_made_and_explained() -> None:
    assert list(features(landscape(200, 150))) == list(MEASURES)


@pytest.mark.parametrize("sigma", [2.0, 4.0, 8.0])
def test_the_noise_floor_is_the_sigma_that_was_added(sigma: float) -> None:
    grey = Image.new("RGB", (512, 512), (120, 120, 120))

    assert features(noisy(grey, sigma))["noise"] == pytest.approx(sigma, rel=0.15)


def test_enlarging_lowers_the_effective_resolution() -> None:
    scene = landscape(500, 400)
    figures = [
        features(scene.resize((500 * k, 400 * k), Image.Resampling.BICUBIC))["r_eff"]
        for k in (1, 2, 4)
    ]

    assert figures[0] > 0.8
    assert figures[1] == pytest.approx(figures[0] / 2, abs=0.15)
    assert figures[2] == pytest.approx(figures[0] / 4, abs=0.1)


@pytest.mark.parametrize("quality", [10, 35, 50, 75, 90, 97])
def test_a_jpegs_quality_is_read_from_its_table(quality: int) -> None:
    assert table_quality([int(value) for value in ijg_table(quality)]) == quality


def test_a_jpeg_hidden_in_a_lossless_file_is_seen() -> None:
    scene = landscape(640, 480)

    assert features(scene)["jpeg_life"] == 0
    for quality in (30, 60, 85):
        assert features(saved(scene, quality))["jpeg_life"] == 1
    assert features(saved(scene, 30))["q_eq"] < features(saved(scene, 85))["q_eq"]


def test_blur_lowers_the_edge_width_and_a_hard_edge_is_one() -> None:
    board = Image.new("L", (400, 400), 40)
    ImageDraw.Draw(board).rectangle((100, 100, 300, 300), fill=200)
    soft = board.resize((50, 50), Image.Resampling.BOX).resize((400, 400), Image.Resampling.BICUBIC)

    assert features(board)["edgew_best"] == pytest.approx(1.0)
    assert features(soft)["edgew_best"] < 0.35


def test_letters_in_lines_are_counted_on_either_ground_and_a_landscape_has_none() -> None:
    dark = Image.eval(page(), lambda value: 255 - value)
    for image in (page(), dark):
        found = features(image)
        assert found["txt_share"] > 0.4
        assert found["txt_area"] > 0.02
    assert features(landscape())["txt_share"] < 0.1


def test_components_touch_by_sides_and_corners() -> None:
    rows = ["##..#", "..#.#", "....#", "#..#.", "#...."]
    found = components(np.array([[mark == "#" for mark in row] for row in rows]))
    boxes = zip(found.left, found.top, found.right, found.bottom, found.area, strict=True)

    assert sorted(tuple(int(value) for value in box) for box in boxes) == [
        (0, 0, 2, 1, 3),
        (0, 3, 0, 4, 2),
        (3, 0, 4, 3, 4),
    ]


def test_a_ring_is_one_component() -> None:
    mask = np.ones((9, 9), bool)
    mask[1:8, 1:8] = False
    mask[0, 4] = False

    assert components(mask).area.tolist() == [31]


def test_grey_and_sepia_are_single_hued_and_a_landscape_is_not() -> None:
    scene = landscape()
    grey = scene.convert("L")
    sepia = Image.merge(
        "RGB", [grey, grey.point(lambda v: v * 0.8), grey.point(lambda v: v * 0.55)]
    )

    assert (features(grey)["mono"], features(sepia)["mono"]) == (1, 2)
    rainbow = Image.fromarray(np.random.default_rng(1).integers(0, 255, (80, 80, 3), np.uint8))
    assert features(rainbow.resize((400, 400)))["mono"] == 0


def test_colour_noise_is_told_from_grey_noise() -> None:
    base = np.full((400, 400, 3), 120.0)
    chance = np.random.default_rng(3)
    colour = Image.fromarray((base + chance.normal(0, 8, base.shape)).clip(0, 255).astype(np.uint8))
    grey = noisy(Image.fromarray(base.astype(np.uint8)), 8)

    assert features(colour)["cnoise"] > 1.0 > features(grey)["cnoise"]


def test_flat_graphics_are_flat() -> None:
    found = features(Image.new("RGB", (300, 300), "red"))

    assert (found["top8"], found["eqn"], found["flat8"], found["g_flat"]) == (1, 1, 1, 1)


def test_a_large_picture_is_kept_as_a_megapixel_and_a_few_tiles() -> None:
    look = seen(Image.new("RGB", (2400, 1800), "teal"))

    assert 990_000 <= look.small.shape[0] * look.small.shape[1] <= 1_000_000
    assert len(look.tiles) <= 128
    assert luma(look.small).std() < 0.01
