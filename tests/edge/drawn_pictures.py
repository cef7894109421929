"""Small pictures for tests, drawn here, and short cuts to plans for them."""

import functools
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw

from upscaled.edge.pictures.layout import Layout, of_plan
from upscaled.nouns import Family, Format, Plan


def photo(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Draw something like a photograph: soft colours, edges, a little grain."""
    dice = np.random.default_rng(seed)
    coarse = dice.integers(20, 235, (max(2, height // 40), max(2, width // 40), 3), np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = int(dice.integers(0, width)), int(dice.integers(0, height))
        side = int(dice.integers(6, 6 + max(1, min(width, height) // 4)))
        pen.ellipse((x, y, x + side, y + side), fill=tuple(dice.integers(0, 255, 3).tolist()))
    grain = dice.normal(0, 3, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def page(width: int = 320, height: int = 240) -> Image.Image:
    """Draw a page of text."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for row in range(8, height - 12, 14):
        pen.text((10, row), "The quick brown fox jumps over the lazy dog 0123", fill="black")
    return image


def cut_out(width: int = 200, height: int = 200) -> Image.Image:
    """Draw a red disc on nothing; the nothing is black underneath, as editors leave it."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((40, 40, 160, 160), fill=(220, 30, 30, 255))
    return image


def plan_for(width: int, height: int, **changes: Any) -> Plan:
    """Return a plan for a result of this size, nothing cropped unless said."""
    given: dict[str, Any] = {
        "model": Family.CORE,
        "passes": (),
        "width": width,
        "height": height,
        "target_width": width,
        "target_height": height,
        "scaled_width": width,
        "scaled_height": height,
        "format": Format.PNG,
        "ppi": None,
    }
    return Plan(**(given | changes))


def layout_for(width: int, height: int, **changes: Any) -> Layout:
    """Return the layout of `plan_for`."""
    return of_plan(plan_for(width, height, **changes))


@functools.cache
def profile(kind: str) -> bytes:
    """Return `sRGB`, `grey` or `wide`, whose numbers mean other colours; always the same bytes."""
    if kind == "grey":
        return _grey_profile()
    if kind == "sRGB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # sRGB with red and green exchanged: valid, and impossible to mistake.
    data = bytearray(profile("sRGB").replace(b"s\0R\0G\0B\0", b"w\0i\0d\0e\0"))
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red + 4 : red + 12], data[green + 4 : green + 12] = (
        data[green + 4 : green + 12],
        data[red + 4 : red + 12],
    )
    return bytes(data)


def _grey_profile() -> bytes:
    """Put together the smallest grey profile there is: one curve of gamma 2.2 (ICC.1:2001)."""
    name = b"Plain grey\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78 + 1)
    tags = {
        b"desc": described + bytes(-len(described) % 4),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061),
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">IH", 1, 563) + b"\0\0",
    }
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data
    header = struct.pack(
        ">I4sI4s4s4s", at + len(body), b"none", 0x02100000, b"mntr", b"GRAY", b"XYZ "
    )
    light = struct.pack(">3i", 63190, 65536, 54061)
    return (header + bytes(12) + b"acsp").ljust(68, b"\0") + light.ljust(60, b"\0") + table + body


def pixels(path: Path) -> NDArray[np.int16]:
    """Return a file's pixels, ready for differences."""
    with Image.open(path) as opened:
        return np.asarray(opened).astype(np.int16)
