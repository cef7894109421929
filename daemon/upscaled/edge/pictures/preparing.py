"""
What may be uploaded: pixels, upright and 8 bit, and their colour profile. Nothing else leaves.

Positions, names, comments and previews stay in the original, and so does what a profile says of a
person's screen. A plain JPEG keeps its very bytes of picture, so that nothing is lost to a second
compression and a PNG is not ten times as large; all else goes as PNG, or as JPEG where a PNG could
be too large for the service.
Where the plan says so, pixels without detail are shrunk away first.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from upscaled.core.sources import journey_format
from upscaled.edge.pictures import jpeg, profiles, saving
from upscaled.edge.pictures.bleeding import bled
from upscaled.edge.pictures.faults import translated
from upscaled.edge.pictures.opening import open_picture
from upscaled.edge.pictures.resampling import resized
from upscaled.nouns import Format

_ORIENTATION = 0x0112
_ENDINGS = {Format.PNG: ".png", Format.JPEG: ".jpg"}


def prepare(source: Path, stem: Path, size: tuple[int, int] | None = None) -> dict[str, Any]:
    """
    Write the upload to `stem` plus .jpg or .png; return the fields of its `Artifact`.

    `size` is at most the source's, None for its own.
    """
    with translated():
        stripped = _stripped(source, stem) if size is None else None
        return stripped or _redrawn(source, stem, size)


def _stripped(source: Path, stem: Path) -> dict[str, Any] | None:
    """Copy a plain JPEG's picture segments, or return None where pixels must change."""
    with Image.open(source) if _begins_as_jpeg(source) else Image.new("P", (1, 1)) as opened:
        plain = opened.mode in ("L", "RGB") and opened.getexif().get(_ORIENTATION, 1) in (0, 1)
        size, bands = opened.size, len(opened.getbands())
        icc = profiles.travelling(profiles.fitting(opened.info.get("icc_profile"), bands))
    if not plain:
        return None
    to = stem.with_name(stem.name + ".jpg")
    try:
        jpeg.strip(source, to, icc)
    except jpeg.NotPlainError:
        to.unlink()
        return None
    return saving.artifact(to, size, saving.Look(format="JPEG", icc=icc))


def _begins_as_jpeg(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(3) == b"\xff\xd8\xff"


def _redrawn(source: Path, stem: Path, size: tuple[int, int] | None) -> dict[str, Any]:
    picture = open_picture(source)
    colour = bled(picture)
    if size is not None:
        colour = resized(colour, *size, stem.with_name(stem.name + ".tif"))
    form = journey_format(colour.width, colour.height, colour.bands)
    to = stem.with_name(stem.name + _ENDINGS[form])
    look = saving.Look(format=form, icc=profiles.travelling(picture.icc))
    return saving.save(colour, to, look)
