"""
A result failed its check: what else may be paid for, once, and which of the two is better.

Values in, values out. What keeps closer to its source is data beside the models; never the same
endpoint and fields again, never another family's model where the folder names the family.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from upscaled.core.advice import pixels, times
from upscaled.core.catalogue import FACES, Catalogue
from upscaled.core.models import Model
from upscaled.core.passes import Pair, one_pass
from upscaled.core.price import money
from upscaled.nouns import Fidelity, Micros, Pass, Plan

_WORDS = ("fail", "review", "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A first result that failed its check, and what a second try depends on."""

    plan: Plan
    fidelity: Fidelity
    source: Pair
    catalogue: Catalogue
    named: bool
    """A person named the family: the folder does, or a redo."""
    spent: Micros
    """What the picture has cost so far."""
    per_job: Micros
    """The cap of one picture, all its requests."""
    resample_limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    model: Model
    params: dict[str, Any]
    say: str


def second_plan(failed: Failed) -> tuple[Plan | None, str]:
    """Return the plan of the second try, None where none may be made, and the sentence on it."""
    head = f"The first result, by {failed.plan.passes[-1].model}, failed its check"
    for one in _candidates(failed):
        made = _pass(failed, one)
        if made is None or _asked_before(failed.plan, made):
            continue
        total = failed.spent + made.cost
        if total > failed.per_job:
            return None, (
                f"{head}; a second try by {made.model} would bring the picture to {money(total)},"
                f" past [budget] per_job_usd ({money(failed.per_job)})."
            )
        why = "; ".join(failed.fidelity.reasons)
        said = f"{head} ({why}); asked once more: {made.model}, {one.say}."
        return _planned(failed.plan, made, said), said
    return None, f"{head}, and nothing that keeps closer to the source may take its place."


def is_better(second: Fidelity, first: Fidelity) -> bool:
    """Return whether the second result is at least as good: verdict, number of faults, likeness."""
    return _rank(second) >= _rank(first)


def _rank(one: Fidelity) -> tuple[float, ...]:
    likeness = (one.figures.get(name, 0.0) for name in ("tile_min", "ssim"))
    return (_WORDS.index(one.verdict), -len(one.reasons), *likeness)


def _candidates(failed: Failed) -> Iterator[_Candidate]:
    """Yield what may be asked, the nearest to the person's wish first."""
    first, recipe = failed.plan.passes[0], failed.catalogue.recipes[failed.plan.model]
    if first.params.get(FACES) and first.model in failed.catalogue.models:
        model = failed.catalogue.models[first.model]
        params = {**first.params, FACES: False}
        yield _Candidate(model=model, params=params, say="the same without face recovery")
    for other in recipe.others:
        if failed.named and other.model not in recipe.names:
            continue
        model = failed.catalogue.models[other.model]
        off = {FACES: False} if FACES in model.fields else {}
        yield _Candidate(model=model, params={**off, **other.params}, say=other.say)


def _pass(failed: Failed, one: _Candidate) -> Pass | None:
    """
    Return the one request of a candidate, as far as the failed plan went where one pass may.

    None where so much would be left to resampling that the studio does not allow it.
    """
    plan, step = failed.plan, failed.catalogue.recipes[failed.plan.model].step
    first, last = plan.passes[0], plan.passes[-1]
    source, goal = first.prepared or failed.source, (last.width, last.height)
    made = one_pass(one.model, one.params, source, goal, step or one.model.limits.max_factor)
    if made is None:
        return None
    limit = max(Fraction(str(failed.resample_limit)), _rest(plan, last))
    return replace(made, prepared=first.prepared) if _rest(plan, made) <= limit else None


def _rest(plan: Plan, last: Pass) -> Fraction:
    """Return the enlargement that a pass leaves to plain resampling."""
    wide, high = Fraction(plan.scaled_width, last.width), Fraction(plan.scaled_height, last.height)
    return max(wide, high)


def _asked_before(plan: Plan, made: Pass) -> bool:
    asked = [(one.endpoint, one.model, one.params) for one in plan.passes]
    return (made.endpoint, made.model, made.params) in asked


def _planned(plan: Plan, made: Pass, said: str) -> Plan:
    shortfall, last = plan.shortfall, plan.passes[-1]
    if made.width < last.width - 1 or made.height < last.height - 1:
        reached = pixels((made.width, made.height))
        rest = times(_rest(plan, made))
        shortfall = f"{made.model} ends at {reached}; the last {rest} is plain resampling."
    return replace(
        plan,
        passes=(made,),
        shortfall=shortfall,
        notes=(*plan.notes, said),
        otherwise=None,
        promised=plan.promised or plan.passes,
    )
