"""
Tones, flat areas and the frame: palette, histogram of luma, slopes, a paper border.

All from the small copy. Shares of the picture are taken on every second or third row of a large
copy: a third of a million pixels tell a share to a tenth of a percent.
"""

import numpy as np
from numpy.typing import NDArray

from upscaled.edge.pictures.look import Bytes, Floats

Counts = NDArray[np.float64]
_SAMPLE_PIXELS = 300_000
_PAPER_LUMA = 165.0
_PAPER_SPREAD = 10.0
"""Grey levels, standard deviation of one row of a border: paper has grain and dust."""
_PAPER_STEP = 12.0
_MOST_BORDER = 0.3
"""Of the side: what is wider is no border but the ground of a page."""


def tones(small: Bytes, grey: Floats, rounded: Bytes) -> dict[str, float]:
    """
    Return the measures of palette, histogram, slopes and border.

    `small` is h x w x 3, `grey` its luma 0..255 unrounded, `rounded` the same in whole levels.
    """
    step = max(1, grey.size // _SAMPLE_PIXELS)
    return (
        palette(small[::step])
        | levels(rounded[::step])
        | slopes(grey, step)
        | {"border": border(grey)}
    )


def palette(pixels: Bytes) -> dict[str, float]:
    """Return `top8`: the share of the eight most frequent colours, 5 bits a channel."""
    # A product of floats, exact at this size, is several times faster than shifting integers.
    places = np.array([128, 4, 0.125], np.float32)
    codes = ((pixels & 0xF8).astype(np.float32) @ places).astype(np.intp)
    counts = np.bincount(codes.ravel(), minlength=1 << 15)
    return {"top8": float(np.sort(counts)[-8:].sum()) / codes.size}


def levels(rounded: Bytes) -> dict[str, float]:
    """Return `lum` and `p95`: the mean and the 95th percentile of luma, grey levels."""
    counts = histogram(rounded)
    bright = np.searchsorted(counts.cumsum() / counts.sum(), 0.95)
    return {"lum": float(counts @ np.arange(256) / counts.sum()), "p95": float(bright)}


def histogram(values: Bytes) -> Counts:
    """Return how many pixels have each of the 256 values."""
    return np.bincount(values.ravel(), minlength=256).astype(np.float64)


def between_classes(counts: Counts) -> Counts:
    """Return, for each threshold, the variance between the two classes it makes, times n^2."""
    below = counts.cumsum()
    total, mass = below[-1], (counts * np.arange(256)).cumsum()
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return np.asarray(np.nan_to_num(apart))


def slopes(grey: Floats, step: int) -> dict[str, float]:
    """Return `g_flat` and `g_mid` from Sobel's slopes (weights 1 2 1) on every `step`-th row."""
    across, along = _sobel(grey, step)
    square = across * across + along * along
    return {
        "g_flat": float(np.count_nonzero(square < 36)) / square.size,
        "g_mid": float(np.count_nonzero((square >= 144) & (square <= 14_400))) / square.size,
    }


def border(grey: Floats) -> float:
    """
    Return the width of a paper border on its third widest side, as a share of that side; 0 none.

    From each edge inwards as long as a row is bright (mean 165 and more), even (standard deviation
    under 10) and close to the one before. Without an inside there is no border.
    """
    widths = sorted(_margin(mean, spread) for mean, spread in _four_sides(grey))
    return widths[1] if widths[1] >= 0.01 and widths[-1] <= _MOST_BORDER else 0.0


def _sobel(grey: Floats, step: int) -> tuple[Floats, Floats]:
    """Return slope across and along, grey levels times 4 as in the textbook."""
    height, width = grey.shape
    at = np.arange(0, height, step)
    up, mid, down = grey[np.maximum(at - 1, 0)], grey[at], grey[np.minimum(at + 1, height - 1)]
    rows, drop = up + 2 * mid + down, down - up
    across, along = np.zeros_like(rows), 4 * drop
    if width > 2:
        across[:, 1:-1] = rows[:, 2:] - rows[:, :-2]
        along[:, 1:-1] = drop[:, 2:] + 2 * drop[:, 1:-1] + drop[:, :-2]
    return across, along


def _four_sides(grey: Floats) -> list[tuple[Floats, Floats]]:
    """Return mean and standard deviation of each row from the top and the bottom, and so on."""
    inner = grey[::2, ::2]
    sides = []
    for rows in (inner, inner.T):
        mean = rows.mean(1)
        square = np.einsum("ij,ij->i", rows, rows) / np.float32(rows.shape[1])
        spread = np.sqrt(np.maximum(square - mean * mean, 0))
        sides += [(mean, spread), (mean[::-1], spread[::-1])]
    return sides


def _margin(mean: Floats, spread: Floats) -> float:
    even = (mean >= _PAPER_LUMA) & (spread < _PAPER_SPREAD)
    even[1:] &= np.abs(np.diff(mean)) < _PAPER_STEP
    return float(np.append(even, False).argmin()) / mean.size
