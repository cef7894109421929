"""
Reads tables of a rule file and gathers every fault instead of stopping at the first.

Knows what a table, a number, a text and a condition are; must not know what any key means.
"""

import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from upscaled.core.conditions import GRAMMAR, OPS, Condition, Example, parse_condition
from upscaled.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a file, with the list in which all tables of the file note their faults."""

    place: str
    """The file."""
    values: Mapping[str, Any]
    key: str = ""
    """Dotted path from the file's top; empty for the top itself."""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, key: str, value: object, expected: str, hint: str = "") -> None:
        """Note one fault at `key` of this table."""
        dotted = f"{self.key}.{key}" if self.key else key
        self.faults.append(
            Fault(place=self.place, key=dotted, value=repr(value), expected=expected, hint=hint)
        )

    def only(self, *known: str) -> None:
        """Note every key that is not known, with the nearest that is."""
        for key in self.values.keys() - set(known):
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else ""
            self.fault(key, self.values[key], "one of " + ", ".join(sorted(known)), hint)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty; without a default it must be there."""
        value = self.values.get(key, default)
        if isinstance(value, str) and (value.strip() or default == ""):
            return value
        self.fault(key, value, "a text")
        return ""

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        least: float = 0.0,
        most: float = math.inf,
    ) -> float:
        """Return a finite number from `least` to `most`."""
        value = self.values.get(key, default)
        if is_number(value) and least <= value <= most:
            return float(value)
        range_ = f"of at least {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
        self.fault(key, value, f"a number {range_}")
        return least or 1.0

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a missing one is empty."""
        value = self.values.get(key, [])
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.fault(key, value, "a list of texts")
        return ()

    def table(self, key: str) -> "Table":
        """Return the table below `key`; a missing one is empty."""
        value = self.values.get(key, {})
        if not isinstance(value, Mapping):
            self.fault(key, value, "a table")
            value = {}
        dotted = f"{self.key}.{key}" if self.key else key
        return Table(place=self.place, values=value, key=dotted, faults=self.faults)

    def array(self, key: str, called: Callable[[Mapping[str, Any]], str]) -> Iterator["Table"]:
        """Yield the tables headed `[[key]]`; `called` says under which key each notes faults."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            self.fault(key, value, f"tables headed [[{key}]]")
            value = []
        for one in value:
            yield Table(place=self.place, values=one, key=called(one), faults=self.faults)

    def condition(self, key: str) -> Condition:
        """Return a condition of the rules' grammar; one without terms where it is wrong."""
        found = parse_condition(self.values.get(key))
        if found is None:
            self.fault(key, self.values.get(key), GRAMMAR, OPS)
        return found or Condition(terms=())

    def examples(self) -> tuple[Example, ...]:
        """Return the examples of a rule: tables of measures with `matches`."""
        return tuple(one.example() for one in self.array("example", self._within("example")))

    def example(self) -> Example:
        """Return this table as one example."""
        matches = self.values.get("matches")
        if not isinstance(matches, bool):
            self.fault("matches", matches, "true or false")
        names = self.values.keys() - {"matches"}
        features = {name: self.number(name, least=-1e9, most=1e9) for name in sorted(names)}
        return Example(features=features, matches=matches is True)

    def _within(self, key: str) -> Callable[[Mapping[str, Any]], str]:
        return lambda _: f"{self.key}.{key}" if self.key else key

    def tables(self, key: str) -> Iterator[tuple[str, "Table"]]:
        """Yield the named tables below `key`."""
        group = self.table(key)
        for name in group.values:
            yield name, group.table(name)


def is_number(value: object) -> bool:
    """Return whether the value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
