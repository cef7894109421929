"""What the engine was asked and gave, and how good it is."""

from dataclasses import dataclass, field
from typing import Any

from upscaled.nouns.plans import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A request that the engine accepted."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an accepted request stands."""

    state: str
    """`queued`, `running` or `ready`."""
    result_url: str = ""
    """Where the enlarged picture lies, once ready."""
    result_bytes: int | None = None
    billable_units: float | None = None
    """X-Fal-Billable-Units of the result, None where unsaid."""
    seconds: float | None = None
    """Inference time as reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassDone:
    """One request that was made and ended, paid or free."""

    engine: str
    endpoint: str
    model: str
    params: dict[str, Any]
    factor: float
    width: int
    height: int
    request_id: str | None
    seconds: float | None
    cost: Micros
    billed: bool
    """True where the cost comes from the service's own figure, False for an estimate."""


Box = tuple[float, float, float, float]
"""A place: left, top, right, bottom as shares 0..1 of what source and result both show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """Is the result still the same picture?"""

    verdict: str
    """`pass`, `review` or `fail`."""
    figures: dict[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    worst: Box | None = None
    """Where it is least alike."""
    sharpest: Box | None = None
    """Where the source has most detail."""
    notes: tuple[str, ...] = ()
    """Sentences on what was not looked at."""
    swatch: str = ""
    """Of a frame: what its neighbours are compared with, see `core/flicker`; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """How a frame's result changes against a neighbour's, beyond what their sources do."""

    against: str
    """The neighbour's path, as in the inbox."""
    brightness: float
    """Grey levels, of the whole frame."""
    texture: float | None
    """Grey levels, where the source stands still; None where it does almost nowhere."""
    excess: float
    """The larger of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """May a second pass follow on the first one's result?"""

    clean: bool
    figures: dict[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    """Why not, a sentence each; empty where it is clean."""
