"""
What a plan tells the person: shortfalls, refusals and what would do instead.

Only words about decisions made elsewhere; nothing is decided here.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from upscaled.core.passes import Pair
from upscaled.core.price import money
from upscaled.core.sizes import A_SHEETS, Size, default_ppi, target_size
from upscaled.nouns import Family, Fit, Micros, Order, Pass

_BOXES = {"8k": (7680, 4320), "4k": (3840, 2160), "hd": (1920, 1080)}

_LEAST_PPI = 72
"""Below this a sheet is not worth proposing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a target asks beyond what models may do."""

    order: Order
    family: Family
    model: str
    source: Pair
    size: Size
    """What the target asks."""
    safe: float
    reach: Fraction
    """The safe factor, or less where the model cannot bear it."""
    reached: Pair
    """Pixels after the last pass."""
    output_px: int
    """The model's own limit."""
    sure: float = 0.0
    """The safe factor without a look at an intermediate result; 0 where there is no such look."""

    @property
    def rest(self) -> Fraction:
        """Return the enlargement that is left when the models have done theirs."""
        return self.size.scale / self.reach

    @property
    def left(self) -> Fraction:
        """Return the enlargement that is left after the passes: `rest`, or a little more."""
        pairs = zip((self.size.scaled_width, self.size.scaled_height), self.reached, strict=True)
        return max(Fraction(goal, have) for goal, have in pairs)

    @property
    def by_model(self) -> bool:
        """Return whether the model's limits stand in the way, not the source's quality."""
        return self.reach < Fraction(str(self.safe))


def shortfall(gap: Gap, beyond_safe: str) -> str:
    """Return the sentence that says what the models could not do, and what was done instead."""
    asked = pixels((gap.size.asked_width, gap.size.asked_height))
    done = {
        "resample": f"the last {times(gap.left)} is plain resampling.",
        "smaller": f"the target asks for {asked}, so the result is smaller.",
        "review": f"the last {times(gap.left)} is plain resampling, for a person to look at.",
    }[beyond_safe]
    return f"{bound(gap)}, to {pixels(gap.reached)}; {done}{_generate(gap)}"


def stepped(gap: Gap, price: Micros, full: Micros) -> str:
    """Return the sentence for a pass that stops just below a price step."""
    return (
        f"{gap.model} stops at {pixels(gap.reached)}, just below a price step ({money(price)}"
        f" instead of {money(full)}); the last {times(gap.left)} is plain resampling."
    )


def step_hint(price: Micros, cheaper: Micros, size: Pair) -> str:
    """Return the hint for a target that costs clearly less with a few pixels less."""
    return (
        f"One step cheaper ({money(cheaper)} instead of {money(price)}) at {pixels(size)} or below."
    )


def nearly(scale: Fraction) -> str:
    """Return the sentence for a target so near that no model is asked."""
    return f"The target is only {times(scale)} the source: plain resampling, no model, no cost."


def refusal(gap: Gap, resample_limit: float) -> tuple[str, str]:
    """Return message and hint where the target is beyond all that may be done."""
    asked = pixels((gap.size.scaled_width, gap.size.scaled_height))
    message = (
        f"{gap.order.name} asks for {asked}, {times(gap.size.scale)} the source"
        f" ({pixels(gap.source)}). {bound(gap)}, and plain resampling another"
        f" {times(resample_limit)}."
    )
    most = gap.reach * Fraction(str(resample_limit))
    largest = pixels((math.floor(gap.source[0] * most), math.floor(gap.source[1] * most)))
    proposals = " or ".join(_proposals(gap, most))
    return message, f"The largest that would do is {largest}: try {proposals}.{_generate(gap)}"


def after_a_look(passes: tuple[Pass, ...]) -> str:
    """Return the sentence on a second pass that the first one's result decides."""
    first, last = passes
    return (
        f"The {times(first.factor)} result of {first.model} is assessed as a new source: only if"
        f" it is clean does {last.model} take it {times(last.factor)} further; else the"
        f" {money(last.cost)} for that are not spent."
    )


def times(factor: float | Fraction) -> str:
    """Return a factor for a person: `1.6x`."""
    number = float(factor)
    return f"{number:.3g}x" if number < 1000 else f"{number:,.0f}x"


def pixels(pair: Pair) -> str:
    """Return a size for a person: `2400 x 1600`."""
    return f"{pair[0]} x {pair[1]}"


def bound(gap: Gap) -> str:
    """Return what stands in the way, without a full stop."""
    if gap.by_model:
        return (
            f"{gap.model} makes at most {gap.output_px / 1e6:.0f} megapixels and may enlarge this"
            f" source {times(gap.reach)}"
        )
    if gap.sure:
        after = f"and {times(gap.reach)} where that result is clean"
        return f"The source may safely be enlarged {times(gap.sure)}, {after}"
    return f"The source may safely be enlarged {times(gap.reach)}"


def _generate(gap: Gap) -> str:
    """For generated pictures there is a better way than any enlargement."""
    if gap.family is not Family.REDEFINE:
        return ""
    sides = (gap.size.scaled_width, gap.size.scaled_height)
    need = (math.ceil(sides[0] / gap.safe), math.ceil(sides[1] / gap.safe))
    return f" Generate at {pixels(need)} instead."


def _proposals(gap: Gap, most: Fraction) -> Iterator[str]:
    """Yield the largest target that would do, then the same sheet with fewer dots."""
    for name, order in _smaller_orders(gap.order):
        if target_size(order, *gap.source).scale <= most:
            yield f"`{name}`"
            break
    ppi = math.floor(gap.order.ppi * most / gap.size.scale)
    if ppi >= _LEAST_PPI:
        yield f"the same sheet with {ppi}ppi"
    else:
        yield "`digital`"


def _smaller_orders(order: Order) -> Iterator[tuple[str, Order]]:
    """Yield standard targets with the order's own fit, the largest first."""
    tail = {Fit.FIT: "-fit", Fit.FILL: "-fill", Fit.PAD: "-pad"}.get(order.fit, "")
    if order.sheet_mm is None:
        for name, (long, short) in _BOXES.items():
            yield name + tail, replace(order, long_px=long, short_px=short)
        return
    tail = f"-bleed{order.bleed_mm:g}" if order.bleed_mm else tail.replace("-fit", "")
    for name, sheet in reversed(A_SHEETS.items()):
        yield f"print-{name}{tail}", replace(order, sheet_mm=sheet, ppi=default_ppi(sheet[1]))
