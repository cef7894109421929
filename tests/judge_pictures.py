"""Pictures drawn for the tests of the judge, and metadata put into them by hand."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

A1111 = (
    "a red fox in snow\nNegative prompt: blurry\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1234, Size: 512x512, Version: v1.10.1"
)
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def page(width: int = 900, height: int = 700) -> Image.Image:
    """Draw a page of text."""
    image = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for y in range(30, height - 40, 28):
        draw.text((40, y), "The quick brown fox jumps over the lazy dog 0123456789", "black", font)
    return image


def landscape(width: int = 900, height: int = 640, seed: int = 1) -> Image.Image:
    """Draw hills under a sky: texture at every scale, sharp edges, a little noise."""
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(chance.normal(size=(height, width)))
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    plane = np.fft.irfft2(spectrum / np.maximum(radius, 0.004) ** 1.1, s=(height, width))
    plane = plane / plane.std()
    rows = np.linspace(0, 1, height)[:, None]
    ridge = 0.5 + 0.1 * np.sin(np.linspace(0, 9, width))[None, :]
    land = rows > ridge
    grey = np.where(land, 95 + 26 * plane, 165 + 40 * (0.5 - rows) + 4 * plane)
    warm = np.where(land, 0.75, 1.12)
    picture = np.stack([grey, grey * 1.02, grey * warm], axis=-1)
    picture += chance.normal(0, 1.4, picture.shape)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """Return the picture's bytes in a format."""
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def png_with(texts: dict[str, str], image: Image.Image | None = None) -> bytes:
    """Return a PNG with text chunks."""
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    return encoded(image or Image.new("RGB", (32, 24), "teal"), pnginfo=info)


def exif_with(fields: dict[int, Any], inner: dict[int, Any] | None = None) -> bytes:
    """Return an EXIF block; `inner` are the fields of its Exif directory."""
    exif = Image.Exif()
    exif.update(fields)
    if inner:
        exif.get_ifd(0x8769).update(inner)
    return exif.tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """Put a chunk before the end of a PNG."""
    return png[:-12] + chunk(kind, body) + png[-12:]


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """Put a segment at the beginning of a JPEG."""
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def with_webp_chunk(webp: bytes, kind: bytes, body: bytes) -> bytes:
    """Put a chunk at the end of a WebP."""
    padded = body + b"\0" * (len(body) % 2)
    out = webp + kind + struct.pack("<I", len(body)) + padded
    return out[:4] + struct.pack("<I", len(out) - 8) + out[8:]


def noisy(image: Image.Image, sigma: float, seed: int = 7) -> Image.Image:
    """Add the same grey noise of a sigma to all channels."""
    data: NDArray[np.float64] = np.asarray(image).astype(np.float64)
    data += np.random.default_rng(seed).normal(0, sigma, (*data.shape[:2], 1))
    return Image.fromarray(np.clip(np.rint(data), 0, 255).astype(np.uint8))
