"""What metadata must know of a result: its size and density, and how it lies to its source."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A result, as metadata speaks of it."""

    format: str
    """Pillow's capitals."""
    width: int
    height: int
    ppi: float | None = None
    srgb: bool = True
    """Its colours follow sRGB."""
    whole: bool = True
    """Nothing was cropped away or added."""
    upright: bool = True
    """The source was not turned by its orientation."""
