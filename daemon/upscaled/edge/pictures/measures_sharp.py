"""
How much of the resolution is real: edge width, and the band that carries the detail.

`r_eff` needs texture and `edgew_best` needs edges; each says so plainly where there is none.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from upscaled.edge.pictures.look import Floats

_EDGE_PIXELS = 400_000
_LEAST_STEP = 5.0
"""Grey levels: a weaker step is texture or noise, not an edge."""
_LEAST_TEXTURE = 1.5
_LEAST_CONTRAST = 20.0
"""Grey levels, standard deviation of a tile: with less there is nothing to be blurred."""


def edge_width(grey: Floats) -> float:
    """
    Return `edgew_best`: 1 one-pixel edges .. 0 no sharp edge anywhere.

    The step over one pixel divided by the range over ten, median over the strongest 2 % of
    gradients, in each sixteenth of a copy of at most 0.4 MP; the second best of all, so that a
    shallow depth of field does not count as blur. 0.55 (neither) where no sixteenth has an edge.
    """
    copy = _shrink(grey)
    ratio, slope = _steps(copy)
    cells = [_cell(r, s) for r, s in zip(_sixteenths(ratio), _sixteenths(slope), strict=True)]
    found = sorted(cell for cell in cells if cell is not None)
    return found[-2] if len(found) > 1 else found[0] if found else 0.55


def effective_resolution(tiles: Sequence[Floats], noise: float) -> float:
    """
    Return `r_eff` 0..1: below which share of Nyquist 90 % of the gradient energy lies.

    The radial power spectrum of up to four detailed tiles, less the white noise of sigma `noise`,
    weighted by f^2 and by the ring. Pristine camera pictures about 0.90, enlarged twice 0.46, four
    times 0.25. Contrast without any fine texture is blur: then the best of those tiles counts. 1
    where there is neither: unknown.
    """
    large = [tile for tile in tiles if min(tile.shape) >= 64]
    rich = [tile for tile in large if _texture(tile) > _LEAST_TEXTURE]
    if rich and len(rich) * 2 >= len(tiles):
        return float(np.median([_g90(tile, noise) for tile in rich]))
    plain = [tile for tile in large if float(tile.std()) > _LEAST_CONTRAST]
    return max((_g90(tile, noise) for tile in plain), default=1.0) if not rich else 1.0


def _shrink(grey: Floats) -> Floats:
    height, width = grey.shape
    scale = (_EDGE_PIXELS / (height * width)) ** 0.5
    if scale >= 1:
        return grey
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))


def _steps(grey: Floats) -> tuple[Floats, Floats]:
    """Return, per pixel, step over range along the steeper axis, and the slope there."""
    across, along = _axis_steps(grey), _axis_steps(np.ascontiguousarray(grey.T))
    tall = (along[0].T, along[1].T)
    upright = tall[1] > across[1]
    return np.where(upright, tall[0], across[0]), np.where(upright, tall[1], across[1])


def _axis_steps(grey: Floats) -> tuple[Floats, Floats]:
    steps = np.abs(np.diff(np.pad(grey, ((0, 0), (1, 1)), "edge"), axis=1))
    step = np.maximum(steps[:, :-1], steps[:, 1:])
    high, low = _window(grey, np.maximum), _window(grey, np.minimum)
    slope = np.zeros_like(grey)
    slope[:, 1:-1] = np.abs(grey[:, 2:] - grey[:, :-2])
    return step / np.maximum(high - low, 1), slope


def _window(grey: Floats, pick: np.ufunc) -> Floats:
    """Return the extreme over the pixel and five to each side: a range of ten steps."""
    padded = np.pad(grey, ((0, 0), (5, 5)), "edge")
    two = pick(padded[:, :-1], padded[:, 1:])
    four = pick(two[:, :-2], two[:, 2:])
    eight = pick(four[:, :-4], four[:, 4:])
    return np.asarray(pick(eight[:, :-3], eight[:, 3:]))


def _sixteenths(plane: Floats) -> list[Floats]:
    rows = np.array_split(plane, 4, axis=0)
    return [cell for row in rows for cell in np.array_split(row, 4, axis=1)]


def _cell(ratio: Floats, slope: Floats) -> float | None:
    if slope.size < 64:
        return None
    strong = slope >= max(float(np.percentile(slope, 98)), _LEAST_STEP)
    return float(np.median(ratio[strong])) if np.count_nonzero(strong) >= 8 else None


def _texture(tile: Floats) -> float:
    inner = tile[1:-1, 1:-1]
    round_about = tile[:-2, 1:-1] + tile[2:, 1:-1] + tile[1:-1, :-2] + tile[1:-1, 2:]
    return float((inner - round_about / 4).std())


def _g90(tile: Floats, noise: float) -> float:
    height, width = tile.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    spectrum = np.abs(np.fft.rfft2((tile - tile.mean()) * window)) ** 2
    power = spectrum / np.square(window).sum() - noise**2
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]) * 2
    rings = np.minimum((radius * 64).astype(int), 63).ravel()
    inside = (radius <= 1).ravel()
    sums = np.bincount(rings[inside], (power.ravel() * radius.ravel() ** 2)[inside], 64)
    total = np.maximum(sums, 0).cumsum()
    if total[-1] <= 0:
        return 1.0
    return float(np.interp(0.9 * total[-1], total, (np.arange(64) + 1) / 64))
