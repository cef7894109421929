"""
EXIF blocks to directories and back, byte by byte: a value keeps its type, whatever it is.

Pillow's `Exif` guesses types anew and re-encodes texts; so each value is copied as it stands.
Knows TIFF's structure (TIFF 6.0, BigTIFF), nothing of what the tags mean but for the pointers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct

from upscaled.edge.pictures.carriers.found import Data
from upscaled.edge.pictures.carriers.tiff import (
    Entry,
    Layout,
    directory,
    first_directory,
    layout_of,
)
from upscaled.edge.pictures.metadata.blocks import (
    LONG,
    LONG8,
    SIZES,
    UNITS,
    Directory,
    Exif,
    Value,
    swapped,
)

EXIF, GPS = 0x8769, 0x8825
_POINTERS = frozenset({EXIF, GPS, 0xA005, 0x14A})
_HEAVY = frozenset({0x111, 0x117, 0x144, 0x145, 0x2BC, 0x83BB, 0x8649, 0x8773, 0x935C, 0xCD41})
"""Of a TIFF file, long and read elsewhere or not at all: strips and tiles, XMP, IPTC, layers."""
_LONGEST = 1024 * 1024
"""Bytes of all values of a block together: directories may point at the same bytes many times."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of a directory that stays as it is: its twelve or twenty bytes."""

    raw: bytes


def parse(block: Data) -> Exif:
    """Return the directories of a block, or of a TIFF file; empty ones where it is neither."""
    layout = layout_of(block)
    if layout is None:
        return Exif(cut=bool(block))
    first = first_directory(block, layout)
    reader = _Reader(block, layout)
    main = reader.read(first)
    inner, gps = (reader.read(main[tag].number if tag in main else 0) for tag in (EXIF, GPS))
    for pointer in _POINTERS:
        main.pop(pointer, None)
        inner.pop(pointer, None)
    return Exif(main=main, inner=inner, gps=gps, thumbnail=reader.follows(first), cut=reader.cut)


class _Reader:
    """Reads directories of one block, as many bytes of values as there is room for."""

    def __init__(self, block: Data, layout: Layout) -> None:
        self._block = block
        self._layout = layout
        self._room = _LONGEST
        self.cut = False

    def read(self, at: int) -> Directory:
        """Return the directory at an offset; of a tag that comes twice, the first."""
        found: Directory = {}
        entries = directory(self._block, self._layout, at) if at else []
        self.cut |= bool(at) and len(entries) != self._announced(at)
        for entry in entries:
            if entry.tag in found or not self._wanted(entry):
                continue
            if entry.size > self._room:
                self.cut = True
                continue
            self._room -= entry.size
            raw = bytes(self._block[entry.at : entry.at + entry.size])
            found[entry.tag] = self._value(entry.kind, raw)
        return found

    def _announced(self, at: int) -> int:
        head = self._head
        inside = 0 < at <= len(self._block) - head.size
        return int(head.unpack_from(self._block, at)[0]) if inside else -1

    def _wanted(self, entry: Entry) -> bool:
        return entry.tag in _POINTERS or (entry.kind in SIZES and entry.tag not in _HEAVY)

    @property
    def _head(self) -> Struct:
        return Struct(self._layout.order + ("Q" if self._layout.wide else "H"))

    def _value(self, kind: int, raw: bytes) -> Value:
        kind = kind if kind in SIZES else LONG8  # a pointer of BigTIFF's
        unit = UNITS[kind]
        turned = swapped(raw, unit) if self._layout.order == ">" and unit > 1 else raw
        return Value(kind, turned)

    def follows(self, at: int) -> bool:
        """Return whether another directory follows the one at an offset."""
        count = self._announced(at)
        if count < 0:
            return False
        end = at + self._head.size + count * (20 if self._layout.wide else 12)
        word = self._layout.word
        return end + word.size <= len(self._block) and word.unpack_from(self._block, end)[0] != 0


def serialise(exif: Exif) -> bytes:
    """Return a block from its TIFF head on, big-endian, as JPEG and PNG take it."""
    return b"MM\0*\0\0\0\x08" + laid(exif, {}, 8, Layout(">", wide=False))


def laid(exif: Exif, kept: Mapping[int, Line], at: int, layout: Layout, after: int = 0) -> bytes:
    """
    Return the directories as they stand from offset `at` on, the main one first.

    `kept` are entries of the main one that stay as they are; `after` is the directory behind it.
    """
    parts = {EXIF: exif.inner, GPS: exif.gps}
    parts = {tag: one for tag, one in parts.items() if one}
    entries: dict[int, Value | Line] = {
        **kept,
        **exif.main,
        **dict.fromkeys(parts, _pointer(0, layout)),
    }
    place = at + len(_directory(entries, at, layout, after))
    rest = b""
    for tag, part in parts.items():
        entries[tag] = _pointer(place + len(rest), layout)
        rest += _directory(dict(part), place + len(rest), layout, 0)
    return _directory(entries, at, layout, after) + rest


def _pointer(to: int, layout: Layout) -> Value:
    if layout.wide:
        return Value(LONG8, to.to_bytes(8, "little"))
    return Value(LONG, to.to_bytes(4, "little"))


def _directory(entries: Mapping[int, Value | Line], at: int, layout: Layout, after: int) -> bytes:
    """Return one directory with its long values behind it, each beginning at an even offset."""
    head = Struct(layout.order + ("Q" if layout.wide else "H"))
    line = Struct(layout.order + ("HHQ" if layout.wide else "HHI"))
    word = layout.word
    behind = at + head.size + len(entries) * (line.size + word.size) + word.size
    lines, long = head.pack(len(entries)), b""
    for tag, value in sorted(entries.items()):
        if isinstance(value, Line):
            lines += value.raw
            continue
        lines += line.pack(tag, value.kind, value.count)
        data = value.ordered(layout.order)
        if len(data) <= word.size:
            lines += data.ljust(word.size, b"\0")
        else:
            lines += word.pack(behind + len(long))
            long += data + bytes(len(data) % 2)
    return lines + word.pack(after) + long
