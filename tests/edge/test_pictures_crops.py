"""Before and after crops for the report."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscaled.edge.pictures.crops import SIDE, crops, sharpest
from upscaled.edge.pictures.layout import Layout


def drawn(path: Path, size: tuple[int, int], busy: tuple[int, int, int, int]) -> Path:
    """Draw a grey picture with stripes in one place only."""
    pixels = np.full((size[1], size[0], 3), 128, np.uint8)
    left, top, right, bottom = busy
    pixels[top:bottom, left:right:4] = 255
    Image.fromarray(pixels).save(path)
    return path


def whole(width: int, height: int) -> Layout:
    return Layout(
        width=width, height=height, scaled_width=width, scaled_height=height, format="PNG"
    )


def test_the_sharpest_place_is_found() -> None:
    grey = np.zeros((100, 200), np.float32)
    grey[60:80:2, 150:170] = 255
    left, top, right, bottom = sharpest(grey, (0.1, 0.2))
    assert (right - left, bottom - top) == pytest.approx((0.1, 0.2))
    assert 0.7 < left < 0.8
    assert 0.55 < top < 0.65


def test_a_flat_picture_has_a_place_too() -> None:
    assert sharpest(np.zeros((10, 10), np.float32), (0.5, 0.5)) == (0, 0, 0.5, 0.5)


def test_both_show_the_same_place_one_pixel_a_pixel(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png", (600, 400), (400, 250, 500, 350))
    with Image.open(source) as picture:
        picture.resize((1800, 1200)).save(tmp_path / "r.png")
    to = (tmp_path / "before.jpg", tmp_path / "after.jpg")
    crops(source, tmp_path / "r.png", whole(1800, 1200), to)
    with Image.open(to[0]) as before, Image.open(to[1]) as after:
        assert before.size == after.size == (SIDE, SIDE)
        assert before.format == after.format == "JPEG"
        assert np.asarray(before).std() > 20
        apart = np.asarray(before, np.float32) - np.asarray(after, np.float32)
    assert np.abs(apart).mean() < 12


def test_a_result_smaller_than_the_crop_is_shown_whole(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png", (90, 60), (10, 10, 40, 40))
    to = (tmp_path / "before.jpg", tmp_path / "after.jpg")
    crops(source, source, whole(90, 60), to)
    with Image.open(to[1]) as after:
        assert after.size == (90, 60)


def test_a_padded_result_is_shown_without_its_border(tmp_path: Path) -> None:
    source = drawn(tmp_path / "s.png", (300, 300), (0, 0, 300, 300))
    with Image.open(source) as picture:
        sheet = Image.new("RGB", (900, 300), "red")
        sheet.paste(picture, (300, 0))
        sheet.save(tmp_path / "r.png")
    layout = Layout(width=900, height=300, scaled_width=300, scaled_height=300, format="PNG")
    to = (tmp_path / "before.jpg", tmp_path / "after.jpg")
    crops(source, tmp_path / "r.png", layout, to)
    with Image.open(to[1]) as after:
        colours = np.asarray(after, np.float32).mean(axis=(0, 1))
    assert colours.max() - colours.min() < 5
