"""OpenEXR: the attributes of its headers. Renderers sign there; the pixels are not read here."""

from collections.abc import Iterator

from upscaled.edge.pictures.carriers.found import Carriers, Data

HEAD = b"v/1\x01"
_LONGEST_NAME = 256
_LONGEST_VALUE = 16 * 1024
_MOST_ATTRIBUTES = 2048
_MULTIPART = 0x1000


def walk(data: Data, found: Carriers) -> None:
    """Keep every attribute: text as it is, of other types only that it is there."""
    for name, kind, at, length in _attributes(data):
        body = bytes(data[at : at + min(length, _LONGEST_VALUE)]) if kind == "string" else b""
        found.add_text(f"exr:{name}", body or f"({kind})".encode())
    found.complete = True


def _attributes(data: Data) -> Iterator[tuple[str, str, int, int]]:
    """Yield name, type, offset and length; a file of several parts has a header for each."""
    several = int.from_bytes(data[4:8], "little") & _MULTIPART
    at, fresh = 8, True
    for _ in range(_MOST_ATTRIBUTES):
        name, at = _name(data, at)
        if not name:
            if fresh or not several:
                return
            fresh = True
            continue
        kind, at = _name(data, at)
        length = int.from_bytes(data[at : at + 4], "little")
        if not kind or at + 4 + length > len(data):
            return
        yield name, kind, at + 4, length
        at, fresh = at + 4 + length, False


def _name(data: Data, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at, at + _LONGEST_NAME)
    return ("", at + 1) if end < 0 else (bytes(data[at:end]).decode("latin-1"), end + 1)
