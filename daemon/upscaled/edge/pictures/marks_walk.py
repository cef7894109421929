"""
Walks a picture's container without decoding pixels, and hands out what its metadata carries.

PNG chunks to IEND, JPEG segments, WebP chunks, TIFF tags, AVIF boxes, GIF extensions. The file is a
stranger's: lengths may lie, texts may be bombs, chunks endless. Every loop and every inflation is
bounded, and nothing here raises for what a file contains.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import Literal

Data = bytes | mmap
"""A file's bytes; a memory map reads only what the walk touches."""

MOST_INFLATED = 4 * 1024 * 1024
"""Bytes of all compressed texts of one file together."""
MOST_CARRIED = 4 * 1024 * 1024
"""Bytes kept of one carrier."""
_MOST_PARTS = 20_000
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(slots=True, kw_only=True)
class Carriers:
    """
    What the container carries: texts by place (`png:parameters`, `xmp`, `c2pa`, `com`, `iptc`), and
    the raw EXIF block. `complete` says whether the container's own end was reached.
    """

    texts: list[tuple[str, str]] = field(default_factory=list)
    exif: bytes = b""
    complete: bool = False
    budget: int = MOST_INFLATED

    def add(self, place: str, data: bytes, encoding: str = "utf-8") -> None:
        """Keep one text."""
        self.texts.append((place, data[:MOST_CARRIED].decode(encoding, "replace")))

    def inflate(self, data: bytes) -> bytes:
        """Return inflated bytes within the file's budget; what is broken gives what came before."""
        machine = zlib.decompressobj()
        try:
            out = machine.decompress(data, max(1, self.budget))
        except zlib.error:
            return b""
        self.budget = max(0, self.budget - len(out))
        return out


def walk(data: Data) -> Carriers:
    """Return what a picture's container carries; `data` may be a memory map."""
    found = Carriers()
    head = bytes(data[:16])
    for fits, walker in _WALKERS:
        if fits(head):
            walker(data, found)
            break
    return found


def _png(data: Data, found: Carriers) -> None:
    at = len(_PNG_HEAD)
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            return
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = at + 8
        if kind == b"IEND":
            found.complete = True
            return
        if body + length + 4 > len(data):
            return
        reader = _PNG_CHUNKS.get(kind)
        if reader is not None:
            reader(bytes(data[body : body + min(length, MOST_CARRIED)]), found)
        at = body + length + 4


def _png_text(chunk: bytes, found: Carriers) -> None:
    key, _, text = chunk.partition(b"\0")
    found.add(_place(key), text, "latin-1")


def _png_ztxt(chunk: bytes, found: Carriers) -> None:
    key, _, rest = chunk.partition(b"\0")
    found.add(_place(key), found.inflate(rest[1:]), "latin-1")


def _png_itxt(chunk: bytes, found: Carriers) -> None:
    key, _, rest = chunk.partition(b"\0")
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return
    text = found.inflate(parts[2]) if rest[:1] == b"\1" else parts[2]
    found.add("xmp" if key == b"XML:com.adobe.xmp" else _place(key), text)


def _png_exif(chunk: bytes, found: Carriers) -> None:
    found.exif = found.exif or chunk


def _png_c2pa(chunk: bytes, found: Carriers) -> None:
    found.add("c2pa", chunk, "latin-1")


def _place(key: bytes) -> str:
    return "png:" + key[:79].decode("latin-1")


_PNG_CHUNKS: dict[bytes, Callable[[bytes, Carriers], None]] = {
    b"tEXt": _png_text,
    b"zTXt": _png_ztxt,
    b"iTXt": _png_itxt,
    b"eXIf": _png_exif,
    b"caBX": _png_c2pa,
}


def _jpeg(data: Data, found: Carriers) -> None:
    jumbf = bytearray()
    scan = 0
    for marker, start, end in _jpeg_segments(data):
        if marker == 0xDA:
            scan = end
            break
        segment = bytes(data[start:end])
        if marker == 0xEB and len(jumbf) < MOST_CARRIED:
            jumbf += _jumbf_part(segment, first=not jumbf)
        else:
            _jpeg_segment(marker, segment, found)
    if jumbf:
        found.add("c2pa", bytes(jumbf), "latin-1")
    found.complete = scan > 0 and data.find(b"\xff\xd9", scan) >= 0


def _jpeg_segments(data: Data) -> Iterator[tuple[int, int, int]]:
    """Yield marker, first and last byte of each segment's body, up to the first scan."""
    at = 2
    for _ in range(_MOST_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            return
        yield marker, at + 4, end
        at = end


def _jpeg_segment(marker: int, body: bytes, found: Carriers) -> None:
    if marker == 0xFE:
        found.add("com", body)
    elif marker == 0xED:
        found.add("iptc", body, "latin-1")
    elif marker == 0xE1 and body.startswith(b"Exif\0"):
        found.exif = found.exif or body[6:]
    elif marker == 0xE1 and body.startswith(_XMP_HEAD):
        found.add("xmp", body[len(_XMP_HEAD) :])
    elif marker == 0xE1 and body.startswith(b"http://ns.adobe.com/xmp/extension/\0"):
        found.add("xmp", body[75:])


def _jumbf_part(segment: bytes, *, first: bool) -> bytes:
    """
    Return the box bytes of an APP11 segment.

    It is `JP`, two bytes of box instance, four of sequence; every segment after the first repeats
    the box's own header of eight bytes.
    """
    if not segment.startswith(b"JP"):
        return b""
    return segment[8:] if first else segment[16:]


def _webp(data: Data, found: Carriers) -> None:
    promised = int.from_bytes(data[4:8], "little") + 8
    at = 12
    for _ in range(_MOST_PARTS):
        if at + 8 > min(promised, len(data)):
            break
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        body = bytes(data[at + 8 : at + 8 + min(length, MOST_CARRIED)]) if _kept(kind) else b""
        if kind == b"EXIF":
            found.exif = body.removeprefix(b"Exif\0\0")
        elif kind == b"XMP ":
            found.add("xmp", body)
        elif kind == b"C2PA":
            found.add("c2pa", body, "latin-1")
        at += 8 + length + length % 2
    found.complete = len(data) >= promised


def _kept(kind: bytes) -> bool:
    return kind in {b"EXIF", b"XMP ", b"C2PA"}


def _tiff(data: Data, found: Carriers) -> None:
    """Keep XMP, IPTC and C2PA of the first directory; the file itself is its EXIF block."""
    order = "<" if data[:2] == b"II" else ">"
    wide = bytes(data[2:4]) in {b"+\0", b"\0+"}
    entries = _big_entries(data, order) if wide else _tiff_entries(data, order)
    for tag, size, at in entries:
        body = bytes(data[at : at + min(size, MOST_CARRIED)])
        if tag == 700:
            found.add("xmp", body)
        elif tag == 0xCD41:
            found.add("c2pa", body, "latin-1")
        elif tag == 33723:
            found.add("iptc", body, "latin-1")
    found.complete = True


_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


def _tiff_entries(data: Data, order: str) -> Iterator[tuple[int, int, int]]:
    return _entries(data, order, "I", int.from_bytes(data[4:8], _endian(order)))


def _big_entries(data: Data, order: str) -> Iterator[tuple[int, int, int]]:
    return _entries(data, order, "Q", int.from_bytes(data[8:16], _endian(order)))


def _endian(order: str) -> Literal["little", "big"]:
    return "little" if order == "<" else "big"


def _entries(data: Data, order: str, word: str, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield tag, size in bytes and offset of each value of a TIFF directory."""
    head = struct.Struct(order + ("H" if word == "I" else "Q"))
    entry = struct.Struct(order + "HH" + word + word)
    if at + head.size > len(data):
        return
    (count,) = head.unpack(data[at : at + head.size])
    at += head.size
    for _ in range(min(count, 4096)):
        if at + entry.size > len(data):
            return
        tag, kind, number, value = entry.unpack(data[at : at + entry.size])
        size = _SIZES.get(kind, 1) * number
        inline = size <= struct.calcsize(word)
        yield tag, size, at + entry.size - struct.calcsize(word) if inline else value
        at += entry.size


def _bmff(data: Data, found: Carriers) -> None:
    at = 0
    for _ in range(_MOST_PARTS):
        if at + 8 > len(data):
            break
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        end = len(data) if length == 0 else at + length
        if end < at + 8:
            return
        if kind == b"uuid" and bytes(data[at + 8 : at + 24]) == _C2PA_UUID:
            found.add("c2pa", bytes(data[at + 24 : min(end, at + 24 + MOST_CARRIED)]), "latin-1")
        at = end
    found.complete = at == len(data)


def _gif(data: Data, found: Carriers) -> None:
    """Keep comments that stand before the first picture; the end is the trailer."""
    at = 13 + (3 << ((data[10] & 7) + 1) if len(data) > 10 and data[10] & 0x80 else 0)
    for _ in range(_MOST_PARTS):
        if bytes(data[at : at + 1]) != b"!":
            break
        comment, label = bytearray(), data[at + 1] if at + 1 < len(data) else 0
        at += 2
        while at < len(data) and data[at]:
            comment += data[at + 1 : at + 1 + data[at]] if len(comment) < MOST_CARRIED else b""
            at += 1 + data[at]
        at += 1
        if label == 0xFE:
            found.add("com", bytes(comment))
    found.complete = bytes(data[-64:]).rstrip(b"\0").endswith(b";")


_WALKERS: tuple[tuple[Callable[[bytes], bool], Callable[[Data, Carriers], None]], ...] = (
    (lambda head: head.startswith(_PNG_HEAD), _png),
    (lambda head: head.startswith(b"\xff\xd8\xff"), _jpeg),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", _webp),
    (lambda head: head[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}, _tiff),
    (lambda head: head[4:8] == b"ftyp", _bmff),
    (lambda head: head[:6] in {b"GIF87a", b"GIF89a"}, _gif),
)
