"""
One decode of a picture, kept as little: a small copy, a few native tiles, what alpha does.

The picture streams through in strips, so that memory follows the width of the picture and not its
area: a hundred megapixels are seen in a few dozen megabytes. Knows nothing of what is measured.
"""

from dataclasses import dataclass, field
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upscaled.edge.pictures.stealth import Stealth

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SMALL_PIXELS = 1_000_000
TILE = 256
_WHOLE_PIXELS = 4_000_000
_CANDIDATES = 128
"""Tiles kept to choose from: 25 MB."""
_ALPHA_USED = 250
"""NovelAI hides its record in alpha values of 254 and 255: that is not transparency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    What is kept of a picture for measuring.

    `small` is h x w x 3 sRGB of at most a megapixel, area-averaged. `tiles` are native crops whose
    corners lie on multiples of 8, sorted by rising contrast. `transparent` is the share of pixels
    with alpha below 128; `alpha` says whether any is below 250. `hidden` names a generator's record
    in the lowest bits.
    """

    width: int
    height: int
    small: Bytes
    tiles: tuple[Bytes, ...]
    alpha: bool = False
    transparent: float = 0.0
    hidden: str = ""


@dataclass(slots=True, kw_only=True)
class Gatherer:
    """Takes the strips of one picture, top to bottom, and keeps little of each."""

    width: int
    height: int
    factor: int
    step: int
    rows: list[Bytes] = field(default_factory=list)
    tiles: list[tuple[float, Bytes]] = field(default_factory=list)
    seen: int = 0
    clear: int = 0
    alpha: bool = False
    stealth: Stealth = field(init=False)

    def __post_init__(self) -> None:
        self.stealth = Stealth(width=self.width, height=self.height)

    def take(self, strip: Bytes) -> None:
        """Keep what matters of the next rows (h x w x 3 or 4)."""
        self.stealth.take(strip)
        if strip.shape[2] == 4:
            self._weigh_alpha(strip[:, :, 3])
        colour = np.ascontiguousarray(strip[:, :, :3])
        small = Image.fromarray(colour).reduce(self.factor) if self.factor > 1 else colour
        self.rows.append(np.asarray(small))
        for y in _starts(strip.shape[0]):
            for x in _starts(self.width):
                self._offer(colour[y : y + TILE, x : x + TILE])

    def _weigh_alpha(self, alpha: Bytes) -> None:
        if int(alpha.min()) < _ALPHA_USED:
            self.alpha = True
            self.clear += int(np.count_nonzero(alpha < 128))

    def _offer(self, tile: Bytes) -> None:
        self.seen += 1
        if self.seen % self.step == 0:
            contrast = float(tile[::4, ::4, 1].std())
            self.tiles.append((contrast, tile.copy()))

    def look(self) -> Look:
        """Return what was gathered."""
        small = Image.fromarray(np.concatenate(self.rows))
        scale = sqrt(SMALL_PIXELS / (small.width * small.height))
        if scale < 1:
            size = (max(1, int(small.width * scale)), max(1, int(small.height * scale)))
            small = small.resize(size, Image.Resampling.BOX)
        ordered = sorted(self.tiles, key=lambda pair: pair[0])
        return Look(
            width=self.width,
            height=self.height,
            small=np.asarray(small),
            tiles=tuple(tile for _, tile in ordered),
            alpha=self.alpha,
            transparent=self.clear / (self.width * self.height),
            hidden=self.stealth.name(),
        )


def strip_rows(width: int, height: int) -> int:
    """Return how many rows a strip has: all of a small picture, else one row of tiles."""
    if width * height <= _WHOLE_PIXELS:
        return height
    factor = _factor(width, height)
    return max(TILE, factor) // factor * factor if factor <= TILE else factor


def gatherer_for(width: int, height: int) -> Gatherer:
    """Return what takes the strips of a picture, each `strip_rows` high but the last."""
    count = ceil(width / TILE) * ceil(height / TILE)
    return Gatherer(
        width=width,
        height=height,
        factor=_factor(width, height),
        step=max(1, ceil(count / _CANDIDATES)),
    )


def spread(tiles: tuple[Bytes, ...], count: int) -> tuple[Bytes, ...]:
    """Return at most `count` tiles over the whole range of contrast."""
    if len(tiles) <= count:
        return tiles
    return tuple(tiles[round(i * (len(tiles) - 1) / (count - 1))] for i in range(count))


def luma(colour: Bytes) -> Floats:
    """Return BT.601 luma, 0..255, unrounded (rounding would quantise the noise floor)."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(colour.astype(np.float32) @ weights, np.float32)


def _factor(width: int, height: int) -> int:
    return max(1, floor(sqrt(width * height / SMALL_PIXELS)))


def _starts(length: int) -> list[int]:
    """Return tile corners on multiples of 8 that together cover the length."""
    if length <= TILE:
        return [0]
    count = ceil(length / TILE)
    return [int((length - TILE) * i / (count - 1)) // 8 * 8 for i in range(count)]
