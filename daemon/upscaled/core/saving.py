"""
Where a plan may cost less and look the same: price steps, and pixels that hold no detail.

Prices come in steps of output pixels, so a pass that stops just below a step may be a third cheaper
and nobody sees the difference. Knows no models and no targets; a price is a function that rises.
"""

import math
from collections.abc import Callable
from fractions import Fraction

from upscaled.nouns import Micros

Pair = tuple[int, int]

UNSEEN = Fraction(103, 100)
"""
How much plain resampling may follow a pass that stops below a price step. Under 3 % no pixel of a
4096 px picture moves by more than the enlargers' own blur; 1024 px squares at 4x are 2.4 % above a
step, UHD at 8 MP blocks 1.8 %: the two commonest sizes of generated pictures.
"""

NEARLY = Fraction(9, 10)
"""A target is worth a hint where up to a tenth less on each side makes it cheaper."""

WORTH = Fraction(1, 4)
"""Share of the price that a hint must save."""


def below_step(price: Callable[[int], Micros], most: int, least: int) -> int:
    """Return the largest number in least..most that costs no more than `least` does."""
    cheapest = price(least)
    if price(most) <= cheapest:
        return most
    low, high = least, most  # low is cheap, high is not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if price(middle) <= cheapest else (low, middle)
    return low


def cheaper_size(price: Callable[[Pair], Micros], size: Pair) -> tuple[Pair, Micros] | None:
    """
    Return the largest size of the same shape that costs clearly less, and its price.

    None where up to a tenth less on each side does not save a quarter.
    """
    long = max(size)

    def at(side: int) -> Pair:
        return math.ceil(size[0] * side / long), math.ceil(size[1] * side / long)

    side = below_step(lambda one: price(at(one)), long, math.ceil(long * NEARLY))
    best = price(at(side))
    return (at(side), best) if best <= price(size) * (1 - WORTH) else None


def worth_sending(source: Pair, goal: Pair, detail: Pair | None) -> Pair | None:
    """
    Return the size to which a source may be shrunk before a model works on it, None for its own.

    Neither its detail is given up nor a pixel that the goal needs.
    """
    if detail is None:
        return None
    ratio = max(
        Fraction(side, own)
        for pair in (goal, detail)
        for side, own in zip(pair, source, strict=True)
    )
    if ratio >= 1:
        return None
    return math.ceil(source[0] * ratio), math.ceil(source[1] * ratio)
