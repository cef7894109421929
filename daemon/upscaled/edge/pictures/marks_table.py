"""
The table of marks, `rules/marks.toml`: parsed with every fault at once, and matched against texts.

Pure: texts in, marks out. Which texts a file carries, others know.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from upscaled.errors import ConfigError, Fault

KINDS = (
    "own", "generator", "edited", "enlarged", "renderer", "graphic", "camera", "scan", "screen",
)  # fmt: skip
MEASURE = {kind: "ai_meta" if kind == "generator" else kind for kind in KINDS}
"""By kind, the measure that tells how far its best mark is to be trusted."""
TRUST = {"A": 1.0, "B": 0.6, "C": 0.3}
"""How far a mark is to be trusted: as good as proof, strong, a hint."""
SHORT = 2000
"""Characters of a text that a pattern sees, unless it is for `long` ones: names stand in front."""
_KEYS = frozenset({"kind", "name", "reliability", "needs", "unless", "date", "example", "near"})
_PLACE = re.compile(r"(?:(?:png|exif|xmp|c2pa|iptc|exr):\S.{0,79}|com|source|samsung|pixels)")

_FOUND = "found"
_SLOT = f"{{{_FOUND}}}"

Texts = Mapping[str, list[str]]
"""What a file says, by place."""
Said = Mapping[str, str]
"""What a made-up file says, by place: an example of a mark, or of what only looks like it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Patterns, one of which must match, and the places: `exr:cycles.*` is all that begin so."""

    where: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    within: int | None
    """Characters of a text that are looked at; None: all of a prompt or a graph."""

    def found(self, texts: Texts) -> re.Match[str] | None:
        """Return the first match in a text of one of the places."""
        matches = (
            pattern.search(text[: self.within])
            for where in self.where
            for place in _places(where, texts)
            for text in texts[place]
            for pattern in self.patterns
        )
        return next((match for match in matches if match), None)

    @property
    def names(self) -> bool:
        """Return whether whatever matches tells a name."""
        return all(_FOUND in pattern.groupindex for pattern in self.patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """All of `needs` present and none of `unless`: the file carries this mark."""

    kind: str
    name: str
    trust: float
    needs: tuple[Sign, ...]
    unless: tuple[Sign, ...]
    date: date
    """When the entry was last checked against the world; such facts age."""
    examples: tuple[Said, ...]
    near: tuple[Said, ...]
    """What looks like it and must not match."""

    def carried(self, texts: Texts) -> bool:
        """Return whether these texts carry the mark."""
        if not all(sign.found(texts) for sign in self.needs):
            return False
        return not any(sign.found(texts) for sign in self.unless)

    def told(self, texts: Texts) -> str:
        """Return its name for texts that carry it, with what was found for `{found}`."""
        matches = (sign.found(texts) for sign in self.needs if sign.names)
        found = next((match[_FOUND] for match in matches if match), "")
        return self.name.replace(_SLOT, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All marks, and the local names of the XMP properties they look at."""

    marks: tuple[Mark, ...]
    properties: tuple[str, ...]


def best_trust(*tables: Table) -> dict[str, tuple[str, float]]:
    """Return by kind its measure and the most that a mark of any of these tables gives it."""
    marks = [mark for table in tables for mark in table.marks]
    return {
        kind: (MEASURE[kind], max((one.trust for one in marks if one.kind == kind), default=0.0))
        for kind in KINDS
    }


def marks_in(table: Table, texts: Texts) -> Iterator[Mark]:
    """Yield every mark that these texts carry, in the table's order."""
    return (mark for mark in table.marks if mark.carried(texts))


def parse_marks(text: str, place: str = "rules/marks.toml") -> Table:
    """Return the table of marks of a TOML text. Raises `ConfigError` with every fault."""
    read = _Reader(place)
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError((read.wrong("file", "no TOML", "valid TOML", str(error)),)) from error
    for key in said.keys() - {"mark"}:
        read.wrong(key, said[key], "tables headed [[mark]]")
    listed = said.get("mark")
    if not isinstance(listed, list) or not listed:
        read.wrong("mark", listed, "tables headed [[mark]]")
        listed = []
    marks = [read.mark(one, number) for number, one in enumerate(listed, 1)]
    if read.faults:
        raise ConfigError(tuple(read.faults))
    return _table(tuple(mark for mark in marks if mark is not None))


def check_marks(table: Table, place: str = "rules/marks.toml") -> tuple[Fault, ...]:
    """Return a fault for every mark without example, or that its examples contradict."""
    read = _Reader(place)
    for number, mark in enumerate(table.marks, 1):
        key = f"mark {number} ({mark.name})"
        if not mark.examples:
            read.wrong(key, "no example", "an example that matches")
        for wanted, listed in ((True, mark.examples), (False, mark.near)):
            for one in listed:
                if mark.carried(_spoken(one)) is not wanted:
                    says = "an example that matches" if wanted else "a near miss that does not"
                    read.wrong(key, one, says)
    return tuple(read.faults)


def _spoken(said: Said) -> Texts:
    """Return what a made-up file says; of the source of a picture there may be several words."""
    return {where: text.split() if where == "source" else [text] for where, text in said.items()}


def _listed(said: object) -> list[object]:
    return said if isinstance(said, list) else [said]


def _places(where: str, texts: Texts) -> tuple[str, ...]:
    if where[-1] == "*":
        return tuple(place for place in texts if place.startswith(where[:-1]))
    return (where,) if where in texts else ()


def _table(marks: tuple[Mark, ...]) -> Table:
    signs = (sign for mark in marks for sign in (*mark.needs, *mark.unless))
    named = dict.fromkeys(where for sign in signs for where in sign.where)
    names = (where.removeprefix("xmp:") for where in named if where.startswith("xmp:"))
    return Table(marks=marks, properties=tuple(names))


class _Reader:
    """Reads marks out of the mapping and gathers every fault on the way."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.faults: list[Fault] = []

    def wrong(self, key: str, value: object, expected: str, hint: str = "") -> Fault:
        """Note one fault."""
        fault = Fault(
            place=self.place, key=key, value=str(value)[:80], expected=expected, hint=hint
        )
        self.faults.append(fault)
        return fault

    def mark(self, said: object, number: int) -> Mark | None:
        """Return one mark; None where it has faults."""
        key = f"mark {number}"
        if not isinstance(said, Mapping):
            self.wrong(key, said, "a table")
            return None
        if isinstance(said.get("name"), str):
            key = f"{key} ({said['name']})"
        before = len(self.faults)
        self._check(said, key)
        mark = Mark(
            kind=str(said.get("kind")),
            name=str(said.get("name")),
            trust=TRUST.get(str(said.get("reliability")), 0.0),
            needs=self._signs(said.get("needs"), f"{key}.needs"),
            unless=self._signs(said.get("unless", []), f"{key}.unless"),
            date=said.get("date", date.min),
            examples=self._said(said.get("example", []), f"{key}.example"),
            near=self._said(said.get("near", []), f"{key}.near"),
        )
        if _SLOT in mark.name and mark.needs and not any(sign.names for sign in mark.needs):
            self.wrong(f"{key}.name", mark.name, "a group (?P<found>...) in each pattern of a sign")
        if not mark.needs:
            self.wrong(f"{key}.needs", said.get("needs"), "at least one sign")
        return mark if len(self.faults) == before else None

    def _check(self, said: Mapping[str, Any], key: str) -> None:
        for name in said.keys() - _KEYS:
            self.wrong(f"{key}.{name}", said[name], "one of " + ", ".join(sorted(_KEYS)))
        if said.get("kind") not in KINDS:
            self.wrong(f"{key}.kind", said.get("kind"), "one of " + ", ".join(KINDS))
        if not isinstance(said.get("name"), str) or not said["name"].strip():
            self.wrong(f"{key}.name", said.get("name"), "what the person reads")
        if said.get("reliability") not in TRUST:
            self.wrong(f"{key}.reliability", said.get("reliability"), "A, B or C")
        if not isinstance(said.get("date"), date):
            self.wrong(f"{key}.date", said.get("date"), "the day it was checked")

    def _signs(self, said: object, key: str) -> tuple[Sign, ...]:
        signs = [self._sign(one, key) for one in _listed(said)]
        return tuple(sign for sign in signs if sign is not None)

    def _sign(self, said: object, key: str) -> Sign | None:
        if not isinstance(said, Mapping) or not said.keys() <= {"where", "pattern", "long"}:
            self.wrong(key, said, "{ where, pattern } and perhaps long")
            return None
        where, patterns = _listed(said.get("where")), _listed(said.get("pattern"))
        for one in where:
            if not isinstance(one, str) or not _PLACE.fullmatch(one):
                self.wrong(f"{key}.where", one, "a place such as png:parameters or exif:Software")
        try:
            compiled = tuple(re.compile(one) for one in patterns)
        except (TypeError, re.error) as error:
            self.wrong(f"{key}.pattern", patterns, "regular expressions", str(error))
            return None
        if not where or not patterns or not isinstance(said.get("long", False), bool):
            self.wrong(key, said, "{ where, pattern } and perhaps long = true")
        within = None if said.get("long") else SHORT
        return Sign(where=tuple(map(str, where)), patterns=compiled, within=within)

    def _said(self, said: object, key: str) -> tuple[Said, ...]:
        texts: list[Said] = []
        for one in _listed(said):
            if isinstance(one, Mapping) and one and all(isinstance(v, str) for v in one.values()):
                texts.append(one)
            else:
                self.wrong(key, one, "tables of texts by place")
        return tuple(texts)
