"""
Numbers of a picture: 8 or 16 bits a channel, grey or RGB, alpha apart.

Lazy, on libvips pictures that are open already; knows no files and no profiles.
"""

import pyvips

from upscaled.errors import Aside
from upscaled.nouns import Code

TOP = {"uchar": 255.0, "ushort": 65535.0}
"""The highest number of a channel, by libvips' name of the type."""
_SIXTEEN_BIT = ("ushort", "short")
_NO_NUMBERS_OF_ITS_OWN = ("lab", "labs", "labq", "xyz", "scrgb", "hsv", "lch", "yxy")


def levelled(image: pyvips.Image, *, deep: bool = False) -> pyvips.Image:
    """
    Return 8 bits a channel, or the 16 it has where `deep`; alpha and numbers kept.

    Raises `Aside` (unsupported) for numbers that are neither, and for more than four channels.
    """
    if image.interpretation in _NO_NUMBERS_OF_ITS_OWN:
        image = image.colourspace("srgb")
    if image.format in _SIXTEEN_BIT:
        image = image.cast("ushort")
        image = image if deep else shallow(image)
    if image.format not in TOP or image.bands > 4:
        raise Aside(
            Code.UNSUPPORTED,
            f"The picture has {image.bands} channels of {image.format} numbers",
            "save it with 8 or 16 bits a channel, as grey or RGB",
        )
    return named(image)


def shallow(image: pyvips.Image) -> pyvips.Image:
    """Return a 16-bit picture with 8 bits; any other as it is."""
    if image.format != "ushort":
        return image
    # 65535 = 255 x 257; a plain shift would darken by half a level.
    return named((image / 257).rint().cast("uchar"))


def split(image: pyvips.Image) -> tuple[pyvips.Image, pyvips.Image | None]:
    """Return the colours and the alpha channel, if there is one."""
    if image.bands in (1, 3):
        return image, None
    colours = image.bands - 1
    return named(image.extract_band(0, n=colours)), named(image[colours])


def with_profile(image: pyvips.Image, icc: bytes) -> pyvips.Image:
    """Return the picture with this profile attached, its numbers untouched."""
    tagged = image.copy()
    tagged.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return tagged


def named(image: pyvips.Image) -> pyvips.Image:
    """Return the picture under libvips' name for as many channels of its type."""
    grey, colour = ("grey16", "rgb16") if image.format == "ushort" else ("b-w", "srgb")
    return image.copy(interpretation=colour if image.bands > 2 else grey)
