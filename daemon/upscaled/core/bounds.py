"""
How large a result may be at all, whoever makes it.

Knows file formats' practical limits; must not know models or prices.
"""

from upscaled.core.advice import pixels
from upscaled.core.sizes import Size
from upscaled.errors import Aside
from upscaled.nouns import Code, Format, Order

MAX_SIDE = 32_000
"""Pixels. Topaz's own bound, and what print software still opens."""

MAX_BYTES = 2_000_000_000
"""Of a result, uncompressed: many readers of TIFF and PNG count with 31 bits."""


def refuse_giants(size: Size, order: Order, *, alpha: bool) -> None:
    """Raise `Aside` (`too_large`) for what many programs could not open."""
    sides = (size.width, size.height, size.scaled_width, size.scaled_height)
    if max(sides) > MAX_SIDE:
        asked = pixels((size.scaled_width, size.scaled_height))
        raise Aside(
            Code.TOO_LARGE,
            f"The result would be {asked}: over {MAX_SIDE:,} pixels a side.",
            "Ask for a smaller target, fewer ppi, or `fit` instead of `fill`.",
        )
    heavy = size.width * size.height * (4 if alpha and not flattens(order) else 3)
    if heavy > MAX_BYTES and order.format is not Format.JPEG:
        raise Aside(
            Code.TOO_LARGE,
            f"The result, {pixels((size.width, size.height))}, would be"
            f" {heavy / 1e9:.1f} GB: over 2 GB many programs cannot open it.",
            "Ask for a smaller target or fewer ppi.",
        )


def flattens(order: Order) -> bool:
    """Return whether the result carries no transparency."""
    return order.kind == "print" or order.format is Format.JPEG
