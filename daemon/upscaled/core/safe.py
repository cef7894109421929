"""
How far a source may safely be enlarged by a model.

2x for most, 4x for good sources, 6x for very clean originals only: a model invents what the source
does not hold, so the weakest link of sharpness, compression and noise decides. On the labelled
development pictures this gave photographs 70 % 2x, 21 % 4x and 8 % 6x; with the bar for 4x at 0.55
it would have been 21 / 68 / 11, too bold. A measure that is missing counts against the picture.

The thresholds stand here and not in `rules/`: they are one formula that was measured as a whole,
and each is only right beside the others. A studio sets what lies beyond it with `beyond_safe`.
"""

import math
from dataclasses import dataclass

from upscaled.nouns import Family, Probe

TINY_PX = 128
"""A shorter short side holds too few pixels for any model to know what it shows."""

_SMALL_PX = 200
"""Least short side, in pixels that carry detail, for more than 4x, whatever the picture is."""

_PRISTINE = 0.90
"""Effective resolution of a picture with detail in every pixel (median of camera pictures)."""

_HOLLOW = 0.6
"""Detail in a smaller share of the pixels comes from an enlargement or a blur."""

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
        return self.room if links[weakest] >= 0.8 and not self.roomy_for(_ROOMY_PX) else weakest

    @property
    def room(self) -> str:
        """Return how little room for detail there is, in words."""
        return f"a short side of only {self.short * self.sharp:.0f} px of detail"

    def roomy_for(self, least: float) -> bool:
        """Return whether the short side holds so many pixels of detail."""
        return self.short * self.sharp >= least


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
    return _by_strength(found, most=4.0 if family is Family.REDEFINE else 6.0)


def staged_factor(probe: Probe, step: float) -> float | None:
    """
    Return how far two passes of at most `step` may go, the second after a look; None for no more.

    Never more than 4x where fewer than 200 px of the short side carry detail, and no second pass
    for a picture so small that nobody can tell what it shows.
    """
    found = _measures(probe)
    if found.short < TINY_PX:
        return None
    return step * step if found.roomy_for(_SMALL_PX) else min(4.0, step * step)


def detail_size(probe: Probe) -> tuple[int, int] | None:
    """
    Return the pixels that its detail would fill, where that is far fewer than it has, else None.

    Never for what has been a JPEG: its blocks look like detail, and shrinking would blend them in.
    Known to help: enlargers do better on dense pixels.
    """
    share = _sharpness(probe) / _PRISTINE
    if share >= _HOLLOW or probe.features.get("jpeg_life", 1.0) >= 1:
        return None
    return max(1, round(probe.width * share)), max(1, round(probe.height * share))


def _text(found: _Measures, rule: str) -> tuple[float, str]:
    if rule == "flat-graphic" and found.lossless:
        if found.roomy_for(_SMALL_PX):
            return 6.0, "6x is safe: a flat graphic without losses."
        return 4.0, f"4x is safe: a flat graphic without losses, but {found.room}."
    if found.edge >= 0.55 and found.quality >= 85:
        return 4.0, "4x is safe: crisp lettering, hardly compressed."
    what = "soft lettering" if found.edge < 0.55 else f"JPEG quality {found.quality:.0f}"
    return 2.0, f"2x is safe: {what}."


def _by_strength(found: _Measures, most: float) -> tuple[float, str]:
    roomy = found.roomy_for(_ROOMY_PX)
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
        sharp=min(1.0, _sharpness(probe) / _PRISTINE),
        quality=measure("q_eq", 0.0),
        noise=measure("noise", 255.0),
        colour_noise=measure("cnoise", math.inf),
        edge=measure("edgew_best", 0.0),
        lossless=measure("lossless", 0.0) >= 1,
        short=min(measure("short_px", math.inf), probe.width, probe.height),
    )


def _sharpness(probe: Probe) -> float:
    """Return the effective resolution; the measure says 1 where it found nothing to measure."""
    found = probe.features.get("r_eff", 1.0)
    return found if math.isfinite(found) and found < 1 else _UNKNOWN_SHARPNESS * _PRISTINE
