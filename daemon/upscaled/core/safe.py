"""
How far a source may safely be enlarged by a model.

2x for most, 4x for good sources, 6x for very clean originals only: a model invents what the source
does not hold, so the weakest link of sharpness, compression and noise decides. On the labelled
development pictures this gave photographs 70 % 2x, 21 % 4x and 8 % 6x; with the bar for 4x at 0.55
it would have been 21 / 68 / 11, too bold. A measure that is missing counts against the picture.
"""

import math
from dataclasses import dataclass

from upscaled.nouns import Family, Probe

TINY_PX = 128
"""A shorter short side holds too few pixels for any model to know what it shows."""

_UNKNOWN_SHARPNESS = 0.8
"""Effective resolution is unmeasurable in fog and flat graphics, which are not therefore soft."""

_DECISIVE = ("q_eq", "noise", "cnoise")

_ROOMY_PX = 480
"""Least short side, in pixels that carry detail, for more than 2x."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measures:
    """What decides, with cautious values where unmeasured."""

    sharp: float
    """Share of pixels that carry detail: effective resolution over 0.90, that of a pristine one."""
    quality: float
    """JPEG-equivalent, 0..100."""
    noise: float
    """Grey sigma of the noise floor."""
    colour_noise: float
    edge: float
    """Width of the best edges: 1 is a one-pixel step."""
    lossless: bool
    short: float

    @property
    def links(self) -> dict[str, float]:
        """Return each link's strength by what is said of it; 1 and above is no limit."""
        return {
            f"detail in {self.sharp:.0%} of its pixels": (self.sharp - 0.40) / 0.45,
            f"JPEG-equivalent quality {self.quality:.0f}": (self.quality - 55) / 35,
            f"noise of {self.noise:.1f} grey levels": (7 - self.noise) / 5.5,
        }

    @property
    def strength(self) -> float:
        """Return the weakest link, 0..1; strong colour noise alone holds it at 0.3."""
        weakest = min(1.0, max(0.0, min(self.links.values())))
        return min(weakest, 0.3) if self.colour_noise >= 1 else weakest

    @property
    def limit(self) -> str:
        """Return what limits it, in words."""
        links = self.links
        weakest = min(links, key=lambda words: links[words])
        if self.colour_noise >= 1 and links[weakest] > 0.3:
            return "strong colour noise"
        if links[weakest] >= 0.8 and self.short * self.sharp < _ROOMY_PX:
            return f"a short side of only {self.short * self.sharp:.0f} px of detail"
        return weakest


def safe_factor(family: Family, probe: Probe, rule: str = "") -> tuple[float, str]:
    """
    Return the highest safe linear factor (2, 4 or 6) and the sentence that says why.

    `rule` is the verdict's: `flat-graphic` marks flat graphics, which text models may take to 6x
    where the file is lossless.
    """
    found = _measures(probe)
    if found.short < TINY_PX:
        return 2.0, f"2x is safe: the short side has only {found.short:.0f} px."
    if family is Family.RECOVER:
        return 2.0, "2x is safe: a damaged source is not trusted further without a look at it."
    if family is Family.TEXT:
        return _text(found, rule)
    unmeasured = [name for name in _DECISIVE if name not in probe.features]
    if unmeasured:
        return 2.0, f"2x is safe: nobody measured {', '.join(unmeasured)}."
    return _by_strength(found, most=6.0 if family is Family.CORE else 4.0)


def _text(found: _Measures, rule: str) -> tuple[float, str]:
    if rule == "flat-graphic" and found.lossless:
        return 6.0, "6x is safe: a flat graphic without losses."
    if found.edge >= 0.55 and found.quality >= 85:
        return 4.0, "4x is safe: crisp lettering, hardly compressed."
    what = "soft lettering" if found.edge < 0.55 else f"JPEG quality {found.quality:.0f}"
    return 2.0, f"2x is safe: {what}."


def _by_strength(found: _Measures, most: float) -> tuple[float, str]:
    roomy = found.short * found.sharp >= _ROOMY_PX
    if most >= 6 and roomy and _very_clean(found):
        return 6.0, "6x is safe: a very clean original, sharp, free of noise and compression."
    if roomy and found.strength >= 0.80:
        return 4.0, "4x is safe: a good source, sharp, with little noise and compression."
    return 2.0, f"2x is safe: {found.limit} is the weakest link."


def _very_clean(found: _Measures) -> bool:
    return (
        found.strength >= 0.90
        and (found.lossless or found.quality >= 96)
        and found.noise <= 1.2
        and found.sharp >= 0.9
        and found.edge >= 0.60
    )


def _measures(probe: Probe) -> _Measures:
    def measure(name: str, cautious: float) -> float:
        value = probe.features.get(name, cautious)
        return value if math.isfinite(value) else cautious

    return _Measures(
        sharp=min(1.0, measure("r_eff", _UNKNOWN_SHARPNESS * 0.9) / 0.9),
        quality=measure("q_eq", 0.0),
        noise=measure("noise", 255.0),
        colour_noise=measure("cnoise", math.inf),
        edge=measure("edgew_best", 0.0),
        lossless=measure("lossless", 0.0) >= 1,
        short=min(measure("short_px", math.inf), probe.width, probe.height),
    )
