"""
Where a picture lies in its result: the plan's geometry as plain numbers. No imaging library.

The whole picture is scaled to `scaled`; where that is larger than the result it is cropped about
its centre, where smaller it is padded about its centre, each side by itself.
"""

from dataclasses import dataclass

from upscaled.nouns import Format, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One axis: `length` pixels, from `at` in the scaled picture, laid at `lands` in the result."""

    at: int
    length: int
    lands: int


def span(scaled: int, result: int) -> Span:
    """Return how an axis of `scaled` pixels meets one of `result` pixels, centred."""
    length = min(scaled, result)
    return Span(at=(scaled - length) // 2, length=length, lands=(result - length) // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What `finish` and `check` need of a plan; crosses to a worker as JSON."""

    width: int
    height: int
    scaled_width: int
    scaled_height: int
    format: str
    ppi: float | None = None
    pad: str = ""
    srgb: bool = False
    packed: bool = True
    """A TIFF is compressed."""
    flat: bool = False
    """Laid on white, whatever the format could carry."""

    @property
    def across(self) -> Span:
        """Return the horizontal span."""
        return span(self.scaled_width, self.width)

    @property
    def down(self) -> Span:
        """Return the vertical span."""
        return span(self.scaled_height, self.height)

    @property
    def scale(self) -> tuple[int, int]:
        """Return the whole picture's pixels before crop or pad."""
        return self.scaled_width, self.scaled_height


def of_plan(plan: Plan, *, packed: bool = True) -> Layout:
    """Return a plan's layout; `packed` compresses a TIFF."""
    return Layout(
        width=plan.width,
        height=plan.height,
        scaled_width=plan.scaled_width,
        scaled_height=plan.scaled_height,
        format=Format(plan.format).value,
        ppi=plan.ppi,
        pad=plan.pad,
        srgb=plan.srgb,
        packed=packed,
        flat=plan.flat or plan.format is Format.JPEG,
    )
