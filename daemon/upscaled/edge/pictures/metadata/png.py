"""PNG: the chunks that metadata takes, to stand behind the header and before the pixels."""

import zlib
from struct import Struct

from upscaled.edge.pictures.metadata import exif
from upscaled.edge.pictures.metadata.blocks import Blocks
from upscaled.edge.pictures.metadata.xmp_tree import wrapped

LEAD = 33
"""Signature and IHDR: they come first (PNG, third edition, 5.6)."""
_WORD = Struct(">I")


def head(blocks: Blocks) -> bytes:
    """Return `Software`, EXIF, XMP and IPTC as chunks."""
    found = b""
    if blocks.software:
        found += _chunk(b"tEXt", b"Software\0" + blocks.software.encode("latin-1", "replace"))
    if blocks.exif.main or blocks.exif.inner or blocks.exif.gps:
        found += _chunk(b"eXIf", exif.serialise(blocks.exif))
    if blocks.xmp:
        found += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + wrapped(blocks.xmp))
    if blocks.iptc:
        found += _chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(_hex(blocks.iptc)))
    return found


def _hex(records: bytes) -> bytes:
    """Return records as ImageMagick writes them, for want of a place of their own in PNG."""
    resource = b"8BIM\4\4\0\0" + _WORD.pack(len(records)) + records + bytes(len(records) % 2)
    digits = resource.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\niptc\n{len(resource):8}\n{lines}\n".encode("ascii")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return _WORD.pack(len(body)) + kind + body + _WORD.pack(zlib.crc32(kind + body))
