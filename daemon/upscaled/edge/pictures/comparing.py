"""
A picture for the person who decides: before and after, side by side, at the least alike place.

Draws; judges nothing.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from upscaled.edge.pictures.aligning import Box, View, drawn, views
from upscaled.edge.pictures.layout import Layout

_PANEL = 480
_GAP = 8
_BAR = 32
_CONTEXT = 2.5
"""The place is shown with its surroundings: so many times its size."""
_PAPER, _INK = (32, 32, 32), (240, 240, 240)


def compare(source: Path, result: Path, layout: Layout, worst: Box, to: Path) -> None:
    """Write a PNG of both at the place `worst` (shares of what both show: 0..1)."""
    before, after = views(source, result, layout)
    place = _with_context(worst)
    sheet = Image.new("RGB", (2 * _PANEL + 3 * _GAP, _BAR + _PANEL + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=18)
    for index, (view, label) in enumerate(((before, "before"), (after, "after"))):
        left = _GAP + index * (_PANEL + _GAP)
        pen.text((left, 6), f"{label}: {_size(view)}", fill=_INK, font=font)
        sheet.paste(_panel(view, place), (left, _BAR))
    sheet.save(to, format="PNG")


def _with_context(worst: Box) -> Box:
    """Widen a place about its centre, within the picture."""
    left, right = _widened(worst[0], worst[2])
    top, bottom = _widened(worst[1], worst[3])
    return left, top, right, bottom


def _widened(start: float, end: float) -> tuple[float, float]:
    length = min(1.0, (end - start) * _CONTEXT)
    first = min(max(0.0, (start + end - length) / 2), 1.0 - length)
    return first, first + length


def _size(view: View) -> str:
    colour = view.picture.colour
    return f"{colour.width} x {colour.height} px"


def _panel(view: View, place: Box) -> Image.Image:
    left, top, right, bottom = view.box
    width, height = right - left, bottom - top
    box = (
        left + place[0] * width,
        top + place[1] * height,
        left + place[2] * width,
        top + place[3] * height,
    )
    share = _PANEL / max(box[2] - box[0], box[3] - box[1])
    size = (
        max(1, round((box[2] - box[0]) * share)),
        max(1, round((box[3] - box[1]) * share)),
    )
    return drawn(view, box, size)
