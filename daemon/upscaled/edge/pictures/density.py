"""
No density where none was asked for: libvips' savers always write one.

Changes finished files in place, in a few bytes of their heads. Knows no pixels.
"""

import struct
import zlib
from pathlib import Path

import tifffile

_HEAD_BYTES = 4 * 1024 * 1024
"""Profile and density stand before the pixels; a profile is rarely over a megabyte."""
_NAME_OF_VIPS, _OUR_NAME = b"icc\0", b"ICC profile, as embedded\0"
_RESOLUTION_UNIT, _NO_UNIT = 296, 1
_SHAPE_ONLY = struct.pack(">IIB", 1, 1, 0)


def drop_from_png(path: Path) -> None:
    """
    Take the density (pHYs) out of a PNG that libvips wrote.

    Its 21 bytes become part of the name that the profile's chunk before it has: so nothing behind
    it, perhaps a gigabyte, has to move. Without a profile it is told as the pixels' shape alone.
    """
    with path.open("r+b") as file:
        head = file.read(_HEAD_BYTES)
        chunks = _chunks(head)
        at = chunks.get(b"pHYs")
        if at is None:
            return
        icc = chunks.get(b"iCCP")
        if icc is not None and (begin := _longer_named(head, icc, at)) is not None:
            file.seek(icc)
            file.write(begin)
        else:
            file.seek(at)
            file.write(_chunk(b"pHYs", _SHAPE_ONLY))


def drop_from_tiff(path: Path) -> None:
    """Say that a TIFF's resolution has no unit: only the pixels' shape (TIFF 6.0, tag 296)."""
    with tifffile.TiffFile(path, mode="r+") as opened:
        tags = opened.pages.first.tags
        tags[_RESOLUTION_UNIT].overwrite(_NO_UNIT)


def _longer_named(head: bytes, icc: int, density: int) -> bytes | None:
    """Return the profile's chunk grown over the density's, where they are neighbours."""
    (length,) = struct.unpack_from(">I", head, icc)
    body = head[icc + 8 : icc + 8 + length]
    if icc + 12 + length != density or not body.startswith(_NAME_OF_VIPS):
        return None
    return _chunk(b"iCCP", _OUR_NAME + body.removeprefix(_NAME_OF_VIPS))


def _chunks(head: bytes) -> dict[bytes, int]:
    """Return where each chunk before the pixels begins (PNG 1.2, 3.2)."""
    found, at = dict[bytes, int](), 8
    while at + 8 <= len(head):
        length, kind = struct.unpack_from(">I4s", head, at)
        if kind == b"IDAT":
            break
        found[kind] = at
        at += 12 + length
    return found


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
