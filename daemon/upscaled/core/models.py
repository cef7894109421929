"""
One model as an engine offers it: where, at what price, within which limits, with which fields.

Knows what may be sent; must not know any model by name, nor which picture gets it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from upscaled.core.price import PriceRule
from upscaled.core.tables import is_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter that a model takes."""

    type: str
    """`number`, `integer`, `flag`, `choice` or `text`."""
    least: float | None = None
    most: float | None = None
    """Upper bound; of a text, its longest length."""
    choices: tuple[str, ...] = ()

    def allows(self, value: object) -> bool:
        """Return whether a value may be sent."""
        if self.type == "flag":
            return isinstance(value, bool)
        if self.type == "choice":
            return value in self.choices
        if self.type == "text":
            return isinstance(value, str) and len(value) <= (self.most or len(value))
        if self.type == "integer" and not isinstance(value, int):
            return False
        return is_number(value) and self._within(float(value))  # type: ignore[arg-type]  # is_number

    def _within(self, value: float) -> bool:
        above = self.least is None or value >= self.least
        return above and (self.most is None or value <= self.most)

    def expected(self) -> str:
        """Return what may be sent, in words."""
        if self.type == "choice":
            return "one of " + ", ".join(self.choices)
        bounds = [] if self.least is None else [f"from {self.least:g}"]
        bounds += [] if self.most is None else [f"up to {self.most:g}"]
        article = "an" if self.type == "integer" else "a"
        return " ".join([f"{article} {self.type}", *bounds])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a model can bear."""

    max_factor: float
    """Highest linear factor of one pass."""
    max_side: int
    """Pixels, of input and output."""
    input_px: int
    output_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model at one endpoint."""

    name: str
    endpoint: str
    price: PriceRule
    limits: Limits
    fields: Mapping[str, Field]
