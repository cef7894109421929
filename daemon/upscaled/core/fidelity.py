"""
Is the result still the same picture? Figures in, a verdict with its reasons out.

The bands are data (`rules/fidelity.toml`); how figures are measured is the pictures' room's affair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from upscaled.errors import ConfigError, Fault
from upscaled.nouns import Box, Family, Fidelity

_WORDS = ("pass", "review", "fail")
_KEYS = frozenset({"figure", "says", "better", "pass", "review", "family"})
_MOST_CHANGED = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """At or better than `passes` passes; at or better than `review` needs a look; else fails."""

    passes: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How one figure is judged."""

    figure: str
    says: str
    """What the figure means, for the person."""
    more_is_better: bool
    limits: Limits
    families: Mapping[Family, Limits] = field(default_factory=dict)
    """Limits of a family that differ."""

    def judge(self, value: float, family: Family) -> str:
        """Return `pass`, `review` or `fail`; a value that is no number fails."""
        limits = self.families.get(family, self.limits)
        if self._holds(value, limits.passes):
            return "pass"
        return "review" if self._holds(value, limits.review) else "fail"

    def _holds(self, value: float, limit: float) -> bool:
        return value >= limit if self.more_is_better else value <= limit


def assess(
    figures: Mapping[str, float],
    family: Family,
    bands: Sequence[Band],
    places: Mapping[str, Box] = MappingProxyType({}),
) -> Fidelity:
    """
    Return the worst verdict of all figures that a band judges, with a reason for each fault, the
    gravest first.

    `places` says where a figure is worst; the verdict's place is that of its gravest fault, or
    where most changed, though little.
    """
    asked = [band for band in bands if band.figure in figures]
    if not asked:
        nothing = ("nothing about the result could be measured",)
        return Fidelity(verdict="review", figures=dict(figures), reasons=nothing)
    words = {band.figure: band.judge(figures[band.figure], family) for band in asked}
    found = [band for band in asked if words[band.figure] != "pass"]
    faults = sorted(found, key=lambda band: _WORDS.index(words[band.figure]), reverse=True)
    placed = [band.figure for band in faults if band.figure in places]
    gravest = max(placed, key=lambda figure: _WORDS.index(words[figure]), default=_MOST_CHANGED)
    return Fidelity(
        verdict=max(words.values(), key=_WORDS.index),
        figures=dict(figures),
        reasons=tuple(_reason(band, figures, family) for band in faults),
        worst=places.get(gravest),
    )


def _reason(band: Band, figures: Mapping[str, float], family: Family) -> str:
    limit = band.families.get(family, band.limits).passes
    bound = "at least" if band.more_is_better else "at most"
    return f"{band.says}: {figures[band.figure]:.3g}, should be {bound} {limit:g}"


def parse_bands(table: Mapping[str, Any], place: str) -> tuple[Band, ...]:
    """
    Return the bands of a parsed rule file; `place` is its name.

    Raises `ConfigError` with every fault at once.
    """
    faults: list[Fault] = []
    bands = []
    for index, row in enumerate(table.get("band", [])):
        try:
            bands.append(_band(row))
        except (KeyError, TypeError, ValueError) as error:
            faults.append(
                Fault(
                    place=place,
                    key=f"band[{index}]",
                    value=str(error),
                    expected="figure, says, better (more or less), pass, review, family",
                )
            )
    if faults:
        raise ConfigError(tuple(faults))
    return tuple(bands)


def _band(row: Mapping[str, Any]) -> Band:
    if unknown := set(row) - _KEYS:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    better = row["better"]
    if better not in ("more", "less"):
        raise ValueError(f"better = {better}")
    families = {Family(name): _limits(own) for name, own in row.get("family", {}).items()}
    return Band(
        figure=str(row["figure"]),
        says=str(row["says"]),
        more_is_better=better == "more",
        limits=_limits(row),
        families=families,
    )


def _limits(row: Mapping[str, Any]) -> Limits:
    return Limits(passes=float(row["pass"]), review=float(row["review"]))
