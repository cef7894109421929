"""
The figures of the fidelity check: how alike are two aligned pictures?

Both are low-passed first, because a right restoration of a noisy or compressed source differs from
it pixel by pixel (plain SSIM as low as 0.54, after the low-pass 0.96). The mean misses every local
fault, the worst tile catches them. Measures; the verdict is `core/fidelity.py`'s.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from upscaled.edge.pictures import changes, colours, faces, structure
from upscaled.edge.pictures.aligning import Box, Pair, Pixels, View, pair, views
from upscaled.edge.pictures.faults import translated
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.lettering import lettering
from upscaled.edge.pictures.opening import open_picture
from upscaled.edge.pictures.sharpest import sharpest
from upscaled.edge.pictures.structure import Plane
from upscaled.edge.pictures.swatch import swatch
from upscaled.errors import Aside
from upscaled.nouns import Code

_THUMB_SHORT_SIDE = 24
_THUMB_MOST_SHARE = 0.25
"""Each of its pixels is a mean of at least sixteen: enlarging may change a single one by right."""
_FLAT_STD = 3.0
_COLOURFUL = 6.0
_SHARPEST_SIDE = 0.25
NO_FACES = "Faces were not looked for."


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Figures by name, and places as shares 0..1 (left, top, right, bottom) of what both show."""

    figures: dict[str, float] = field(default_factory=dict)
    places: dict[str, Box] = field(default_factory=dict)
    """Where the figure of that name is worst."""
    sharpest: Box | None = None
    """Where the source has most detail."""
    notes: tuple[str, ...] = ()
    """What was not measured, as sentences."""
    swatch: tuple[tuple[float, ...], ...] = ()
    """By which a frame is compared with its neighbours."""


def measure(source: Path, result: Path, layout: Layout, *, letters: bool = False) -> Likeness:
    """
    Decode both pictures whole and measure their likeness; with `letters` also that of letters.

    A figure that cannot be measured is absent. Raises `Aside` for the source alone; a result that
    does not decode is a figure (`decodes` 0).
    """
    before, after = views(source, result, layout)
    if off := _size_off(after, layout):
        return Likeness(figures={"size_off": float(off)})
    try:
        both = pair(before, after, letters=letters)
        _read_to_the_end(after)
    except Aside as error:
        if error.code == Code.BAD_RESULT:
            return Likeness(figures={"decodes": 0.0})
        raise
    found = compared(both, letters=letters)
    figures = {"decodes": 1.0, "size_off": 0.0, **found.figures}
    return Likeness(
        figures=figures,
        places=found.places,
        sharpest=found.sharpest,
        notes=found.notes,
        swatch=swatch(both.reduced),
    )


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


def compared(whole: Pair, *, letters: bool = False) -> Likeness:
    """Return the figures of two pictures of one size."""
    both = whole.reduced
    had, has = (structure.low_pass(rgb.astype(np.float32)) for rgb in (both.before, both.after))
    before, after = _grey(had), _grey(has)
    alike = structure.ssim_map(before, after)
    tiles = structure.tiles(before, after, alike)
    change = changes.largest(had, has)
    figures = {
        "ssim": float(alike.mean()),
        "change": change.most,
        **structure.gradients(before, after, tiles),
        **structure.shift(before, after),
        **_contrast(before, after),
        **_colour(both),
    }
    places = {"change": change.place}
    if tiles:
        worst = min(tiles, key=lambda tile: tile.ssim)
        figures["tile_min"], places["tile_min"] = worst.ssim, worst.shares(before.shape)
    if letters:
        read = lettering(*(_luma(picture) for picture in (whole.before, whole.after)))
        figures, places = figures | read.figures, places | read.places
    grey = _luma(both.before)
    seen = _faces(grey, before, after)
    return Likeness(
        figures=figures | seen.figures,
        places=places | seen.places,
        sharpest=_sharpest(grey),
        notes=seen.notes,
    )


def _faces(grey: Pixels, before: Plane, after: Plane) -> Likeness:
    """Return how well the edges of each face were kept, where faces can be looked for."""
    cascade = faces.detector()
    if cascade is None:
        return Likeness(notes=(NO_FACES,))
    boxes = faces.found(cascade, grey)
    figures = {"faces": float(len(boxes))}
    if not boxes:
        return Likeness(figures=figures)
    kept = [structure.edges_within(before, after, box) for box in boxes]
    worst = int(np.argmin(kept))
    height, width = grey.shape
    left, top, right, bottom = boxes[worst]
    place = (left / width, top / height, right / width, bottom / height)
    return Likeness(figures=figures | {"face_min": kept[worst]}, places={"face_min": place})


def _sharpest(grey: Pixels) -> Box:
    """Return the place of a quarter of the short side with most detail, searched coarsely."""
    small = grey[::2, ::2].astype(np.float32)
    side = _SHARPEST_SIDE * min(small.shape)
    return sharpest(small, (side / small.shape[1], side / small.shape[0]))


def _luma(rgb: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(rgb).convert("L"))


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
        "delta_e_p99": float(np.percentile(apart, 99)),
        "delta_e_max": float(apart.max()),
        "ab_shift": float(np.hypot(*cast)),
    }
    if had > _COLOURFUL:
        figures |= {"chroma_gain": has / had, "chroma_kept": has / had}
    return figures


def _thumb(rgb: Pixels) -> Pixels:
    height, width = rgb.shape[:2]
    share = min(_THUMB_MOST_SHARE, _THUMB_SHORT_SIDE / min(width, height))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = Image.fromarray(rgb).resize(size, Image.Resampling.BOX)
    return np.asarray(small)
