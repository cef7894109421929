"""
The judge's rules as data: parsed once into typed values, every fault reported together.

A condition is `name op number`, several joined by `and`. That is the whole grammar; nothing is ever
evaluated. Knows no file: it is handed what the TOML said.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import ge, gt, le, lt
from typing import Any

from upscaled.core.hints import Hint
from upscaled.errors import ConfigError, Fault
from upscaled.nouns import Family

PLACE = "rules/judge.toml"
Features = Mapping[str, float]

_COMPARE: dict[str, Callable[[float, float], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}
_TERM = re.compile(r"([a-z][a-z0-9_]*)\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One comparison of a measure with a number."""

    name: str
    op: str
    number: float

    def holds(self, features: Features) -> bool:
        """Return whether the measure is known and compares so."""
        value = features.get(self.name)
        return value is not None and _COMPARE[self.op](value, self.number)

    def __str__(self) -> str:
        return f"{self.name} {self.op} {self.number:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Terms that must all hold."""

    terms: tuple[Term, ...]

    def holds(self, features: Features) -> bool:
        """Return whether every term holds."""
        return all(term.holds(features) for term in self.terms)

    def __str__(self) -> str:
        return " and ".join(map(str, self.terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Measures, and whether a rule answers to them."""

    features: Features
    matches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the decision list: the first whose condition holds decides."""

    name: str
    family: Family
    confidence: float
    """0..1"""
    when: Condition
    say: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One line of the table of points."""

    when: Condition
    points: Mapping[Family, float]
    say: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All that the judge goes by."""

    rules: tuple[Rule, ...]
    evidence: tuple[Evidence, ...]
    priors: Mapping[Family, float]
    """Points before any evidence; a family that is not here is never chosen by points."""
    temperature: float
    gate: Mapping[Family, float]
    """Least confidence by points; below it the picture is treated as core."""
    hints: tuple[Hint, ...] = ()
    native_sizes: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    """Long and short side of pictures as generators make them."""


class _Reader:
    """Reads values out of the mapping and gathers every fault on the way."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def wrong(self, key: str, value: object, expected: str, hint: str = "") -> None:
        """Note one fault."""
        self.faults.append(
            Fault(place=PLACE, key=key, value=str(value)[:80], expected=expected, hint=hint)
        )

    def text(self, table: Mapping[str, Any], name: str, key: str) -> str:
        """Return a non-empty string."""
        value = table.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.wrong(f"{key}.{name}", value, "a sentence or name")
        return ""

    def number(self, value: object, key: str, low: float, high: float) -> float:
        """Return a number of the range."""
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.wrong(key, value, f"a number from {low:g} to {high:g}")
        return low

    def family(self, value: object, key: str) -> Family:
        """Return a family by its word."""
        if isinstance(value, str) and value in set(Family):
            return Family(value)
        self.wrong(key, value, "one of " + ", ".join(Family))
        return Family.CORE

    def weights(self, value: object, key: str, low: float, high: float) -> dict[Family, float]:
        """Return numbers by family."""
        if not isinstance(value, Mapping) or not value:
            self.wrong(key, value, "a table of numbers by family")
            return {}
        return {
            self.family(name, key): self.number(number, f"{key}.{name}", low, high)
            for name, number in value.items()
        }

    def tables(self, value: object, key: str) -> Sequence[Mapping[str, Any]]:
        """Return an array of tables."""
        if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            return value
        self.wrong(key, value, f"tables headed [[{key}]]")
        return ()

    def known(self, table: Mapping[str, Any], names: frozenset[str], key: str) -> None:
        """Note every key that nobody reads."""
        for name in table.keys() - names:
            self.wrong(f"{key}.{name}", table[name], "one of " + ", ".join(sorted(names)))

    def condition(self, value: object, key: str) -> Condition:
        """Return a parsed condition."""
        parts = re.split(r"\s+and\s+", value.strip()) if isinstance(value, str) else []
        found = [_TERM.fullmatch(part) for part in parts]
        terms = [Term(name=term[1], op=term[2], number=float(term[3])) for term in found if term]
        if not found or len(terms) != len(found):
            self.wrong(key, value, "'name op number', joined by 'and'", "ops are >= <= > <")
        return Condition(terms=tuple(terms))

    def examples(self, table: Mapping[str, Any], key: str) -> tuple[Example, ...]:
        """Return the examples of a rule: tables of measures with `matches`."""
        return tuple(
            self._example(one, f"{key}.example")
            for one in self.tables(table.get("example", []), f"{key}.example")
        )

    def _example(self, table: Mapping[str, Any], key: str) -> Example:
        if not isinstance(table.get("matches"), bool):
            self.wrong(f"{key}.matches", table.get("matches"), "true or false")
        features = {
            name: self.number(value, f"{key}.{name}", -1e9, 1e9)
            for name, value in table.items()
            if name != "matches"
        }
        return Example(features=features, matches=table.get("matches") is True)


def load_rulebook(said: Mapping[str, Any]) -> Rulebook:
    """
    Return the rulebook that `judge.toml` describes.

    Raises `ConfigError` with every fault: unknown keys, families, grammar, ranges, double names.
    """
    read = _Reader()
    sections = {"rule", "evidence", "priors", "gate", "temperature", "hint", "native_sizes"}
    read.known(said, frozenset(sections), "judge")
    book = Rulebook(
        rules=tuple(_rule(read, one) for one in read.tables(said.get("rule"), "rule")),
        evidence=tuple(
            _evidence(read, one) for one in read.tables(said.get("evidence"), "evidence")
        ),
        priors=read.weights(said.get("priors"), "priors", -20, 20),
        temperature=read.number(said.get("temperature"), "temperature", 0.1, 10),
        gate=read.weights(said["gate"], "gate", 0, 1) if "gate" in said else {},
        hints=tuple(_hint(read, one) for one in read.tables(said.get("hint", []), "hint")),
        native_sizes=_sizes(read, said.get("native_sizes", [])),
    )
    _check_names(read, book)
    if read.faults:
        raise ConfigError(tuple(read.faults))
    return book


def check_examples(book: Rulebook) -> tuple[Fault, ...]:
    """Return a fault for every example its own rule contradicts and every rule without one."""
    faults = []
    for key, rule in _examined(book):
        if not any(example.matches for example in rule.examples):
            faults.append(_fault(key, "no example", "an example that matches"))
        faults += [
            _fault(key, f"example {number}", f"matches = {example.matches}".lower())
            for number, example in enumerate(rule.examples, 1)
            if rule.when.holds(example.features) is not example.matches
        ]
    return tuple(faults)


def _examined(book: Rulebook) -> list[tuple[str, Rule | Evidence]]:
    rules = [(f"rule {rule.name}", rule) for rule in book.rules]
    return [*rules, *((f"evidence {item.when}", item) for item in book.evidence)]


def _fault(key: str, value: str, expected: str) -> Fault:
    return Fault(place=PLACE, key=key, value=value, expected=expected)


def _rule(read: _Reader, table: Mapping[str, Any]) -> Rule:
    name = read.text(table, "name", "rule")
    key = f"rule {name}"
    fields = frozenset({"name", "family", "confidence", "when", "say", "example"})
    read.known(table, fields, key)
    return Rule(
        name=name,
        family=read.family(table.get("family"), f"{key}.family"),
        confidence=read.number(table.get("confidence"), f"{key}.confidence", 0, 1),
        when=read.condition(table.get("when"), f"{key}.when"),
        say=read.text(table, "say", key),
        examples=read.examples(table, key),
    )


def _evidence(read: _Reader, table: Mapping[str, Any]) -> Evidence:
    key = f"evidence {table.get('when')}"
    read.known(table, frozenset({"when", "points", "say", "example"}), key)
    return Evidence(
        when=read.condition(table.get("when"), f"{key}.when"),
        points=read.weights(table.get("points"), f"{key}.points", -10, 10),
        say=read.text(table, "say", key),
        examples=read.examples(table, key),
    )


def _hint(read: _Reader, table: Mapping[str, Any]) -> Hint:
    feature = read.text(table, "feature", "hint")
    key = f"hint {feature}"
    read.known(table, frozenset({"feature", "score", "pattern"}), key)
    pattern = read.text(table, "pattern", key)
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        read.wrong(f"{key}.pattern", pattern, "a regular expression", str(error))
        compiled = re.compile("(?!)")
    score = read.number(table.get("score"), f"{key}.score", 0, 10)
    return Hint(feature=feature, score=score, pattern=compiled)


def _sizes(read: _Reader, value: object) -> frozenset[tuple[int, int]]:
    sizes = set()
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, list) and len(one) == 2 and all(isinstance(side, int) for side in one):
            sizes.add((max(one), min(one)))
        else:
            read.wrong("native_sizes", one, "pairs of pixels, [long, short]")
    return frozenset(sizes)


def _check_names(read: _Reader, book: Rulebook) -> None:
    names = [rule.name for rule in book.rules]
    for name in {name for name in names if names.count(name) > 1 or name in {"folder", "points"}}:
        read.wrong("rule.name", name, "a name of its own", "'folder' and 'points' are taken")
