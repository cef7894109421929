"""
Decodes a whole picture once, strip by strip; a file that is cut short never gets through.

libvips streams what it knows; the rest (BMP, PSD, ...) goes through Pillow. Each must be told to
mind a missing end: libvips by `fail_on` ("truncated" lets an uncompressed TIFF pass, "error" does
not), Pillow by `load` (its `verify` accepts a JPEG without its second half).
"""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL import Image

from upscaled.edge.pictures.foreign import as_plain
from upscaled.edge.pictures.inks import default_profile
from upscaled.edge.pictures.levels import with_profile
from upscaled.edge.pictures.look import Bytes, Look, gatherer_for, strip_rows
from upscaled.errors import Aside, NotReady
from upscaled.nouns import Code

STREAMED = frozenset({"JPEG", "MPO", "PNG", "TIFF", "WEBP", "AVIF", "GIF"})
"""Formats that the libvips wheel reads."""
_ICC = "icc-profile-data"
_INTEGER = frozenset({"uchar", "ushort"})

pyvips.cache_set_max(0)  # a worker sees each picture once; the cache would only grow


class Stream:
    """An opened picture: its header now, its pixels once."""

    def __init__(self, source: Path) -> None:
        try:
            # Not by its name, which libvips would parse: brackets at its end are taken for options.
            opened = pyvips.Source.new_from_file(os.fsencode(source))
            self._image: Any = pyvips.Image.new_from_source(
                opened, "", access="sequential", fail_on="error"
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
        inked = self._image.interpretation == "cmyk" and not self._image.get_typeof(_ICC)
        icc = default_profile() if inked else None
        image = with_profile(self._image, icc) if icc else self._image
        return look_at(image.colourspace("srgb"))


def look_at(image: Any) -> Look:
    """Decode a picture of 8-bit numbers to its end. Raises `NotReady` where it ends too early."""
    rows = _Rows(image.width, image.height, image.bands)
    target = pyvips.TargetCustom()
    target.on_write(rows.write)
    try:
        image.rawsave_target(target)
    except pyvips.Error as error:
        if rows.fault is not None:
            raise rows.fault from error
        raise broken(error) from error
    return rows.gatherer.look()


class _Rows:
    """
    Takes the decoder's rows as they come and hands them on in strips.

    libvips writes in order from its own thread. Reading strips out of the picture instead was twice
    as slow by regions, and by crops it now and then read out of order.
    """

    def __init__(self, width: int, height: int, bands: int) -> None:
        self.gatherer = gatherer_for(width, height)
        self.fault: Exception | None = None
        self._shape = (-1, width, bands)
        self._left = width * bands * height
        self._strip = width * bands * strip_rows(width, height)
        self._held = np.empty(self._strip, np.uint8)
        self._filled = 0

    def write(self, chunk: Any) -> int:
        """Take one chunk of bytes; -1 tells libvips to stop."""
        try:
            self._take(np.frombuffer(chunk, np.uint8))
        except Exception as fault:  # noqa: BLE001  C cannot carry it; `look` raises it again
            self.fault = fault
            return -1
        return len(chunk)

    def _take(self, data: Bytes) -> None:
        while data.size:
            part = data[: self._held.size - self._filled]
            self._held[self._filled : self._filled + part.size] = part
            self._filled += part.size
            self._left -= part.size
            if self._filled == self._held.size or not self._left:
                self._hand_on()
            data = data[part.size :]

    def _hand_on(self) -> None:
        strip, self._held = self._held[: self._filled], np.empty(0, np.uint8)
        self.gatherer.take(_rgb(strip.reshape(self._shape)))
        self._held, self._filled = np.empty(min(self._strip, self._left), np.uint8), 0


def look_whole(image: Image.Image) -> Look:
    """Decode with Pillow what libvips does not read. Raises `NotReady` where it ends too early."""
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, IndexError, RuntimeError) as error:
        raise broken(error) from error
    gatherer = gatherer_for(image.width, image.height)
    rows = strip_rows(image.width, image.height)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    for y in range(0, image.height, rows):
        box = (0, y, image.width, min(image.height, y + rows))
        gatherer.take(np.asarray(as_plain(image.crop(box)).convert(mode)))
    return gatherer.look()


_LIBRARY = re.compile(r"\b(?:Vips\w*|lib\w+): ")
"""A library's own name before its words tells a person nothing."""


def broken(error: Exception) -> NotReady:
    """Return what to say of a picture that begins well and does not decode to its end."""
    last = [_LIBRARY.sub("", line).strip() for line in str(error).strip().splitlines()]
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
