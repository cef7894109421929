"""The report's small pictures: where they are cut, how large, and that both show the same place."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscaled.core.report.tiles import SHARPEST, THUMB, WORST, tile_name
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.sharpest import sharpest
from upscaled.edge.pictures.tiles import MOST_BYTES, SIDE, THUMB_SIDE, tiles

TOP, BOTTOM = (0.1, 0.0, 0.3, 0.2), (0.6, 0.8, 0.8, 1.0)


def drawn(path: Path, size: tuple[int, int] = (600, 400)) -> Path:
    """Draw a picture whose every place has its own colour, with stripes at the bottom right."""
    across, down = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    pixels = np.dstack([across, down, np.full_like(across, 90)]).astype(np.uint8)
    pixels[size[1] // 2 :, size[0] // 2 :: 8] = 255
    Image.fromarray(pixels).save(path)
    return path


def larger(source: Path, to: Path, size: tuple[int, int]) -> Path:
    with Image.open(source) as picture:
        picture.resize(size, Image.Resampling.BICUBIC).save(to)
    return to


def whole(width: int, height: int) -> Layout:
    return Layout(
        width=width, height=height, scaled_width=width, scaled_height=height, format="PNG"
    )


def pixels(path: Path) -> "np.typing.NDArray[np.float32]":
    with Image.open(path) as picture:
        assert picture.format == "WEBP"
        return np.asarray(picture.convert("RGB"), np.float32)


def test_the_sharpest_place_is_found() -> None:
    grey = np.zeros((100, 200), np.float32)
    grey[60:80:2, 150:170] = 255
    left, top, right, bottom = sharpest(grey, (0.1, 0.2))
    assert (right - left, bottom - top) == pytest.approx((0.1, 0.2))
    assert 0.7 < left < 0.8
    assert 0.55 < top < 0.65


def test_a_flat_picture_has_a_place_too() -> None:
    assert sharpest(np.zeros((10, 10), np.float32), (0.5, 0.5)) == (0, 0, 0.5, 0.5)


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("order", [(TOP, BOTTOM), (BOTTOM, TOP)])
def test_both_tiles_of_a_place_show_the_same_whatever_comes_first(
    tmp_path: Path, kind: str, order: tuple[tuple[float, ...], ...]
) -> None:
    source = drawn(tmp_path / f"s.{kind}")
    result = larger(source, tmp_path / f"r.{kind}", (1800, 1200))
    places = dict(zip((WORST, SHARPEST), order, strict=True))
    tiles(source, result, whole(1800, 1200), places, tmp_path)  # type: ignore[arg-type]
    for name, place in places.items():
        before, after = (pixels(tmp_path / tile_name(name, when)) for when in ("before", "after"))
        assert before.shape == after.shape == (SIDE, SIDE, 3)
        assert np.abs(before - after).mean() < 12
        middle = 255 * (place[0] + place[2]) / 2
        assert abs(before[:, :, 0].min() - middle) < 40


def test_overlapping_places_are_read_together(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png")
    result = larger(source, tmp_path / "r.png", (1800, 1200))
    places = {WORST: (0.1, 0.4, 0.2, 0.5), SHARPEST: (0.7, 0.45, 0.8, 0.55)}
    tiles(source, result, whole(1800, 1200), places, tmp_path)
    left, right = (pixels(tmp_path / tile_name(name, "after")) for name in places)
    assert left[:, :, 0].mean() < right[:, :, 0].mean()


def test_two_places_that_are_nearly_one_are_shown_once(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png")
    places = {WORST: TOP, SHARPEST: (0.11, 0.0, 0.31, 0.2)}
    tiles(source, source, whole(600, 400), places, tmp_path)
    names = {path.name for path in tmp_path.glob("*.webp")}
    assert names == {THUMB, tile_name(WORST, "before"), tile_name(WORST, "after")}


def test_cut_again_nothing_old_is_left(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png")
    for places in ({WORST: TOP, SHARPEST: BOTTOM}, {SHARPEST: BOTTOM}):
        tiles(source, source, whole(600, 400), places, tmp_path)
    assert not (tmp_path / tile_name(WORST, "after")).exists()
    assert (tmp_path / tile_name(SHARPEST, "after")).exists()


def test_a_result_smaller_than_a_tile_is_shown_whole(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png", (90, 60))
    tiles(source, source, whole(90, 60), {SHARPEST: TOP}, tmp_path)
    assert pixels(tmp_path / tile_name(SHARPEST, "after")).shape == (60, 90, 3)


def test_a_padded_result_is_shown_without_its_border(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png", (300, 300))
    with Image.open(source) as picture:
        sheet = Image.new("RGB", (900, 300), "red")
        sheet.paste(picture, (300, 0))
        sheet.save(tmp_path / "r.png")
    layout = Layout(width=900, height=300, scaled_width=300, scaled_height=300, format="PNG")
    tiles(source, tmp_path / "r.png", layout, {SHARPEST: (0.0, 0.0, 0.1, 0.1)}, tmp_path)
    before, after = (pixels(tmp_path / tile_name(SHARPEST, when)) for when in ("before", "after"))
    assert np.abs(before - after).mean() < 6


def test_what_is_transparent_lies_on_grey(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    picture.save(tmp_path / "s.png")
    tiles(tmp_path / "s.png", tmp_path / "s.png", whole(300, 300), {SHARPEST: TOP}, tmp_path)
    assert np.abs(pixels(tmp_path / tile_name(SHARPEST, "after")) - 128).max() < 6


def test_noise_is_held_to_its_bytes_and_the_thumbnail_to_its_side(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (500, 700, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "s.png")
    places = {WORST: TOP, SHARPEST: BOTTOM}
    tiles(tmp_path / "s.png", tmp_path / "s.png", whole(700, 500), places, tmp_path)
    for path in tmp_path.glob("*.webp"):
        assert path.stat().st_size <= MOST_BYTES, path.name
    assert max(pixels(tmp_path / THUMB).shape) == THUMB_SIDE


def test_of_the_sharpest_place_the_sharpest_part_is_shown_pixel_for_pixel(tmp_path: Path) -> None:
    canvas = np.full((800, 1200, 3), 90, np.uint8)
    canvas[40:70:3, 60:90] = 255  # in the corner of a place that is flat elsewhere
    Image.fromarray(canvas).save(tmp_path / "s.png")
    result = larger(tmp_path / "s.png", tmp_path / "r.png", (4800, 3200))
    tiles(tmp_path / "s.png", result, whole(4800, 3200), {SHARPEST: (0, 0, 0.5, 0.5)}, tmp_path)
    before, after = (pixels(tmp_path / tile_name(SHARPEST, when)) for when in ("before", "after"))
    assert before.std() > 30
    assert np.abs(before - after).mean() < 12
    bright = np.flatnonzero(after[:, :, 0].max(axis=1) > 200)
    assert 100 < bright[-1] - bright[0] < 125, "thirty source rows are 120 of the result"


def test_the_least_alike_place_is_shown_whole_in_its_form(tmp_path: Path) -> None:
    canvas = np.full((300, 2400, 3), 90, np.uint8)
    canvas[:, 600:1200] = (200, 40, 40)
    Image.fromarray(canvas).save(tmp_path / "s.png")
    place = {WORST: (0.25, 0.0, 0.5, 1.0)}
    tiles(tmp_path / "s.png", tmp_path / "s.png", whole(2400, 300), place, tmp_path)
    shown = pixels(tmp_path / tile_name(WORST, "before"))
    assert shown.shape == (SIDE, SIDE, 3)
    assert np.abs(shown[:, :, 0] - 200).mean() < 12, "as much of it as is as high as the picture"
