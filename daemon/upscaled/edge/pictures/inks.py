"""
Pictures in ink (CMYK) as colours: through their own profile, or the one that the config names.

Lazy. Knows no files but the profile's.
"""

from collections.abc import Iterator
from pathlib import Path

import pyvips

from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.conversions import chosen
from upscaled.edge.pictures.levels import TOP, with_profile
from upscaled.errors import Aside
from upscaled.nouns import Code

_INKS = 4
_NEXT_TO_NONE = 12
"""Of 255: a compressed picture's empty inks are not quite empty."""
_INK = 192
"""Of 255: text is solid; where a photograph is that dark, other inks lie below."""

_BLACK_TEXT = 0.001
"""Share of pixels in black ink alone from which a page is taken to hold text or line art."""


def default_profile() -> bytes | None:
    """
    Return the profile for CMYK pictures that carry none, None where the config names none.

    Raises `Aside` (cmyk_without_profile) where that file is no profile of ink.
    """
    path = chosen().cmyk_default
    if not path:
        return None
    try:
        icc = profiles.fitting(Path(path).read_bytes(), _INKS)
    except OSError:
        icc = None
    if icc is None:
        raise Aside(
            Code.CMYK_WITHOUT_PROFILE,
            f"The picture is CMYK without a profile, and finish.cmyk_default ({path}) is none",
            "name a CMYK profile there; `upscaled check` tells whether it is one",
        )
    return icc


def as_srgb(image: pyvips.Image, icc: bytes | None) -> pyvips.Image:
    """
    Return the picture as 8-bit sRGB, with its alpha channel if it has one.

    Raises `Aside` (cmyk_without_profile) where neither file nor config say which colours it means.
    """
    own = profiles.fitting(icc, _INKS)
    inks = image.extract_band(0, n=_INKS)
    if own is None:
        inks = with_profile(inks, default_profile() or _no_profile())
    colour = inks.icc_transform(
        "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=8
    )
    colour = colour.copy(interpretation="srgb")
    if image.bands == _INKS:
        return colour
    alpha = image[_INKS]
    alpha = (alpha / 257).rint() if alpha.format == "ushort" else alpha
    return colour.bandjoin(alpha.cast("uchar")).copy(interpretation="srgb")


def remarks(image: pyvips.Image, own: str | None) -> Iterator[str]:
    """
    Yield what the owner of a picture in ink should know; `own` is its profile's name.

    Decodes all of it.
    """
    by = (
        f"its profile, {own}" if own else f"finish.cmyk_default, {Path(chosen().cmyk_default).name}"
    )
    yield f"The picture is CMYK: it becomes sRGB by {by}."
    share = black_alone(image)
    if share >= _BLACK_TEXT:
        yield (
            f"{share:.1%} of it is printed in black ink alone, as text and lines are: as RGB it"
            " will be printed in four inks. Set such text in the layout program instead."
        )


def black_alone(image: pyvips.Image) -> float:
    """Return the share (0..1) of pixels printed with black ink and no other: text, line art."""
    top = TOP[image.format]
    none, some = _NEXT_TO_NONE / 255 * top, _INK / 255 * top
    colours = image.extract_band(0, n=3)
    alone = (colours <= none).bandand() & (image[3] >= some)
    return float(alone.avg()) / 255


def _no_profile() -> bytes:
    raise Aside(
        Code.CMYK_WITHOUT_PROFILE,
        "The picture is CMYK without a profile: its numbers do not say which colours they are",
        "embed the profile it was made with, save it as RGB, or set finish.cmyk_default",
    )
