"""
Noise and texture: how loud the quietest places are, in grey and in colour.

All in grey levels of 0..255 (CIE a and b for colour). JPEG and denoising lower these figures: below
quality 70 they say too little.
"""

from collections.abc import Sequence
from math import log, log10, pi, sqrt

import numpy as np
import pyvips

from upscaled.edge.pictures.look import Bytes, Floats

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


def quiet_grain(small: Bytes) -> dict[str, float]:
    """
    Return `lnoise` and `cnoise`: the median absolute high-pass (sigma 1.5) of luma, and the larger
    of CIE a and b, in the 30 % least textured places of the small copy.
    """
    lab = _lab(_half(small))
    light = np.ascontiguousarray(lab[:, :, 0]) * np.float32(2.55)
    texture = _blur(_gradient(light), 3.0)
    quiet = texture <= np.percentile(texture[::2, ::2], 30)
    grain = [
        float(np.median(np.abs(plane - _blur(plane, 1.5))[quiet]))
        for plane in (light, *(np.ascontiguousarray(lab[:, :, i]) for i in (1, 2)))
    ]
    return {"lnoise": grain[0], "cnoise": max(grain[1:])}


def colour(small: Bytes) -> dict[str, float]:
    """
    Return `mono`: 1 where over 93 % of pixels have chroma below 4, or all hues point one way.

    One way: the chroma-weighted resultant of the hue angles is longer than 0.975 of their sum.
    """
    lab = _lab(small[::2, ::2])
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    resultant = np.hypot(lab[:, :, 1].mean(), lab[:, :, 2].mean())
    one_hue = bool(resultant > 0.975 * chroma.mean())
    return {"mono": float((chroma < 4).mean() > 0.93 or one_hue)}


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
        fine = _diagonal(grey)
        energy = float(np.square(fine).mean())
        if energy < 1e-3:
            continue
        kurt.append(log(1 + float((fine**4).mean()) / energy**2))
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


def _half(small: Bytes) -> Bytes:
    """Return every other band of 64 rows of a large copy: the same medians for half the time."""
    height, width = small.shape[:2]
    return small[np.arange(height) // 64 % 2 == 0] if height * width > 500_000 else small


def _lab(small: Bytes) -> Floats:
    height, width = small.shape[:2]
    data = np.ascontiguousarray(small)
    image = pyvips.Image.new_from_memory(data.data, width, height, 3, "uchar")
    lab = image.copy(interpretation="srgb").colourspace("lab").write_to_memory()
    return np.frombuffer(lab, np.float32).reshape(height, width, 3)


def _blur(plane: Floats, sigma: float) -> Floats:
    height, width = plane.shape
    image = pyvips.Image.new_from_memory(plane.data, width, height, 1, "float")
    out = image.gaussblur(sigma, precision="approximate").write_to_memory()
    return np.frombuffer(out, np.float32).reshape(height, width)
