"""
Has it been a JPEG, and how hard was it pressed? From the tables, and from the grid in the pixels.

Works on native tiles whose corners lie on multiples of 8, so that the grid's phase means something.
"""

from collections.abc import Sequence

import numpy as np

from upscaled.edge.pictures.look import Floats

_IJG_LUMA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float64,
).ravel()
"""ITU T.81 annex K.1, as the Independent JPEG Group scales it by quality."""

GRID_SEEN = 0.03
"""Vote-grid strength: pristine pictures stay at or below 0.003; q 30 to 90 all lie above."""
_BLOCKINESS = (0.96, 1.00, 1.03, 1.07, 1.12, 1.17, 1.30, 1.50)
_QUALITY = (96.0, 92.0, 89.0, 85.0, 80.0, 70.0, 50.0, 30.0)
"""Measured medians on scaled-down camera pictures; spread about 10."""


def ijg_table(quality: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the luma table of an IJG quality 1..100, natural order."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip(np.floor((_IJG_LUMA * scale + 50) / 100), 1, 255)


_LOG_TABLES = np.log(np.stack([ijg_table(quality) for quality in range(1, 101)]))


def table_quality(table: Sequence[int]) -> float:
    """
    Return the IJG quality 1..100 whose luma table is nearest in the logarithm.

    Exact for libjpeg, libjpeg-turbo and mozjpeg with IJG tables; an equivalent for the others.
    """
    logs = np.log(np.maximum(1, np.asarray(table, np.float64)))
    return float(np.square(_LOG_TABLES - logs).sum(1).argmin() + 1)


def vote_grid(tiles: Sequence[Floats]) -> float:
    """
    Return how strongly steps gather on one phase of 8: 0 never a JPEG .. about 0.4 at quality 30.

    A step votes when it is larger than both its neighbours; the excess of the strongest phase over
    the mean, and over the phase four further on (where enlarging by 2 or 4 votes just as much), the
    smaller of both axes. All tiles vote together.
    """
    return min(_votes(tiles), _votes([tile.T for tile in tiles]))


def blockiness(tiles: Sequence[Floats]) -> float:
    """Return the mean step across the 8-grid over the mean step inside, steps clipped at 40."""
    across = inside = 0.0
    for tile in tiles:
        for plane in (tile, tile.T):
            steps = np.minimum(np.abs(np.diff(plane, axis=1)), 40).mean(0)
            seam = steps[7::8]
            across += float(seam.mean()) if seam.size else 0.0
            inside += float(np.delete(steps, np.s_[7::8]).mean()) if steps.size > 1 else 0.0
    return across / inside if inside > 1e-6 else 1.0


def equivalent_quality(table: float | None, grid: float, blocks: float) -> float:
    """
    Return the JPEG-equivalent quality 0..100.

    A JPEG has its tables; where the pixels look more than 15 worse (it was re-saved well) the truth
    is taken halfway. Anything else is judged by its pixels where they show a grid, else 100.
    """
    seen = float(np.interp(blocks, _BLOCKINESS, _QUALITY))
    if table is None:
        return seen if grid > GRID_SEEN else 100.0
    return (table + seen) / 2 if grid > GRID_SEEN and table - seen > 15 else table


def _votes(tiles: Sequence[Floats]) -> float:
    votes, places = np.zeros(8), np.zeros(8)
    for tile in tiles:
        steps = np.abs(np.diff(tile, axis=1))
        wins = (steps[:, 1:-1] > steps[:, :-2]) & (steps[:, 1:-1] > steps[:, 2:])
        phase = np.arange(1, steps.shape[1] - 1) % 8
        votes += np.bincount(phase, wins.sum(0), 8)
        places += np.bincount(phase, minlength=8) * tile.shape[0]
    share = votes / np.maximum(1, places)
    peak = int(share.argmax())
    return max(0.0, float(share[peak] - max(share.mean(), share[(peak + 4) % 8])))
