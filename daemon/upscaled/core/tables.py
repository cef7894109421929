"""
Reads tables of a rule file and gathers every fault instead of stopping at the first.

Knows what a table, a number and a text are; must not know what any key means.
"""

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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
        if isinstance(value, str) and (value or default == ""):
            return value
        self.fault(key, value, "a text")
        return ""

    def number(self, key: str, default: float | None = None, *, least: float = 0.0) -> float:
        """Return a finite number of at least `least`."""
        value = self.values.get(key, default)
        if is_number(value) and value >= least:
            return float(value)
        self.fault(key, value, f"a number of at least {least:g}")
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

    def tables(self, key: str) -> Iterator[tuple[str, "Table"]]:
        """Yield the named tables below `key`."""
        group = self.table(key)
        for name in group.values:
            yield name, group.table(name)


def is_number(value: object) -> bool:
    """Return whether the value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
