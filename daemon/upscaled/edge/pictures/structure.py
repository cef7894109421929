"""
Structure of two grey pictures of one size: SSIM, edges, shift, and where they differ most.

Planes are grey 0..255, height x width, low-passed. Measures; judges nothing.
"""

from dataclasses import dataclass

import numpy as np
import pyvips
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Slopes = tuple[Plane, Plane]
"""Down and across, grey levels a pixel."""
Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns."""

_LOW_PASS_SIGMA = 1.5
_LEAST_WEIGHT = 0.01
"""Where the Gaussian is cut off, against its peak."""
_SSIM_SIGMA = 2.5
_SSIM_C1, _SSIM_C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_TILES_ACROSS_SHORT_SIDE = 8
_LEAST_TILE = 8
_TEXTURED_STD = 2.0
_NEW_TEXTURE_STD = 6.0
"""A tile that was flat and is not any more counts too, from beyond what sharpening does."""
_EDGED_STD = 4.0
_LEAST_GRADIENT_RMS = 0.5
_EDGE = 4.0
"""Grey levels a pixel from which a slope can tell a shift."""
_LEAST_EDGES = 50
_SHIFT_ROUNDS = 4
_MOST_EDGES = 40_000
"""More edges find the same shift more slowly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A square place: its rows and columns, its likeness, whether it has edges to compare."""

    top: int
    left: int
    side: int
    ssim: float
    edged: bool

    def parts(self, slopes: Slopes) -> Slopes:
        """Return the tile's part of both planes."""
        place = np.s_[self.top : self.top + self.side, self.left : self.left + self.side]
        return slopes[0][place], slopes[1][place]

    def shares(self, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom as shares of the picture."""
        height, width = shape[:2]
        right, bottom = min(width, self.left + self.side), min(height, self.top + self.side)
        return self.left / width, self.top / height, right / width, bottom / height


def low_pass(plane: Plane) -> Plane:
    """Return the plane without what a legitimate restoration may change."""
    return blurred(plane, _LOW_PASS_SIGMA)


def blurred(plane: Plane, sigma: float) -> Plane:
    """Return a Gaussian blur, the border repeated; of each channel by itself."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(plane))
    soft = image.gaussblur(sigma, min_ampl=_LEAST_WEIGHT, precision="float")
    found: Plane = np.asarray(soft.numpy(), np.float32)
    return found.reshape(plane.shape)


def ssim_map(one: Plane, other: Plane) -> Plane:
    """Return structural similarity at each pixel (Wang et al. 2004), -1..1."""
    mean1, mean2 = blurred(one, _SSIM_SIGMA), blurred(other, _SSIM_SIGMA)
    spread1 = np.maximum(blurred(one * one, _SSIM_SIGMA) - mean1**2, 0)
    spread2 = np.maximum(blurred(other * other, _SSIM_SIGMA) - mean2**2, 0)
    common = blurred(one * other, _SSIM_SIGMA) - mean1 * mean2
    luminance = (2 * mean1 * mean2 + _SSIM_C1) / (mean1**2 + mean2**2 + _SSIM_C1)
    found: Plane = luminance * (2 * common + _SSIM_C2) / (spread1 + spread2 + _SSIM_C2)
    return found


def tiles(before: Plane, after: Plane, alike: Plane) -> list[Tile]:
    """Return the tiles (an eighth of the short side) that have texture to compare."""
    side = max(_LEAST_TILE, min(before.shape) // _TILES_ACROSS_SHORT_SIDE)
    found = []
    for top in _starts(before.shape[0], side):
        for left in _starts(before.shape[1], side):
            place = np.s_[top : top + side, left : left + side]
            had, has = float(before[place].std()), float(after[place].std())
            if had >= _TEXTURED_STD or has >= _NEW_TEXTURE_STD:
                ssim, edged = float(alike[place].mean()), had >= _EDGED_STD
                found.append(Tile(top=top, left=left, side=side, ssim=ssim, edged=edged))
    return found


def _starts(length: int, side: int) -> list[int]:
    """Return where tiles begin; the last one ends at the border and may overlap its neighbour."""
    last = max(0, length - side)
    return sorted({*range(0, last + 1, side), last})


def gradients(before: Plane, after: Plane, places: list[Tile]) -> dict[str, float]:
    """Return how far the slopes of both go together, whole and by tile; absent where flat."""
    if min(before.shape) < 2:
        return {}
    one, other = _slopes(before), _slopes(after)
    if float(np.sqrt(np.mean(one[0] ** 2 + one[1] ** 2))) < _LEAST_GRADIENT_RMS:
        return {}
    figures = {"gradient": _together(one, other)}
    by_tile = [_together(tile.parts(one), tile.parts(other)) for tile in places if tile.edged]
    if by_tile:
        figures["gradient_tile_p5"] = float(np.percentile(by_tile, 5))
        figures["gradient_tile_min"] = min(by_tile)
    return figures


def _slopes(plane: Plane) -> Slopes:
    down, across = np.asarray(np.gradient(plane), np.float32)
    return down, across


def edges_within(before: Plane, after: Plane, place: tuple[int, int, int, int]) -> float:
    """Return how far the slopes go together within left, top, right, bottom."""
    left, top, right, bottom = place
    box = np.s_[top:bottom, left:right]
    return _together(_slopes(before[box]), _slopes(after[box]))


def _together(one: Slopes, other: Slopes) -> float:
    """Return the correlation of two vector fields, -1..1; 0 where one of them is nothing."""
    common = sum(float((a * b).sum()) for a, b in zip(one, other, strict=True))
    power = [sum(float((a * a).sum()) for a in field) for field in (one, other)]
    return common / float(np.sqrt(power[0] * power[1])) if min(power) > 0 else 0.0


def shift(before: Plane, after: Plane) -> dict[str, float]:
    """
    Return how far the picture moved, in pixels of the common size (Lucas and Kanade 1981).

    Good up to a few pixels; what moved further fails by its structure. Absent where too few edges
    could tell; along a direction without edges nothing can be seen moving.
    """
    if min(before.shape) < 4:
        return {}
    down, across = _slopes(before)
    rows, columns = np.nonzero(np.hypot(down, across) > _EDGE)
    if rows.size < _LEAST_EDGES:
        return {}
    every = -(-rows.size // _MOST_EDGES)
    edges = rows[::every], columns[::every]
    level = np.ones(edges[0].size, np.float32)
    slopes = np.stack([across[edges], down[edges], level], axis=1)
    moved = np.zeros(2)
    for _ in range(_SHIFT_ROUNDS):
        change = before[edges] - _sampled(after, edges, moved)
        step = np.linalg.lstsq(slopes, change, rcond=0.05)[0]
        moved += np.clip(step[:2], -2, 2)
    return {"shift_px": float(np.hypot(*moved))}


def _sampled(plane: Plane, places: Places, moved: NDArray[np.float64]) -> Plane:
    """Return the plane's values beside the places, moved by (x, y), bilinear."""
    rows, columns = places
    y = np.clip(rows + moved[1], 0, plane.shape[0] - 1.001)
    x = np.clip(columns + moved[0], 0, plane.shape[1] - 1.001)
    top, left = y.astype(int), x.astype(int)
    fy, fx = y - top, x - left
    upper = plane[top, left] * (1 - fx) + plane[top, left + 1] * fx
    lower = plane[top + 1, left] * (1 - fx) + plane[top + 1, left + 1] * fx
    found: Plane = upper * (1 - fy) + lower * fy
    return found
