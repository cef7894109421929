"""
IPTC's records (IIM 4.2): who, what, where, in words. What belongs to the source's file stays out.

Texts become UTF-8 and say so (dataset 1:90). Knows datasets, no container.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from upscaled.edge.pictures.metadata.xmp_edit import MACHINE_TAG

_MARK = 0x1C
_UTF8 = b"\x1b%G"
_CHARSET = (1, 90)
_KEYWORD = (2, 25)
_LONG = 0x8000
_MOST = 10_000
_PREVIEWS = range(200, 203)


@dataclass(frozen=True, slots=True)
class Record:
    """One dataset: its record and number, and what it says."""

    place: tuple[int, int]
    body: bytes


def records(data: bytes) -> Iterator[Record]:
    """Yield the datasets, as far as they are whole."""
    at = 0
    for _ in range(_MOST):
        if at + 5 > len(data) or data[at] != _MARK:
            return
        size, start = int.from_bytes(data[at + 3 : at + 5], "big"), at + 5
        if size & _LONG:  # so many bytes hold the length
            width = min(size & ~_LONG, 8)
            size, start = int.from_bytes(data[start : start + width], "big"), start + width
        if start + size > len(data):
            return
        yield Record((data[at + 1], data[at + 2]), data[start : start + size])
        at = start + size


def fitted(data: bytes, *, strip_gps: bool = False) -> bytes:
    """Return the datasets that are true of a result, in UTF-8 unless they name another charset."""
    found = [one for one in records(data) if _is_kept(one, strip_gps=strip_gps)]
    charset = next((one.body for one in found if one.place == _CHARSET), None)
    said = [one for one in found if one.place[0] == 2]
    if not said:
        return b""
    if charset is None:
        said = [Record(one.place, _in_utf8(one.body)) for one in said]
    head = [Record(_CHARSET, charset or _UTF8)]
    return b"".join(_written(one) for one in head + said)


def _is_kept(one: Record, *, strip_gps: bool) -> bool:
    if one.place == _CHARSET:
        return True
    if one.place[0] != 2 or one.place[1] in _PREVIEWS or len(one.body) >= _LONG:
        return False
    position = one.place == _KEYWORD and MACHINE_TAG.match(one.body.decode("latin-1"))
    return not (strip_gps and position)


def _in_utf8(body: bytes) -> bytes:
    """Return a text in UTF-8; what is not is taken for Windows' Western code page."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace").encode()
    return body


def _written(one: Record) -> bytes:
    return bytes([_MARK, *one.place]) + len(one.body).to_bytes(2, "big") + one.body
