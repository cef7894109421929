"""
One decode of a picture, kept as little: a small copy, a few native tiles, what alpha does.

A picture of up to 50 megapixels is held whole while it is looked at, which spares every copy of its
tiles; a larger one streams through in strips, so that memory follows its width and not its area.
Knows nothing of what is measured.
"""

from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from upscaled.edge.pictures.stealth import Stealth

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SMALL_PIXELS = 1_000_000
TILE = 256
_WHOLE_PIXELS = 50_000_000
"""150 MB."""
_CANDIDATES = 128
"""Tiles to choose from; of a picture that streams through, 25 MB are kept."""
_KERNEL_SHARE = 2.0
"""In strips, boxes are averaged first; so much is left to the kernel that they do not show."""
_ALPHA_USED = 250
"""NovelAI hides its record in alpha values of 254 and 255: that is not transparency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    What is kept of a picture for measuring.

    `small` is h x w x 3 sRGB of at most a megapixel, by a cubic kernel (Catmull-Rom) as wide as the
    shrinking asks: means of boxes leave moire. `tiles` are native crops whose corners lie on
    multiples of 8, sorted by rising contrast. `transparent` is the share of pixels with alpha below
    128; `alpha` says whether any is below 250. `hidden` names a generator's record in the lowest
    bits.
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
        """Keep what matters of the next rows (h x w x 3 or 4); may hold on to a whole picture."""
        self.stealth.take(strip)
        if strip.shape[2] == 4:
            self._weigh_alpha(strip)
        self.rows.append(self._shrunk(strip))
        whole = strip.shape[0] == self.height
        for y in _starts(strip.shape[0]):
            for x in _starts(self.width):
                self.seen += 1
                if self.seen % self.step == 0:
                    tile = strip[y : y + TILE, x : x + TILE, :3]
                    contrast = float(tile[::4, ::4, 1].std())
                    self.tiles.append((contrast, tile if whole else tile.copy()))

    def _weigh_alpha(self, strip: Bytes) -> None:
        # Read as little-endian words, alpha is the highest byte: one pass over what lies together.
        words = np.ascontiguousarray(strip).view("<u4")
        if int(words.min()) >> 24 < _ALPHA_USED:
            self.alpha = True
            self.clear += int(np.count_nonzero(words < 128 << 24))

    def _shrunk(self, strip: Bytes) -> Bytes:
        factor = _factor(self.width, self.height)
        if strip.shape[0] < self.height and factor > 1:
            return _pixels(_image(strip).shrink(factor, factor, ceil=True))
        return strip

    def look(self) -> Look:
        """Return what was gathered."""
        small = self.rows[0] if len(self.rows) == 1 else np.concatenate(self.rows)
        scale = max(1.0, sqrt(small.shape[0] * small.shape[1] / SMALL_PIXELS))
        ordered = sorted(self.tiles, key=lambda pair: pair[0])
        return Look(
            width=self.width,
            height=self.height,
            small=_reduced(small, scale),
            tiles=tuple(tile for _, tile in ordered),
            alpha=self.alpha,
            transparent=self.clear / (self.width * self.height),
            hidden=self.stealth.name(),
        )


def strip_rows(width: int, height: int) -> int:
    """Return how many rows a strip has: all up to 50 megapixels, else one row of tiles."""
    if width * height <= _WHOLE_PIXELS:
        return height
    factor = _factor(width, height)
    return max(TILE, factor) // factor * factor


def gatherer_for(width: int, height: int) -> Gatherer:
    """Return what takes the strips of a picture, each `strip_rows` high but the last."""
    count = ceil(width / TILE) * ceil(height / TILE)
    return Gatherer(width=width, height=height, step=max(1, ceil(count / _CANDIDATES)))


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
    """Return the side of the boxes that are averaged before the cubic kernel takes over."""
    return max(1, int(sqrt(width * height / SMALL_PIXELS) / _KERNEL_SHARE))


def _reduced(pixels: Bytes, scale: float) -> Bytes:
    """Return the picture `scale` times smaller on both axes, without its alpha."""
    if scale == 1:
        return np.ascontiguousarray(pixels[:, :, :3])
    height, width = pixels.shape[:2]
    across, along = (side / max(1, int(side / scale)) for side in (width, height))
    small = _image(pixels).reduce(across, along, kernel="cubic")
    return np.ascontiguousarray(_pixels(small)[:, :, :3])


def _image(pixels: Bytes) -> Any:
    height, width, bands = pixels.shape
    return pyvips.Image.new_from_memory(
        np.ascontiguousarray(pixels).data, width, height, bands, "uchar"
    )


def _pixels(image: Any) -> Bytes:
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, image.bands)


def _starts(length: int) -> list[int]:
    """Return tile corners on multiples of 8 that together cover the length."""
    if length <= TILE:
        return [0]
    count = ceil(length / TILE)
    return [int((length - TILE) * i / (count - 1)) // 8 * 8 for i in range(count)]
