"""
The figures of the fidelity check: how alike are two aligned pictures?

Both are low-passed first, because a right restoration of a noisy or compressed source differs from
it pixel by pixel (plain SSIM as low as 0.54, after the low-pass 0.96). The mean misses every local
fault, the worst tile catches them. Measures; the verdict is `core/fidelity.py`'s.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upscaled.edge.pictures import colours, structure
from upscaled.edge.pictures.aligning import Pair, Plane, View, pair, views
from upscaled.edge.pictures.faults import translated
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.opening import open_picture
from upscaled.errors import Aside
from upscaled.nouns import Code

_THUMB_SHORT_SIDE = 24
_THUMB_MOST_SHARE = 0.25
"""Each of its pixels is a mean of at least sixteen: enlarging may change a single one by right."""
_FLAT_STD = 3.0
_COLOURFUL = 6.0
_WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Figures by name, and the least alike place as shares of what both pictures show."""

    figures: dict[str, float] = field(default_factory=dict)
    worst: tuple[float, float, float, float] = _WHOLE


def measure(source: Path, result: Path, layout: Layout) -> Likeness:
    """
    Decode both pictures whole and measure their likeness.

    A figure that cannot be measured is absent. Raises `Aside` for the source alone; a result that
    does not decode is a figure (`decodes` 0).
    """
    before, after = views(source, result, layout)
    if off := _size_off(after, layout):
        return Likeness(figures={"size_off": float(off)})
    try:
        both = pair(before, after)
        _read_to_the_end(after)
    except Aside as error:
        if error.code == Code.BAD_RESULT:
            return Likeness(figures={"decodes": 0.0})
        raise
    figures, worst = _compared(both)
    return Likeness(figures={"decodes": 1.0, "size_off": 0.0, **figures}, worst=worst)


def _read_to_the_end(after: View) -> None:
    """Decode what `pair` left out: the border below a padded picture."""
    if after.box[3] >= after.picture.colour.height:
        return
    with translated(paid=True):
        image = open_picture(after.path, paid=True).colour
        image.crop(0, image.height - 1, image.width, 1).avg()


def _size_off(after: View, layout: Layout) -> int:
    image = after.picture.colour
    return max(abs(int(image.width) - layout.width), abs(int(image.height) - layout.height))


def _compared(both: Pair) -> tuple[dict[str, float], tuple[float, float, float, float]]:
    before, after = structure.low_pass(_grey(both.before)), structure.low_pass(_grey(both.after))
    alike = structure.ssim_map(before, after)
    tiles = structure.tiles(before, after, alike)
    worst = min(tiles, key=lambda tile: tile.ssim, default=None)
    figures = {
        "ssim": float(alike.mean()),
        **structure.gradients(before, after, tiles),
        **structure.shift(before, after),
        **_contrast(before, after),
        **_colour(both),
    }
    if worst is None:
        return figures, _WHOLE
    return {**figures, "tile_min": worst.ssim}, worst.shares(before.shape)


def _grey(rgb: Plane) -> Plane:
    """Return luma (Rec. 601), 0..255."""
    return rgb @ np.array([0.299, 0.587, 0.114], np.float32)


def _contrast(before: Plane, after: Plane) -> dict[str, float]:
    """Return the ratio of contrasts; of a flat source it says nothing."""
    had = float(before.std())
    return {"std_ratio": float(after.std()) / had} if had >= _FLAT_STD else {}


def _colour(both: Pair) -> dict[str, float]:
    """Return differences on a thumbnail, where enlarging by right changes nothing."""
    before, after = colours.lab(_thumb(both.before)), colours.lab(_thumb(both.after))
    apart = colours.ciede2000(before, after)
    cast = (after - before)[..., 1:].mean(axis=(0, 1))
    had = float(np.hypot(before[..., 1], before[..., 2]).mean())
    has = float(np.hypot(after[..., 1], after[..., 2]).mean())
    figures = {
        "delta_e_mean": float(apart.mean()),
        "delta_e_max": float(apart.max()),
        "ab_shift": float(np.hypot(*cast)),
    }
    if had > _COLOURFUL:
        figures |= {"chroma_gain": has / had, "chroma_kept": has / had}
    return figures


def _thumb(rgb: Plane) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    share = min(_THUMB_MOST_SHARE, _THUMB_SHORT_SIDE / min(width, height))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = Image.fromarray(rgb.astype(np.uint8)).resize(size, Image.Resampling.BOX)
    return np.asarray(small)
