"""Small pictures for tests, drawn here, and short cuts to plans for them."""

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


def profile(kind: str) -> bytes:
    """Return a profile: `sRGB`, `LAB`, or `wide`, an RGB one whose numbers mean other colours."""
    if kind != "wide":
        made = ImageCms.createProfile("LAB" if kind == "LAB" else "sRGB")
        return ImageCms.ImageCmsProfile(made).tobytes()
    # sRGB with red and green exchanged: valid, and impossible to mistake.
    data = bytearray(profile("sRGB").replace(b"s\0R\0G\0B\0", b"w\0i\0d\0e\0"))
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red + 4 : red + 12], data[green + 4 : green + 12] = (
        data[green + 4 : green + 12],
        data[red + 4 : red + 12],
    )
    return bytes(data)


def pixels(path: Path) -> NDArray[np.int16]:
    """Return a file's pixels, ready for differences."""
    with Image.open(path) as opened:
        return np.asarray(opened).astype(np.int16)
