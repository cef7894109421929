"""
How many pixels a target asks of a picture.

Pure geometry on whole pixels and exact fractions; knows nothing of models, money or what the
source can bear. The reasoning behind `4k` as a long edge: nothing is cropped, portrait and
landscape get the same answer, and a later fit or fill is only ever a shrinking.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from upscaled.nouns import Fit, Order

Pair = tuple[int, int]
"""Width and height in pixels."""

MM_PER_INCH = 25.4

A_SHEETS: dict[str, tuple[float, float]] = {
    "a5": (148, 210),
    "a4": (210, 297),
    "a3": (297, 420),
    "a2": (420, 594),
    "a1": (594, 841),
    "a0": (841, 1189),
}
"""ISO 216, short and long side in millimetres, rising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a target means for one picture."""

    width: int
    """Delivered pixels."""
    height: int
    asked_width: int
    """What the target asks for; differs from the delivered where a larger source is kept."""
    asked_height: int
    scaled_width: int
    """The whole picture's pixels before a crop or a pad."""
    scaled_height: int
    scale: Fraction
    """Enlargement of the whole picture before rounding to pixels; below 1 it shrinks."""
    ppi: float | None
    kept: bool
    """The source is larger than the target and keeps its pixels."""


def target_size(
    order: Order, width: int, height: int, *, larger: str = "shrink", larger_print: str = "keep"
) -> Size:
    """
    Return the size that `order` asks of a picture of width x height pixels (at least 1 x 1).

    `larger` and `larger_print` are `shrink` or `keep`: what becomes of a source that is larger than
    a digital or a print target. For `digital` the answer is the source's own size: how far it may
    go is not geometry (see `size_by_factor`).
    """
    if order.fit is Fit.SAFE:
        return size_by_factor(order, (width, height), Fraction(1))
    fit, box = _fit_of(order), _box(order, width, height)
    asked = _laid_out(order, fit, box, (width, height))
    policy = larger_print if order.kind == "print" else larger
    if asked.scale < 1 and policy == "keep":
        return _kept(order, fit, box, (width, height), asked)
    return asked


def size_by_factor(order: Order, source: Pair, factor: Fraction) -> Size:
    """Return the whole picture enlarged `factor` times, rounded down, to even sides if asked."""
    width, height = (max(1, math.floor(side * factor)) for side in source)
    width, height = _even_box(order, (width, height))
    return Size(
        width=width,
        height=height,
        asked_width=width,
        asked_height=height,
        scaled_width=width,
        scaled_height=height,
        scale=factor,
        ppi=float(order.ppi) or None,
        kept=False,
    )


def reduced(order: Order, size: Size, source: Pair, factor: Fraction) -> Size:
    """Return what is delivered where the picture is enlarged only `factor` times, not `scale`."""
    smaller = size_by_factor(order, source, factor)
    if _fit_of(order) in {Fit.FILL, Fit.PAD}:
        share = factor / size.scale
        box = (round(size.width * share), round(size.height * share))
        whole = tuple(max(1, math.floor(side * factor)) for side in source)
        box = _held(_fit_of(order), box, (whole[0], whole[1]))
        width, height = _even_box(order, box)
        smaller = replace(
            smaller, width=width, height=height, scaled_width=whole[0], scaled_height=whole[1]
        )
    return replace(smaller, asked_width=size.asked_width, asked_height=size.asked_height)


def default_ppi(long_mm: float) -> int:
    """Return the density of a sheet that names none: the larger, the further away one stands."""
    for up_to, ppi in ((420, 300), (594, 240), (841, 200)):
        if long_mm <= up_to:
            return ppi
    return 150


def pad_of(order: Order) -> str:
    """Return the colour around the picture, empty without padding."""
    if order.fit is not Fit.PAD:
        return ""
    return order.pad or ("white" if order.kind == "print" else "black")


def _fit_of(order: Order) -> Fit:
    if order.bleed_mm and order.fit is not Fit.PAD:
        return Fit.FILL
    if order.kind == "print" and order.fit is Fit.LONG_EDGE:
        return Fit.FIT
    return order.fit


def _box(order: Order, width: int, height: int) -> Pair:
    """Return the target's box, turned to the picture; a square picture lies."""
    if order.sheet_mm is not None:
        short, long = (
            max(1, round((side + 2 * order.bleed_mm) / MM_PER_INCH * order.ppi))
            for side in order.sheet_mm
        )
    else:
        short, long = order.short_px or order.long_px, order.long_px
    return (long, short) if width >= height else (short, long)


def _laid_out(order: Order, fit: Fit, box: Pair, source: Pair) -> Size:
    """Return the picture laid into (or over) the box to the pixel, whichever is larger."""
    box = (max(box), max(box)) if fit is Fit.LONG_EDGE else _even_box(order, box)
    ratios = [Fraction(side, have) for side, have in zip(box, source, strict=True)]
    scale = max(ratios) if fit is Fit.FILL else min(ratios)
    whole = _whole(order, fit, box, source, scale)
    width, height = box if fit in {Fit.FILL, Fit.PAD} else whole
    return Size(
        width=width,
        height=height,
        asked_width=width,
        asked_height=height,
        scaled_width=whole[0],
        scaled_height=whole[1],
        scale=scale,
        ppi=float(order.ppi) or None,
        kept=False,
    )


def _whole(order: Order, fit: Fit, box: Pair, source: Pair, scale: Fraction) -> Pair:
    def side(have: int, bound: int) -> int:
        exact = have * scale
        if fit is Fit.FILL:
            return max(bound, round(exact))
        if exact == bound:  # the side that meets the box is exact, even where it is odd
            return bound
        if order.even and fit is not Fit.PAD:
            return min(bound, max(2, 2 * round(exact / 2)))
        return min(bound, max(1, round(exact)))

    return side(source[0], box[0]), side(source[1], box[1])


def _kept(order: Order, fit: Fit, box: Pair, source: Pair, asked: Size) -> Size:
    """Return the source at its own pixels; a print's density rises until it fits the sheet."""
    if fit in {Fit.FILL, Fit.PAD}:
        final = _held(fit, (round(box[0] / asked.scale), round(box[1] / asked.scale)), source)
    else:
        final = source
    width, height = _even_box(order, final)
    return replace(
        asked,
        width=width,
        height=height,
        scaled_width=source[0],
        scaled_height=source[1],
        scale=Fraction(1),
        ppi=_density(order, (width, height)),
        kept=True,
    )


def _density(order: Order, final: Pair) -> float | None:
    """Return the least density, to a hundredth, at which so many pixels lie within the sheet."""
    if order.sheet_mm is None:
        return None
    sheet = [side + 2 * order.bleed_mm for side in order.sheet_mm]
    least = max(px * MM_PER_INCH / mm for px, mm in zip(sorted(final), sheet, strict=True))
    return max(float(order.ppi), math.ceil(least * 100) / 100)


def _held(fit: Fit, box: Pair, whole: Pair) -> Pair:
    """Return the box so that rounding never asks a crop to be larger, or a pad smaller."""
    pick = min if fit is Fit.FILL else max
    return max(1, pick(box[0], whole[0])), max(1, pick(box[1], whole[1]))


def _even_box(order: Order, box: Pair) -> Pair:
    if not order.even:
        return box
    return max(2, box[0] - box[0] % 2), max(2, box[1] - box[1] % 2)
