"""
The judge's rules as typed values: a decision list, a table of points, priors, gates, hints.

Knows no file and no grammar: see `rulebook` for how they are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from upscaled.core.conditions import Condition, Example
from upscaled.core.hints import Hint
from upscaled.nouns import Assume, Family

ASSUMED = frozenset(f"assume_{one.value}" for one in Assume if one.value)
"""What the studio says of a folder, as the rules name it."""
DERIVED = frozenset({"ai_size"})
"""What the judge makes of a picture's size."""


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
    """Long and short side of pictures as generators make them, and others too."""
    bucket_sizes: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    """Those that hardly anybody else makes."""

    def ai_size(self, long: int, short: int) -> float:
        """Return how much a size speaks for a generator: 2, 1, or 0 for no native size."""
        if (long, short) in self.bucket_sizes:
            return 2.0
        return float((long, short) in self.native_sizes)

    @property
    def hinted(self) -> frozenset[str]:
        """Return the features that file names give."""
        return frozenset(hint.feature for hint in self.hints)
