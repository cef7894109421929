"""
What a picture's own pixels come to on paper, said without flattery.

Pure arithmetic on sheets and pixels; decides nothing but whether a person should look.
"""

from collections.abc import Iterator
from dataclasses import replace

from upscaled.core.sizes import A_SHEETS, Pair, Size, target_size
from upscaled.nouns import Order, Printed

WORTH_PPI = 100.0
"""
What a large print should have of its own at the least: print houses name 90 (dotphoto, posters) and
100 (Berry & Homer, lvsteamrollers, seen from 1.2 to 2.4 m, where 60 are borne).
"""

_SHARP = 3438.0 * 0.0254
"""One arc minute: pixels an inch times metres from which single ones are not seen any more."""

_FINE_PPI = 1200
"""For the sheets that are only imagined: so fine that rounding to pixels does not matter."""


def printed(order: Order, size: Size, source: Pair, least: float = WORTH_PPI) -> Printed | None:
    """
    Return what the source's own pixels come to at the print's size; None for digital targets.

    `least` is how many pixels an inch a print should have of its own; 0 asks for nothing, and the
    largest good sheet is then told for `WORTH_PPI`.
    """
    if order.sheet_mm is None or size.ppi is None:
        return None
    enlarged = max(size.scaled_width / source[0], size.scaled_height / source[1])
    native = size.ppi / enlarged
    return Printed(
        native_ppi=round(native, 1),
        enlarged=round(enlarged, 3),
        invented_share=round(max(0.0, 1 - enlarged**-2), 3),
        good_up_to=good_up_to(order, source, least or WORTH_PPI),
        viewing_distance_m=round(_SHARP / native, 2),
    )


def good_up_to(order: Order, source: Pair, least: float) -> str | None:
    """Return the largest ISO sheet, laid out as ordered, that the source's own pixels serve."""
    for name, sheet in reversed(A_SHEETS.items()):
        imagined = replace(order, sheet_mm=sheet, ppi=_FINE_PPI, even=False)
        if is_enough(float(_FINE_PPI / target_size(imagined, *source).scale), least):
            return name.upper()
    return None


def is_enough(native: float, least: float) -> bool:
    """Say whether so many pixels an inch will do, in whole ones: sheets are rounded to pixels."""
    return round(native) >= least


def paper_notes(found: Printed | None, coarse: str | None) -> Iterator[str]:
    """Yield what the owner of a print should know before and after."""
    if found is not None:
        yield _on_paper(found)
    if coarse is not None:
        yield f"The result goes to review: {coarse[0].lower()}{coarse[1:]}"


def _on_paper(found: Printed) -> str:
    head = f"On paper the source's own pixels come to {found.native_ppi:.0f} an inch"
    if found.invented_share == 0:
        return f"{head}: none had to be made up."
    return (
        f"{head}: enlarged {found.enlarged:.3g}x, {found.invented_share:.0%} of the result's pixels"
        f" are not its own. It is {_good(found)}; from {found.viewing_distance_m:.1f} m away even"
        " its own would look sharp."
    )


def too_coarse(found: Printed | None, least: float) -> str | None:
    """Return why a person should look before this is printed, None where it will do."""
    if found is None or is_enough(found.native_ppi, least):
        return None
    return (
        f"The source's own pixels come to only {found.native_ppi:.0f} an inch on this sheet, under"
        f" {least:g} (min_effective_ppi): {_good(found)}."
    )


def _good(found: Printed) -> str:
    return f"good up to {found.good_up_to}" if found.good_up_to else "not even enough for A5"
