"""
Noise and texture: how loud the quietest places are, in grey and in colour.

All in grey levels of 0..255 (CIE a and b for colour). JPEG and denoising lower these figures: below
quality 70 they say too little.
"""

from collections.abc import Sequence
from math import ceil, log, log10, pi, sqrt

import numpy as np
import pyvips
from numpy.typing import NDArray

from upscaled.edge.pictures.look import Bytes, Floats

_LAB_PIXELS = 400_000
_BAND_ROWS = 32
_GREY = 4.0
"""CIE chroma: below it nobody sees a colour."""
_PALE = 40.0
"""CIE chroma: toned prints of the labelled pictures reach 14 to 36, leaves and fur 49 to 84."""
_FLOOR_BIAS = 0.82
"""The tenth percentile of the blocks lies this far below the true sigma (measured)."""


def noise_floor(tiles: Sequence[Floats]) -> float:
    """
    Return the grey sigma of the noise: Immerkær's estimate (1996) in the quietest blocks.

    Per tile the tenth percentile over 8-px blocks that are neither flat nor clipped (mean 12 to
    243), the lower quartile over tiles, divided by 0.82. 0 where no block qualifies.
    """
    floors = [floor for floor in (_tile_floor(tile) for tile in tiles) if floor is not None]
    return float(np.percentile(floors, 25)) / _FLOOR_BIAS if floors else 0.0


def blocks(plane: Floats) -> Floats:
    """Return the plane's whole 8-px blocks as n x 64."""
    height, width = plane.shape[0] // 8 * 8, plane.shape[1] // 8 * 8
    cut = plane[:height, :width].reshape(height // 8, 8, width // 8, 8)
    return cut.swapaxes(1, 2).reshape(-1, 64)


def colour_grain(small: Bytes) -> dict[str, float]:
    """
    Return `lnoise`, `cnoise` and `mono` from bands of the small copy, in CIE Lab.

    `lnoise` and `cnoise`: the median absolute high-pass (sigma 1.5) of luma, and the larger of CIE
    a and b, in the 30 % least textured places. `mono`: 1 where over 93 % of pixels have chroma
    below 4; 2 where all hues point one way (their resultant is longer than 0.975 of their sum) and
    98 % of pixels have chroma up to 40, as sepia and other toners give.
    """
    lab = _lab(_bands(small))
    quiet = _quiet(lab[0] * np.float32(2.55))
    grain = [_grain(plane, quiet) for plane in lab]
    return {
        "lnoise": grain[0] * 2.55,
        "cnoise": max(grain[1:]),
        "mono": _single_hue(lab[1][::4], lab[2][::4]),
    }


def detail_shape(tiles: Sequence[Bytes], lumas: Sequence[Floats]) -> dict[str, float]:
    """
    Return `kurt` and `chf`, medians over native tiles.

    `kurt`: log of 1 + kurtosis of the diagonal Haar coefficient of luma; high where detail is sharp
    between smooth areas. `chf`: log10 ratio of diagonal high-pass energy in Cr to that in luma.
    """
    kurt, ratio = [], []
    for tile, grey in zip(tiles, lumas, strict=True):
        if min(grey.shape) < 2:
            continue
        square = np.square(_diagonal(grey))
        energy = float(square.mean())
        if energy < 1e-3:
            continue
        kurt.append(log(1 + float(np.square(square).mean()) / energy**2))
        red = (tile[:, :, 0].astype(np.float32) - grey) * np.float32(0.713)
        ratio.append(log10((float(np.square(_diagonal(red)).mean()) + 1e-3) / energy))
    if not kurt:
        return {"kurt": 0.0, "chf": 0.0}
    return {"kurt": float(np.median(kurt)), "chf": float(np.median(ratio))}


def _tile_floor(grey: Floats) -> float | None:
    if min(grey.shape) < 16:
        return None
    inner = grey[1:-1, 1:-1]
    rim = grey[:-2] - 2 * grey[1:-1] + grey[2:]
    mask = np.abs(rim[:, :-2] - 2 * rim[:, 1:-1] + rim[:, 2:])
    sigma = blocks(mask).mean(1) * sqrt(pi / 2) / 6
    means = blocks(inner).mean(1)
    fair = (means >= 12) & (means <= 243) & (sigma > 0)
    return float(np.percentile(sigma[fair], 10)) if np.count_nonzero(fair) >= 8 else None


def _diagonal(plane: Floats) -> Floats:
    height, width = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    cut = plane[:height, :width]
    whole = cut[::2, ::2] - cut[1::2, ::2] - cut[::2, 1::2] + cut[1::2, 1::2]
    return np.asarray(whole * np.float32(0.5))


def _gradient(plane: Floats) -> Floats:
    result = np.zeros_like(plane)
    result[:, 1:] = np.abs(np.diff(plane, axis=1))
    result[1:] += np.abs(np.diff(plane, axis=0))
    return result


def _grain(plane: Floats, where: NDArray[np.bool_]) -> float:
    """Return the median absolute high-pass at every other pixel of every other row."""
    high = plane[::2, ::2] - _blur(plane, 1.5, every=2)[:, ::2]
    return float(np.median(np.abs(high[where])))


def _quiet(light: Floats) -> NDArray[np.bool_]:
    """Return, for every other pixel of every other row, whether it is in the quietest 30 %."""
    slope = _gradient(light)
    height, width = slope.shape
    even = np.pad(slope, ((0, height % 2), (0, width % 2)), "edge")
    rows = even[::2] + even[1::2]
    texture = _blur(rows[:, ::2] + rows[:, 1::2], 1.5)
    return np.asarray(texture <= np.percentile(texture[::2, ::2], 30))


def _single_hue(a: Floats, b: Floats) -> float:
    """Return 1 for grey, 2 for one pale hue; a leaf that fills the picture is no toned print."""
    chroma = np.hypot(a, b)
    if (chroma < _GREY).mean() > 0.93:
        return 1.0
    mean = float(chroma.mean())
    one_hue = float(np.hypot(a.mean(), b.mean())) > 0.975 * mean
    pale = mean >= _GREY and float(np.percentile(chroma, 98)) <= _PALE
    return 2.0 if one_hue and pale else 0.0


def _bands(small: Bytes) -> Bytes:
    """Return some bands of 32 rows of a large copy: its medians at a fraction of the time."""
    height, width = small.shape[:2]
    every = ceil(height * width / _LAB_PIXELS)
    return np.asarray(small[np.arange(height) // _BAND_ROWS % every == 0])


def _lab(small: Bytes) -> tuple[Floats, Floats, Floats]:
    height, width = small.shape[:2]
    data = np.ascontiguousarray(small)
    image = pyvips.Image.new_from_memory(data.data, width, height, 3, "uchar")
    lab = image.copy(interpretation="srgb").colourspace("lab").write_to_memory()
    planes = np.frombuffer(lab, np.float32).reshape(height, width, 3)
    light, a, b = (np.ascontiguousarray(planes[:, :, band]) for band in range(3))
    return light, a, b


def _blur(plane: Floats, sigma: float, every: int = 1) -> Floats:
    """
    Return the plane (every so many rows of it) under a Gaussian.

    The kernel ends where it falls below a fifth of its height.
    """
    weights = _gaussian(sigma)
    down = _blur_rows(plane, weights)[::every]
    return _blur_rows(np.ascontiguousarray(down.T), weights).T


def _gaussian(sigma: float) -> Floats:
    reach = int(sigma * sqrt(2 * log(5)))
    half = np.exp(-np.square(np.arange(reach + 1)) / (2 * sigma * sigma))
    return np.asarray(half / (2 * half.sum() - half[0]), np.float32)


def _blur_rows(plane: Floats, half: Floats) -> Floats:
    """Return the plane blurred along its first axis, its edges repeated."""
    count, reach = plane.shape[0], half.size - 1
    padded = np.concatenate([plane[:1]] * reach + [plane] + [plane[-1:]] * reach)
    result = padded[reach : reach + count] * half[0]
    for far in range(1, reach + 1):
        pair = padded[reach - far : reach - far + count] + padded[reach + far : reach + far + count]
        pair *= half[far]
        result += pair
    return np.asarray(result)
