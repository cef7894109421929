"""
A contact sheet: thumbnails in rows with a few lines under each. Runs in a worker.

Two tasks, so that a picture that kills its worker costs one thumbnail and not the sheet. Words are
drawn as they come, in the font that ships with Pillow, and cut to their cell; nothing in them is a
command. Judges nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont
from PIL.PngImagePlugin import PngInfo

from upscaled.core.report import plain
from upscaled.edge.pictures.aligning import View, drawn
from upscaled.edge.pictures.opening import open_picture

SIDE = 208
"""Longest side of a thumbnail; smaller pictures are shown as they are."""
_GAP = 14
_LINE = 15
_BAR = 34
_REASON_LINES = 4
_COLUMNS = (3, 8)
"""Fewest, so that the title has room, and most."""
_LONGEST = 400
"""Letters of a text that are looked at at all; a cell holds about 35 in a line."""
_GREY_GROUND = 128.0
_PAPER, _BOX, _INK, _DIM, _LOUD = "#202020", "#2c2c2c", "#e8e8e8", "#9a9a9a", "#ffcf70"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One picture on the sheet. The texts may hold any characters and be of any length."""

    thumbnail: str
    """Path of what `thumbnail` wrote; empty where there is none."""
    name: str
    head: str
    rule: str
    reason: str


def thumbnail(source: Path, to: Path) -> None:
    """Write a PNG of the whole picture, upright, in sRGB, at most `SIDE` pixels long."""
    whole(source, SIDE).save(to, format="PNG")


def whole(source: Path, side: int) -> Image.Image:
    """Return the whole picture, upright, in sRGB, at most `side` pixels long."""
    picture = open_picture(source)
    width, height = picture.colour.width, picture.colour.height
    share = min(1.0, side / max(width, height))
    size = max(1, round(width * share)), max(1, round(height * share))
    box = (0.0, 0.0, float(width), float(height))
    view = View(path=source, picture=picture, box=box, ground=_GREY_GROUND, made=False)
    return drawn(view, box, size)


def sheet(title: str, signature: str, cells: Sequence[Cell], to: Path) -> None:
    """Write a PNG of all cells; `signature` stands in its `Software` field."""
    columns = min(_COLUMNS[1], max(_COLUMNS[0], len(cells)))
    rows = -(-len(cells) // columns)
    across, down = SIDE + _GAP, SIDE + _GAP + (_REASON_LINES + 3) * _LINE + _GAP
    page = Image.new("RGB", (columns * across + _GAP, _BAR + rows * down), _PAPER)
    pen = ImageDraw.Draw(page)
    head, small = ImageFont.load_default(16), ImageFont.load_default(12)
    if not isinstance(head, FreeTypeFont) or not isinstance(small, FreeTypeFont):
        raise TypeError("Pillow was built without FreeType, which its font needs")
    pen.text((_GAP, 8), _fitted(title, head, page.width - 2 * _GAP), _INK, head)
    for index, cell in enumerate(cells):
        corner = (_GAP + index % columns * across, _BAR + index // columns * down)
        _draw(page, pen, small, cell, corner)
    told = PngInfo()
    told.add_text("Software", signature)
    page.save(to, format="PNG", pnginfo=told)


def _draw(
    page: Image.Image,
    pen: ImageDraw.ImageDraw,
    font: FreeTypeFont,
    cell: Cell,
    corner: tuple[int, int],
) -> None:
    left, top = corner
    pen.rectangle((left, top, left + SIDE - 1, top + SIDE - 1), _BOX)
    if cell.thumbnail:
        with Image.open(cell.thumbnail, formats=["PNG"]) as small:
            page.paste(small, (left + (SIDE - small.width) // 2, top + (SIDE - small.height) // 2))
    else:
        pen.text((left + 8, top + 8), "cannot be drawn", _DIM, font)
    lines = [(cell.head, _LOUD), (cell.name, _DIM), (cell.rule, _DIM)]
    lines += [(line, _INK) for line in wrapped(cell.reason, font, SIDE, _REASON_LINES)]
    for number, (text, colour) in enumerate(lines):
        at = (left, top + SIDE + 4 + number * _LINE)
        pen.text(at, _fitted(text, font, SIDE), colour, font)


def wrapped(text: str, font: FreeTypeFont, width: int, most: int) -> list[str]:
    """Return at most `most` lines no wider than `width` pixels; the last says that more follows."""
    lines = list(_lines(plain(text[:_LONGEST]), font, width))
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _fitted(" ".join(lines[most - 1 :]), font, width)]


def _lines(text: str, font: FreeTypeFont, width: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and font.getlength(longer) > width:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _fitted(text: str, font: FreeTypeFont, width: int) -> str:
    """Return one line that is no wider than `width` pixels, its end cut off where it must be."""
    line = plain(text[:_LONGEST])
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(f"{line}...") > width:
        line = line[:-1]
    return f"{line}..."
