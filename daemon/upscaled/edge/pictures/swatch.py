"""A frame's swatch: a few hundred numbers by which neighbours are compared, see `core/flicker`."""

import numpy as np
from PIL import Image

from upscaled.core.flicker import CELLS
from upscaled.edge.pictures.aligning import Pair, Pixels
from upscaled.edge.pictures.structure import Plane


def swatch(both: Pair) -> tuple[tuple[float, ...], ...]:
    """Return luma means of a grid, and luma at the middle of each cell, of source and result."""
    planes = [_luma(rgb) for rgb in (both.before, both.after)]
    return tuple(
        tuple(map(float, seen(plane).ravel())) for seen in (_means, _points) for plane in planes
    )


def _luma(rgb: Pixels) -> Plane:
    return np.asarray(Image.fromarray(rgb).convert("L"), np.float32)


def _means(plane: Plane) -> Plane:
    small = Image.fromarray(plane).resize((CELLS, CELLS), Image.Resampling.BOX)
    return np.asarray(small, np.float32)


def _points(plane: Plane) -> Plane:
    down, across = (((np.arange(CELLS) + 0.5) / CELLS * side).astype(int) for side in plane.shape)
    found: Plane = plane[np.ix_(down, across)]
    return found
