"""
The neutral values between readers, editors and writers: directories of EXIF, a packet, records.

Knows no container.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4, 16: 8}
"""Bytes of one number by TIFF type; what is turned round where the byte order changes."""
SIZES = UNITS | {5: 8, 10: 8}
"""Bytes of one value by TIFF type (TIFF 6.0, p. 15; 16 is BigTIFF's long offset)."""
ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 2, 3, 4, 5, 7, 16


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a directory: its TIFF type, and its bytes with numbers little-endian."""

    kind: int
    data: bytes

    @property
    def count(self) -> int:
        """How many of its type there are."""
        return len(self.data) // SIZES[self.kind]

    @property
    def number(self) -> int:
        """The first whole number, 0 where it holds none."""
        return int.from_bytes(self.data[: UNITS[self.kind]], "little")

    def ordered(self, sign: str) -> bytes:
        """Return the bytes in `struct`'s byte order `<` or `>`."""
        unit = UNITS[self.kind]
        return self.data if sign == "<" or unit == 1 else swapped(self.data, unit)


Directory: TypeAlias = dict[int, Value]


def swapped(data: bytes, unit: int) -> bytes:
    """Return bytes with the order inside each unit turned round; a broken last unit is cut."""
    whole = len(data) // unit * unit
    turned = bytearray(whole)
    for place in range(unit):
        turned[place::unit] = data[unit - 1 - place : whole : unit]
    return bytes(turned)


def text(words: str) -> Value:
    """Return words as a value; EXIF says ASCII, every reader takes UTF-8."""
    return Value(ASCII, words.encode() + b"\0")


def short(number: int) -> Value:
    """Return a number below 65,536 as a value."""
    return Value(SHORT, number.to_bytes(2, "little"))


def long(number: int) -> Value:
    """Return a number below 2^32 as a value."""
    return Value(LONG, number.to_bytes(4, "little"))


def ratio(over: int, under: int) -> Value:
    """Return a fraction as a value."""
    return Value(RATIONAL, over.to_bytes(4, "little") + under.to_bytes(4, "little"))


@dataclass(slots=True, kw_only=True)
class Exif:
    """The directories of an EXIF block that say something about a picture."""

    main: Directory = field(default_factory=dict)
    inner: Directory = field(default_factory=dict)
    """The Exif directory: how it was taken."""
    gps: Directory = field(default_factory=dict)
    thumbnail: bool = False
    """A second directory follows: a preview."""
    cut: bool = False
    """More stood in it than is read of one file, or than is well formed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What is written into a result beside its pixels."""

    software: str = ""
    exif: Exif = field(default_factory=Exif)
    xmp: bytes = b""
    """A packet in UTF-8, without the wrapper that each container wants."""
    iptc: bytes = b""
    """IIM records."""
