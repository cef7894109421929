"""
Where does the result show something else? The place that differs most from what stood there.

Small overlapping windows over both pictures, low-passed: a mean over the picture hides an invented
face, a window of its size does not. Measures; judges nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upscaled.edge.pictures.structure import Plane

Sums = NDArray[np.float64]
Box = tuple[float, float, float, float]

_WINDOW = 0.045
"""Of the short side: lies within an invented square of 6 % wherever that stands."""
_LEAST_WINDOW = 4
_BORDER = 4
"""Pixels at the border left out, the reach of the low-pass: a crop cuts through letters there."""
_LEAST_INNER = 24
_LEAST_HALVED = 256
"""Short side from which every other pixel is enough: the low-pass leaves nothing finer."""
_TOLERANCE = 8.0
"""Grey levels that a flat place may change by: noise taken out, blocks of JPEG smoothed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The window that changed most."""

    most: float
    """Mean square difference over the source's variance there plus the tolerance's square."""
    place: Box
    """Left, top, right, bottom as shares of the picture."""


def largest(had: Plane, has: Plane) -> Change:
    """
    Return the window whose difference is largest for the contrast that the source has there.

    Both are RGB, 0..255, height x width x 3, low-passed. Contrast counts because sharpening changes
    strong edges by more levels than anything may change in a sky.
    """
    height, width = had.shape[:2]
    short = min(height, width)
    border = _BORDER if short >= _LEAST_INNER else 0
    step = 2 if short >= _LEAST_HALVED else 1
    inner = np.s_[border : height - border : step, border : width - border : step]
    one, other = had[inner], has[inner]
    side = max(_LEAST_WINDOW, round(_WINDOW * short / step))
    side = min(side, *one.shape[:2])
    apart = _means(np.mean((other - one) ** 2, axis=-1), side)
    spread = _means(np.mean(one**2, axis=-1), side)
    for band in range(one.shape[-1]):
        spread -= _means(one[..., band], side) ** 2 / one.shape[-1]
    ratio = apart / (np.maximum(spread, 0) + _TOLERANCE**2)
    found = np.unravel_index(int(ratio.argmax()), ratio.shape)
    top, left = (int(at) * step + border for at in found)
    right, bottom = left + side * step, top + side * step
    place = (left / width, top / height, min(1.0, right / width), min(1.0, bottom / height))
    return Change(most=float(ratio[found]), place=place)


def _means(plane: Plane, side: int) -> Sums:
    """Return the mean over each window of `side` squared, from sums over the whole (Crow 1984)."""
    total: Sums = np.pad(plane, ((1, 0), (1, 0))).cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    sums = total[side:, side:] - total[:-side, side:] - total[side:, :-side]
    return np.asarray((sums + total[:-side, :-side]) / side**2, np.float64)
