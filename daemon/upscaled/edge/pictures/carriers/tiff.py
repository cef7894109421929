"""
TIFF directories: those of a TIFF file, and those of an EXIF block, which is built alike.

Classic and BigTIFF, both byte orders. No directory is entered twice and none deeper than needed, so
that circles and endless chains cost nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from upscaled.edge.pictures.carriers.found import LONGEST_STORE, Carriers, Data
from upscaled.edge.pictures.carriers.iptc import add_records, add_resources

HEADS = frozenset({b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"})
_XMP, _IPTC, _RESOURCES, _C2PA = 700, 33723, 34377, 0xCD41
_MOST_PAGES = 8
_MOST_ENTRIES = 1000
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WIDE_SIZES = _SIZES | {16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a TIFF structure writes its numbers: struct's sign of byte order, 8-byte offsets."""

    order: str
    wide: bool

    @property
    def word(self) -> Struct:
        """An offset."""
        return Struct(self.order + ("Q" if self.wide else "I"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a directory: its tag, type, how many of it, and where it lies."""

    tag: int
    kind: int
    count: int
    at: int
    size: int


def walk(data: Data, found: Carriers) -> None:
    """Keep the first XMP, IPTC and C2PA of the pages; the file itself is its EXIF block."""
    wanted = {_XMP, _IPTC, _RESOURCES, _C2PA}
    for page in _pages(data):
        for entry in page:
            if entry.tag in wanted:
                wanted.remove(entry.tag)
                _keep(entry.tag, bytes(data[entry.at : entry.at + entry.size]), found)
    found.exif = data
    found.complete = True


def _keep(tag: int, body: bytes, found: Carriers) -> None:
    if tag == _XMP:
        found.add_xmp(body)
    elif tag == _C2PA:
        found.add_store(body)
    elif tag == _IPTC:
        add_records(body, found)
    else:
        add_resources(body, found)


def layout_of(data: Data) -> Layout | None:
    """Return how a structure is laid out; None where it is no TIFF."""
    head = bytes(data[:4])
    return Layout("<" if head[:1] == b"I" else ">", b"+" in head) if head in HEADS else None


def first_directory(data: Data, layout: Layout) -> int:
    """Return the offset of the first directory, 0 where there is none."""
    return _number(data, 8 if layout.wide else 4, layout.word)


def directory(data: Data, layout: Layout, at: int) -> list[Entry]:
    """Return the values of the directory at an offset, as far as they lie inside the data."""
    return _directory(data, layout, at)[0]


def _pages(data: Data) -> Iterator[list[Entry]]:
    layout = layout_of(data)
    if layout is None:
        return
    at, seen = first_directory(data, layout), set[int]()
    while at and at not in seen and len(seen) < _MOST_PAGES:
        seen.add(at)
        entries, after = _directory(data, layout, at)
        yield entries
        at = _number(data, after, layout.word)


def _directory(data: Data, layout: Layout, at: int) -> tuple[list[Entry], int]:
    """Return the values of a directory, and where the offset of the next one stands."""
    head = Struct(layout.order + ("Q" if layout.wide else "H"))
    line = Struct(layout.order + ("HHQQ" if layout.wide else "HHII"))
    sizes = _WIDE_SIZES if layout.wide else _SIZES
    count, inside = _number(data, at, head), layout.word.size
    entries, at = [], at + head.size
    for number in range(min(count, _MOST_ENTRIES)):
        start = at + number * line.size
        if start + line.size > len(data):
            break
        tag, kind, many, value = line.unpack_from(data, start)
        size = sizes.get(kind, 1) * many
        place = start + line.size - inside if size <= inside else value
        if kind in sizes and size <= LONGEST_STORE and place + size <= len(data):
            entries.append(Entry(tag, kind, many, place, size))
    return entries, at + count * line.size


def _number(data: Data, at: int, form: Struct) -> int:
    return int(form.unpack_from(data, at)[0]) if 0 <= at <= len(data) - form.size else 0
