"""
What a clip costs, by price rules that are data: seconds of output, dearer the larger the frame.

A rule belongs to an endpoint and a model; endpoints without a model field have one rule for all.
Knows no clip. Every started second counts in full, and every started multiple of the frame rate:
fal says that 60 frames a second cost twice as much as 30 and nothing of what lies between.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upscaled.core.price import MEGAPIXEL, micros
from upscaled.core.tables import Table, is_number
from upscaled.errors import ConfigError
from upscaled.nouns import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class PerSecond:
    """A staircase: (up to so many pixels a frame, price of a second), rising in both."""

    steps: tuple[tuple[int, Micros], ...]
    fps: float
    """The rate that the prices are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip as it will be delivered."""

    width: int
    height: int
    seconds: float
    fps: float


ClipPrices = Mapping[tuple[str, str], PerSecond]
"""By endpoint and model; the model is empty where the endpoint has no choice of one."""


def clip_cost(rule: PerSecond, clip: Clip) -> Micros:
    """Return the price of a clip; a frame beyond the last step pays it once for each started."""
    pixels, (top, dearest) = clip.width * clip.height, rule.steps[-1]
    second = next((each for up_to, each in rule.steps if pixels <= up_to), None)
    if second is None:
        second = -(-pixels // top) * dearest
    # A container's 30.02 frames a second are thirty: half a percent is no other rate.
    rates = max(1, math.ceil(clip.fps / rule.fps - 0.005))
    return math.ceil(clip.seconds) * rates * second


def load_clip_prices(mapping: Mapping[str, Any], place: str = "clips.toml") -> ClipPrices:
    """
    Return the rules of a parsed file; `place` names it in faults.

    Raises `ConfigError` with every fault at once.
    """
    top = Table(place=place, values=mapping)
    top.only("price")
    found: dict[tuple[str, str], PerSecond] = {}
    for _, table in top.tables("price"):
        table.only("endpoint", "models", "fps", "seconds")
        rule = PerSecond(steps=_steps(table), fps=table.number("fps", 30.0, least=1.0))
        endpoint = table.text("endpoint")
        found |= {(endpoint, model): rule for model in table.texts("models") or ("",)}
    if top.faults:
        raise ConfigError(tuple(top.faults))
    return found


def price_of(prices: ClipPrices, endpoint: str, model: str = "") -> PerSecond | None:
    """Return the rule of a model, else that of its endpoint, None where neither has one."""
    return prices.get((endpoint, model)) or prices.get((endpoint, ""))


def _steps(table: Table) -> tuple[tuple[int, Micros], ...]:
    steps = table.values.get("seconds")
    if not _is_staircase(steps):
        table.fault("seconds", steps, "a list of [up to megapixels a frame, usd], rising in both")
        return ((MEGAPIXEL, 0),)
    return tuple((int(mp * MEGAPIXEL), micros(usd)) for mp, usd in steps or ())


def _is_staircase(steps: object) -> bool:
    if not isinstance(steps, list) or not steps:
        return False
    if not all(isinstance(step, list) and len(step) == 2 for step in steps):
        return False
    if not all(is_number(number) and number > 0 for step in steps for number in step):
        return False
    return all(low[0] < high[0] and low[1] <= high[1] for low, high in itertools.pairwise(steps))
