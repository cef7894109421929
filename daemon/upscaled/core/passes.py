"""
Which models enlarge a picture, how far each, and what that costs.

Knows factors, limits and prices; must not know targets, folders or what becomes of a shortfall.
Factors are whole ten-thousandths inside, so that no rounding ever makes a result too small or a
factor unsafe: 1.6 in floating point times 2400 is not always 3840.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from upscaled.core.catalogue import FACES, Catalogue, Pick
from upscaled.core.conditions import Features
from upscaled.core.models import Limits, Model
from upscaled.core.price import cost
from upscaled.core.saving import below_step
from upscaled.nouns import Family, Micros, Order, Pass

Pair = tuple[int, int]

UNIT = 10_000
"""`upscale_factor` is sent with four decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """What a picture's models would do, in at most two passes, from the source upwards."""

    catalogue: Catalogue
    family: Family
    order: Order
    source: Pair
    features: Features | None
    """The source's measures; None where they change nothing of the recipe."""
    slack: Fraction = Fraction(1)
    """How much plain resampling may make up for, where a pass costs less below a price step."""
    staged: bool = False
    """No pass goes beyond the recipe's step: the second depends on what the first returns."""

    def first(self) -> Pick:
        """Return what the family's recipe and its choices come to for the source."""
        return self.catalogue.pick(self.family, legacy=self.order.legacy, features=self.features)

    def model(self, index: int) -> tuple[Model, dict[str, Any]]:
        """
        Return the model of a pass (0 or 1) and the parameters it is sent.

        Repairs are asked of the first pass only, faces among them.
        """
        if index:
            pick = self.catalogue.pick_later(self.family, legacy=self.order.legacy)
            return pick.model, pick.params
        pick = self.first()
        if FACES in pick.model.fields and self.order.faces is not None:
            pick.params[FACES] = self.order.faces
        return pick.model, pick.params

    def limits(self, index: int) -> Limits:
        """Return what the model of a pass (0 or 1) can bear, and how far it may go."""
        limits, step = self.model(index)[0].limits, self.catalogue.recipes[self.family].step
        if not self.staged or step is None:
            return limits
        return replace(limits, max_factor=min(limits.max_factor, step))

    def reach(self, safe: float) -> Fraction:
        """Return the highest factor, at least 1, that is safe and that the models can bear."""
        first, last = self.limits(0), self.limits(1)
        if not takes(first, self.source):
            return Fraction(1)
        wanted, alone, room = _units(safe), _units(first.max_factor), _room(first, self.source)
        if wanted > alone and room > alone:  # two passes; the last one makes the large picture
            alone = alone * _units(last.max_factor) // UNIT
            room = _room(last, self.source)
        return Fraction(max(UNIT, min(wanted, alone, room)), UNIT)

    def can_clean(self) -> bool:
        """Return whether the first model takes the source, and can give it back at its size."""
        limits = self.model(0)[0].limits
        return takes(limits, self.source) and _room(limits, self.source) >= UNIT

    def passes(self, goal: Pair, most: Fraction) -> tuple[Pass, ...]:
        """
        Return the fewest passes, at least one, whose result is just not smaller than `goal`.

        Never enlarges more than `most` times in all, which is at most `reach`; where the goal asks
        more, plain resampling has the rest to do. Within `slack` a pass stops below a price step.
        """
        highest = math.floor(most * UNIT)
        total = max(UNIT, min(_needed(goal, self.source), highest))
        model, params = self.model(0)
        alone, least = _units(self.limits(0).max_factor), self._least(total)
        if least <= alone:
            price = partial(_price, model, self.source)
            factor = below_step(price, min(total, alone), least)
            return (_pass(model, params, factor, self.source),)
        last, last_params = self.model(1)
        most_last = _units(self.limits(1).max_factor)
        step = min(alone, _first_step(total, most_last))
        below = _pass(model, params, step, self.source)
        middle = (below.width, below.height)
        rest = max(UNIT, min(highest * UNIT // step, most_last, _needed(goal, middle)))
        rest = below_step(partial(_price, last, middle), rest, self._least(rest))
        return below, _pass(last, last_params, rest, middle)

    def shrunk(self, size: Pair) -> tuple[Pass, ...]:
        """Return the one pass that repairs the source at a smaller size, to which it is shrunk."""
        model, params = self.model(0)
        return (replace(_pass(model, params, UNIT, size), prepared=size),)

    def _least(self, factor: int) -> int:
        return max(UNIT, math.ceil(factor / self.slack))


def one_pass(
    model: Model, params: dict[str, Any], source: Pair, goal: Pair, most: float
) -> Pass | None:
    """
    Return a model's one pass from the source towards the goal, at most `most` times.

    None where the model cannot take the source or give it back at its size.
    """
    limits = model.limits
    room = _room(limits, source)
    if not takes(limits, source) or room < UNIT:
        return None
    bounds = (_needed(goal, source), _units(most), _units(limits.max_factor), room)
    return _pass(model, params, max(UNIT, min(bounds)), source)


def takes(limits: Limits, picture: Pair) -> bool:
    """Return whether a model accepts a picture of this size."""
    width, height = picture
    return width * height <= limits.input_px and max(picture) <= limits.max_side


def size_after(passes: tuple[Pass, ...], source: Pair) -> Pair:
    """Return the pixels after the last pass; the source's own without one."""
    return (passes[-1].width, passes[-1].height) if passes else source


def price_of(passes: tuple[Pass, ...]) -> Micros:
    """Return the price of passes together."""
    return sum(one.cost for one in passes)


def _pass(model: Model, params: dict[str, Any], factor: int, source: Pair) -> Pass:
    width, height = (side * factor // UNIT for side in source)
    return Pass(
        endpoint=model.endpoint,
        model=model.name,
        factor=factor / UNIT,
        width=width,
        height=height,
        params=params,
        cost=_price(model, source, factor),
    )


def _price(model: Model, source: Pair, factor: int) -> Micros:
    """Return the price of a pass; the service may round the sides up, so that is reserved."""
    width, height = (-(-side * factor // UNIT) for side in source)
    return cost(model.price, width, height)


def _needed(goal: Pair, have: Pair) -> int:
    """Return the smallest factor, in units, whose result is nowhere smaller than the goal."""
    return max(-(-side * UNIT // own) for side, own in zip(goal, have, strict=True))


def _first_step(total: int, most_last: int) -> int:
    """
    Return the first of two factors: the smallest whole one that leaves the last within bounds.

    Whole, so that no rounding comes between the passes; the smallest, because it is billed too.
    """
    return -(-total // most_last) * UNIT


def _units(factor: float) -> int:
    return math.floor(Fraction(str(factor)) * UNIT)


def _room(limits: Limits, source: Pair) -> int:
    """Return the highest factor, in units, whose result a model can still make."""
    width, height = source
    by_area = math.isqrt(limits.output_px * UNIT * UNIT // (width * height))
    return min(by_area, limits.max_side * UNIT // max(source))
