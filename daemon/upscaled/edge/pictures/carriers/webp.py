"""WebP: the chunks of its RIFF file."""

from struct import Struct

from upscaled.edge.pictures.carriers.found import LONGEST_STORE, Carriers, Data

_CHUNK = Struct("<4sI")
_MOST_CHUNKS = 4096


def walk(data: Data, found: Carriers) -> None:
    """Keep EXIF, XMP and C2PA; complete where the file is as long as its head promises."""
    promised = int.from_bytes(data[4:8], "little") + 8
    at, end = 12, min(promised, len(data))
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            break
        kind, length = _CHUNK.unpack_from(data, at)
        if kind in {b"EXIF", b"XMP ", b"C2PA"}:
            body = bytes(data[at + 8 : min(end, at + 8 + length, at + 8 + LONGEST_STORE)])
            _keep(kind, body, found)
        at += 8 + length + length % 2
    found.complete = len(data) >= promised


def _keep(kind: bytes, body: bytes, found: Carriers) -> None:
    if kind == b"EXIF":
        found.add_exif(body)
    elif kind == b"XMP ":
        found.add_xmp(body)
    else:
        found.add_store(body)
