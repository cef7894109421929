"""
What will be done with a picture, and what it costs: the corridor's one expensive decision.

A pure function of the picture's measures, the verdict, the order and the catalogue. Whatever it
cannot allow is refused here, before a cent is spent; whatever it changes is said in a sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from upscaled.core.advice import Gap, bound, nearly, pixels, refusal, shortfall, step_hint, stepped
from upscaled.core.bounds import flattens, refuse_giants
from upscaled.core.catalogue import FACES, Catalogue
from upscaled.core.passes import Ladder, Pair, size_after
from upscaled.core.price import cost, money
from upscaled.core.printing import WORTH_PPI, paper_notes, printed, too_coarse
from upscaled.core.safe import detail_size, safe_factor
from upscaled.core.saving import UNSEEN, cheaper_size, worth_sending
from upscaled.core.sizes import Size, pad_of, reduced, size_by_factor, target_size
from upscaled.errors import Aside
from upscaled.nouns import Code, Family, Fit, Micros, Order, Pass, Plan, Probe, Recipe, Verdict

NEAR = Fraction(102, 100)
"""Up to here no model is asked: nobody sees 2 % of resampling, and a pass costs the same as 4x."""

ROUNDING_PX = 2
"""A sheet's own pixels are rounded: A4 to A2 is 2.0004x, and nobody need read of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """All that a plan depends on."""

    probe: Probe
    verdict: Verdict
    order: Order
    catalogue: Catalogue
    """Of the engine that will do it."""
    fal_catalogue: Catalogue | None = None
    """For what fal would ask, where another engine does it."""
    beyond_safe: str = "resample"
    """`resample`, `smaller` or `review`."""
    resample_limit: float = 2.0
    larger: str = "shrink"
    """`shrink` or `keep`."""
    larger_print: str = "keep"
    min_effective_ppi: float = WORTH_PPI
    """A print with fewer pixels an inch of its source's own goes to review."""
    alike: bool = False
    """It lies in a sub-folder, where all pictures of a family get one recipe."""
    series: Recipe | None = None
    """Of the series it belongs to; its safe factor holds. See also `core/series.as_member`."""

    @property
    def source(self) -> Pair:
        """Return the source's pixels."""
        return self.probe.width, self.probe.height


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A plan in the making: what is asked, and how far models may go towards it."""

    request: PlanRequest
    ladder: Ladder
    safe: float
    why: str
    reach: Fraction
    asked: Size

    @property
    def short(self) -> bool:
        """Return whether the target is out of the models' reach by more than rounding."""
        goal = (self.asked.scaled_width, self.asked.scaled_height)
        pairs = zip(goal, self.request.source, strict=True)
        missing = max(side - own * self.reach for side, own in pairs)
        return self.asked.scale > max(self.reach, NEAR) and missing > ROUNDING_PX

    def delivered(self) -> Size:
        """Return what is delivered: what is asked, unless the studio prefers smaller."""
        if self.short and self.request.beyond_safe == "smaller":
            return reduced(self.request.order, self.asked, self.request.source, self.reach)
        return self.asked

    def passes(self, ladder: Ladder, size: Size) -> tuple[Pass, ...]:
        """Return the passes of the request's engine, or of fal's for its price."""
        goal = (size.scaled_width, size.scaled_height)
        reach = min(self.reach, ladder.reach(self.safe))
        if min(self.asked.scale, reach) > NEAR:
            return replace(ladder, slack=self.slack).passes(goal, reach)
        if self.request.order.clean and ladder.can_clean():
            return self._cleaned(ladder, ladder.passes(goal, reach), goal)
        return ()

    def _cleaned(self, ladder: Ladder, whole: tuple[Pass, ...], goal: Pair) -> tuple[Pass, ...]:
        """Return the repair of the whole source, or of less of it where that is cheaper."""
        detail = detail_size(self.request.probe)
        size = worth_sending(self.request.source, goal, detail)
        shrunk = ladder.shrunk(size) if size else whole
        return shrunk if _price(shrunk) < _price(whole) else whole

    @property
    def slack(self) -> Fraction:
        """Return what may be left to resampling for a lower price; 1 where that is nothing."""
        limit = Fraction(str(self.request.resample_limit))
        tight = self.short and self.asked.scale / self.reach * UNSEEN > limit
        return Fraction(1) if tight or self.request.order.fit is Fit.SAFE else UNSEEN

    def gap(self, passes: tuple[Pass, ...]) -> Gap:
        """Return what is missing, for its sentences."""
        request, model = self.request, self.ladder.model(0)[0]
        return Gap(
            order=request.order,
            family=request.verdict.model,
            model=model.name,
            source=request.source,
            size=self.asked,
            safe=self.safe,
            reach=self.reach,
            reached=size_after(passes, request.source),
            output_px=model.limits.output_px,
        )


def make_plan(request: PlanRequest) -> Plan:
    """
    Return the plan for one picture.

    Raises `Aside`: `too_small` where the target is beyond what may be resampled, `too_large` where
    no file or no model could hold the result.
    """
    draft = _draft(request)
    size = draft.delivered()
    refuse_giants(size, request.order, alpha=request.probe.alpha)
    passes = draft.passes(draft.ladder, size)
    _refuse_blow_up(draft, passes)
    order = request.order
    on_sheet = printed(order, size, request.source, request.min_effective_ppi)
    coarse = too_coarse(on_sheet, request.min_effective_ppi)
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
        safe_factor=draft.safe,
        shortfall=_shortfall(draft, passes),
        review=coarse is not None or (draft.short and request.beyond_safe == "review"),
        notes=(*_notes(draft, passes), *paper_notes(on_sheet, coarse)),
        fal_cost=_fal_cost(draft, size, passes),
        printed=on_sheet,
        review_reason=coarse,
    )


def _draft(request: PlanRequest) -> _Draft:
    verdict, order = request.verdict, request.order
    safe, why = safe_factor(verdict.model, request.probe, verdict.rule)
    if request.series is not None:
        safe, why = request.series.safe, request.series.why
    ladder = _ladder(request, request.catalogue)
    reach = ladder.reach(safe)
    reach = reach if reach > NEAR else Fraction(1)
    if order.fit is Fit.SAFE:
        asked = size_by_factor(order, request.source, reach)
    else:
        asked = target_size(
            order,
            *request.source,
            larger=request.larger,
            larger_print=request.larger_print,
        )
    return _Draft(request=request, ladder=ladder, safe=safe, why=why, reach=reach, asked=asked)


def _ladder(request: PlanRequest, catalogue: Catalogue) -> Ladder:
    return Ladder(
        catalogue=catalogue,
        family=request.verdict.model,
        order=request.order,
        source=request.source,
        features=None if request.alike else request.probe.features,
    )


def _refuse_blow_up(draft: _Draft, passes: tuple[Pass, ...]) -> None:
    """Raise where plain resampling would have to do more than the studio allows it."""
    gap, limit = draft.gap(passes), draft.request.resample_limit
    if not draft.short or draft.request.beyond_safe == "smaller":
        return
    if gap.rest > Fraction(str(limit)):
        code = Code.TOO_LARGE if gap.by_model else Code.TOO_SMALL
        raise Aside(code, *refusal(gap, limit))


def _shortfall(draft: _Draft, passes: tuple[Pass, ...]) -> str | None:
    if draft.short:
        return shortfall(draft.gap(passes), draft.request.beyond_safe)
    if draft.asked.scale > 1 and not passes:
        return nearly(draft.asked.scale)
    return _stepped(draft, passes) if passes else None


def _stepped(draft: _Draft, passes: tuple[Pass, ...]) -> str | None:
    gap, asked = draft.gap(passes), draft.asked
    missing = max(asked.scaled_width - gap.reached[0], asked.scaled_height - gap.reached[1])
    if missing <= ROUNDING_PX:
        return None
    full = draft.ladder.passes((asked.scaled_width, asked.scaled_height), draft.reach)
    return stepped(gap, _price(passes), _price(full))


def _notes(draft: _Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield a sentence for everything that the picture's owner might not expect."""
    order, probe = draft.request.order, draft.request.probe
    if draft.asked.scale > 1:
        yield draft.why
    if draft.asked.kept:
        density = f" and the density rises to {draft.asked.ppi:g} ppi" if draft.asked.ppi else ""
        yield f"The source is larger than the target: its pixels are kept{density}."
    if probe.alpha and flattens(order):
        yield "Transparency is laid on white: the result's format carries none."
    if probe.bits > 8 and passes:
        yield f"The source has {probe.bits} bits a channel; models work with 8."
    if order.clean and not passes:
        yield "`clean` is left out: the model does not take a picture of this size."
    if passes:
        yield from _source_notes(draft, passes)
    yield from _model_notes(draft, passes)
    yield from _money_notes(draft, passes)
    if probe.frames > 1:
        yield f"The file holds {probe.frames} pages; only the first one was done."


def _source_notes(draft: _Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
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


def _model_notes(draft: _Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    order, model, gap = draft.request.order, draft.ladder.model(0)[0], draft.gap(passes)
    if order.fit is Fit.SAFE and gap.by_model:
        yield f"{bound(gap)}, not {draft.safe:g}x."
    if order.faces and passes and FACES not in model.fields:
        yield f"{model.name} has no face recovery: `faces` changes nothing."
    note = draft.request.catalogue.legacy_note(draft.request.verdict.model)
    if order.legacy and note:
        yield note


def _money_notes(draft: _Draft, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield what was done for the price, and what the person could do."""
    if not _price(passes):
        return
    if passes[0].prepared is not None:
        yield (
            f"The source carries less detail than pixels: it is sent at"
            f" {pixels(passes[0].prepared)}, for {money(_price(passes))}."
        )
    price, last = _price(passes), draft.ladder.model(len(passes) - 1)[0]
    before = price - passes[-1].cost
    found = cheaper_size(
        lambda size: before + cost(last.price, *size), (passes[-1].width, passes[-1].height)
    )
    if found is not None and not draft.short and draft.request.order.fit is not Fit.SAFE:
        yield step_hint(price, found[1], found[0])


def _price(passes: tuple[Pass, ...]) -> Micros:
    return sum(one.cost for one in passes)


def _fal_cost(draft: _Draft, size: Size, passes: tuple[Pass, ...]) -> Micros:
    request = draft.request
    if request.catalogue.engine == "local" and request.fal_catalogue is not None:
        passes = draft.passes(_ladder(request, request.fal_catalogue), size)
    return _price(passes)
