"""
Readers that are installed only where they are needed: `exr` for OpenEXR, `heic` for HEIC.

Knows their packages and what to tell a person who lacks one.
"""

from importlib.util import find_spec

from upscaled.errors import Aside
from upscaled.nouns import Code

_PACKAGES = {"OpenEXR": ("exr", "OpenImageIO"), "HEIC": ("heic", "pi_heif")}


def missing(kind: str) -> bool:
    """Say whether `OpenEXR` or `HEIC` cannot be read for want of its package."""
    return find_spec(_PACKAGES[kind][1]) is None


def refusal(kind: str) -> Aside:
    """Return what to say of such a picture."""
    extra = _PACKAGES[kind][0]
    return Aside(
        Code.UNSUPPORTED,
        f"The file is {kind}, whose reader is not installed here.",
        f"install it: `.venv/bin/pip install --require-hashes -r lock/{extra}.txt`, start again"
        " and use `upscaled retry`; or export the picture as TIFF or PNG",
    )
