"""
Colour profiles, read and made by LittleCMS through Pillow. Knows profiles, no pictures.

A profile that cannot be read or does not fit the channels is no profile: its numbers mean sRGB.
"""

import functools
import io

from PIL import ImageCms

from upscaled.edge.pictures.metadata.profile import known, unnamed

_SPACE = slice(16, 20)
_CREATED = slice(24, 36)
_EPOCH = b"\x07\xd0\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"
_SPACES = {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}


@functools.cache
def srgb() -> bytes:
    """Return an sRGB profile; the same bytes each time, so that a result can be made again."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # LittleCMS writes the present moment into the header.
    made[_CREATED] = _EPOCH
    return bytes(made)


def description(icc: bytes) -> str:
    """Return a profile's own name, empty where it has none."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    return ImageCms.getProfileDescription(profile).strip()


def fitting(icc: bytes | None, bands: int) -> bytes | None:
    """Return the profile if it can be read and belongs to so many colour channels, else None."""
    if icc is None or icc[_SPACE] != _SPACES.get(bands):
        return None
    try:
        description(icc)
    except (OSError, ImageCms.PyCMSError):
        return None
    return icc


def is_srgb(icc: bytes | None) -> bool:
    """Do numbers under this profile mean sRGB? None does, by convention."""
    return icc is None or icc == srgb() or "srgb" in description(icc).lower()


def is_grey(icc: bytes | None) -> bool:
    """Is it a profile of one channel?"""
    return icc is not None and icc[_SPACE] == b"GRAY"


def same(one: bytes | None, other: bytes | None) -> bool:
    """Do equal numbers mean equal colours under both?"""
    return one == other or (is_srgb(one) and is_srgb(other)) or _plain(one) == _plain(other)


def travelling(icc: bytes | None) -> bytes | None:
    """Return what of a readable profile may be uploaded: its colours, and no name of anybody."""
    if icc is None or known(description(icc)):
        return icc
    plain = unnamed(icc)
    bands = next((bands for bands, space in _SPACES.items() if space == icc[_SPACE]), 0)
    return fitting(plain, bands)


def _plain(icc: bytes | None) -> bytes | None:
    """Return a profile without its names: what was uploaded and comes back is still the same."""
    return unnamed(icc) if icc is not None else None
