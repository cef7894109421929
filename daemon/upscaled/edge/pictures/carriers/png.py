"""
PNG: its chunks to the very end, since texts may follow the pixels.

A picture of 600 megapixels comes in hundreds of thousands of IDAT chunks: those of some size are
simply passed over; only small ones are counted against endless chains of them.
"""

from collections.abc import Callable, Iterator
from struct import Struct

from upscaled.edge.pictures.carriers.found import (
    LONGEST_STORE,
    LONGEST_TEXT,
    LONGEST_XMP,
    Carriers,
    Data,
)
from upscaled.edge.pictures.carriers.iptc import add_resources

HEAD = b"\x89PNG\r\n\x1a\n"
_CHUNK = Struct(">I4s")
_SMALL = 4096
_MOST_SMALL = 10_000
_PROFILE = b"Raw profile type "
_XMP_KEY = b"XML:com.adobe.xmp"


def walk(data: Data, found: Carriers) -> None:
    """Keep texts, EXIF, XMP and C2PA; complete where IEND is reached."""
    for kind, start, length in _chunks(data):
        if kind == b"IEND":
            found.complete = True
            return
        reader = _READERS.get(kind)
        if reader is not None:
            reader(bytes(data[start : start + min(length, LONGEST_STORE)]), found)


def _chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, offset and length of each chunk that is there in whole."""
    at, end, small = len(HEAD), len(data), 0
    while at + 12 <= end and small < _MOST_SMALL:
        length, kind = _CHUNK.unpack_from(data, at)
        if at + 12 + length > end:
            return
        yield kind, at + 8, length
        at += 12 + length
        small += length < _SMALL


def _text(chunk: bytes, found: Carriers) -> None:
    key, _, text = chunk.partition(b"\0")
    found.add_text(_place(key), text, "latin-1")


def _ztxt(chunk: bytes, found: Carriers) -> None:
    key, _, rest = chunk.partition(b"\0")
    text = found.inflate(rest[1:], LONGEST_XMP if key.startswith(_PROFILE) else _longest(key))
    if key.startswith(_PROFILE):
        _raw_profile(key[len(_PROFILE) :], text, found)
    else:
        found.add_text(_place(key), text, "latin-1")


def _itxt(chunk: bytes, found: Carriers) -> None:
    key, _, rest = chunk.partition(b"\0")
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return
    text = found.inflate(parts[2], _longest(key)) if rest[:1] == b"\1" else parts[2]
    if key == _XMP_KEY:
        found.add_xmp(text)
    else:
        found.add_text(_place(key), text)


def _raw_profile(kind: bytes, text: bytes, found: Carriers) -> None:
    """Keep what ImageMagick wrote before PNG had chunks for it: name, length, lines of hex."""
    words = text.split(None, 2)
    if len(words) < 3:
        return
    try:
        body = bytes.fromhex(words[2].translate(None, b"\r\n \0").decode("ascii"))
    except ValueError:
        return
    if kind in {b"exif", b"APP1"} and body.startswith(b"Exif\0\0"):
        found.add_exif(body)
    elif kind in {b"xmp", b"APP1"}:
        found.add_xmp(body)
    elif kind in {b"iptc", b"8bim"}:
        add_resources(body, found)


def _longest(key: bytes) -> int:
    return LONGEST_XMP if key == _XMP_KEY else LONGEST_TEXT


def _place(key: bytes) -> str:
    return "png:" + key[:79].decode("latin-1")


_READERS: dict[bytes, Callable[[bytes, Carriers], None]] = {
    b"tEXt": _text,
    b"zTXt": _ztxt,
    b"iTXt": _itxt,
    b"eXIf": lambda chunk, found: found.add_exif(chunk),
    b"caBX": lambda chunk, found: found.add_store(chunk),
}
