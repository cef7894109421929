"""
EXIF: the fields of a block as text, and the two that are more than text.

Our own small reader of two directories: it copies no value before its size is known, takes a block
as it is (no picture library parses a stranger's metadata here), and cannot be sent in circles.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct

from upscaled.edge.pictures.carriers.found import LONGEST_TEXT, Data
from upscaled.edge.pictures.carriers.tiff import (
    Entry,
    Layout,
    directory,
    first_directory,
    layout_of,
)

_EXIF = 0x8769
_COMMENT = 0x9286
_ORIENTATION = 0x112
NAMES = {
    0x10D: "DocumentName",
    0x10E: "ImageDescription",
    0x10F: "Make",
    0x110: "Model",
    0x131: "Software",
    0x13B: "Artist",
    0x13C: "HostComputer",
    0x8298: "Copyright",
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x8827: "ISOSpeedRatings",
    0x927C: "MakerNote",
    0x9286: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA300: "FileSource",
    0xA434: "LensModel",
}
"""Fields that marks may name, by tag."""
_WINDOWS = range(0x9C9B, 0x9CA0)
_ORIGIN = frozenset({0x10D, 0x10E, 0x10F, 0x110, 0x112, 0x131, 0x132, 0x13B, 0x13C, 0x8298})
"""A TIFF picture's tags that tell of its origin; the others are its structure."""
_FORMS = {3: "H", 4: "I", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_MOST_NUMBERS = 4


@dataclass(slots=True, kw_only=True)
class Fields:
    """What an EXIF block says: texts by name of the field, how many fields, EXIF's orientation."""

    texts: dict[str, str] = field(default_factory=dict)
    count: int = 0
    orientation: int = 1


def read_exif(block: Data, *, picture: bool = False) -> Fields:
    """Return the fields of a block; of a TIFF `picture` those that are not its structure."""
    layout = layout_of(block)
    return Fields() if layout is None else _fields(block, layout, picture=picture)


def _fields(block: Data, layout: Layout, *, picture: bool) -> Fields:
    tags, found = set[int](), Fields()
    for entry in _entries(block, layout, picture=picture):
        tags.add(entry.tag)
        name = NAMES.get(entry.tag)
        if name and name not in found.texts:
            found.texts[name] = _text(block, layout, entry)
        elif entry.tag == _ORIENTATION:
            turn = _numbers(block, layout, entry)
            found.orientation = int(turn[0]) if turn and 1 <= turn[0] <= 8 else 1
    found.count = len(tags)
    return found


def _entries(block: Data, layout: Layout, *, picture: bool) -> Iterator[Entry]:
    """Yield the values of the first directory, then those of its Exif directory."""
    inner = 0
    for entry in directory(block, layout, first_directory(block, layout)):
        if entry.tag == _EXIF:
            numbers = _numbers(block, layout, entry)
            inner = int(numbers[0]) if numbers else 0
        if not picture or entry.tag in _ORIGIN or entry.tag == _COMMENT:
            yield entry
    if inner:
        yield from directory(block, layout, inner)


def _text(block: Data, layout: Layout, entry: Entry) -> str:
    if entry.kind not in {1, 2, 6, 7}:
        return " ".join(f"{number:g}" for number in _numbers(block, layout, entry))
    raw = bytes(block[entry.at : entry.at + min(entry.size, 2 * LONGEST_TEXT)])
    if entry.tag == _COMMENT:
        return _comment(raw)
    if entry.tag in _WINDOWS:
        return raw.decode("utf-16-le", "replace").rstrip("\0")
    text = raw.partition(b"\0")[0] if entry.kind == 2 else raw.rstrip(b"\0")
    return text[:LONGEST_TEXT].decode("utf-8", "replace")


def _numbers(block: Data, layout: Layout, entry: Entry) -> list[float]:
    """Return the first numbers of a value; a fraction over nothing is 0."""
    count = min(entry.count, _MOST_NUMBERS)
    if entry.kind in {5, 10}:
        form = Struct(layout.order + ("II" if entry.kind == 5 else "ii") * count)
        pairs = form.unpack_from(block, entry.at)
        return [
            over / under if under else 0.0
            for over, under in zip(pairs[::2], pairs[1::2], strict=True)
        ]
    form = Struct(layout.order + _FORMS.get(entry.kind, "") * count)
    return list(form.unpack_from(block, entry.at))


def _comment(value: bytes) -> str:
    """
    Return the text of an EXIF user comment.

    `UNICODE` means UTF-16 of either order: most write big-endian, SwarmUI little-endian; the order
    shows in which bytes are zero.
    """
    head, body = value[:8], value[8:]
    if head == b"UNICODE\0":
        little = body[1:400:2].count(0) > body[0:400:2].count(0)
        return body.decode("utf-16-le" if little else "utf-16-be", "replace")
    plain = body if head in {b"ASCII\0\0\0", b"\0" * 8, b"JIS\0\0\0\0\0"} else value
    return plain[:LONGEST_TEXT].rstrip(b"\0 ").decode("utf-8", "replace")
