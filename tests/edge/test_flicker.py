"""Sequences that flicker are told apart from honest enlargements: the table of `core/flicker`."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from upscaled.core.flicker import BOUND, Change, change, packed
from upscaled.edge.pictures.aligning import Pair
from upscaled.edge.pictures.swatch import swatch

WIDTH, HEIGHT, TIMES, FRAMES = 160, 96, 4, 4
LARGE = (WIDTH * TIMES, HEIGHT * TIMES)
Light = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Maker = Callable[[Pixels, int], Pixels]


def field(size: tuple[int, int], sigma: float, amplitude: float, seed: int) -> Light:
    """Draw soft noise with this standard deviation."""
    dice = np.random.default_rng(seed).integers(0, 256, size[::-1], np.uint8)
    soft = Image.fromarray(dice).filter(ImageFilter.GaussianBlur(sigma))
    light = np.asarray(soft, np.float32)
    made: Light = (light - light.mean()) / light.std() * amplitude
    return made


@cache
def world() -> Light:
    """Draw what the camera sees, twice as wide as a frame."""
    wide = (2 * WIDTH, HEIGHT)
    return 120 + field(wide, 6, 40, 1) + field(wide, 2, 12, 2) + field(wide, 1, 5, 3)


def shot(kind: str) -> list[Pixels]:
    frames = []
    for number in range(FRAMES):
        left = 7 * number if kind == "pan" else 0
        light = world()[:, left : left + WIDTH].copy()
        if kind == "grain":
            light += np.random.default_rng(number).normal(0, 3, light.shape)
        if kind == "moving part":
            light[30:70, 10 + 10 * number : 60 + 10 * number] = 200
        if kind == "cut" and number > 2:
            light = 255 - world()[:, WIDTH:]
        if kind == "flash" and number == 3:
            light *= 1.4
        if kind == "fade":
            light *= (number + 1) / FRAMES
        frames.append(pixels(light))
    return frames


SHOTS = ("still", "grain", "moving part", "cut", "flash", "pan", "fade")
STILL = ("still", "grain", "moving part", "cut", "flash")


def pixels(light: Light) -> Pixels:
    grey = np.clip(light, 0, 255).round().astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2) if grey.ndim == 2 else grey


def enlarged(source: Pixels, _number: int = 0) -> Pixels:
    return np.asarray(Image.fromarray(source).resize(LARGE, Image.Resampling.LANCZOS))


def sharpened(source: Pixels, number: int) -> Pixels:
    unsharp = ImageFilter.UnsharpMask(2, 150, 0)
    return np.asarray(Image.fromarray(enlarged(source, number)).filter(unsharp))


def smoothed(source: Pixels, number: int) -> Pixels:
    return enlarged(np.asarray(Image.fromarray(source).filter(ImageFilter.MedianFilter(3))), number)


def contrasted(source: Pixels, number: int) -> Pixels:
    return pixels((enlarged(source, number).astype(np.float32) - 120) * 1.1 + 120)


def textured(source: Pixels, seed: int, amplitude: float = 8.0) -> Pixels:
    light = enlarged(source).astype(np.float32)
    return pixels(light + field(LARGE, 4, amplitude, seed)[..., None])


def pumped(share: float) -> Maker:
    def make(source: Pixels, number: int) -> Pixels:
        return pixels(enlarged(source).astype(np.float32) * (1 + share * (number % 2)))

    return make


HONEST: dict[str, Maker] = {
    "plain": enlarged,
    "sharpened": sharpened,
    "smoothed": smoothed,
    "contrast": contrasted,
    "texture that stays": lambda source, _number: textured(source, 50),
}


def worst(kind: str, make: Maker) -> Change:
    """Return the pair of neighbours that differs most."""
    swatches = []
    for number, source in enumerate(shot(kind)):
        small = Image.fromarray(make(source, number)).resize((WIDTH, HEIGHT))
        swatches.append(packed(swatch(Pair(before=source, after=np.asarray(small)))))
    return max((change(*two) for two in pairwise(swatches)), key=lambda one: one.excess)


@pytest.mark.parametrize("name", HONEST)
def test_what_is_enlarged_honestly_stays_far_below_the_bound(name: str) -> None:
    found = {kind: worst(kind, HONEST[name]).excess for kind in SHOTS}

    assert max(found.values()) < BOUND / 2, found


def test_brightness_that_pumps_by_two_percent_is_beyond_it_wherever_light_is_steady() -> None:
    found = {kind: worst(kind, pumped(0.02)).brightness for kind in (*STILL, "pan")}

    assert min(found.values()) > BOUND, found


def test_texture_that_swims_is_beyond_it_where_the_source_stands_still() -> None:
    def make(source: Pixels, number: int) -> Pixels:
        return textured(source, 100 + number, 4.0)

    found = {kind: worst(kind, make).texture or 0.0 for kind in STILL}

    assert min(found.values()) > BOUND, found
    assert worst("pan", make).texture is None
