"""
Any picture, opened as the rest of this room wants it: upright, grey or RGB, alpha apart.

8 bits a channel, or the 16 a source has where they are asked for. libvips decodes, lazily and from
the top down; nothing is read here but headers, except where a picture must be turned. What libvips
cannot read others do: see `foreign` and `linear`.
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import pyvips
import tifffile
from PIL import Image

from upscaled.edge.pictures import extras, foreign, inks, linear, profiles
from upscaled.edge.pictures.faults import too_large, translated
from upscaled.edge.pictures.levels import TOP, levelled, split, with_profile
from upscaled.edge.pictures.sniff import is_heic, is_scene

MOST_PIXELS = 600_000_000
"""Larger than any model's output (512 MP); a header that claims more is not decoded."""

_ICC = "icc-profile-data"
_VIPS_READS = ("jpegload", "pngload", "tiffload", "webpload", "gifload", "heifload")
"""libvips would also draw SVG and read its own raw formats: not from strangers."""

# In a long process the cache keeps decoded pictures: 353 MB after ten jobs against 83 without.
pyvips.cache_set_max(0)
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An opened picture; its pixels are computed when they are asked for, once, from the top."""

    path: Path
    colour: pyvips.Image
    """1 or 3 bands, upright; under transparent pixels whatever the file has there."""
    alpha: pyvips.Image | None
    """1 band of the same depth; None where nothing is transparent by format."""
    icc: bytes | None
    """The profile that the colours follow; None means sRGB."""

    @property
    def bits(self) -> int:
        """Return 8 or 16: the depth of a channel."""
        return 16 if self.colour.format == "ushort" else 8

    @property
    def top(self) -> float:
        """Return the highest number of a channel: white, opaque."""
        return TOP[self.colour.format]


def open_picture(path: Path, *, paid: bool = False, deep: bool = False) -> Picture:
    """
    Open a picture and bring it to common ground; `deep` keeps 16 bits where it has them.

    CMYK becomes sRGB through its own profile. Raises `Aside` (not_a_picture, too_large,
    cmyk_without_profile, unsupported, bad_result with `paid`); a picture that is cut short raises
    only when its last pixels are asked for.
    """
    with translated(paid=paid):
        image = upright(path)
        icc = image.get(_ICC) if image.get_typeof(_ICC) else None
        if image.interpretation == "cmyk":
            image, icc = inks.as_srgb(image, icc), profiles.srgb()
        colour, alpha = split(levelled(image, deep=deep))
        icc = profiles.fitting(icc, colour.bands)
        return Picture(path=path, colour=colour, alpha=alpha, icc=icc)


def upright(path: Path) -> pyvips.Image:
    """Return the picture as its decoder gives it, turned as its orientation asks."""
    head = _head(path)
    if is_scene(head) or is_heic(head):
        return _elsewhere(path, head)
    try:
        image = _load(path, "sequential")
    except pyvips.Error as error:
        if "not in a known format" not in str(error):
            raise
        return _elsewhere(path, head)
    if not image.get("vips-loader").startswith(_VIPS_READS):
        return _elsewhere(path, head)
    if image.width * image.height > MOST_PIXELS:
        raise too_large(f"The picture claims {image.width} x {image.height} pixels")
    if image.get("vips-loader").startswith("tiff") and not _is_plain_tiff(path):
        return _elsewhere(path, head)
    turned = image.get_typeof("orientation") != 0 and image.get("orientation") > 1
    # Turning looks back at rows that a sequential reader has left behind. Large pictures are then
    # decoded into a file, not into memory (VIPS_DISC_THRESHOLD).
    return _load(path, "random").autorot() if turned else image


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _elsewhere(path: Path, head: bytes) -> pyvips.Image:
    """Return what libvips does not read."""
    if is_scene(head):
        return linear.read(path, MOST_PIXELS).image
    if is_heic(head) and extras.missing("HEIC"):
        raise extras.refusal("HEIC")
    image, icc = foreign.through_pillow(path, MOST_PIXELS)
    return with_profile(image, icc) if icc else image


def _is_plain_tiff(path: Path) -> bool:
    """Say whether libvips unpacks a TIFF; raise OSError where its pixels lie beyond its end."""
    # libtiff only warns of this and reads zeros, whatever fail_on says.
    with tifffile.TiffFile(path) as opened:
        first = opened.pages.first
        ends = map(sum, zip(first.dataoffsets, first.databytecounts, strict=False))
        missing = max(ends, default=0) - path.stat().st_size
    if missing > 0:
        raise OSError(f"truncated: {missing} bytes are missing")
    return int(first.compression) not in foreign.PACKED.values()


def _load(path: Path, access: str) -> pyvips.Image:
    # Without fail_on libvips fills what is missing with grey and says nothing.
    # A file name would be parsed: what stands in brackets at its end is taken for options.
    source = pyvips.Source.new_from_file(os.fsencode(path))
    return pyvips.Image.new_from_source(source, "", access=access, fail_on="truncated")
