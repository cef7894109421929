"""What is asked, what the picture is, and what is to be done with it."""

from dataclasses import dataclass, field
from typing import Any

from upscaled.nouns.words import Assume, Family, Fit, Format

Micros = int
"""Money: millionths of a US dollar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a folder's name asks for, all tokens parsed."""

    name: str
    """The target's word: `4k`, `print`, a name from the config."""
    kind: str
    """`print` or `digital`."""
    fit: Fit
    long_px: int = 0
    """Long edge of the box in pixels; 0 for print and for `digital`."""
    short_px: int = 0
    sheet_mm: tuple[float, float] | None = None
    """Print only: short and long side of the sheet in millimetres, without bleed."""
    ppi: int = 0
    """Print only: pixels per inch; 0 for digital targets."""
    bleed_mm: float = 0.0
    """Added on every side."""
    pad: str = ""
    """`white`, `black`, or empty without padding."""
    format: Format = Format.PNG
    srgb: bool = False
    """Convert to sRGB instead of keeping the source's profile (`digital`)."""
    family: Family | None = None
    legacy: bool = False
    assume: Assume = Assume.NOTHING
    clean: bool = False
    faces: bool | None = None
    """True `faces`, False `nofaces`, None unsaid."""
    series: bool = False
    urgent: bool = False
    local: bool = False
    even: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """
    What a picture's file says and what its pixels measure. Made by one full decode.

    `width` and `height` are the pixels after EXIF orientation.
    """

    format: str
    """Pillow's capitals: JPEG, PNG, TIFF, WEBP, ..."""
    width: int
    height: int
    mode: str
    """Pillow's mode as stored: RGB, RGBA, L, P, CMYK, I;16, ..."""
    bits: int = 8
    alpha: bool = False
    """Has an alpha channel or palette transparency that is really used."""
    frames: int = 1
    orientation: int = 1
    icc: str | None = None
    """The embedded profile's description, None without a profile."""
    ppi: float | None = None
    features: dict[str, float] = field(default_factory=dict)
    """Measures by name: see `edge/pictures/measures.py`."""
    marks: dict[str, str] = field(default_factory=dict)
    """Provenance marks by kind (`generator`, `renderer`, `camera`, ...): see `rules/marks.toml`."""
    told: tuple[str, ...] = ()
    """Sentences about how this source is read, for whoever must know before it is paid for."""
    doubt: str = ""
    """Why it may be incomplete though it decodes: its result goes to review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judge's answer, with its reasons."""

    model: Family
    confidence: float
    """0..1"""
    rule: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What all members of a series are planned with. Decided once, never changed."""

    series: str
    """Which series it is: see `core/series.Group.key`."""
    verdict: Verdict
    safe: float
    """The lowest safe factor of the sample."""
    why: str
    """The sentence on it."""
    features: dict[str, float]
    """The sample's median of each measure: what parameters depend on."""
    order: Order
    """The finish: what the folder's name asked for when it was decided."""
    sample: int
    """How many members voted."""
    known: int
    """How many were there when it was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One enlargement by one model."""

    endpoint: str
    """fal's endpoint id, or `local`."""
    model: str
    factor: float
    width: int
    """Expected pixels of this pass's result; the service may round by one."""
    height: int
    params: dict[str, Any] = field(default_factory=dict)
    """Exactly the model's own fields, without image_url, model and upscale_factor."""
    cost: Micros = 0
    """Estimate by the price rules."""
    prepared: tuple[int, int] | None = None
    """Pixels to which the upload is shrunk first, None for its own: `factor` counts from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What the source's own pixels come to on the sheet."""

    native_ppi: float
    """The source's own pixels an inch of paper."""
    enlarged: float
    """Linear; below 1 it was shrunk."""
    invented_share: float
    """Share of the result's pixels that the source does not have: 1 - 1/enlarged^2, at least 0."""
    good_up_to: str | None
    """`A5` to `A0`: the largest sheet with enough of its own; None where A5 is too large."""
    viewing_distance_m: float
    """From here on its own pixels alone would look sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that will be done with a picture; a pure function of probe, verdict, order and rules."""

    model: Family
    passes: tuple[Pass, ...]
    width: int
    """Delivered pixels, exact."""
    height: int
    target_width: int
    """What the target asks of this picture; differs from width only where `beyond_safe = smaller`
    or a larger source is kept."""
    target_height: int
    format: Format
    ppi: float | None
    """Density of the result, None where the target sets none."""
    scaled_width: int
    """The whole picture's pixels before a crop or a pad brings it to width x height."""
    scaled_height: int
    pad: str = ""
    srgb: bool = False
    safe_factor: float = 1.0
    shortfall: str | None = None
    review: bool = False
    """The result goes to review whatever the fidelity check says (`beyond_safe = review`)."""
    notes: tuple[str, ...] = ()
    """Sentences for the person: density raised, alpha flattened, option not supported yet."""
    fal_cost: Micros = 0
    """What fal would ask, also where the local engine does it for nothing."""
    otherwise: "Plan | None" = None
    """
    What is done instead where the first pass's result is not clean enough for the second, or the
    second is refused: its one pass is this plan's first. None where every pass is sure.
    """
    promised: tuple[Pass, ...] = ()
    """The passes that this plan takes the place of; empty for a plan that was made at first."""
    flat: bool = False
    """Transparency is laid on white, whatever the format could carry."""
    printed: Printed | None = None
    """None for digital targets."""
    review_reason: str | None = None
    """Why a person should look, where `shortfall` does not say it."""

    @property
    def cost(self) -> Micros:
        """Return the estimate over all passes."""
        return sum(one.cost for one in self.passes)
