"""The sharpest place of a picture. Measures; judges nothing."""

import numpy as np
from numpy.typing import NDArray

from upscaled.edge.pictures.aligning import Box


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
