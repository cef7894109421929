"""
JPEG: its segments up to the first scan, and the word that Samsung's editor leaves behind the end.

XMP longer than a segment comes in parts with offsets, C2PA in parts with sequence numbers; neither
need stand in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from upscaled.edge.pictures.carriers.found import (
    LONGEST_STORE,
    LONGEST_TEXT,
    LONGEST_XMP,
    Carriers,
    Data,
)
from upscaled.edge.pictures.carriers.iptc import add_resources

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_MOST_SEGMENTS = 4096
_SEFT = b"SEFT"
_EDITED = b"PhotoEditor_Re_Edit_Data"
_TRAILER = 256 * 1024


@dataclass(slots=True)
class _Parts:
    """Pieces of what is longer than a segment: by what they belong to, with their place in it."""

    room: int
    kept: dict[bytes, list[tuple[int, bytes]]] = field(default_factory=dict)

    def keep(self, whose: bytes, place: int, body: bytes) -> None:
        """Keep one piece, while there is room."""
        if self.room > 0:
            self.kept.setdefault(whose, []).append((place, body))
            self.room -= len(body)


def walk(data: Data, found: Carriers) -> None:
    """Keep EXIF, XMP, IPTC, comments and C2PA; complete where a scan is followed by EOI."""
    stores, more = _Parts(LONGEST_STORE), _Parts(LONGEST_XMP)
    scan = 0
    for marker, start, end in _segments(data):
        if marker == 0xDA:
            scan = end
            break
        body = bytes(data[start:end]) if marker in _READ else b""
        if marker == 0xEB and body.startswith(b"JP"):
            stores.keep(body[2:4], int.from_bytes(body[4:8], "big"), body[8:])
        elif body.startswith(_MORE_XMP):
            more.keep(body[35:67], int.from_bytes(body[71:75], "big"), body[75:])
        else:
            _segment(marker, body, found)
    for parts in stores.kept.values():
        found.add_store(_store(parts))
    for parts in more.kept.values():
        found.add_xmp(b"".join(text for _, text in sorted(parts)))
    # From the end: in a whole file EOI stands there, and a long scan is not read for it.
    found.complete = scan > 0 and data.rfind(b"\xff\xd9", scan) >= 0
    _trailer(data, found)


_READ = frozenset({0xE1, 0xEB, 0xED, 0xFE})


def _segments(data: Data) -> Iterator[tuple[int, int, int]]:
    """Yield marker, first and last byte of each segment's body, up to the first scan."""
    at, size = 2, len(data)
    for _ in range(_MOST_SEGMENTS):
        if at + 4 > size or data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > size:
            return
        yield marker, at + 4, end
        if marker == 0xDA:
            return
        at = end


def _segment(marker: int, body: bytes, found: Carriers) -> None:
    if marker == 0xFE:
        found.add_text("com", body)
    elif marker == 0xED:
        add_resources(body, found)
    elif marker == 0xE1 and body.startswith(b"Exif\0"):
        found.add_exif(body[6:])
    elif marker == 0xE1 and body.startswith(_XMP):
        found.add_xmp(body[len(_XMP) :])


def _store(parts: list[tuple[int, bytes]]) -> bytes:
    """Return the boxes of one store: every part after the first repeats the header of the box."""
    parts.sort(key=lambda part: part[0])
    first = parts[0][1]
    repeated = 16 if first[:4] == b"\0\0\0\1" else 8  # a length of 1 means: eight bytes more
    return first + b"".join(body[repeated:] for _, body in parts[1:])


def _trailer(data: Data, found: Carriers) -> None:
    """Keep what Samsung's gallery says of its last edit, in the directory behind the picture."""
    if bytes(data[-4:]) == _SEFT:
        at = data.rfind(_EDITED, max(0, len(data) - _TRAILER))
        if at >= 0:
            found.add_text("samsung", bytes(data[at : at + LONGEST_TEXT]))
