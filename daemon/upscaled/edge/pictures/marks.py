"""
Provenance: which marks of generators, renderers, cameras and screens a file carries.

What to look for is data, `rules/marks.toml`. This module reads the metadata (EXIF with Pillow's
parser on the raw block, never on a PNG picture: that decodes all of it) and matches. It decides
nothing, and no file can make it raise.
"""

import re
import struct
import tomllib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import BytesIO
from mmap import mmap
from pathlib import Path
from typing import IO, Any, cast

from PIL import ExifTags, Image

import upscaled
from upscaled.edge.pictures.marks_walk import walk
from upscaled.errors import ConfigError, Fault

_LONGEST_EXIF = 1 << 20
_LONGEST = 256 * 1024
"""Characters of one text that are matched: generators write their mark near the beginning."""
_KINDS = ("generator", "renderer", "camera", "screen", "own")
_UNREADABLE = (
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    OSError,
    struct.error,
)
"""What Pillow's EXIF parser throws at a broken block."""
_EXIF_HEAD = b"Exif\0\0"
_TIFF_HEADS = {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}
_TOLD = {0x10D, 0x10E, 0x10F, 0x110, 0x112, 0x131, 0x132, 0x13B, 0x13C, 0x8298}
"""TIFF tags that tell of the picture's origin; the others are its structure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A pattern, and the places where it counts; `png:*` is every PNG text."""

    where: tuple[str, ...]
    pattern: re.Pattern[str]

    def found(self, texts: Iterable[tuple[str, str]]) -> bool:
        """Return whether a text of one of the places matches."""
        return any(self._at(place) and self.pattern.search(text) for place, text in texts)

    def _at(self, place: str) -> bool:
        return any(
            one == place or (one[-1] == "*" and place.startswith(one[:-1])) for one in self.where
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """All of `needs` present and none of `unless`: the file carries this mark."""

    kind: str
    name: str
    needs: tuple[Sign, ...]
    unless: tuple[Sign, ...]
    date: date
    """When the entry was last checked against the world; such facts age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What the metadata says."""

    marks: dict[str, str]
    """By kind, the first mark found."""
    features: dict[str, float]
    """`ai_meta`, `renderer`, `camera`, `screen` (0 or 1) and `exif_n` (count of EXIF fields)."""
    orientation: int
    complete: bool
    """The container's own end was reached."""


def read_marks(
    data: bytes | mmap, table: tuple[Mark, ...], *, exif: bytes = b"", xmp: bytes = b""
) -> Provenance:
    """
    Return the provenance of a picture's bytes (a memory map will do).

    `exif` and `xmp` are those of a container that the walk does not open so far (AVIF items).
    """
    carriers = walk(data)
    if xmp:
        carriers.add("xmp", xmp)
    fields = _exif_fields(data, carriers.exif or exif)
    texts = [
        (place, text if place == "c2pa" else text[:_LONGEST])
        for place, text in (*carriers.texts, *_exif_texts(fields))
    ]
    marks: dict[str, str] = {}
    for mark in table:
        if mark.kind not in marks and _carried(mark, texts):
            marks[mark.kind] = mark.name
    if "camera" in marks:
        marks["camera"] = _camera(fields) or marks["camera"]
    return Provenance(
        marks=marks,
        features={
            "ai_meta": float("generator" in marks),
            "renderer": float("renderer" in marks),
            "camera": float("camera" in marks),
            "screen": float("screen" in marks),
            "exif_n": float(len(fields)),
        },
        orientation=_orientation(fields),
        complete=carriers.complete,
    )


def parse_marks(said: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Return the table of marks. Raises `ConfigError` with every fault."""
    faults: list[Fault] = []
    marks = [_mark(one, number, faults) for number, one in enumerate(said.get("mark", []), 1)]
    if not marks:
        faults.append(_fault("mark", said, "tables headed [[mark]]"))
    if faults:
        raise ConfigError(tuple(faults))
    return tuple(mark for mark in marks if mark is not None)


@lru_cache(maxsize=4)
def load_marks(file: Path | None = None) -> tuple[Mark, ...]:
    """Return the table of marks of a file, or the shipped one; parsed once a process."""
    return parse_marks(tomllib.loads((file or _shipped()).read_text("utf-8")))


def _shipped() -> Path:
    """Return the shipped table: inside the wheel, or beside `daemon/` in an editable install."""
    package = Path(upscaled.__file__).parent
    inside = package / "_rules" / "marks.toml"
    return inside if inside.is_file() else package.parents[1] / "rules" / "marks.toml"


def _carried(mark: Mark, texts: list[tuple[str, str]]) -> bool:
    if any(sign.found(texts) for sign in mark.unless):
        return False
    return all(sign.found(texts) for sign in mark.needs)


def _mark(said: object, number: int, faults: list[Fault]) -> Mark | None:
    key = f"mark {number}"
    if not isinstance(said, Mapping):
        faults.append(_fault(key, said, "a table"))
        return None
    before = len(faults)
    needs = _signs(said.get("needs"), f"{key}.needs", faults)
    unless = _signs(said.get("unless", []), f"{key}.unless", faults)
    if said.get("kind") not in _KINDS:
        faults.append(_fault(f"{key}.kind", said.get("kind"), "one of " + ", ".join(_KINDS)))
    if not isinstance(said.get("name"), str):
        faults.append(_fault(f"{key}.name", said.get("name"), "what the person reads"))
    if not isinstance(said.get("date"), date):
        faults.append(_fault(f"{key}.date", said.get("date"), "the day it was checked"))
    if not needs:
        faults.append(_fault(f"{key}.needs", said.get("needs"), "at least one sign"))
    if len(faults) > before:
        return None
    return Mark(kind=said["kind"], name=said["name"], needs=needs, unless=unless, date=said["date"])


def _signs(said: object, key: str, faults: list[Fault]) -> tuple[Sign, ...]:
    signs = []
    for one in said if isinstance(said, list) else []:
        try:
            where = (one["where"],) if isinstance(one["where"], str) else tuple(one["where"])
            signs.append(Sign(where=where, pattern=re.compile(one["pattern"])))
        except (KeyError, TypeError, re.error) as error:
            faults.append(_fault(key, one, "{ where, pattern }", str(error)))
    return tuple(signs)


def _fault(key: str, value: object, expected: str, hint: str = "") -> Fault:
    return Fault(
        place="rules/marks.toml", key=key, value=str(value)[:80], expected=expected, hint=hint
    )


def _exif_fields(data: bytes | mmap, raw: bytes) -> dict[str, Any]:
    """Return EXIF fields by name; a TIFF's own tags are its EXIF, less those of its structure."""
    tiff = not raw and bytes(data[:4]) in _TIFF_HEADS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd entries; they are read all the same
        try:
            return _parsed(Image.Exif(), data if tiff else b"", raw)
        except _UNREADABLE:
            return {}


def _parsed(exif: Image.Exif, tiff: bytes | mmap, raw: bytes) -> dict[str, Any]:
    if tiff:
        exif.load_from_fp(cast("IO[bytes]", tiff if isinstance(tiff, mmap) else BytesIO(tiff)))
    elif raw:
        exif.load(raw[:_LONGEST_EXIF] if raw[:4] == b"Exif" else _EXIF_HEAD + raw[:_LONGEST_EXIF])
    told = {tag: exif[tag] for tag in exif if not tiff or tag in _TOLD}
    told |= exif.get_ifd(ExifTags.IFD.Exif)
    return {ExifTags.TAGS.get(tag, str(tag)): value for tag, value in told.items()}


def _exif_texts(fields: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f"exif:{name}", _plain(value)) for name, value in fields.items()]


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return _comment(value[: 2 * _LONGEST])
    return str(value)[:_LONGEST]


def _comment(value: bytes) -> str:
    """
    Return the text of an EXIF user comment.

    `UNICODE` means UTF-16 of either order: most write big-endian, SwarmUI little-endian; the order
    shows in which bytes are zero.
    """
    head, body = value[:8], value[8:]
    if head == b"UNICODE\0":
        little = body[1:400:2].count(0) > body[0:400:2].count(0)
        return body.decode("utf-16-le" if little else "utf-16-be", "replace")
    plain = body if head in {b"ASCII\0\0\0", b"\0" * 8, b"JIS\0\0\0\0\0"} else value
    return plain.decode("utf-8", "replace")


def _camera(fields: dict[str, Any]) -> str:
    named = (str(fields.get(name, "")).strip(" \0") for name in ("Make", "Model"))
    return " ".join(word for word in named if word)[:80]


def _orientation(fields: dict[str, Any]) -> int:
    value = fields.get("Orientation", 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
