"""
Provenance: which marks of generators, renderers, cameras and screens a file carries.

What to look for is data, `rules/marks.toml`. This module gathers what the container says and
matches. It decides nothing, no file can make it raise, and it loads no imaging library.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import upscaled
from upscaled.edge.pictures.carriers import c2pa, xmp
from upscaled.edge.pictures.carriers.exif import Fields, read_exif
from upscaled.edge.pictures.carriers.found import Carriers, Data
from upscaled.edge.pictures.carriers.tiff import HEADS
from upscaled.edge.pictures.carriers.walk import walk
from upscaled.edge.pictures.marks_table import (
    KINDS,
    MEASURE,
    Mark,
    Table,
    Texts,
    check_marks,
    marks_in,
    parse_marks,
)
from upscaled.errors import ConfigError, Fault

_MOST = 10_000_000
"""Of seconds or of sensitivity: beyond it the field is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What the metadata says."""

    marks: dict[str, str]
    """By kind, the most reliable mark found; among equals the first of the table."""
    features: dict[str, float]
    """
    How far each kind of mark is to be trusted: 1 is as good as proof, 0.6 strong, 0.3 a hint, 0
    none (`generator`'s is called `ai_meta`); `exif_n`, the count of EXIF fields; `exposure_s`
    (seconds) and `iso` of the exposure, 0 where nothing is said.
    """
    orientation: int
    complete: bool
    """The container's own end was reached."""


def read_marks(data: Data, table: Table, *, hidden: str = "") -> Provenance:
    """
    Return the provenance of a picture's bytes (a memory map will do).

    `hidden` is the name of a record found in the pixels: see `stealth`.
    """
    carriers = walk(data)
    fields = read_exif(carriers.exif, picture=bytes(data[:4]) in HEADS)
    texts: dict[str, list[str]] = {}
    for place, text in _texts(carriers, fields, table, hidden):
        texts.setdefault(place, []).append(text)
    found = {mark.kind: mark for mark in reversed(tuple(_by_trust(table, texts)))}
    marks = {kind: found[kind].told(texts) for kind in KINDS if kind in found}
    if "camera" in marks:
        marks["camera"] = _camera(fields) or marks["camera"]
    features = {MEASURE[kind]: found[kind].trust if kind in found else 0.0 for kind in KINDS}
    return Provenance(
        marks=marks,
        features=features | _exposure(fields),
        orientation=fields.orientation,
        complete=carriers.complete,
    )


@lru_cache(maxsize=2)
def load_marks(text: str = "") -> Table:
    """Return the table of marks of a TOML text, or the shipped one; parsed once a process."""
    return parse_marks(text or _shipped().read_text("utf-8"))


def mark_faults(text: str = "", place: str = "rules/marks.toml") -> tuple[Fault, ...]:
    """Return every fault of a table of marks, the shipped one unless given, and of its examples."""
    try:
        return check_marks(parse_marks(text, place) if text else load_marks(), place)
    except ConfigError as error:
        return error.faults


def _shipped() -> Path:
    """Return the shipped table: inside the wheel, or beside `daemon/` in an editable install."""
    package = Path(upscaled.__file__).parent
    inside = package / "_rules" / "marks.toml"
    return inside if inside.is_file() else package.parents[1] / "rules" / "marks.toml"


def _texts(
    carriers: Carriers, fields: Fields, table: Table, hidden: str
) -> Iterator[tuple[str, str]]:
    yield from carriers.texts
    for name, text in fields.texts.items():
        yield f"exif:{name}", text
    for packet in carriers.xmp:
        yield from xmp.facts(packet, table.properties)
    for store in carriers.stores:
        yield from c2pa.facts(store)
    if hidden:
        yield "pixels", hidden


def _by_trust(table: Table, texts: Texts) -> list[Mark]:
    return sorted(marks_in(table, texts), key=lambda mark: -mark.trust)


def _exposure(fields: Fields) -> dict[str, float]:
    return {
        "exif_n": float(fields.count),
        "exposure_s": _number(fields, "ExposureTime"),
        "iso": _number(fields, "ISOSpeedRatings"),
    }


def _number(fields: Fields, name: str) -> float:
    """Return a field's first number; 0 where it is missing or no sensible number."""
    try:
        value = float(fields.texts.get(name, "").split(" ")[0])
    except ValueError:
        return 0.0
    return value if 0 < value < _MOST else 0.0


def _camera(fields: Fields) -> str:
    named = (fields.texts.get(name, "").strip(" \0") for name in ("Make", "Model"))
    return " ".join(word for word in named if word)[:80]
