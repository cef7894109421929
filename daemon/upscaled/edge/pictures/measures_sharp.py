"""
How much of the resolution is real: edge width, and the band that carries the detail.

`r_eff` needs texture and `edgew_best` needs edges; each says so plainly where there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upscaled.edge.pictures.look import Floats

_EDGE_PIXELS = 400_000
_LEAST_STEP = 5.0
"""Grey levels: a weaker step is texture or noise, not an edge."""
_REACH = 5
"""Pixels to each side of an edge over which its range is taken: ten steps."""
_UNKNOWN_EDGE = 0.55
_LEAST_TEXTURE = 1.5
_LEAST_CONTRAST = 20.0
"""Grey levels, standard deviation of a tile: with less there is nothing to be blurred."""
_RINGS = 64
_ROUNDING = 0.29
"""Sigma of rounding to whole levels, 1 / sqrt(12): the least noise there is."""
_ABOVE_NOISE = 1.3
"""A ring with less than so many times the power of the noise says nothing of detail."""
Ring = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """A tile's power spectrum (h x w/2+1, grey levels squared), its texture and its contrast."""

    power: Floats
    height: int
    width: int
    texture: float
    contrast: float


def edge_width(grey: Floats) -> dict[str, float]:
    """
    Return `edgew_best`: 1 one-pixel edges .. 0 no sharp edge anywhere.

    The step over one pixel divided by the range over ten, median over the strongest 2 % of
    gradients, in each sixteenth of a copy of at most 0.4 MP. The second best of all
    counts, so that a shallow depth of field is no blur. 0.55 (neither)
    where no sixteenth has an edge.
    """
    copy = _shrink(grey)
    across, along = np.zeros_like(copy), np.zeros_like(copy)
    across[:, 1:-1] = np.abs(copy[:, 2:] - copy[:, :-2])
    along[1:-1] = np.abs(copy[2:] - copy[:-2])
    steepest = np.maximum(across, along)
    strong = [_strongest(steepest, window) for window in _sixteenths(*copy.shape)]
    places = np.concatenate(strong)
    ratios = _ratios(copy, places, along.ravel()[places] > across.ravel()[places])
    cells = np.split(ratios, np.cumsum([cell.size for cell in strong])[:-1])
    found = sorted(float(np.median(cell)) for cell in cells if cell.size)
    if not found:
        return {"edgew_best": _UNKNOWN_EDGE}
    return {"edgew_best": found[-2:][0]}


def spectrum(tile: Floats) -> Spectrum:
    """Return a tile's spectrum under a Hann window, scaled so that white noise gives sigma^2."""
    height, width = tile.shape
    window, energy = _window(height, width)
    power = np.abs(np.fft.rfft2((tile - tile.mean()) * window))
    power *= power
    power /= energy
    return Spectrum(
        power=power,
        height=height,
        width=width,
        texture=texture(tile),
        contrast=float(tile.std()),
    )


def effective_resolution(spectra: Sequence[Spectrum], noise: float) -> float:
    """
    Return `r_eff` 0..1: below which share of Nyquist 90 % of the gradient energy lies.

    The radial power spectrum of up to four detailed tiles, less the white noise of sigma `noise`
    and without the rings that hardly rise above it, weighted by f^2 and by the ring. Pristine
    camera pictures about 0.90, enlarged twice 0.46, four times 0.25. Where most tiles have contrast
    but no fine texture, that is blur: then the best tile counts. 1 where there is neither: unknown.
    """
    large = [tile for tile in spectra if min(tile.height, tile.width) >= 64]
    rich = [tile for tile in large if tile.texture > _LEAST_TEXTURE]
    if rich and len(rich) * 2 >= len(spectra):
        return float(np.median([_g90(tile, noise) for tile in rich]))
    plain = rich + [tile for tile in large if tile.contrast > _LEAST_CONTRAST]
    return max((_g90(tile, noise) for tile in plain), default=1.0)


def _shrink(grey: Floats) -> Floats:
    height, width = grey.shape
    scale = (_EDGE_PIXELS / (height * width)) ** 0.5
    if scale >= 1:
        return grey
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))


def _sixteenths(height: int, width: int) -> list[tuple[slice, slice]]:
    def quarters(length: int) -> list[slice]:
        return [slice(length * i // 4, length * (i + 1) // 4) for i in range(4)]

    return [(rows, columns) for rows in quarters(height) for columns in quarters(width)]


def _strongest(steepest: Floats, window: tuple[slice, slice]) -> NDArray[np.intp]:
    """Return the flat indices of the strongest 2 % of one cell, none where too few are edges."""
    cell = np.ascontiguousarray(steepest[window])
    if cell.size < 64:
        return np.zeros(0, np.intp)
    least = max(_ranked(cell, int(0.98 * (cell.size - 1))), _LEAST_STEP)
    rows, columns = np.divmod(np.flatnonzero(cell >= least), cell.shape[1])
    if rows.size < 8:
        return np.zeros(0, np.intp)
    return np.asarray((rows + window[0].start) * steepest.shape[1] + columns + window[1].start)


def _ranked(values: Floats, rank: int) -> float:
    """Return the value of a rank (0 the least) of 0..255; a histogram spares sorting most."""
    coarse = values.astype(np.uint8)
    below = np.bincount(coarse.ravel(), minlength=256).cumsum()
    place = int(np.searchsorted(below, rank, side="right"))
    rest = values[coarse >= place]
    rank -= int(below[place - 1]) if place else 0
    return float(np.partition(rest, rank)[rank])


def _ratios(grey: Floats, places: NDArray[np.intp], upright: NDArray[np.bool_]) -> Floats:
    """Return, at each flat index, the larger step to a neighbour over the range of ten steps."""
    height, width = grey.shape
    rows, columns = np.divmod(places, width)
    at, last, stride = (
        np.where(upright, one, two)[:, None]
        for one, two in ((rows, columns), (height - 1, width - 1), (width, 1))
    )
    reach = np.minimum(np.maximum(at + np.arange(-_REACH, _REACH + 1), 0), last) - at
    line = grey.ravel()[places[:, None] + reach * stride]
    steps = np.abs(np.diff(line[:, _REACH - 1 : _REACH + 2], axis=1)).max(1)
    return np.asarray(steps / np.maximum(line.max(1) - line.min(1), 1))


def texture(tile: Floats) -> float:
    """Return the standard deviation of a tile's discrete Laplacian over 4, grey levels."""
    if min(tile.shape) < 3:
        return 0.0
    inner = tile[1:-1, 1:-1]
    round_about = tile[:-2, 1:-1] + tile[2:, 1:-1] + tile[1:-1, :-2] + tile[1:-1, 2:]
    return float((inner - round_about / 4).std())


def _g90(tile: Spectrum, noise: float) -> float:
    rings, weights, sizes = _rings(tile.height, tile.width)
    white = max(noise, _ROUNDING) ** 2
    sums = np.bincount(rings, tile.power.ravel(), _RINGS + 1)
    detail = np.where(sums > _ABOVE_NOISE * white * sizes, sums - white * sizes, 0) * weights
    total = detail[:_RINGS].cumsum()
    if total[-1] <= 0:
        return 1.0
    return float(np.interp(0.9 * total[-1], total, (np.arange(_RINGS) + 1) / _RINGS))


@lru_cache(maxsize=4)
def _window(height: int, width: int) -> tuple[Floats, float]:
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    return window, float(np.square(window).sum()) or 1.0


@lru_cache(maxsize=4)
def _rings(height: int, width: int) -> tuple[NDArray[np.intp], Ring, Ring]:
    """Return the ring of each frequency (the last is beyond Nyquist), its mean f^2 and its size."""
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]) * 2
    rings = np.where(radius <= 1, np.minimum((radius * _RINGS).astype(int), _RINGS - 1), _RINGS)
    sizes = np.maximum(np.bincount(rings.ravel(), minlength=_RINGS + 1), 1).astype(np.float64)
    squares = np.bincount(rings.ravel(), (radius**2).ravel(), _RINGS + 1)
    return rings.ravel(), squares / sizes, sizes
