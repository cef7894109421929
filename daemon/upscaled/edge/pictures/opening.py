"""
Any picture, opened as the rest of this room wants it: upright, 8 bit, grey or RGB, alpha apart.

libvips decodes, lazily and from the top down; nothing is read here but headers, except where a
picture must be turned. What libvips cannot read Pillow does, in memory.
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import pyvips
import tifffile
from PIL import Image, ImageOps

from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.faults import too_large, translated
from upscaled.errors import Aside
from upscaled.nouns import Code

MOST_PIXELS = 600_000_000
"""Larger than any model's output (512 MP); a header that claims more is not decoded."""

_ICC = "icc-profile-data"
_SIXTEEN_BIT = ("ushort", "short")
_VIPS_READS = ("jpegload", "pngload", "tiffload", "webpload", "gifload", "heifload")
"""libvips would also draw SVG and read its own raw formats: not from strangers."""
_PILLOW_READS = ("BMP", "DIB", "PPM", "TGA", "JPEG2000", "PSD", "QOI", "ICO", "PCX", "SGI")

# In a long process the cache keeps decoded pictures: 353 MB after ten jobs against 83 without.
pyvips.cache_set_max(0)
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An opened picture; its pixels are computed when they are asked for, once, from the top."""

    path: Path
    colour: pyvips.Image
    """1 or 3 bands, 8 bit, upright; under transparent pixels whatever the file has there."""
    alpha: pyvips.Image | None
    """1 band, 8 bit; None where nothing is transparent by format."""
    icc: bytes | None
    """The profile that the colours follow; None means sRGB."""


def open_picture(path: Path, *, paid: bool = False) -> Picture:
    """
    Open a picture and bring it to common ground.

    CMYK becomes sRGB through its own profile. Raises `Aside` (not_a_picture, too_large,
    cmyk_without_profile, unsupported, bad_result with `paid`); a picture that is cut short raises
    only when its last pixels are asked for.
    """
    with translated(paid=paid):
        image = _upright(path)
        icc = image.get(_ICC) if image.get_typeof(_ICC) else None
        if image.interpretation == "cmyk":
            return _from_cmyk(image, icc, path)
        image, alpha = _split(_eight_bit(image))
        return Picture(path=path, colour=image, alpha=alpha, icc=profiles.fitting(icc, image.bands))


def _upright(path: Path) -> pyvips.Image:
    try:
        image = _load(path, "sequential")
    except pyvips.Error as error:
        if "not in a known format" not in str(error):
            raise
        return _through_pillow(path)
    if not image.get("vips-loader").startswith(_VIPS_READS):
        return _through_pillow(path)
    if image.width * image.height > MOST_PIXELS:
        raise too_large(f"The picture claims {image.width} x {image.height} pixels")
    if image.get("vips-loader").startswith("tiff"):
        _check_whole_tiff(path)
    turned = image.get_typeof("orientation") != 0 and image.get("orientation") > 1
    # Turning looks back at rows that a sequential reader has left behind. Large pictures are then
    # decoded into a file, not into memory (VIPS_DISC_THRESHOLD).
    return _load(path, "random").autorot() if turned else image


def _check_whole_tiff(path: Path) -> None:
    """Raise OSError where a TIFF's pixels lie beyond its end."""
    # libtiff only warns of this and reads zeros, whatever fail_on says.
    with tifffile.TiffFile(path) as opened:
        first = opened.pages.first
        ends = map(sum, zip(first.dataoffsets, first.databytecounts, strict=False))
        missing = max(ends, default=0) - path.stat().st_size
    if missing > 0:
        raise OSError(f"truncated: {missing} bytes are missing")


def _load(path: Path, access: str) -> pyvips.Image:
    # Without fail_on libvips fills what is missing with grey and says nothing.
    # A file name would be parsed: what stands in brackets at its end is taken for options.
    source = pyvips.Source.new_from_file(os.fsencode(path))
    return pyvips.Image.new_from_source(source, "", access=access, fail_on="truncated")


def _through_pillow(path: Path) -> pyvips.Image:
    with Image.open(path, formats=_PILLOW_READS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise too_large(f"The picture claims {opened.width} x {opened.height} pixels")
        icc = opened.info.get("icc_profile")
        upright = ImageOps.exif_transpose(opened)
        if upright.mode not in ("L", "LA", "RGB", "RGBA"):
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        bands = len(upright.getbands())
        image = pyvips.Image.new_from_memory(upright.tobytes(), *upright.size, bands, "uchar")
    image = image.copy(interpretation="srgb" if bands > 2 else "b-w")
    return with_profile(image, icc) if icc else image


def with_profile(image: pyvips.Image, icc: bytes) -> pyvips.Image:
    """Return the picture with this profile attached, its numbers untouched."""
    tagged = image.copy()
    tagged.set_type(pyvips.GValue.blob_type, _ICC, icc)
    return tagged


def _from_cmyk(image: pyvips.Image, icc: bytes | None, path: Path) -> Picture:
    if profiles.fitting(icc, 4) is None:
        raise Aside(
            Code.CMYK_WITHOUT_PROFILE,
            "The picture is CMYK without a profile: its numbers do not say which colours they are",
            "embed the profile it was made with, or save it as RGB",
        )
    inks = image if image.bands == 4 else image[0:4]
    colour = inks.icc_transform(
        "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=8
    )
    colour = colour.copy(interpretation="srgb")
    return Picture(path=path, colour=colour, alpha=None, icc=profiles.srgb())


def _eight_bit(image: pyvips.Image) -> pyvips.Image:
    """Return 8 bits a channel as b-w or srgb, alpha and numbers kept."""
    if image.interpretation in ("lab", "labs", "xyz", "scrgb", "hsv", "lch"):
        image = image.colourspace("srgb")
    if image.format in _SIXTEEN_BIT:
        # 65535 = 255 x 257; a plain shift would darken by half a level.
        image = (image.cast("ushort") / 257).rint().cast("uchar")
    if image.format != "uchar" or image.bands > 4:
        raise Aside(
            Code.UNSUPPORTED,
            f"The picture has {image.bands} channels of {image.format} numbers",
            "save it with 8 or 16 bits a channel, as grey or RGB",
        )
    return image.copy(interpretation="srgb" if image.bands > 2 else "b-w")


def _split(image: pyvips.Image) -> tuple[pyvips.Image, pyvips.Image | None]:
    if image.bands in (1, 3):
        return image, None
    alpha = image[image.bands - 1].copy(interpretation="b-w")
    if image.bands == 2:
        return image[0].copy(interpretation="b-w"), alpha
    return image[0:3].copy(interpretation="srgb"), alpha
