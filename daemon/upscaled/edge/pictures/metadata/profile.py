"""
Colour profiles that may leave the house: the colours of a profile, without the names in it.

A monitor's own profile tells who calibrated which screen when, in its description and in makers'
tags. Profiles of known colour spaces say nothing of anybody and stay byte for byte; of all others
the tags that colours are computed from go along, under a name of ours (ICC.1:2010, 7 and 8).
"""

import re
import struct
from collections.abc import Iterator

_KNOWN = re.compile(
    r"(?:(?:GIMP built-in |Nikon |Artifex )?"
    r"sRGB(?: ?IEC[ _]?61966-2[.-]1| built-in|2014|z| [v\d.]+)?(?: ICC [a-z ]+| \(linear\))?"
    r"|(?:Compatible with |Nikon )?Adobe ?RGB(?: ?\(?1998\)?)?(?: [\d.]+)?"
    r"|(?:Display|DCI|Apple Display|SMPTE)[ -]?P3(?:[ -]D6[35])?|P3[ -]D65"
    r"|(?:Kodak |Large )?(?:ProPhoto|ROMM)[ -]?RGB(?:: ISO 22028-2:2013| v\d)?"
    r"|(?:Wide Gamut|Apple|ColorMatch|Adobe Wide Gamut|e-?sRGB|op) ?RGB|eciRGB(?: v2)?(?: ICCv4)?"
    r"|Rec\.? ?(?:709|2020)|ITU-R BT\.? ?(?:709|2020)(?: [\w -]+)?"
    r"|Generic (?:Gray|RGB)(?: Gamma 2\.2)?(?: Profile)?|s?Gray(?: Gamma [12]\.\d)?"
    r"|Dot Gain \d\d%|c2|uRGB)",
    re.IGNORECASE,
)
"""Descriptions of colour spaces that anybody uses: standards', Adobe's, Apple's, the ICC's."""
_COLOURS = frozenset(
    b"rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC wtpt bkpt chad chrm cicp gamt "
    b"A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3".split()
)
_MOST_TAGS = 100
_HEAD, _ENTRY = 128, 12
_NAMED = (slice(4, 8), slice(24, 36), slice(40, 64), slice(80, 100))
"""Of a header: program, moment, platform to attributes, creator and the MD5 of what was."""
_NAME = "Colour profile"


def known(description: str) -> bool:
    """Say whether a profile's own name is that of a colour space anybody uses."""
    return _KNOWN.fullmatch(description.strip()) is not None


def unnamed(icc: bytes) -> bytes:
    """Return a profile of the same colours that names nobody; unnamed, it stays as it is."""
    shared: dict[bytes, int] = {}
    table, body = b"", b""
    tags = _described(icc) | _colours(icc)
    at = _HEAD + 4 + _ENTRY * len(tags)
    for tag, data in tags.items():
        if data not in shared:
            shared[data] = at + len(body)
            body += data + bytes(-len(data) % 4)
        table += tag + struct.pack(">II", shared[data], len(data))
    head = bytearray(icc[:_HEAD])
    for part in _NAMED:
        head[part] = bytes(part.stop - part.start)
    head[36:40] = b"acsp"
    head[:4] = struct.pack(">I", at + len(body))
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def _colours(icc: bytes) -> dict[bytes, bytes]:
    """Return the tags of colours; none that overlaps a text, as only a broken profile's does."""
    spans = dict(_spans(icc))
    others = [span for tag, span in spans.items() if tag not in _COLOURS]
    return {
        tag: icc[start:end]
        for tag, (start, end) in spans.items()
        if tag in _COLOURS
        and end <= len(icc)
        and not any(start < last and first < end for first, last in others)
    }


def _spans(icc: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield each tag with its first and last byte."""
    count = int.from_bytes(icc[_HEAD : _HEAD + 4], "big")
    for number in range(min(count, _MOST_TAGS)):
        entry = icc[_HEAD + 4 + _ENTRY * number :][:_ENTRY]
        if len(entry) == _ENTRY:
            tag, at, size = struct.unpack(">4sII", entry)
            yield tag, (at, at + size)


def _described(icc: bytes) -> dict[bytes, bytes]:
    """Return the two texts that a profile must have, as its version wants them."""
    if icc[8:9] >= b"\x04":
        wide = _NAME.encode("utf-16-be")
        text = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(wide), 28) + wide
        return {b"desc": text, b"cprt": text}
    plain = _NAME.encode("ascii") + b"\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(plain)) + plain + bytes(4 + 4 + 2 + 1 + 67)
    return {b"desc": described, b"cprt": b"text\0\0\0\0" + plain}
