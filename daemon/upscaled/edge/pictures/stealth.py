"""
The record that NovelAI hides in a picture's lowest bits, which survives the loss of all metadata.

Column by column, from the top: 15 bytes that name it, 32 bits of its length in bits, then the
record. It stands in the lowest bit of alpha, or in those of red, green and blue. Only the first
columns are kept while the picture streams by; the record itself is not read.
"""

from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

_NAMES = (b"stealth_pnginfo", b"stealth_pngcomp", b"stealth_rgbinfo", b"stealth_rgbcomp")
_HEAD = 120 + 32
_LEAST = 8


@dataclass(slots=True, kw_only=True)
class Stealth:
    """Takes the strips of a picture, top to bottom, and keeps the lowest bits of a few columns."""

    width: int
    height: int
    bits: list[NDArray[np.uint8]] = field(default_factory=list)

    def take(self, strip: NDArray[np.uint8]) -> None:
        """Keep what matters of the next rows (h x w x 3 or 4)."""
        self.bits.append(np.bitwise_and(strip[:, : ceil(_HEAD / self.height)], np.uint8(1)))

    def name(self) -> str:
        """Return the name that the record begins with; nothing where there is none."""
        bits = np.concatenate(self.bits).swapaxes(0, 1)  # columns outside, as it was written
        for plane in (bits[:, :, 3:], bits[:, :, :3]):
            head = np.packbits(plane.reshape(-1)[:_HEAD]).tobytes()
            length = int.from_bytes(head[15:19], "big")
            most = self.width * self.height * plane.shape[2] - _HEAD
            if head[:15] in _NAMES and _LEAST <= length <= most:
                return head[:15].decode()
        return ""
