"""Scenes that a test draws itself, so that it knows what the measures should find in them."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from judge_pictures import encoded

Plane = NDArray[np.float64]


def scene(width: int = 512, height: int = 400, seed: int = 1) -> Image.Image:
    """
    Draw something like a photograph, sharp to its last pixel and free of noise.

    Texture with a 1/f spectrum in several colours, and smooth ground, behind shapes with hard
    edges; drawn twice as large and averaged, as a lens and a sensor would.
    """
    chance = np.random.default_rng(seed)
    large = Image.fromarray(_texture(2 * width, 2 * height, chance))
    draw = ImageDraw.Draw(large)
    for number in range(14):
        x, y = (float(v) for v in chance.uniform(0, 1, 2) * (2 * width, 2 * height))
        across, along = (float(v) for v in chance.uniform(30, 260, 2))
        colour = tuple(int(v) for v in chance.integers(20, 235, 3))
        box = (x, y, x + across, y + along)
        shape = draw.ellipse if number % 2 else draw.rectangle
        shape(box, fill=colour)
    return large.resize((width, height), Image.Resampling.BOX)


def _texture(width: int, height: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    planes = []
    for _ in range(2):
        waves = np.fft.rfft2(chance.normal(size=(height, width)))
        plane = np.fft.irfft2(waves / np.maximum(radius, 0.004), s=(height, width))
        planes.append(plane / plane.std())
    rough, tint = planes
    calm = 1 / (1 + np.exp(-(np.linspace(-8, 8, height)[:, None])))  # a sky above, ground below
    grey = 170 - 70 * calm + (2 + 28 * calm) * rough
    colour = [grey + 9 * tint * calm, grey, grey - 16 * calm - 9 * tint * calm]
    return np.asarray(np.clip(np.rint(np.stack(colour, axis=-1)), 0, 255), np.uint8)


def noisy(image: Image.Image, sigma: float, *, colour: bool = False, seed: int = 7) -> Image.Image:
    """Add noise of a sigma: the same to all channels, or to each its own."""
    data: Plane = np.asarray(image).astype(np.float64)
    chance = np.random.default_rng(seed)
    data += chance.normal(0, sigma, (*data.shape[:2], 3 if colour else 1))
    return Image.fromarray(np.clip(np.rint(data), 0, 255).astype(np.uint8))


def pressed(image: Image.Image, quality: int) -> Image.Image:
    """Return the picture after a JPEG of that quality: what a lossless file then hides."""
    return Image.open(BytesIO(encoded(image, "JPEG", quality=quality))).convert("RGB")


def enlarged(image: Image.Image, factor: float) -> Image.Image:
    """Return the picture enlarged by a cubic kernel."""
    size = (round(image.width * factor), round(image.height * factor))
    return image.resize(size, Image.Resampling.BICUBIC)


def printed(image: Image.Image, cycles: float, degrees: float) -> Image.Image:
    """Return the picture as a print of black dots, so many cycles a pixel, lightly blurred."""
    grey = np.asarray(image.convert("L")).astype(np.float64)
    angle = np.deg2rad(degrees)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    turned = (x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle))
    screen = sum(np.cos(2 * np.pi * cycles * axis) for axis in turned)
    dots = 255 / (1 + np.exp(-(grey - 128 - 55 * screen) / 16))
    return Image.fromarray(np.rint(dots).astype(np.uint8)).convert("RGB")


def framed(image: Image.Image, share: float, sides: str = "ltrb") -> Image.Image:
    """Lay paper round the picture on some sides, each so wide a share of the result."""
    width, height = image.size
    across, along = round(width * share), round(height * share)
    paper = np.random.default_rng(3).normal(236, 2, (height, width, 1)) * np.array([1, 0.99, 0.95])
    sheet = Image.fromarray(np.clip(np.rint(paper), 0, 255).astype(np.uint8))
    left, right = (across * (side in sides) for side in "lr")
    top, bottom = (along * (side in sides) for side in "tb")
    inside = image.resize((width - left - right, height - top - bottom), Image.Resampling.BOX)
    sheet.paste(inside, (left, top))
    return sheet


def sprites(block: int, seed: int = 2) -> Image.Image:
    """Draw pixel art: a few colours, each dot `block` pixels wide."""
    chance = np.random.default_rng(seed)
    colours = chance.integers(0, 255, (8, 3), dtype=np.uint8)
    dots = colours[chance.integers(0, 8, (600 // block, 800 // block))]
    return Image.fromarray(np.repeat(np.repeat(dots, block, 0), block, 1))


def lines(size: int, *, width: int = 1000, height: int = 800) -> Image.Image:
    """Draw black lines of text, letters of a size in pixels, on white."""
    image = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    words = "The quick brown fox jumps over the lazy dog 0123456789 " * 3
    for y in range(20, height - 2 * size, round(1.6 * size)):
        draw.text((30, y), words[: round(1.7 * (width - 60) / size)], "black", font)
    return image


def photographed(page: Image.Image) -> Image.Image:
    """Return a page as a camera sees it: turned a little, unevenly lit, soft and noisy."""
    turned = page.rotate(1.0, Image.Resampling.BICUBIC, fillcolor="white")
    light = np.linspace(0.45, 0.95, page.width)[None, :, None]
    lit = np.asarray(turned).astype(np.float64) * light
    return noisy(Image.fromarray(lit.astype(np.uint8)), 3)
