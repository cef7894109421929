"""
Files that may be incomplete though they decode: pages that a copy has not written yet are zeros.

Where a format has a checksum or an end mark nothing of this is needed. Elsewhere zeros may as well
be a black part of the picture; so what is found here is a doubt. The measure is where the zeros
begin: a copy leaves off at a page of the file, a picture's black anywhere (by chance in 17 of 4096
cases). A tail that is long against the pixels is doubted wherever it begins: a copy over a network
leaves off at any byte. Bytes in, sentences out; opens nothing.
"""

from math import gcd
from mmap import mmap

import numpy as np

Data = bytes | mmap

PAGE = 4096
_FORGIVEN = 16
"""Zeros that the last written page may end in by itself."""
_BLOCK_PAGES = 16
"""64 KB: the smallest block that programs copy by, and leave out of order."""
_OFTEN = 64
"""Bytes: rows that begin at each 64th byte meet a page at both ends once in (4096/64)^2 files."""
_CHUNK_PAGES = 256
_LONG = 20
"""A tail is long from this part of the pixels on."""
_TWIN = 0.5
"""A letterbox has a bar at the other end too, at least this long against the tail."""


def has_empty_tail(data: Data, start: int, *, plain: bool) -> bool:
    """
    Return whether the file ends in zeros that a copy may have left: a page of them at least.

    In packed data no such run is ever content. Where pixels lie as they are from byte `start` on
    (`plain`), it must begin where a page does, or be long against all of them.
    """
    end = len(data)
    begin = _end_of_content(data)
    if end - begin < PAGE:
        return False
    return not plain or -begin % PAGE <= _FORGIVEN or end - begin >= (end - start) // _LONG


def is_letterbox(data: Data, start: int) -> bool:
    """
    Return whether the zeros at the end have a twin where the pixels begin, at byte `start`.

    For pixels that lie in the file as they are: both bars of a letterbox are black.
    """
    tail = len(data) - _end_of_content(data)
    wanted = min(int(tail * _TWIN), len(data) - start)
    return not np.frombuffer(data, np.uint8, wanted, start).any()


def missing_block(data: Data, start: int, row_bytes: int) -> bool:
    """
    Return whether whole pages are zeros between bytes that are not, as in a copy out of order.

    Both ends must lie at a page. A black band of the picture, whose rows are `row_bytes` long from
    byte `start` on, does that once in thousands of files, unless rows and pages go together: then
    nothing is said.
    """
    together = gcd(row_bytes, PAGE)
    if together > _OFTEN and start % together == 0:
        return False
    run = 0
    for index, empty in enumerate(_empty_pages(data)):
        if empty:
            run += 1
            continue
        at = index * PAGE
        if run >= _BLOCK_PAGES and _sharp(data, at - run * PAGE, at):
            return True
        run = 0
    return False


def _end_of_content(data: Data) -> int:
    """Return how many bytes there are up to the last that is not zero."""
    end = len(data)
    while end > 0:
        start = max(0, end - (1 << 20))
        kept = len(bytes(data[start:end]).rstrip(b"\0"))
        if kept:
            return start + kept
        end = start
    return 0


def _empty_pages(data: Data) -> "np.ndarray[tuple[int], np.dtype[np.bool]]":
    """Return which whole pages hold nothing but zeros; a bit of memory a page."""
    count = len(data) // PAGE
    found = np.zeros(count, bool)
    for first in range(0, count, _CHUNK_PAGES):
        last = min(count, first + _CHUNK_PAGES)
        # A copy: a view would keep the map from being closed.
        part = np.frombuffer(bytes(data[first * PAGE : last * PAGE]), np.uint64)
        found[first:last] = ~part.reshape(last - first, -1).any(axis=1)
    return found


def _sharp(data: Data, begin: int, end: int) -> bool:
    """Return whether there is content right before `begin` and right at `end`."""
    before, after = bytes(data[begin - _FORGIVEN : begin]), bytes(data[end : end + _FORGIVEN])
    return begin >= PAGE and any(before) and any(after)
