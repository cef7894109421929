"""
A plan in the making: what is asked of a picture, and how far models may go towards it.

Gathers what the plan decides from; refuses nothing and says nothing.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from upscaled.core.advice import Gap
from upscaled.core.catalogue import Catalogue
from upscaled.core.passes import Ladder, Pair, price_of, size_after
from upscaled.core.printing import WORTH_PPI
from upscaled.core.safe import detail_size, safe_factor, staged_factor
from upscaled.core.saving import UNSEEN, worth_sending
from upscaled.core.sizes import Size, reduced, size_by_factor, target_size
from upscaled.nouns import Fit, Order, Pass, Probe, Recipe, Verdict

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
class Draft:
    """A plan in the making: what is asked, and how far models may go towards it."""

    request: PlanRequest
    ladder: Ladder
    sure: float
    """The safe factor, without a look at an intermediate result."""
    safe: float
    """The same, or what two passes come to where that look allows the second."""
    why: str
    reach: Fraction
    asked: Size

    @property
    def staged(self) -> bool:
        """Return whether a second pass depends on what the first one returns."""
        return self.ladder.staged

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
        return shrunk if price_of(shrunk) < price_of(whole) else whole

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
            sure=self.sure if self.staged else 0.0,
        )


def draft_of(request: PlanRequest, *, staged: bool = True) -> Draft:
    """Return what a request's plan starts from; without `staged` nothing depends on a look."""
    verdict, order = request.verdict, request.order
    sure, why = safe_factor(verdict.model, request.probe, verdict.rule)
    if request.series is not None:
        sure, why = request.series.safe, request.series.why
    further = _after_a_look(request) if staged else None
    safe = further or sure
    ladder = ladder_of(request, request.catalogue, staged=further is not None)
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
    return Draft(
        request=request, ladder=ladder, sure=sure, safe=safe, why=why, reach=reach, asked=asked
    )


def _after_a_look(request: PlanRequest) -> float | None:
    """Return how far two passes may go; None where the first one's result decides nothing."""
    there = request.catalogue
    if there.engine == "local" and request.fal_catalogue is not None:
        there = request.fal_catalogue  # it tells what fal would ask, all passes together
    step = there.recipes[request.verdict.model].step
    if step is None or request.series is not None or request.order.fit is Fit.SAFE:
        return None  # members of a series get one factor, and `digital` is as far as is sure
    return staged_factor(request.probe, step)


def ladder_of(request: PlanRequest, catalogue: Catalogue, *, staged: bool) -> Ladder:
    """Return what a catalogue's models would do with the picture."""
    return Ladder(
        catalogue=catalogue,
        family=request.verdict.model,
        order=request.order,
        source=request.source,
        features=None if request.alike else request.probe.features,
        staged=staged,
    )
