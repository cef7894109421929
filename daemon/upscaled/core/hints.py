"""
What a file's name suggests. Only ever a score beside others, never a verdict.

Names lie: a photograph may be called `midjourney-office.jpg`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A pattern of file names, and what it adds to which score."""

    feature: str
    score: float
    pattern: re.Pattern[str]


def score_name(hints: Iterable[Hint], name: str) -> dict[str, float]:
    """Return the highest score of each feature for a file name (its last part, no folders)."""
    bare = name.rsplit("/", 1)[-1][:_LONGEST]
    scores: dict[str, float] = {}
    for hint in hints:
        found = hint.score if hint.pattern.search(bare) else 0.0
        scores[hint.feature] = max(found, scores.get(hint.feature, 0.0))
    return scores
