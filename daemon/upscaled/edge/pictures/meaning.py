"""
Which colours an enlarged picture's numbers mean, when the service may have dropped their profile.

A profile that came back with the picture is believed. Where none did, either the numbers are still
the source's, or they were converted to sRGB and nobody says so: for a source of wide gamut these
are far apart, and the picture itself tells which it is.
"""

import pyvips

from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.levels import with_profile
from upscaled.edge.pictures.opening import Picture, open_picture

_SIDE = 128
"""Pixels: enough for the mean colours of a picture, which enlarging does not change."""
_CLEARLY = 0.7
"""So much nearer must sRGB be: models change colours a little by themselves."""


def meant_profile(drawn: Picture, origin: Picture) -> bytes | None:
    """Return the profile that the numbers of `drawn`, made from `origin`, follow; None is sRGB."""
    if drawn.icc is not None or drawn.path == origin.path:
        return drawn.icc
    if origin.colour.bands != drawn.colour.bands or profiles.same(origin.icc, None):
        return origin.icc
    came, went = _small(drawn), _small(origin)
    as_srgb = with_profile(went, origin.icc or profiles.srgb()).icc_transform(
        "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=8
    )
    kept, converted = _apart(came, went), _apart(came, as_srgb)
    return None if converted < _CLEARLY * kept else origin.icc


def _small(picture: Picture) -> pyvips.Image:
    """Return few pixels of it, in memory; decodes it once, apart from the picture that is used."""
    colour = open_picture(picture.path).colour
    size = (max(1, colour.width // _SIDE), max(1, colour.height // _SIDE))
    shrunk = colour.shrink(*size, ceil=True).cast("uchar")
    scaled = shrunk.resize(_SIDE / shrunk.width, vscale=_SIDE / shrunk.height, kernel="linear")
    return scaled.copy(interpretation=colour.interpretation).copy_memory()


def _apart(one: pyvips.Image, other: pyvips.Image) -> float:
    """Return the mean difference of numbers, 0..255."""
    return float((one.cast("float") - other.cast("float")).abs().avg())
