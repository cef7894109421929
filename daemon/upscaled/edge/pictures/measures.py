"""
What the pixels measure: the names that the rules use.

All measures are taken from one `Look`: the small copy of at most a megapixel, unless a line says
'native', which means six tiles over the whole range of contrast. The table `MEASURES` tells each
name's meaning, unit and range. Nothing here decides anything.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from upscaled.edge.pictures.look import Bytes, Floats, Look, luma, spread
from upscaled.edge.pictures.measures_grain import (
    blocks,
    colour,
    detail_shape,
    noise_floor,
    quiet_grain,
)
from upscaled.edge.pictures.measures_jpeg import (
    GRID_SEEN,
    blockiness,
    equivalent_quality,
    table_quality,
    vote_grid,
)
from upscaled.edge.pictures.measures_sharp import edge_width, effective_resolution
from upscaled.edge.pictures.measures_text import text_lines

MEASURES = {
    "top8": "share of pixels in the eight most frequent colours, 5 bits a channel; 0..1",
    "eqn": "native: share of horizontal neighbours of exactly equal luma; 0..1",
    "g_flat": "share of pixels with Sobel magnitude below 6 grey levels; 0..1",
    "g_mid": "share of pixels with Sobel magnitude 12 to 120 grey levels; 0..1",
    "txt_n": "letters standing in lines, per 100,000 px",
    "txt_share": "such letters as a share of all stroke components; 0..1",
    "txt_area": "their ink as a share of the picture; 0..1",
    "noise": "native: noise floor, grey sigma; 0..",
    "lnoise": "median absolute high-pass of luma in the quietest 30 %, grey levels",
    "cnoise": "the same of CIE a and b",
    "edgew_best": "edge step over range in the sharpest parts; 0 soft .. 1 one-pixel edges",
    "r_eff": "share of Nyquist that holds 90 % of the detail; 0..1, 1 also where unknown",
    "q_eq": "JPEG-equivalent quality; 0..100, 100 never compressed",
    "grid": "vote-grid strength: steps that gather on the 8-px grid; 0..about 0.4",
    "jpeg_life": "1 where the file or its pixels have been a JPEG",
    "lossless": "1 where the file's compression is lossless and the pixels were never a JPEG",
    "detail_px": "long side times min(1, r_eff / 0.9), px",
    "short_px": "short side, px",
    "kurt": "native: log(1 + kurtosis) of the diagonal Haar coefficient",
    "chf": "native: log10 ratio of diagonal high-pass energy in Cr to that in luma",
    "flat8": "native: share of 8-px blocks with standard deviation below 0.6; 0..1",
    "mono": "1 where the picture is grey or of a single hue",
    "lum": "mean luma, grey levels",
    "p95": "95th percentile of luma, grey levels",
    "transp": "share of pixels with alpha below 128; 0..1",
    "mult64": "1 where both sides are multiples of 64",
}


def measure(
    look: Look, *, jpeg_table: Sequence[int] | None = None, lossy: bool = False, turn: int = 1
) -> dict[str, float]:
    """
    Return every measure of `MEASURES`.

    `jpeg_table` is a JPEG's luma quantisation table in natural order, `lossy` says that the file's
    compression loses, `turn` is the EXIF orientation (letters are looked for the right way up).
    """
    native = spread(look.tiles, 6)
    lumas = [luma(tile) for tile in native]
    grey = luma(look.small)
    features = _tones(look.small, grey)
    features |= text_lines(_upright(np.rint(grey).astype(np.uint8), turn))
    features |= quiet_grain(look.small) | colour(look.small)
    features |= _flatness(lumas) | detail_shape(native, lumas)
    features["noise"] = noise_floor(lumas)
    features |= _history(lumas, jpeg_table, lossy=lossy)
    features |= _sharpness(look, grey, features["noise"])
    features["transp"] = look.transparent
    features["mult64"] = float(look.width % 64 == 0 == look.height % 64)
    return {name: round(features[name], 4) for name in MEASURES}


def _tones(small: Bytes, grey: Floats) -> dict[str, float]:
    coarse = (small >> 3).astype(np.uint16)
    codes = (coarse[:, :, 0] << 10) | (coarse[:, :, 1] << 5) | coarse[:, :, 2]
    counts = np.bincount(codes.ravel(), minlength=1 << 15)
    slope = _sobel(grey)
    return {
        "top8": float(np.sort(counts)[-8:].sum()) / codes.size,
        "g_flat": float((slope < 6).mean()),
        "g_mid": float(((slope >= 12) & (slope <= 120)).mean()),
        "lum": float(grey.mean()),
        "p95": float(np.percentile(grey[::2, ::2], 95)),
    }


def _flatness(lumas: Sequence[Floats]) -> dict[str, float]:
    equal = [float((tile[:, 1:] == tile[:, :-1]).mean()) for tile in lumas if tile.shape[1] > 1]
    flat = [float((cut.std(1) < 0.6).mean()) for cut in map(blocks, lumas) if cut.size]
    return {
        "eqn": float(np.median(equal)) if equal else 0.0,
        "flat8": float(np.median(flat)) if flat else 0.0,
    }


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


def _sharpness(look: Look, grey: Floats, noise: float) -> dict[str, float]:
    real = effective_resolution([luma(tile) for tile in look.tiles[-4:]], noise)
    return {
        "edgew_best": edge_width(grey),
        "r_eff": real,
        "detail_px": max(look.width, look.height) * min(1.0, real / 0.9),
        "short_px": float(min(look.width, look.height)),
    }


def _sobel(grey: Floats) -> Floats:
    """Return the Sobel magnitude (kernel weights 1 2 1), grey levels times 4 as in the textbook."""
    padded = np.pad(grey, 1, "edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    columns = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    across, along = rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2]
    return np.asarray(np.sqrt(across * across + along * along))


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
