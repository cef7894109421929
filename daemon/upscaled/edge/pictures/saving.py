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

from upscaled.edge.pictures import density, jpeg, profiles
from upscaled.edge.pictures.levels import with_profile
from upscaled.edge.pictures.metadata import jpeg as jpeg_metadata
from upscaled.edge.pictures.metadata import placing, tiff
from upscaled.edge.pictures.metadata import png as png_metadata
from upscaled.edge.pictures.metadata.blocks import Blocks
from upscaled.nouns import Format

_UNSAID_PPI = 1.0
"""What libvips' savers are told where no density is asked for; taken out again afterwards."""
_CLASSIC_TIFF_BYTES = 4_200_000_000
"""Offsets have 32 bits (TIFF 6.0, section 2): 4,294,967,296, less what the directory needs."""
_AT_WORST = {"none": 1.0, "lzw": 1.5, "deflate": 1.01}
"""How much packing may add: LZW makes pure noise half as large again."""
_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a picture is to be saved."""

    format: str
    icc: bytes | None = None
    ppi: float | None = None
    blocks: Blocks | None = None
    """The metadata of a result; None as in what is uploaded: no word beside the pixels."""
    packed: bool = True
    """TIFF only: LZW with 8 bits a channel, deflate with 16; else uncompressed."""


def save(image: pyvips.Image, to: Path, look: Look) -> dict[str, Any]:
    """
    Write the picture, flush it to the disk and return the fields of an `Artifact`.

    It has 8 or 16 bits a channel (uchar, ushort); JPEG takes 8 alone.
    """
    per_mm = (look.ppi or _UNSAID_PPI) / _MM_PER_INCH
    bare = _deep(image).copy(xres=per_mm, yres=per_mm)
    bare.remove("orientation")
    if look.icc:
        bare = with_profile(bare, look.icc)
    _SAVERS[Format(look.format)](bare, to, look)
    return artifact(to, (image.width, image.height), look)


def _deep(image: pyvips.Image) -> pyvips.Image:
    """Name 16 bits as such: libvips' PNG saver would halve them under an 8-bit name."""
    if image.format != "ushort":
        return image
    return image.copy(interpretation="rgb16" if image.bands > 2 else "grey16")


def needs_big_tiff(pixels: int, bands: int, bits: int, compression: str) -> bool:
    """Say whether a TIFF of so many pixels may outgrow 32-bit offsets, packed at its worst."""
    return pixels * bands * bits / 8 * _AT_WORST[compression] > _CLASSIC_TIFF_BYTES


def _tiff(image: pyvips.Image, to: Path, look: Look) -> None:
    bits = 16 if image.format == "ushort" else 8
    # Deep pixels are nearly noise in their low bytes: LZW makes them larger than they were.
    compression = {8: "lzw", 16: "deflate"}[bits] if look.packed else "none"
    image.tiffsave(
        str(to),
        compression=compression,
        predictor="horizontal",
        resunit="inch",
        bigtiff=needs_big_tiff(image.width * image.height, image.bands, bits, compression),
        keep="icc",
    )
    if look.ppi is None:
        density.drop_from_tiff(to)
    if look.blocks:
        tiff.append(to, look.blocks)


def _png(image: pyvips.Image, to: Path, look: Look) -> None:
    # libvips filters nothing by default: files are then 45 % larger.
    head = png_metadata.head(look.blocks) if look.blocks else b""
    with placing.room(to, png_metadata.LEAD, head) as target:
        image.pngsave_target(target, compression=3, filter="all", keep="icc")
    if look.ppi is None:
        density.drop_from_png(to)


def _jpeg(image: pyvips.Image, to: Path, look: Look) -> None:
    # Keeping the profile alone, libvips leaves out the JFIF header and with it the density. Its
    # optimised tables would hold all coefficients in memory: 1.5 GB for 256 megapixels.
    flat = image if image.format == "uchar" else (image / 257).rint().cast("uchar")
    flat = flat.copy(interpretation="srgb" if image.bands > 2 else "b-w")
    head = jpeg_metadata.head(look.blocks or Blocks(), jpeg.jfif(look.ppi))
    with placing.room(to, jpeg_metadata.LEAD, head) as target:
        flat.jpegsave_target(target, Q=95, subsample_mode="off", keep="icc")


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
