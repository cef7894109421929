"""What every table of the configuration is made of."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """One table: strict, frozen, and no key that is not declared."""

    model_config = ConfigDict(
        defer_build=True,
        strict=True,
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
    )


def key(default: object, says: str) -> Any:
    """Declare a key: its default, and what it means."""
    return Field(default, description=says)


def number(default: float | None, low: float, high: float, says: str) -> Any:
    """Declare a number from `low` to `high`, both included."""
    return Field(default, ge=low, le=high, description=says)
