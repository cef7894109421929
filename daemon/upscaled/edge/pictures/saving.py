"""
Files as we leave them: pixels, profile, density, a result also its metadata, nothing else; on the
disk before we say so.

Knows libvips' savers and their traps, nothing of plans.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyvips

from upscaled.edge.pictures import jpeg, profiles
from upscaled.edge.pictures.levels import with_profile
from upscaled.edge.pictures.metadata import jpeg as jpeg_metadata
from upscaled.edge.pictures.metadata import placing, tiff
from upscaled.edge.pictures.metadata import png as png_metadata
from upscaled.edge.pictures.metadata.blocks import Blocks
from upscaled.nouns import Format

_NO_DENSITY_PPI = 72.0
"""What libvips' savers must be told where no density is asked for."""
_CLASSIC_TIFF_BYTES = 2_800_000_000
"""Of raw pixels: LZW makes pure noise half as large again, and a classic file ends at 4.29 GB."""
_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a picture is to be saved."""

    format: str
    icc: bytes | None = None
    ppi: float | None = None
    blocks: Blocks | None = None
    """The metadata of a result; None as in what is uploaded: no word beside the pixels."""


def save(image: pyvips.Image, to: Path, look: Look) -> dict[str, Any]:
    """Write the picture, flush it to the disk and return the fields of an `Artifact`."""
    density = (look.ppi or _NO_DENSITY_PPI) / _MM_PER_INCH
    bare = image.copy(xres=density, yres=density)
    bare.remove("orientation")
    if look.icc:
        bare = with_profile(bare, look.icc)
    _SAVERS[Format(look.format)](bare, to, look)
    return artifact(to, (image.width, image.height), look)


def _tiff(image: pyvips.Image, to: Path, look: Look) -> None:
    large = image.width * image.height * image.bands > _CLASSIC_TIFF_BYTES
    image.tiffsave(
        str(to),
        compression="lzw",
        predictor="horizontal",
        resunit="inch",
        bigtiff=large,
        keep="icc",
    )
    if look.blocks:
        tiff.append(to, look.blocks)


def _png(image: pyvips.Image, to: Path, look: Look) -> None:
    # libvips filters nothing by default: files are then 45 % larger.
    head = png_metadata.head(look.blocks) if look.blocks else b""
    with placing.room(to, png_metadata.LEAD, head) as target:
        image.pngsave_target(target, compression=3, filter="all", keep="icc")


def _jpeg(image: pyvips.Image, to: Path, look: Look) -> None:
    # Keeping the profile alone, libvips leaves out the JFIF header and with it the density. Its
    # optimised tables would hold all coefficients in memory: 1.5 GB for 256 megapixels.
    head = jpeg_metadata.head(look.blocks or Blocks(), jpeg.jfif(look.ppi))
    with placing.room(to, jpeg_metadata.LEAD, head) as target:
        image.jpegsave_target(target, Q=95, subsample_mode="off", keep="icc")


_SAVERS = {Format.TIFF: _tiff, Format.PNG: _png, Format.JPEG: _jpeg}


def artifact(path: Path, size: tuple[int, int], look: Look) -> dict[str, Any]:
    """Flush a finished file to the disk and return the fields of its `Artifact`."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "path": str(path),
        "sha256": digest,
        "bytes": path.stat().st_size,
        "width": size[0],
        "height": size[1],
        "format": look.format,
        "ppi": look.ppi,
        "icc": profiles.description(look.icc) if look.icc else None,
    }
