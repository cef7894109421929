"""
Before and after for the report: one small place of both pictures, where the source is sharpest.

One pixel of a crop is one pixel of the result, so that a screen shows what a print would. Draws;
judges nothing.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaled.edge.pictures.aligning import Box, View, drawn, views
from upscaled.edge.pictures.layout import Layout

SIDE = 360
_LOOK = 512
"""Longest side of the copy in which the sharpest place is searched."""
_FEWEST_SOURCE_PX = 48
"""A smaller place would show so few pixels of the source that nobody knows what it is."""
_QUALITY = 88


def crops(source: Path, result: Path, layout: Layout, to: tuple[Path, Path]) -> None:
    """Write two JPEGs of equal size, before and after, of the source's sharpest place."""
    before, after = views(source, result, layout)
    wanted = _extent(before.box, after.box)
    small = drawn(before, before.box, _look_size(before.box)).convert("L")
    place = sharpest(np.asarray(small, np.float32), wanted)
    size = (
        min(SIDE, max(1, round((after.box[2] - after.box[0]) * wanted[0]))),
        min(SIDE, max(1, round((after.box[3] - after.box[1]) * wanted[1]))),
    )
    # A decoder runs once from top to bottom, and the source's has run: both are opened anew.
    for view, path in zip(views(source, result, layout), to, strict=True):
        part = drawn(view, _part(view, place), size)
        part.save(path, format="JPEG", quality=_QUALITY, subsampling=0)


def sharpest(grey: NDArray[np.float32], wanted: tuple[float, float]) -> Box:
    """
    Return the place with the highest local contrast, as shares 0..1 of width and height.

    Contrast is the mean absolute step between neighbouring pixels over the place; `wanted` is the
    place's width and height in shares.
    """
    steps = np.zeros_like(grey)
    steps[:, 1:] += np.abs(np.diff(grey, axis=1))
    steps[1:, :] += np.abs(np.diff(grey, axis=0))
    height, width = grey.shape
    across = min(width, max(1, round(wanted[0] * width)))
    down = min(height, max(1, round(wanted[1] * height)))
    sums = np.pad(steps, ((1, 0), (1, 0))).cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    mass = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across]
    mass += sums[:-down, :-across]
    top, left = np.unravel_index(int(np.argmax(mass)), mass.shape)
    x, y = float(left) / width, float(top) / height
    return x, y, x + across / width, y + down / height


def _extent(before: Box, after: Box) -> tuple[float, float]:
    """Return the place's size in shares: `SIDE` pixels of the result, not too few of the source."""
    shares = []
    for first, last in ((0, 2), (1, 3)):
        source, made = before[last] - before[first], after[last] - after[first]
        shares.append(min(1.0, max(SIDE / made, _FEWEST_SOURCE_PX / source)))
    return shares[0], shares[1]


def _look_size(box: Box) -> tuple[int, int]:
    width, height = box[2] - box[0], box[3] - box[1]
    share = min(1.0, _LOOK / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def _part(view: View, place: Box) -> Box:
    left, top, right, bottom = view.box
    width, height = right - left, bottom - top
    return (
        left + place[0] * width,
        top + place[1] * height,
        left + place[2] * width,
        top + place[3] * height,
    )
