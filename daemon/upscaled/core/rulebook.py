"""
The judge's rules as data: parsed once into typed values, every fault reported together.

Knows no file: it is handed what the TOML said. What may be wrong with rules that can be read, such
as one that can never fire, stands in `rulebook_faults`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from upscaled.core.condition_faults import Names
from upscaled.core.hints import Hint
from upscaled.core.rulebook_faults import Marks, rulebook_faults
from upscaled.core.rulebook_types import Evidence, Rule, Rulebook
from upscaled.core.tables import Table
from upscaled.errors import ConfigError
from upscaled.nouns import Family

__all__ = ["Evidence", "Rule", "Rulebook", "load_rulebook"]

_Read = TypeVar("_Read")


def load_rulebook(
    said: Mapping[str, Any],
    known: Names = None,
    place: str = "judge.toml",
    marks: Marks | None = None,
) -> Rulebook:
    """
    Return the rulebook that `judge.toml` describes.

    `known` are the measures that pictures bring, `marks` the kinds of marks and how far each may be
    trusted; without them neither is checked. Raises `ConfigError` with every fault at once:
    grammar, ranges, names, examples, what never fires.
    """
    top = Table(place=place, values=said)
    book = _rulebook(top)
    top.faults.extend(rulebook_faults(book, known, place, marks))
    if top.faults:
        raise ConfigError(tuple(top.faults))
    return book


def _rulebook(top: Table) -> Rulebook:
    """Return what can be read; rules, evidence and hints with a fault are told and left out."""
    tables = ("rule", "evidence", "priors", "gate", "hint")
    top.only(*tables, "temperature", "native_sizes", "bucket_sizes")
    for key in sorted({"rule", "evidence"} - top.values.keys()):
        top.fault(key, None, f"tables headed [[{key}]]")
    return Rulebook(
        rules=_sound(top.array("rule", lambda one: f"rule {one.get('name')}"), _rule),
        evidence=_sound(top.array("evidence", lambda one: f"evidence {one.get('when')}"), _points),
        priors=_weights(top, "priors", -20, 20),
        temperature=top.number("temperature", least=0.1, most=10),
        gate=_weights(top, "gate", 0, 1) if "gate" in top.values else {},
        hints=_sound(top.array("hint", lambda one: f"hint {one.get('feature')}"), _hint),
        native_sizes=_sizes(top, "native_sizes"),
        bucket_sizes=_sizes(top, "bucket_sizes"),
    )


def _sound(tables: Iterable[Table], read: Callable[[Table], _Read]) -> tuple[_Read, ...]:
    """Return what was read of tables without a fault."""
    found = []
    for table in tables:
        before = len(table.faults)
        one = read(table)
        if len(table.faults) == before:
            found.append(one)
    return tuple(found)


def _rule(table: Table) -> Rule:
    table.only("name", "family", "confidence", "when", "say", "example")
    return Rule(
        name=table.text("name"),
        family=_family(table, "family", table.values.get("family")),
        confidence=table.number("confidence", least=0, most=1),
        when=table.condition("when"),
        say=table.text("say"),
        examples=table.examples(),
    )


def _points(table: Table) -> Evidence:
    table.only("when", "points", "say", "example")
    return Evidence(
        when=table.condition("when"),
        points=_weights(table, "points", -10, 10),
        say=table.text("say"),
        examples=table.examples(),
    )


def _hint(table: Table) -> Hint:
    table.only("feature", "score", "pattern")
    pattern = table.text("pattern")
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        table.fault("pattern", pattern, "a regular expression", str(error))
        compiled = re.compile("(?!)")
    score = table.number("score", least=0, most=10)
    return Hint(feature=table.text("feature"), score=score, pattern=compiled)


def _family(table: Table, key: str, value: object) -> Family:
    if isinstance(value, str) and value in set(Family):
        return Family(value)
    table.fault(key, value, "one of " + ", ".join(Family))
    return Family.CORE


def _weights(table: Table, key: str, least: float, most: float) -> dict[Family, float]:
    """Return numbers by family."""
    numbers = table.table(key)
    if not numbers.values:
        table.fault(key, table.values.get(key), "a table of numbers by family")
    return {
        _family(table, key, name): numbers.number(name, least=least, most=most)
        for name in numbers.values
    }


def _sizes(top: Table, key: str) -> frozenset[tuple[int, int]]:
    sizes, value = set(), top.values.get(key, [])
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, list) and len(one) == 2 and all(isinstance(side, int) for side in one):
            sizes.add((max(one), min(one)))
        else:
            top.fault(key, one, "pairs of pixels, [long, short]")
    return frozenset(sizes)
