"""
Source and result side by side: the same part of the picture, the same size, the same colours.

Undoes the plan's crop or pad and brings both to the source's size or less, in sRGB. Judges nothing.
"""

import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageCms

from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.faults import translated
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.opening import Picture, open_picture

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels; fractions of a pixel count."""

_SHORT_SIDE = 512
_MOST_PIXELS = 1_500_000
_MOST_LETTERED = 12_000_000
"""A page of letters keeps the source's size up to here."""
_SPARE = 2
"""libvips shrinks to this many times the wanted size, Pillow does the exact rest."""
_WHITE, _GREY = 255.0, 128.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both pictures as sRGB, height x width x 3, 0..255."""

    before: Pixels
    after: Pixels

    @property
    def reduced(self) -> "Pair":
        """Return both at the common size: at most 512 px short side."""
        height, width = self.before.shape[:2]
        size = _limited(width, height, _SHORT_SIDE, _MOST_PIXELS)
        if size == (width, height):
            return self
        return Pair(before=_smaller(self.before, size), after=_smaller(self.after, size))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture and the part of it that both have."""

    path: Path
    picture: Picture
    box: Box
    ground: float
    """Grey level that shows through where it is transparent."""
    made: bool
    """Our result, not a source: what is wrong with it is a bad result."""


def views(source: Path, result: Path, layout: Layout) -> tuple[View, View]:
    """Open both; return each with the box of what the result shows of the source."""
    before, after = open_picture(source), open_picture(result, paid=True)
    ground = _GREY if after.alpha is not None else _WHITE
    across, down = layout.across, layout.down
    sx = before.colour.width / layout.scaled_width
    sy = before.colour.height / layout.scaled_height
    seen = (across.at * sx, down.at * sy)
    shown = (*seen, seen[0] + across.length * sx, seen[1] + down.length * sy)
    left, top = across.lands, down.lands
    laid = (left, top, left + across.length, top + down.length)
    return (
        View(path=source, picture=before, box=shown, ground=ground, made=False),
        View(path=result, picture=after, box=laid, ground=ground, made=True),
    )


def pair(before: View, after: View, *, letters: bool = False) -> Pair:
    """
    Bring both to the common size: the source's, the result's or 512 px short side.

    With `letters` the 512 px do not bind: letters are compared at the size they have.
    """
    width, height = before.box[2] - before.box[0], before.box[3] - before.box[1]
    share = min(1.0, (after.box[2] - after.box[0]) / width, (after.box[3] - after.box[1]) / height)
    short, most = (max(width, height), _MOST_LETTERED) if letters else (_SHORT_SIDE, _MOST_PIXELS)
    size = _limited(width * share, height * share, short, most)
    return Pair(
        before=np.asarray(drawn(before, before.box, size)),
        after=np.asarray(drawn(after, after.box, size)),
    )


def _limited(width: float, height: float, short_side: float, pixels: int) -> tuple[int, int]:
    share = min(1.0, short_side / min(width, height), math.sqrt(pixels / (width * height)))
    return max(1, round(width * share)), max(1, round(height * share))


def _smaller(rgb: Pixels, size: tuple[int, int]) -> Pixels:
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))


def drawn(view: View, box: Box, size: tuple[int, int]) -> Image.Image:
    """Return a box of a picture at a size, in sRGB on the view's ground; decodes all of it."""
    picture = view.picture
    image = picture.colour
    with translated(paid=view.made):
        if picture.alpha is None:
            return in_srgb(_boxed(image, box, size), picture.icc)
        joined = _boxed(image.bandjoin(picture.alpha), box, size)
        colour = joined.convert("RGB" if image.bands == 3 else "L")
        ground = Image.new("RGB", size, (round(view.ground),) * 3)
        return Image.composite(in_srgb(colour, picture.icc), ground, joined.getchannel("A"))


def _boxed(image: pyvips.Image, box: Box, size: tuple[int, int]) -> Image.Image:
    share = min(
        1.0,
        _SPARE * max(size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])),
    )
    small = _shrunk(image, share) if share < 1 else image
    sx, sy = small.width / image.width, small.height / image.height
    scaled = (box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy)
    pixels, inner = _region(small, scaled)
    # With alpha Pillow weighs colours by it, by itself.
    return pixels.resize(size, Image.Resampling.BICUBIC, box=inner)


def _shrunk(image: pyvips.Image, share: float) -> pyvips.Image:
    if image.bands in (1, 3):
        return image.resize(share, kernel="lanczos3", gap=2)
    # libvips does not: what lies under transparent pixels would bleed into the visible ones.
    weighed = image.copy(interpretation="srgb" if image.bands > 2 else "b-w").premultiply()
    return weighed.resize(share, kernel="lanczos3", gap=2).unpremultiply().rint().cast("uchar")


def _region(image: pyvips.Image, box: Box) -> tuple[Image.Image, Box]:
    """Return the whole pixels around a box, and the box within them."""
    left, top = max(0, math.floor(box[0]) - 3), max(0, math.floor(box[1]) - 3)
    right = min(image.width, math.ceil(box[2]) + 3)
    bottom = min(image.height, math.ceil(box[3]) + 3)
    part = image.crop(left, top, right - left, bottom - top).numpy()
    inner = (
        box[0] - left,
        box[1] - top,
        min(box[2] - left, right - left),
        min(box[3] - top, bottom - top),
    )
    return Image.fromarray(part), inner


def in_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Return grey or RGB as sRGB; without a profile it is sRGB already."""
    if profiles.is_srgb(icc):
        return image.convert("RGB")
    found = ImageCms.ImageCmsProfile(io.BytesIO(icc or b""))
    target = ImageCms.ImageCmsProfile(io.BytesIO(profiles.srgb()))
    converted = ImageCms.profileToProfile(image, found, target, outputMode="RGB")
    return converted or image.convert("RGB")
