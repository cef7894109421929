"""
What will be done with a picture, and what it costs: the corridor's one expensive decision.

A pure function of the picture's measures, the verdict, the order and the catalogue. Whatever it
cannot allow is refused here, before a cent is spent; whatever it changes is said in a sentence.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from upscaled.core.advice import (
    after_a_look,
    bound,
    nearly,
    pixels,
    refusal,
    shortfall,
    step_hint,
    stepped,
)
from upscaled.core.bounds import flattens, refuse_giants
from upscaled.core.catalogue import FACES
from upscaled.core.draft import NEAR, ROUNDING_PX, Draft, PlanRequest, draft_of, ladder_of
from upscaled.core.passes import price_of
from upscaled.core.price import cost, money
from upscaled.core.printing import paper_notes, printed, too_coarse
from upscaled.core.repairs import order_sentence
from upscaled.core.safe import detail_size
from upscaled.core.saving import cheaper_size
from upscaled.core.sizes import Size, pad_of
from upscaled.core.sources import source_notes
from upscaled.errors import Aside
from upscaled.nouns import Code, Family, Fit, Micros, Pass, Plan


def make_plan(request: PlanRequest) -> Plan:
    """
    Return the plan for one picture.

    Raises `Aside`: `too_small` where the target is beyond what may be resampled, `too_large` where
    no file or no model could hold the result.
    """
    draft = draft_of(request)
    size = draft.delivered()
    refuse_giants(size, request.order, alpha=request.probe.alpha)
    passes = draft.passes(draft.ladder, size)
    _refuse_blow_up(draft, passes)
    plan = _plan(draft, size, passes)
    if draft.staged and request.catalogue.engine == "local":
        # Lanczos adds no detail: a look at its result would always stop it where it is sure.
        sure = draft_of(request, staged=False)
        stopped = _stopped(request, sure.passes(sure.ladder, sure.delivered()))
        return replace(stopped, fal_cost=plan.fal_cost)
    if not draft.staged or len(passes) < 2:
        return plan
    return replace(plan, otherwise=_stopped(request, passes[:1]))


def _stopped(request: PlanRequest, passes: tuple[Pass, ...]) -> Plan:
    """Return what the first pass alone comes to; past the resample limit a person gets less."""
    draft = draft_of(request, staged=False)
    rest, limit = draft.gap(passes).rest, Fraction(str(request.resample_limit))
    too_far = rest > limit and request.beyond_safe != "smaller"
    if too_far:
        draft = draft_of(replace(request, beyond_safe="smaller"), staged=False)
    plan = _plan(draft, draft.delivered(), passes)
    return replace(plan, review=plan.review or too_far)


def _plan(draft: Draft, size: Size, passes: tuple[Pass, ...]) -> Plan:
    request, order = draft.request, draft.request.order
    on_sheet = printed(order, size, request.source, request.min_effective_ppi)
    coarse = too_coarse(on_sheet, request.min_effective_ppi)
    why = request.probe.doubt or coarse
    return Plan(
        model=request.verdict.model,
        passes=passes,
        width=size.width,
        height=size.height,
        target_width=size.asked_width,
        target_height=size.asked_height,
        format=order.format,
        ppi=size.ppi,
        scaled_width=size.scaled_width,
        scaled_height=size.scaled_height,
        pad=pad_of(order),
        srgb=order.srgb,
        safe_factor=draft.sure,
        shortfall=_shortfall(draft, passes),
        review=bool(why) or (draft.short and request.beyond_safe == "review"),
        notes=(*_notes(draft, passes), *paper_notes(on_sheet, coarse)),
        fal_cost=_fal_cost(draft, size, passes),
        flat=flattens(order),
        printed=on_sheet,
        review_reason=why,
    )


def _refuse_blow_up(draft: Draft, passes: tuple[Pass, ...]) -> None:
    """Raise where plain resampling would have to do more than the studio allows it."""
    gap, limit = draft.gap(passes), draft.request.resample_limit
    if not draft.short or draft.request.beyond_safe == "smaller":
        return
    if gap.rest > Fraction(str(limit)):
        code = Code.TOO_LARGE if gap.by_model else Code.TOO_SMALL
        raise Aside(code, *refusal(gap, limit))


def _shortfall(draft: Draft, passes: tuple[Pass, ...]) -> str | None:
    if draft.short:
        return shortfall(draft.gap(passes), draft.request.beyond_safe)
    if draft.asked.scale > 1 and not passes:
        return nearly(draft.asked.scale)
    return _stepped(draft, passes) if passes else None


def _stepped(draft: Draft, passes: tuple[Pass, ...]) -> str | None:
    gap, asked = draft.gap(passes), draft.asked
    missing = max(asked.scaled_width - gap.reached[0], asked.scaled_height - gap.reached[1])
    if missing <= ROUNDING_PX:
        return None
    full = draft.ladder.passes((asked.scaled_width, asked.scaled_height), draft.reach)
    return stepped(gap, price_of(passes), price_of(full))


def _notes(draft: Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield a sentence for everything that the picture's owner might not expect."""
    order, probe = draft.request.order, draft.request.probe
    yield from _reach_notes(draft, passes)
    if draft.asked.kept:
        density = f" and the density rises to {draft.asked.ppi:g} ppi" if draft.asked.ppi else ""
        yield f"The source is larger than the target: its pixels are kept{density}."
    yield from source_notes(probe, order, passes)
    if order.clean and not passes:
        yield "`clean` is left out: the model does not take a picture of this size."
    if passes:
        yield from _source_notes(draft, passes)
    yield from _model_notes(draft, passes)
    yield from _money_notes(draft, passes)


def _reach_notes(draft: Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield how far models may go, and on what a second pass depends."""
    if draft.asked.scale > 1:
        yield draft.why
    if draft.staged and len(passes) > 1:
        yield after_a_look(passes)
    yield from _unrepaired(draft, passes)


def _unrepaired(draft: Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield that a damaged source is delivered as it is, where the target is no larger."""
    if passes or draft.request.verdict.model is not Family.RECOVER or draft.request.order.clean:
        return
    if draft.asked.scale <= NEAR:
        yield (
            "It is damaged and large enough already: delivered unrepaired; a folder named with"
            " -clean has it repaired at its own size."
        )


def _source_notes(draft: Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield why the model works as it does on this source, and what would serve it better."""
    request = draft.request
    family, measures = request.verdict.model, request.probe.features
    if not request.alike:
        yield from draft.ladder.first().reasons(measures)
    elif request.catalogue.pick(family, features=measures).reasons(measures):
        yield (
            f"All {family.value} pictures of a sub-folder get one recipe: nothing was set by what"
            " was measured of this one."
        )
    if request.verdict.model is Family.RECOVER and request.order.faces is None:
        yield "Faces were not looked for."
    held = detail_size(request.probe)
    if held and passes[0].prepared is None:
        yield (
            f"It carries detail for only about {held[0]} x {held[1]} of its pixels: shrunk to that "
            "before it is dropped in, it would be enlarged more cleanly."
        )


def _model_notes(draft: Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    order, model, gap = draft.request.order, draft.ladder.model(0)[0], draft.gap(passes)
    if order.fit is Fit.SAFE and gap.by_model:
        yield f"{bound(gap)}, not {draft.safe:g}x."
    if order.faces and passes and FACES not in model.fields:
        yield f"{model.name} has no face recovery: `faces` changes nothing."
    if said := order_sentence(draft.request.catalogue.stages, passes):
        yield said
    note = draft.request.catalogue.legacy_note(draft.request.verdict.model)
    if order.legacy and note:
        yield note


def _money_notes(draft: Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield what was done for the price, and what the person could do."""
    if not price_of(passes):
        return
    if passes[0].prepared is not None:
        yield (
            f"The source carries less detail than pixels: it is sent at"
            f" {pixels(passes[0].prepared)}, for {money(price_of(passes))}."
        )
    price, last = price_of(passes), draft.ladder.model(len(passes) - 1)[0]
    before = price - passes[-1].cost
    found = cheaper_size(
        lambda size: before + cost(last.price, *size), (passes[-1].width, passes[-1].height)
    )
    if found is not None and not draft.short and draft.request.order.fit is not Fit.SAFE:
        yield step_hint(price, found[1], found[0])


def _fal_cost(draft: Draft, size: Size, passes: tuple[Pass, ...]) -> Micros:
    request = draft.request
    if request.catalogue.engine == "local" and request.fal_catalogue is not None:
        ladder = ladder_of(request, request.fal_catalogue, staged=draft.staged)
        passes = draft.passes(ladder, size)
    return price_of(passes)
