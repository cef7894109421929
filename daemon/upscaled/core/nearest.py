"""
The nearest valid word to a wrong one, for hints. Knows nothing of what the words mean.

Likeness is difflib's ratio, twice the matching letters over all letters (Ratcliff and Obershelp,
Dr. Dobb's Journal 46, July 1988).
"""

from collections.abc import Iterable
from difflib import SequenceMatcher

NEAR = 0.6
"""difflib's own cutoff for a close match; below it a likeness is chance."""


def likeness(word: str, other: str) -> float:
    """Return how alike two words are, 0..1, whatever their case."""
    return SequenceMatcher(None, word.casefold(), other.casefold(), autojunk=False).ratio()


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Return the valid word most like this one, the first of equals; None without any."""
    return max(valid, key=lambda other: likeness(word, other), default=None)


def is_near(word: str, valid: Iterable[str], cutoff: float = NEAR) -> bool:
    """Tell whether the word is probably a slip for one of the valid ones."""
    return any(likeness(word, other) >= cutoff for other in valid)


def did_you_mean(word: str, valid: Iterable[str]) -> str:
    """Return a sentence that names the nearest valid word; empty without any."""
    found = nearest(word, words := tuple(valid))
    if found is None:
        return ""
    if is_near(word, [found]):
        return f'did you mean "{found}"?'
    others = ", ".join(one for one in words if one != found)
    return f'the nearest is "{found}"' + (f"; valid too: {others}" if others else "")
