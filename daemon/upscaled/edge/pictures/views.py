"""
Scene-linear light as numbers for a screen: exposure, then a stated curve. Arrays in, arrays out.

`srgb` is the plain transfer of IEC 61966-2-1, clipped at 1.0: what render viewers show unless told
otherwise, and up to white every tone comes back exactly. `filmic` is Narkowicz's fit of the ACES
curve (2016), which rolls highlights off and changes every tone: hence not the default.
"""

import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]
Matrix = NDArray[np.float64]

VIEWS = {
    "srgb": "the plain sRGB curve, clipped at 1.0",
    "filmic": "a filmic curve (ACES fit)",
}

# Bradford cone responses (Lam 1985, as in ICC.1:2022 annex E).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_SAME = 0.002


def shown(light: Light, view: str, stops: float) -> Light:
    """Return display numbers 0..1 (sRGB) of linear light with Rec. 709 primaries."""
    exposed = np.maximum(light * np.float32(2.0**stops), 0)
    if view == "filmic":
        exposed = exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14)
    linear = np.minimum(exposed, 1)
    low, high = 12.92 * linear, 1.055 * np.power(linear, 1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, low, high), np.float32)


def to_rec709(chromaticities: tuple[float, ...] | None) -> Matrix | None:
    """
    Return what brings light under these primaries to Rec. 709, None where it is there already.

    `chromaticities` are x and y of red, green, blue and white, as the attribute of that name.
    """
    if chromaticities is None or len(chromaticities) != 8 or min(chromaticities[1::2]) <= 0:
        return None
    if np.abs(np.subtract(chromaticities, _REC709)).max() <= _SAME:
        return None
    adapted = _adaptation(chromaticities[6:], _REC709[6:]) @ _to_xyz(chromaticities)
    matrix: Matrix = np.linalg.inv(_to_xyz(_REC709)) @ adapted
    return matrix


def _xyz(x: float, y: float) -> Matrix:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _to_xyz(xy: tuple[float, ...]) -> Matrix:
    primaries = np.stack([_xyz(*xy[0:2]), _xyz(*xy[2:4]), _xyz(*xy[4:6])], axis=1)
    scaled: Matrix = primaries * np.linalg.solve(primaries, _xyz(*xy[6:8]))
    return scaled


def _adaptation(white: tuple[float, ...], to: tuple[float, ...]) -> Matrix:
    gain = (_BRADFORD @ _xyz(*to)) / (_BRADFORD @ _xyz(*white))
    adapted: Matrix = np.linalg.inv(_BRADFORD) @ np.diag(gain) @ _BRADFORD
    return adapted
