"""What the first bytes of a PNG or JPEG say: its format and size. No pixel is decoded here."""

from pathlib import Path
from typing import BinaryIO

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15 but the tables and the reserved one (ITU-T T.81, table B.1)."""
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length: TEM, RST0 to RST7, SOI."""
_MAX_SEGMENTS = 4096


def read_header(path: Path) -> tuple[str, int, int] | None:
    """Return format, width and height in pixels; None for anything but a PNG or JPEG."""
    with path.open("rb") as file:
        start = file.read(24)
        size: tuple[int, int] | None = None
        kind = "PNG" if start.startswith(PNG) else "JPEG"
        if kind == "PNG" and start[12:16] == b"IHDR" and len(start) == 24:
            size = int.from_bytes(start[16:20]), int.from_bytes(start[20:24])
        elif start.startswith(JPEG):
            file.seek(2)
            size = _frame(file)
    return (kind, *size) if size and all(size) else None


def _frame(file: BinaryIO) -> tuple[int, int] | None:
    """Walk the segments to the frame header and return its width and height."""
    for _ in range(_MAX_SEGMENTS):
        marker = _marker(file)
        if marker in _BARE:
            continue
        length = int.from_bytes(file.read(2))
        if marker is None or length < 2:
            return None
        if marker in _FRAMES:
            frame = file.read(5)
            return int.from_bytes(frame[3:5]), int.from_bytes(frame[1:3])
        file.seek(length - 2, 1)
    return None


def _marker(file: BinaryIO) -> int | None:
    """Return the next marker's second byte, skipping fill bytes; None where there is none."""
    if file.read(1) != b"\xff":
        return None
    byte = file.read(1)
    while byte == b"\xff":
        byte = file.read(1)
    return byte[0] if byte else None
