"""
A JPEG's segments, copied without touching a pixel: tables and scans stay, all else goes.

Knows the marker structure (ITU-T T.81 B.1, JFIF 1.02), nothing of pixels.
"""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In entropy-coded data only stuffed zeros, restarts and fill bytes may follow 0xFF."""
_PIECE = 65_519
"""Bytes of a profile in one segment."""
_SOI, _EOI, _SOS, _APP0, _APP2, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE2, 0xEE
_TABLES_AND_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, _SOS})


class NotPlainError(Exception):
    """Not an 8-bit Huffman-coded JPEG that this walk fully understands."""


def strip(source: Path, to: Path, icc: bytes | None = None) -> None:
    """
    Copy the picture alone, and give it this profile.

    Raises `NotPlainError` for what it does not fully understand; `to` may then hold a part.
    """
    with (
        source.open("rb") as file,
        to.open("wb") as out,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        _copy(data, out, _icc_segments(icc or b""))


def _copy(data: mmap.mmap, out: BinaryIO, profile: bytes) -> None:
    out.write(bytes([0xFF, _SOI]))
    walked = list(_segments(data))
    # Without JFIF and Adobe segments a decoder guesses the colour model from the component ids:
    # what had neither gets neither.
    had_jfif = any(
        code == _APP0 and data[at + 4 : at + 9] == b"JFIF\0" for code, at, _end in walked
    )
    if had_jfif:
        out.write(jfif(None))
    out.write(profile)
    with memoryview(data) as view:
        for code, start, end in walked:
            if _kept(data, code, start):
                out.write(view[start:end])
    out.write(bytes([0xFF, _EOI]))


def _kept(data: mmap.mmap, code: int, start: int) -> bool:
    if code == _APP14:
        return data[start + 4 : start + 9] == b"Adobe"
    return code in _TABLES_AND_FRAMES


def _segments(data: mmap.mmap) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment up to the end of the picture."""
    if data[:2] != bytes([0xFF, _SOI]):
        raise NotPlainError("does not begin as a JPEG")
    at = 2
    while (code := _marker(data, at)) != _EOI:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if code == _SOS:
            end = _scan_end(data, end)
        yield code, at, end
        at = end


def _marker(data: mmap.mmap, at: int) -> int:
    if at + 2 > len(data) or data[at] != 0xFF:
        raise NotPlainError(f"no marker at byte {at}")
    code = data[at + 1]
    known = code in _TABLES_AND_FRAMES or code in (_EOI, 0xFE) or _APP0 <= code <= 0xEF
    if not known:
        raise NotPlainError(f"marker {code:#x} at byte {at}")
    return code


def _scan_end(data: mmap.mmap, start: int) -> int:
    found = _SCAN_ENDS.search(data, start)
    if found is None:
        raise NotPlainError("the scan has no end")
    return found.start()


def _icc_segments(icc: bytes) -> bytes:
    """Return a profile in as many segments as it takes (ICC.1:2010, B.4)."""
    parts = [icc[at : at + _PIECE] for at in range(0, len(icc), _PIECE)]
    return b"".join(
        bytes([0xFF, _APP2])
        + (len(part) + 16).to_bytes(2)
        + b"ICC_PROFILE\0"
        + bytes([number, len(parts)])
        + part
        for number, part in enumerate(parts, 1)
    )


def jfif(ppi: float | None) -> bytes:
    """Return a JFIF segment: dots per inch, or unit 0 (only the pixels' shape) and no thumbnail."""
    unit, density = (1, round(ppi)) if ppi else (0, 1)
    number = density.to_bytes(2)
    return b"\xff\xe0\x00\x10JFIF\0\x01\x02" + bytes([unit]) + number + number + b"\0\0"
