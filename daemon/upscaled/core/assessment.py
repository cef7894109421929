"""
May a second pass follow? The first one's result, assessed as if it were a new source.

Errors of models that make up detail add up, so what a restorer returned is looked at before more is
paid for it. Figures in, a decision with its sentences out; the limits are data
(`rules/second-pass.toml`), how figures are measured is the pictures' room's affair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from upscaled.core.advice import times
from upscaled.core.tables import Table
from upscaled.errors import ConfigError
from upscaled.nouns import Assessment, Fidelity, Plan

_LIKENESS = {"pass": 1.0, "review": 0.5, "fail": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one figure must keep to."""

    figure: str
    says: str
    """What the figure means, for the person."""
    least: float | None = None
    most: float | None = None

    def fault(self, figures: Mapping[str, float]) -> str:
        """Return what is wrong with the figure, in words; empty where it keeps to the limit."""
        value = figures.get(self.figure)
        if value is None:
            return f"{self.says}: it could not be measured"
        if self.least is not None and not value >= self.least:
            return f"{self.says}: {value:.3g}, should be at least {self.least:g}"
        if self.most is not None and not value <= self.most:
            return f"{self.says}: {value:.3g}, should be at most {self.most:g}"
        return ""


def figures_of(
    source: Mapping[str, float], result: Mapping[str, float], factor: float, likeness: Fidelity
) -> dict[str, float]:
    """
    Return what the limits are about.

    `source` and `result` are measures (`edge/pictures/named.py`) of the picture before and after an
    enlargement by `factor`. `detail` is the result's share of Nyquist that holds detail, `gain` how
    many times more detail that is along a side than the source held, `gain_share` that as a share
    of the factor; `noise`, `grid`; `likeness` 1 where the result passed the fidelity check, 0.5
    where a person should look, 0 where it failed. What could not be measured is left out.
    """
    figures = {"likeness": _LIKENESS[likeness.verdict]}
    figures |= {name: result[name] for name in ("noise", "grid") if name in result}
    before, after = source.get("r_eff"), result.get("r_eff", 1.0)
    if before and 0 < after < 1:  # the measure says 1 where it found nothing to measure
        share = after / before
        figures |= {"detail": after, "gain": share * factor, "gain_share": share}
    return figures


def assess(figures: Mapping[str, float], limits: Sequence[Limit]) -> Assessment:
    """Return whether every limit is kept; without limits nothing may follow."""
    faults = tuple(fault for one in limits if (fault := one.fault(figures)))
    if not limits:
        faults = ("nothing says what a clean result is",)
    return Assessment(clean=not faults, figures=dict(figures), reasons=faults)


def stopped(plan: Plan, why: Sequence[str]) -> Plan:
    """
    Return what is done instead of a plan whose second pass is not made, with the reasons.

    `plan.otherwise` must not be None.
    """
    other, (first, last) = plan.otherwise or plan, plan.passes
    said = (
        f"After {times(first.factor)} it was not taken {times(last.factor)} further by"
        f" {last.model}: {'; '.join(why)}."
    )
    shortfall = f"{other.shortfall} {said}" if other.shortfall else said
    notes = (*other.notes, said)
    return replace(other, shortfall=shortfall, notes=notes, promised=plan.passes)


def parse_limits(mapping: Mapping[str, Any], place: str) -> tuple[Limit, ...]:
    """
    Return the limits of a parsed rule file; `place` names it in faults.

    Raises `ConfigError` with every fault at once.
    """
    top = Table(place=place, values=mapping)
    top.only("limit")
    limits = tuple(
        _limit(one) for one in top.array("limit", lambda one: f"limit {one.get('figure')}")
    )
    if not limits:
        top.fault("limit", [], "at least one [[limit]]")
    if top.faults:
        raise ConfigError(tuple(top.faults))
    return limits


FIGURES = ("gain", "gain_share", "detail", "noise", "grid", "likeness")


def _limit(table: Table) -> Limit:
    table.only("figure", "says", "least", "most")
    figure = table.text("figure")
    if figure and figure not in FIGURES:
        table.fault("figure", figure, "one of " + ", ".join(FIGURES))
    bounds = {key: table.number(key) for key in ("least", "most") if key in table.values}
    if not bounds:
        table.fault("least", None, "least, most or both")
    return Limit(figure=figure, says=table.text("says"), **bounds)
