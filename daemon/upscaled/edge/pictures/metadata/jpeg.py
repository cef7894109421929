"""
JPEG: the segments that metadata takes, to stand behind SOI.

EXIF in APP1 (EXIF 2.3, 4.5.4), XMP in APP1, what is longer than a segment in several (XMP part 3,
1.1.3), IPTC in APP13 as Photoshop's image resource 0x0404.
"""

from collections.abc import Iterator
from struct import Struct

from upscaled.edge.pictures.metadata import exif
from upscaled.edge.pictures.metadata.blocks import Blocks, Exif
from upscaled.edge.pictures.metadata.xmp_tree import divided, wrapped

LEAD = 2
"""SOI."""
MOST_EXIF = 65_533 - 6
"""Bytes of an EXIF block in its one segment."""
MOST_IPTC = 65_533 - 14 - 12 - 1
_MOST_XMP = 65_533 - 29 - 200
"""Less the wrapper's own bytes."""
_PIECE = 65_000
_LENGTH = Struct(">H")
_WORD = Struct(">I")


def head(blocks: Blocks, jfif: bytes) -> bytes:
    """Return the JFIF header, EXIF, XMP and IPTC as segments."""
    found = jfif
    if blocks.exif.main or blocks.exif.inner or blocks.exif.gps:
        found += _segment(0xE1, b"Exif\0\0" + exif.serialise(blocks.exif))
    if blocks.xmp:
        found += b"".join(_packets(blocks.xmp))
    if blocks.iptc:
        size = _WORD.pack(len(blocks.iptc))
        resource = b"8BIM\4\4\0\0" + size + blocks.iptc + bytes(len(blocks.iptc) % 2)
        found += _segment(0xED, b"Photoshop 3.0\0" + resource)
    return found


def trimmed(block: Exif) -> list[int]:
    """Take out of a block its longest values until it fits a segment; return their tags."""
    gone: list[int] = []
    while len(exif.serialise(block)) > MOST_EXIF:
        parts = (block.main, block.inner, block.gps)
        part = max(parts, key=lambda one: max((len(v.data) for v in one.values()), default=0))
        tag = max(part, key=lambda one: len(part[one].data))
        del part[tag]
        gone.append(tag)
    return gone


def _packets(xmp: bytes) -> Iterator[bytes]:
    first, guid, more = divided(xmp, _MOST_XMP)
    yield _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + wrapped(first))
    for at in range(0, len(more), _PIECE):
        place = guid + _WORD.pack(len(more)) + _WORD.pack(at)
        body = b"http://ns.adobe.com/xmp/extension/\0" + place + more[at : at + _PIECE]
        yield _segment(0xE1, body)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + _LENGTH.pack(len(body) + 2) + body
