"""
What libvips does not read, through Pillow, whole in memory: BMP, HEIC, ZSTD TIFF, rarer kinds.

HEIC needs the extra `heic`; without it nothing here opens one.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageOps

from upscaled.edge.pictures.extras import missing
from upscaled.edge.pictures.faults import too_large
from upscaled.edge.pictures.levels import named

READS = ("TIFF", "BMP", "DIB", "PPM", "TGA", "JPEG2000", "PSD", "QOI", "ICO", "PCX", "SGI", "DDS")
PACKED = {"zstd": 50000, "lzma": 34925}
"""Compressions of TIFF that the libvips wheel lacks, by Pillow's name and TIFF's number."""
_DEEP_GREY = ("I;16", "I;16L", "I;16B", "I")
_MODES = ("L", "LA", "RGB", "RGBA")


def with_heic(formats: tuple[str, ...]) -> tuple[str, ...]:
    """Return Pillow's formats and HEIC, where the extra `heic` is installed to teach it."""
    if missing("HEIC"):
        return formats
    import_module("pi_heif").register_heif_opener()
    return (*formats, "HEIF")


def through_pillow(path: Path, most_pixels: int) -> tuple[pyvips.Image, bytes | None]:
    """Return a picture, upright, and its profile. Raises as Pillow does, `Aside` (too_large)."""
    with Image.open(path, formats=with_heic(READS)) as opened:
        if opened.width * opened.height > most_pixels:
            raise too_large(f"The picture claims {opened.width} x {opened.height} pixels")
        icc = opened.info.get("icc_profile")
        opened.load()  # which turns a TIFF by itself
        upright = opened if opened.format == "TIFF" else ImageOps.exif_transpose(opened)
        if upright.mode in _DEEP_GREY:
            return _deep(upright), icc
        plain = as_plain(upright)
        bands = len(plain.getbands())
        image = pyvips.Image.new_from_memory(plain.tobytes(), *plain.size, bands, "uchar")
    return named(image), icc


def as_plain(image: Image.Image) -> Image.Image:
    """Return 8 bits a channel, as grey or RGB, with or without alpha."""
    if image.mode in _DEEP_GREY:
        # Pillow itself would clip what is above 255.
        return Image.fromarray(np.rint(_numbers(image) / 257).astype(np.uint8))
    if image.mode in _MODES:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def told_of_depth(image: Image.Image) -> tuple[str, ...]:
    """Say where a reader takes fewer bits than the file has."""
    packed = image.info.get("compression")
    if packed in PACKED and is_deep_tiff(image) and image.mode in ("RGB", "RGBA"):
        return (f"TIFF with {packed} compression is read with 8 of its 16 bits a channel.",)
    if image.format == "HEIF" and image.info.get("bit_depth", 8) > 8:
        return (f"HEIC with {image.info['bit_depth']} bits a channel is read with 8.",)
    return ()


def is_deep_tiff(image: Image.Image) -> bool:
    """Return whether a TIFF has 16 bits a channel."""
    tags: Any = getattr(image, "tag_v2", {})
    return 16 in tags.get(258, ())


def _deep(image: Image.Image) -> pyvips.Image:
    data = _numbers(image).tobytes()
    return named(pyvips.Image.new_from_memory(data, *image.size, 1, "ushort"))


def _numbers(image: Image.Image) -> NDArray[np.uint16]:
    numbers: NDArray[np.uint16] = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
    return numbers
