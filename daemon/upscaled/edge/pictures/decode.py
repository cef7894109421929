"""
Decodes a whole picture once, strip by strip; a file that is cut short never gets through.

libvips streams what it knows; the rest (BMP, PSD, ...) goes through Pillow. Both must say
'truncated' by themselves: libvips only with `fail_on`, Pillow only with `load` (its `verify`
accepts a JPEG without its second half).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL import Image

from upscaled.edge.pictures.look import Bytes, Look, gather, strip_rows
from upscaled.errors import Aside, NotReady
from upscaled.nouns import Code

STREAMED = frozenset({"JPEG", "MPO", "PNG", "TIFF", "WEBP", "AVIF", "GIF"})
"""Formats that the libvips wheel reads."""
_INTEGER = frozenset({"uchar", "ushort"})

pyvips.cache_set_max(0)  # a worker sees each picture once; the cache would only grow


class Stream:
    """An opened picture: its header now, its pixels once."""

    def __init__(self, source: Path) -> None:
        try:
            self._image: Any = pyvips.Image.new_from_file(
                str(source), access="sequential", fail_on="truncated"
            )
        except pyvips.Error as error:
            raise broken(error) from error
        self.width = int(self._image.width)
        self.height = int(self._image.height)
        self.bits = 16 if self._image.format == "ushort" else 8
        if self._image.format not in _INTEGER or self._image.bands > 5:
            raise Aside(
                Code.UNSUPPORTED,
                f"Its pixels are stored as {self._image.format} in {self._image.bands} channels.",
                "Export it with 8 or 16 bits a channel, as RGB or grey.",
            )

    def look(self) -> Look:
        """Decode everything. Raises `NotReady` where the file ends too early."""
        try:
            return gather(self.width, self.height, self._strips())
        except pyvips.Error as error:
            raise broken(error) from error

    def _strips(self) -> Iterator[Bytes]:
        image = self._image.colourspace("srgb")
        rows = strip_rows(self.width, self.height)
        for y in range(0, self.height, rows):
            count = min(rows, self.height - y)
            # Not Region.fetch: twice as slow here, and its buffers stayed in memory.
            data = image.crop(0, y, self.width, count).write_to_memory()
            yield _rgb(np.frombuffer(data, np.uint8).reshape(count, self.width, image.bands))


def look_whole(image: Image.Image) -> Look:
    """Decode with Pillow what libvips does not read. Raises `NotReady` where it ends too early."""
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, IndexError) as error:
        raise broken(error) from error
    rows = strip_rows(image.width, image.height)
    mode = "RGBA" if image.has_transparency_data else "RGB"

    def strips() -> Iterator[Bytes]:
        for y in range(0, image.height, rows):
            box = (0, y, image.width, min(image.height, y + rows))
            yield np.asarray(image.crop(box).convert(mode))

    return gather(image.width, image.height, strips())


def broken(error: Exception) -> NotReady:
    """Return what to say of a picture that begins well and does not decode to its end."""
    last = str(error).strip().splitlines()
    return NotReady(
        f"The picture does not decode to its end ({last[-1][:160] if last else 'no reason'}).",
        "Wait for the copy to end; if it is complete, the file is damaged: export it again.",
    )


def _rgb(strip: Bytes) -> Bytes:
    """Return three or four bands from grey, with or without alpha."""
    bands = strip.shape[2]
    if bands >= 3:
        return strip[:, :, :4]
    grey = np.repeat(strip[:, :, :1], 3, axis=2)
    return np.concatenate([grey, strip[:, :, 1:]], axis=2) if bands == 2 else grey
