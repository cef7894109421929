"""The contact sheet: it decodes, keeps every word in its cell, and obeys none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont
from PIL.ImageFont import FreeTypeFont

from edge.drawn_pictures import cut_out, page, photo, pixels
from upscaled.edge.pictures.sheet import SIDE, Cell, sheet, thumbnail, wrapped

ODD = ("<b>.png", "a\nb\x1b[31m.png", "n" * 255, "\u202egnp.exe", "日本 \udcff.png", "")
BAR = 34


def cell(small: str = "", text: str = "core/a.png") -> Cell:
    return Cell(thumbnail=small, name=text, head=text, rule=text, reason=text)


def shrunk(picture: Image.Image, folder: Path) -> str:
    source, to = folder / "source.png", folder / "small.png"
    picture.save(source)
    thumbnail(source, to)
    return str(to)


def test_a_thumbnail_is_the_whole_picture_no_longer_than_its_side(tmp_path: Path) -> None:
    with Image.open(shrunk(photo(800, 500), tmp_path)) as small:
        assert (small.size, small.mode) == ((SIDE, 130), "RGB")


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    with Image.open(shrunk(photo(40, 30), tmp_path)) as small:
        assert small.size == (40, 30)


def test_what_is_transparent_shows_grey(tmp_path: Path) -> None:
    small = pixels(Path(shrunk(cut_out(), tmp_path)))
    assert small[0, 0].tolist() == [128, 128, 128]


def test_the_sheet_shows_the_thumbnails_and_says_whose_it_is(tmp_path: Path) -> None:
    small, to = shrunk(page(SIDE, SIDE), tmp_path), tmp_path / "sheet.png"

    sheet("1 mistake in 9 pictures", "its signature", [cell(small)], to)

    with Image.open(to) as drawn:
        assert (drawn.format, drawn.info["Software"]) == ("PNG", "its signature")
    shown = pixels(to)[BAR : BAR + SIDE, 14 : 14 + SIDE]
    assert np.array_equal(shown, pixels(Path(small)))


def test_rows_are_added_as_cells_are(tmp_path: Path) -> None:
    sizes = []
    for count in (1, 8, 9):
        sheet("t", "s", [cell()] * count, tmp_path / f"{count}.png")
        with Image.open(tmp_path / f"{count}.png") as drawn:
            sizes.append(drawn.size)

    assert sizes[0][0] < sizes[1][0] == sizes[2][0]
    assert sizes[0][1] == sizes[1][1] < sizes[2][1]


@pytest.mark.parametrize("text", ODD)
def test_odd_words_stay_in_their_cell(tmp_path: Path, text: str) -> None:
    sheet("t", "s", [cell(text=text), cell(text=""), cell(text="")], tmp_path / "sheet.png")

    drawn = pixels(tmp_path / "sheet.png")[BAR + SIDE :]
    paper = drawn[-1, 0]
    assert (drawn[:, 14 + SIDE + 1 :] == paper).all(), "ink in the next cell"
    assert (drawn[-14:] == paper).all(), "ink below the cell"
    assert (drawn[:, 14 : 14 + SIDE] != paper).any() == bool(text)


def test_a_long_reason_is_wrapped_and_its_end_cut_off() -> None:
    font = ImageFont.load_default(12)
    assert isinstance(font, FreeTypeFont)

    lines = wrapped("It looks most like recover, but only so and so sure. " * 9, font, SIDE, 4)

    assert len(lines) == 4
    assert lines[3].endswith("...")
    assert all(font.getlength(line) <= SIDE for line in lines)
    assert wrapped("Very dark.", font, SIDE, 4) == ["Very dark."]
