"""
What the pixels measure: the names that the rules use.

All measures are taken from one `Look`: the small copy of at most a megapixel, unless a line says
'native', which means six tiles over the whole range of contrast. What each name means, its
unit and range, tells `named.MEASURES`. Nothing here decides anything.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from upscaled.edge.pictures.look import TILE, Bytes, Floats, Look, luma, spread
from upscaled.edge.pictures.measures_grain import blocks, colour_grain, detail_shape, noise_floor
from upscaled.edge.pictures.measures_jpeg import (
    GRID_SEEN,
    blockiness,
    equivalent_quality,
    table_quality,
    vote_grid,
)
from upscaled.edge.pictures.measures_print import halftone, runs
from upscaled.edge.pictures.measures_sharp import (
    edge_width,
    effective_resolution,
    spectrum,
    texture,
)
from upscaled.edge.pictures.measures_text import text_lines
from upscaled.edge.pictures.measures_tones import tones
from upscaled.edge.pictures.named import MEASURES

_PRISTINE = 0.77
"""The `r_eff` that nine pristine pictures of ten reach (median 0.90)."""

_LIKELY = 16
"""Tiles that are looked through for fine texture."""


def measure(
    look: Look, *, jpeg_table: Sequence[int] | None = None, lossy: bool = False, turn: int = 1
) -> dict[str, float]:
    """
    Return every measure of `MEASURES`.

    `jpeg_table` is a JPEG's luma quantisation table in natural order, `lossy` says that the file's
    compression loses, `turn` is the EXIF orientation (letters are looked for the right way up).
    """
    with ThreadPoolExecutor(1) as other:  # numpy lets go of the lock: half the wait on two cores
        native = other.submit(_native, look, jpeg_table, lossy=lossy)
        features = _small(look.small, turn)
        features |= native.result()
    features["transp"] = look.transparent
    features["mult64"] = float(look.width % 64 == 0 == look.height % 64)
    return {name: round(features[name], 4) for name in MEASURES}


def _small(small: Bytes, turn: int) -> dict[str, float]:
    grey = luma(small)
    rounded = np.rint(grey).astype(np.uint8)
    lines = text_lines(_upright(rounded, turn))
    return tones(small, grey, rounded) | colour_grain(small) | edge_width(grey) | lines


def _native(look: Look, table: Sequence[int] | None, *, lossy: bool) -> dict[str, float]:
    tiles = spread(look.tiles, 6)
    lumas = [luma(tile) for tile in tiles]
    noise = noise_floor(lumas)
    features = _flatness(lumas) | detail_shape(tiles, lumas) | _history(lumas, table, lossy=lossy)
    return features | _spectral(look, noise) | {"noise": noise, "runs": runs(lumas)}


def _flatness(lumas: Sequence[Floats]) -> dict[str, float]:
    equal = [tile[:, 1:] == tile[:, :-1] for tile in lumas if tile.shape[1] > 1]
    cuts = [blocks(tile) for tile in lumas]
    flat = [float((cut.std(1) < 0.6).mean()) for cut in cuts if cut.size]
    return {
        "eqn": float(np.median([same.mean() for same in equal])) if equal else 0.0,
        "eqn_busy": _busy([cut.reshape(-1, 8, 8) for cut in cuts]),
        "flat8": float(np.median(flat)) if flat else 0.0,
    }


def _busy(cuts: Sequence[Floats]) -> float:
    """
    Return the share of equal neighbours in blocks whose standard deviation is above 2 grey levels.

    What stands on even ground tells a graphic (measured 0.24 to 1) from a product photographed on
    white (up to 0.13). 1 where there is nothing but ground.
    """
    busy = np.concatenate([cut[cut.std((1, 2)) > 2] for cut in cuts])
    return float((busy[:, :, 1:] == busy[:, :, :-1]).mean()) if len(busy) >= 8 else 1.0


def _history(
    lumas: Sequence[Floats], table: Sequence[int] | None, *, lossy: bool
) -> dict[str, float]:
    fit = [tile for tile in lumas if min(tile.shape) >= 32]
    grid = vote_grid(fit) if fit else 0.0
    quality = table_quality(table) if table is not None else None
    life = table is not None or grid > GRID_SEEN
    return {
        "grid": grid,
        "q_eq": equivalent_quality(quality, grid, blockiness(fit) if fit else 1.0),
        "jpeg_life": float(life),
        "lossless": float(not lossy and not life),
    }


def _spectral(look: Look, noise: float) -> dict[str, float]:
    spectra = [spectrum(luma(tile)) for tile in _finest(look.tiles, 4)]
    real = effective_resolution(spectra, noise)
    return {
        "halftone": halftone(spectra),
        "r_eff": real,
        "detail_px": max(look.width, look.height) * min(1.0, real / _PRISTINE),
        "short_px": float(min(look.width, look.height)),
    }


def _finest(tiles: tuple[Bytes, ...], count: int) -> list[Bytes]:
    """
    Return the tiles with the most fine texture in their middle, of the more contrasty half.

    Contrast alone would pick what lies out of focus behind a face.
    """
    likely = tiles[-max(_LIKELY, len(tiles) // 2) :]
    middle = slice(TILE // 4, TILE // 4 * 3)

    def fine(tile: Bytes) -> float:
        inner = tile[middle, middle, 1]
        return texture((inner if min(inner.shape) > 2 else tile[:, :, 1]).astype(np.float32))

    return sorted(likely, key=fine)[-count:]


def _upright(grey: Bytes, turn: int) -> Bytes:
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(turn)
    return grey if method is None else np.asarray(Image.fromarray(grey).transpose(method))
