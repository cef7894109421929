"""
Two periodic things: the raster of a print, and the blocks of enlarged pixel art.

On native tiles, because a small copy has averaged both away.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from upscaled.edge.pictures.look import TILE, Floats
from upscaled.edge.pictures.measures_sharp import Spectrum

_LEAST_EDGES = 12
"""Places of change that a tile needs before their distances mean something."""
_MOST_RUN = 64
_LEAST_POWER = 0.1
"""Grey levels squared a bin: rounding alone gives 0.08."""


def halftone(spectra: Sequence[Spectrum]) -> float:
    """
    Return the share of the energy off the axes, 0.15 to 0.45 cycles a pixel, in its tallest peak.

    Taken from the mean of the tiles' spectra, each weighing the same: the dots of a printed raster
    peak at one place in every tile, texture and letters do not. Below 0.02 for photographs, above
    0.1 for a raster that can be seen, at most about 0.5; 0 where no whole tile has texture.
    """
    fit = [power for tile in spectra if (power := _normal(tile)) is not None]
    if not fit:
        return 0.0
    rows = np.asarray(np.mean(fit, axis=0))
    rows = rows + np.roll(rows, 1, 0) + np.roll(rows, -1, 0)
    peaks = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]  # a window spreads a peak over three bins
    return float(peaks[_inside()[:, 1:-1]].max()) / float(np.count_nonzero(_inside()))


def runs(lumas: Sequence[Floats]) -> float:
    """
    Return the side of the equal blocks that the picture is made of, px; 1 where there are none.

    The greatest common divisor of the distances between the columns, and between the rows, where
    anything changes. Exact: a lossy file has no equal blocks left.
    """
    found = 0
    for tile in lumas:
        found = int(np.gcd(found, np.gcd(_period(tile), _period(tile.T))))
    return float(found) if 1 < found <= _MOST_RUN else 1.0


def _period(tile: Floats) -> int:
    """Return the common divisor along rows; 0 where a tile has too few changes to tell."""
    changes = np.flatnonzero((tile[:, 1:] != tile[:, :-1]).any(axis=0))
    return int(np.gcd.reduce(np.diff(changes))) if changes.size >= _LEAST_EDGES else 0


def _normal(tile: Spectrum) -> Floats | None:
    """Return the power in the band, mean 1, and zero elsewhere; None where none is to speak of."""
    if tile.power.shape != _inside().shape:
        return None
    inside = np.where(_inside(), tile.power, np.float32(0))
    mean = float(inside.sum()) / float(np.count_nonzero(_inside()))
    return np.asarray(inside / mean, np.float32) if mean > _LEAST_POWER else None


@lru_cache(maxsize=1)
def _inside() -> NDArray[np.bool_]:
    along, across = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
    radius = np.hypot(along, across)
    off_axis = np.minimum(np.abs(along), np.abs(across)) > 0.03
    return np.asarray(off_axis & (radius > 0.15) & (radius < 0.45))
