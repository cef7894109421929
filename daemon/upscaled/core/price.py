"""
What a pass costs, by price rules that are data.

Knows how to count megapixels and steps; must not know which model or endpoint asks.
A megapixel is 1,000,000 pixels and every started step counts in full: fal's pages never define
the unit, and the dearer reading is the one a cap can rest on.
"""

from dataclasses import dataclass

from upscaled.nouns import Micros

MEGAPIXEL = 1_000_000
MICROS_PER_USD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedBlocks:
    """So much for every started block of output."""

    block_px: int
    each: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """A staircase: (up to so many pixels of output, price), rising in both."""

    steps: tuple[tuple[int, Micros], ...]


PriceRule = StartedBlocks | Tiers


def cost(rule: PriceRule, width: int, height: int) -> Micros:
    """
    Return the price of one pass whose output is width x height pixels.

    Beyond the last tier the whole staircase begins again, so that nothing is ever free there.
    """
    pixels = width * height
    if isinstance(rule, StartedBlocks):
        return -(-pixels // rule.block_px) * rule.each
    top_px, top_price = rule.steps[-1]
    rounds, rest = divmod(pixels, top_px)
    if not rest:
        return rounds * top_price
    return rounds * top_price + next(price for up_to, price in rule.steps if rest <= up_to)


def micros(usd: float) -> Micros:
    """Return dollars as whole micro-dollars, to the nearest."""
    return round(usd * MICROS_PER_USD)


def usd(money: Micros) -> float:
    """Return micro-dollars as dollars, for JSON and for people."""
    return money / MICROS_PER_USD


def money(amount: Micros) -> str:
    """Return an amount as people read it: two decimals, four where they say more."""
    return f"${usd(amount):.2f}" if amount % 10_000 == 0 else f"${usd(amount):.4f}"
