"""GIF: its extensions, before and after the frames."""

from upscaled.edge.pictures.carriers.found import LONGEST_XMP, Carriers, Data

_MOST_BLOCKS = 2048
_MOST_PARTS = 40_000
"""Sub-blocks of at most 255 bytes: ten megabytes of a still GIF."""
_XMP_TAIL = b"\1\xff\xfe\xfd"
"""After the packet stand all numbers downwards: wherever a reader of sub-blocks lands, it ends."""


def walk(data: Data, found: Carriers) -> None:
    """Keep comments, XMP and C2PA; complete where the file ends with its trailer."""
    at = 13 + _table(data, 10)
    left = _MOST_PARTS
    for _ in range(_MOST_BLOCKS):
        kind = bytes(data[at : at + 2])
        if kind[:1] == b",":
            start = at + 10 + _table(data, at + 9) + 1  # after the frame's size, colours, code size
        elif kind[:1] == b"!" and len(kind) == 2:
            start = at + 2
        else:
            break
        at, left = _end(data, start, left)
        if kind[:1] == b"!" and left:
            _extension(kind[1], bytes(data[start : min(at, start + 2 * LONGEST_XMP)]), found)
    found.complete = bytes(data[-64:]).rstrip(b"\0").endswith(b";")


def _table(data: Data, at: int) -> int:
    """Return the bytes of the colour table that a byte of flags announces."""
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end(data: Data, at: int, left: int) -> tuple[int, int]:
    """Return where a chain of sub-blocks ends, and how many sub-blocks may still be passed."""
    size = len(data)
    while left and at < size and data[at]:
        at += 1 + data[at]
        left -= 1
    return at + 1, left


def _extension(label: int, chain: bytes, found: Carriers) -> None:
    if label == 0xFE:
        found.add_text("com", _joined(chain))
    elif label == 0xFF and chain[1:12] == b"XMP DataXMP":
        found.add_xmp(chain[12:].partition(_XMP_TAIL)[0])  # bare, not in sub-blocks
    elif label == 0xFF and chain[1:9] == b"C2PA_GIF":
        found.add_store(_joined(chain[12:]))


def _joined(chain: bytes) -> bytes:
    parts, at = [], 0
    while at < len(chain) and chain[at]:
        parts.append(chain[at + 1 : at + 1 + chain[at]])
        at += 1 + chain[at]
    return b"".join(parts)
