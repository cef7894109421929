"""
A picture for the person who decides: before and after at the least alike place, one below another.

Upright and with large letters, so that it can be read on a phone held upright. Draws; judges
nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from upscaled.edge.pictures.aligning import Box, View, drawn, views
from upscaled.edge.pictures.layout import Layout

_WIDTH = 720
_GAP = 12
_LETTERS = 28
_LINE = 38
_MOST_LINES = 5
_CONTEXT = 3.0
"""The place is shown with its surroundings: so many times its size."""
_LEAST_SHARE = 0.2
"""Of the picture's short side: in a smaller part nobody knows where they are."""
_FLATTEST = 3 / 4
"""Height over width of a panel where the picture allows it."""
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_PAPER, _INK, _FRAME = (32, 32, 32), (240, 240, 240), (255, 64, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The place (shares 0..1 of what both show) and what was found, as sentences."""

    place: Box
    says: Sequence[str] = ()


def compare(source: Path, result: Path, layout: Layout, shown: Shown, to: Path) -> None:
    """Write a PNG of what was found, and of both pictures there with the place in a frame."""
    font = ImageFont.load_default(size=_LETTERS)
    lines = list(_wrapped(shown.says, font))[:_MOST_LINES]
    before, after = views(source, result, layout)
    part = _with_context(shown.place, before.box)
    panels = [_panel(view, part, shown.place) for view in (before, after)]
    height = _GAP + len(lines) * _LINE + sum(_LINE + 2 * _GAP + panel.height for panel in panels)
    sheet = Image.new("RGB", (_WIDTH + 2 * _GAP, height), _PAPER)
    pen, top = ImageDraw.Draw(sheet), _GAP
    for line in lines:
        pen.text((_GAP, top), line, fill=_INK, font=font)
        top += _LINE
    named = (("Before", before), ("After", after))
    for (label, view), panel in zip(named, panels, strict=True):
        pen.text((_GAP, top + _GAP // 2), f"{label}: {_size(view)}", fill=_INK, font=font)
        sheet.paste(panel, (_GAP + (_WIDTH - panel.width) // 2, top + _LINE + _GAP))
        top += _LINE + 2 * _GAP + panel.height
    sheet.save(to, format="PNG")


def _wrapped(says: Sequence[str], font: Font) -> Iterator[str]:
    """Break sentences at spaces into lines that fit; each begins with a capital."""
    for sentence in says:
        line = ""
        for word in (sentence[:1].upper() + sentence[1:]).split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > _WIDTH:
                yield line
                longer = word
            line = longer
        yield line


def _with_context(place: Box, box: Box) -> Box:
    """Widen a place about its centre, within the picture, to a panel's form."""
    width, height = box[2] - box[0], box[3] - box[1]
    least = _LEAST_SHARE * min(width, height)
    across = max(least, _CONTEXT * (place[2] - place[0]) * width)
    down = max(least, _CONTEXT * (place[3] - place[1]) * height)
    across, down = max(across, down / _FLATTEST), max(down, across * _FLATTEST)
    left, right = _widened(place[0], place[2], across / width)
    top, bottom = _widened(place[1], place[3], down / height)
    return left, top, right, bottom


def _widened(start: float, end: float, length: float) -> tuple[float, float]:
    length = min(1.0, max(length, end - start))
    first = min(max(0.0, (start + end - length) / 2), 1.0 - length)
    return first, first + length


def _size(view: View) -> str:
    colour = view.picture.colour
    return f"{colour.width} x {colour.height} px"


def _panel(view: View, part: Box, place: Box) -> Image.Image:
    left, top, right, bottom = view.box
    width, height = right - left, bottom - top
    box = (
        left + part[0] * width,
        top + part[1] * height,
        left + part[2] * width,
        top + part[3] * height,
    )
    share = _WIDTH / max(box[2] - box[0], box[3] - box[1])
    size = (
        max(1, round((box[2] - box[0]) * share)),
        max(1, round((box[3] - box[1]) * share)),
    )
    panel = drawn(view, box, size)
    ImageDraw.Draw(panel).rectangle(_framed(part, place, size), outline=_FRAME, width=3)
    return panel


def _framed(part: Box, place: Box, size: tuple[int, int]) -> list[float]:
    """Return the place in a panel's pixels, a little outside of what it frames."""
    frame = []
    for at, value in enumerate(place):
        axis = at % 2
        shares = (value - part[axis]) / (part[axis + 2] - part[axis])
        out = -4 if at < 2 else 3
        frame.append(min(max(0.0, shares * size[axis] + out), size[axis] - 1.0))
    return frame
