"""
AVIF, HEIC and boxed JPEG XL: boxes of the ISO base media file format.

EXIF and XMP of AVIF and HEIC are items: `iinf` says which, `iloc` where, piece by piece, in the
file or in `idat`. JPEG XL has boxes of their own for them; those packed with Brotli (`brob`) are
not read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from upscaled.edge.pictures.carriers.found import (
    LONGEST_STORE,
    LONGEST_XMP,
    MOST_PIECES,
    Carriers,
    Data,
)

_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MOST_BOXES = 4096
_MOST_PIECES = 8192
"""Items and extents of one `iloc` box together; a grid of tiles has a few hundred items."""
_LONGEST_META = 1024 * 1024
_RDF = b"application/rdf+xml"


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    end: int


def walk(data: Data, found: Carriers) -> None:
    """Keep EXIF, XMP and C2PA; complete where the boxes end with the file."""
    at, fresh = 0, True
    for box in _boxes(data, 0, len(data)):
        if box.kind == b"meta" and fresh:
            _items(data, _Box(b"meta", box.start + 4, min(box.end, len(data))), found)
            fresh = False
        _keep(data, box, found)
        at = box.end
    found.complete = at == len(data)


def _boxes(data: Data, at: int, end: int) -> Iterator[_Box]:
    """Yield the boxes between two offsets, the last one cut where its container ends."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        length, head = _big(data, at, 4), 8
        if length == 1:
            length, head = _big(data, at + 8, 8), 16
        stop = end if length == 0 else at + length
        if stop < at + head:
            return
        yield _Box(bytes(data[at + 4 : at + 8]), at + head, stop)
        at = stop


def _keep(data: Data, box: _Box, found: Carriers) -> None:
    if box.kind == b"uuid" and bytes(data[box.start : box.start + 16]) == _C2PA:
        found.add_store(_body(data, box, 16, LONGEST_STORE))
    elif box.kind == b"uuid" and bytes(data[box.start : box.start + 16]) == _XMP:
        found.add_xmp(_body(data, box, 16, LONGEST_XMP))
    elif box.kind == b"jumb":
        found.add_store(_body(data, box, 0, LONGEST_STORE))
    elif box.kind == b"xml ":
        found.add_xmp(_body(data, box, 0, LONGEST_XMP))
    elif box.kind == b"Exif":
        _add_exif(_body(data, box, 0, LONGEST_XMP), found)


def _body(data: Data, box: _Box, skipped: int, most: int) -> bytes:
    start = box.start + skipped
    return bytes(data[start : max(start, min(box.end, start + most))])


def _add_exif(body: bytes, found: Carriers) -> None:
    """Keep an EXIF block, which begins with how far behind these four bytes its TIFF head is."""
    found.add_exif(body[4 + int.from_bytes(body[:4], "big") :])


def _items(data: Data, meta: _Box, found: Carriers) -> None:
    """Keep the EXIF and XMP items of a `meta` box."""
    boxes = {box.kind: box for box in _boxes(data, meta.start, meta.end)}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return
    wanted = _wanted(data, boxes[b"iinf"])
    base = boxes[b"idat"].start if b"idat" in boxes else 0
    table = _body(data, boxes[b"iloc"], 0, _LONGEST_META)
    for kind, body in _located(data, table, base, wanted):
        if kind == b"Exif":
            _add_exif(body, found)
        else:
            found.add_xmp(body)


def _wanted(data: Data, iinf: _Box) -> dict[int, bytes]:
    """Return the kinds of the items that are EXIF or XMP, by number."""
    wide = _big(data, iinf.start, 1) > 0
    kinds = {}
    for box in _boxes(data, iinf.start + (8 if wide else 6), iinf.end):
        if box.kind != b"infe":
            continue
        entry = _body(data, box, 0, 512)
        long = entry[:1] == b"\3"  # from version 3 on a number has four bytes
        number, rest = (
            int.from_bytes(entry[4 : 8 if long else 6], "big"),
            entry[10 if long else 8 :],
        )
        if rest[:4] == b"Exif" or (rest[:4] == b"mime" and _RDF in rest):
            kinds[number] = rest[:4]
        if len(kinds) == MOST_PIECES:
            break
    return kinds


def _located(
    data: Data, table: bytes, idat: int, wanted: dict[int, bytes]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the wanted items of an `iloc` box, their kind and bytes, each once."""
    read = _Reader(table)
    version = read.number(1)
    read.number(3)
    sizes = read.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    two = 4 if version == 2 else 2
    left = _MOST_PIECES
    for _ in range(min(read.number(two), _MOST_PIECES)):
        item = read.number(two)
        inside = version > 0 and read.number(2) & 15 == 1
        read.number(2)
        start = read.number(base) + (idat if inside else 0)
        count = min(read.number(2), left)
        pieces = []
        for _ in range(count):
            read.number(index if version > 0 else 0)
            at, size = start + read.number(offset), read.number(length)
            pieces.append((at, size))
        if item in wanted:
            yield wanted.pop(item), _glued(data, pieces)
        left -= count + 1
        if left <= 0 or read.ended or not wanted:
            return


def _glued(data: Data, pieces: list[tuple[int, int]]) -> bytes:
    """Return the pieces of an item in a row; they may overlap, so the sum is bounded."""
    glued = bytearray()
    for at, size in pieces:
        glued += data[at : at + min(size, LONGEST_XMP - len(glued))]
    return bytes(glued)


class _Reader:
    """Reads numbers off a table; past its end it reads nothing but zeros."""

    def __init__(self, table: bytes) -> None:
        self._table = table
        self._at = 0

    @property
    def ended(self) -> bool:
        """Nothing is left."""
        return self._at >= len(self._table)

    def number(self, size: int) -> int:
        """Return the next number of so many bytes; no bytes are 0."""
        self._at += size
        return int.from_bytes(self._table[self._at - size : self._at], "big")


def _big(data: Data, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")
