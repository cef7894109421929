"""
Colour differences as eyes see them: sRGB to CIELAB (D65), and CIEDE2000.

Arrays in, arrays out; knows no pictures.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# IEC 61966-2-1: linear sRGB to XYZ, rows divided by the white of D65.
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
) / np.array([[0.95047], [1.0], [1.08883]])
_C7 = 25.0**7


def lab(rgb: NDArray[np.uint8]) -> Array:
    """Return CIELAB (last axis L, a, b) of sRGB 0..255 (last axis R, G, B)."""
    share = np.clip(np.asarray(rgb, np.float64) / 255, 0, 1)
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(one: Array, other: Array) -> Array:
    """
    Return the colour difference of CIELAB values (last axis L, a, b).

    Sharma, Wu, Dalal: The CIEDE2000 color-difference formula, 2005; its test data hold.
    """
    (light1, a1, b1), (light2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean7 / (mean7 + _C7))
    chroma1, chroma2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    hue1, hue2 = _hue(a1 * stretch, b1), _hue(a2 * stretch, b2)
    grey = chroma1 * chroma2 == 0
    turn = np.where(grey, 0.0, (hue2 - hue1 + 180) % 360 - 180)
    hue = np.where(grey, hue1 + hue2, _mean_hue(hue1, hue2))
    chroma, light = (chroma1 + chroma2) / 2, (light1 + light2) / 2
    span = 2 * np.sqrt(chroma1 * chroma2) * np.sin(np.radians(turn / 2))
    in_light = (light2 - light1) / _light_weight(light)
    in_chroma = (chroma2 - chroma1) / (1 + 0.045 * chroma)
    in_hue = span / (1 + 0.015 * chroma * _hue_weight(hue))
    cross = _rotation(hue, chroma) * in_chroma * in_hue
    total: Array = np.sqrt(np.maximum(in_light**2 + in_chroma**2 + in_hue**2 + cross, 0))
    return total


def _hue(a: Array, b: Array) -> Array:
    degrees: Array = np.degrees(np.arctan2(b, a)) % 360
    return degrees


def _mean_hue(hue1: Array, hue2: Array) -> Array:
    total = hue1 + hue2
    far = np.abs(hue1 - hue2) > 180
    mean: Array = np.where(far, (total + np.where(total < 360, 360.0, -360.0)) / 2, total / 2)
    return mean


def _light_weight(light: Array) -> Array:
    off = (light - 50) ** 2
    weight: Array = 1 + 0.015 * off / np.sqrt(20 + off)
    return weight


def _hue_weight(hue: Array) -> Array:
    def wave(amount: float, times: int, shift: float) -> Array:
        part: Array = amount * np.cos(np.radians(times * hue + shift))
        return part

    return 1 + wave(-0.17, 1, -30) + wave(0.24, 2, 0) + wave(0.32, 3, 6) + wave(-0.20, 4, -63)


def _rotation(hue: Array, chroma: Array) -> Array:
    angle = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    size = 2 * np.sqrt(chroma**7 / (chroma**7 + _C7))
    rotation: Array = -np.sin(np.radians(2 * angle)) * size
    return rotation
