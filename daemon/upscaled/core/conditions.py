"""
The closed grammar of the rules: `name op number`, several joined by `and`. Nothing is evaluated.

A condition is a box: an interval for every measure it names. So it can be told without trying
values whether one can ever hold, and whether one holds wherever another does. Knows no rule file
and no measure by name.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt

Features = Mapping[str, float]

GRAMMAR = "'name op number', joined by 'and'"
OPS = "ops are >= <= > <"

SLOT = re.compile(r"\{(\w+)\}")
"""A place in a sentence that is filled with what was found."""
_COMPARE: dict[str, Callable[[float, float], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}
_TERM = re.compile(r"([a-z][a-z0-9_]*)\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")
_AND = re.compile(r"\s+and\s+")

_Cut = tuple[float, int]
"""A place between numbers: (x, 0) is just below x, (x, 1) just above it."""
_Interval = tuple[_Cut, _Cut]
_ALL: _Interval = ((-math.inf, 0), (math.inf, 1))
_Box = Mapping[str, _Interval]


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

    @property
    def interval(self) -> _Interval:
        """Return the numbers that satisfy it."""
        above = (self.number, 1 if self.op in {">", "<="} else 0)
        return (above, _ALL[1]) if self.op in {">", ">="} else (_ALL[0], above)

    def __str__(self) -> str:
        return f"{self.name} {self.op} {self.number:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Terms that must all hold."""

    terms: tuple[Term, ...]

    def holds(self, features: Features) -> bool:
        """Return whether every term holds; an unknown measure satisfies none."""
        return all(term.holds(features) for term in self.terms)

    @property
    def names(self) -> frozenset[str]:
        """Return the measures it needs."""
        return frozenset(term.name for term in self.terms)

    @property
    def possible(self) -> bool:
        """Return whether any numbers satisfy it: `a >= 3 and a < 2` never holds."""
        return all(low < high for low, high in _box(self).values())

    def allows(self, name: str, most: float) -> bool:
        """Return whether it can hold where a measure is never larger than `most`."""
        return _box(self).get(name, _ALL)[0] < (most, 1)

    def __str__(self) -> str:
        return " and ".join(map(str, self.terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Measures, and whether a rule answers to them."""

    features: Features
    matches: bool


def parse_condition(value: object) -> Condition | None:
    """Return a condition, or None where the words are not of the grammar."""
    parts = _AND.split(value.strip()) if isinstance(value, str) else []
    found = [_TERM.fullmatch(part) for part in parts]
    terms = [Term(name=term[1], op=term[2], number=float(term[3])) for term in found if term]
    return Condition(terms=tuple(terms)) if terms and len(terms) == len(found) else None


def figure(value: float) -> str:
    """Return a measure for people: three digits, and every digit of whole thousands."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def same(one: Condition, other: Condition) -> bool:
    """Return whether two conditions always hold together, however they are written."""
    return _box(one) == _box(other)


def covers(earlier: Iterable[Condition], condition: Condition) -> bool:
    """
    Return whether some of the earlier conditions hold wherever this one does.

    Boxes are subtracted from the condition's own until nothing is left. An earlier one that needs a
    measure which this one does not name takes nothing away: the measure may be unknown.
    """
    left = [dict(_box(condition))]
    for other in earlier:
        if other.names <= condition.names:
            left = [rest for box in left for rest in _without(box, _box(other))]
    return not left


def _box(condition: Condition) -> _Box:
    box: dict[str, _Interval] = {}
    for term in condition.terms:
        low, high = box.get(term.name, _ALL)
        box[term.name] = max(low, term.interval[0]), min(high, term.interval[1])
    return box


def _without(box: dict[str, _Interval], other: _Box) -> Iterator[dict[str, _Interval]]:
    """Yield the boxes that remain of one when another is cut out of it."""
    rest = dict(box)
    for name, (low, high) in other.items():
        start, end = rest[name]
        below, above = (start, min(end, low)), (max(start, high), end)
        yield from (rest | {name: side} for side in (below, above) if side[0] < side[1])
        inside = max(start, low), min(end, high)
        if inside[0] >= inside[1]:
            return
        rest[name] = inside
