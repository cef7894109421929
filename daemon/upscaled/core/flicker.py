"""
Does a sequence flicker? What changes from frame to frame in the result, and not in its source.

Of each frame a swatch is kept, a few hundred numbers: luma (Rec. 601, grey levels 0..255) of source
and result, as means of a 12 x 12 grid and at the middle of each cell. Neighbours are compared by
their swatches alone, in whatever order they come.

Drawn sequences (still, grain, a moving part, a cut, a flash, a pan, a fade), 4x, the worst pair of
any, in grey levels; held by `tests/edge/test_flicker.py`. Not measured on what fal's models return.

| result | brightness | texture |
|---|---|---|
| Lanczos; the same with a contrast of 110 % | 0.0 | 0.4 |
| Lanczos, sharpened 150 % | 0.0 | 0.5 |
| Lanczos of a median-filtered source | 0.0 | 0.5 |
| invented texture of 8 levels that stays where it is | 0.0 | 0.3 |
| every other frame 1 % brighter | 1.3 | 1.6 |
| every other frame 2 % brighter | 2.4 to 2.7 | 1.1 to 2.9 |
| texture of 4 levels, another in each frame | 0.3 | 2.5 to 4.9 |

In a pan, a fade or under heavy grain almost nothing stands still: there only brightness tells.
"""

import base64
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upscaled.nouns import Flicker

CELLS = 12
"""Across and down."""
_PLANES = 4
_STEPS = 64
"""Of a grey level: a mean is finer than a level."""
_FORM = struct.Struct(f"<{_PLANES * CELLS * CELLS}H")
_STILL = 3.0
"""Grey levels: where a point of the source changes by no more, the result has no reason to."""
_LEAST_STILL = round(0.6 * CELLS * CELLS)
"""With fewer still points, in a pan or under grain, nothing is said of texture: those that happen
to be alike in the source are not so in the result."""
_FOLLOWS = 0.15
"""Of the source's own change: a model may raise the contrast of a flash or a cut by so much."""
BOUND = 1.5
"""Grey levels of `excess` from which a person is told; see the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How much more a result changes between two neighbours than its source, in grey levels."""

    brightness: float
    """Of the whole frame."""
    texture: float | None
    """Where the source stands still; None where it does almost nowhere."""

    @property
    def excess(self) -> float:
        """Return the larger of both."""
        return max(self.brightness, self.texture or 0.0)


def compared(swatch: str, others: Iterable[tuple[str, str]]) -> Flicker | None:
    """
    Return how a frame differs from that of its neighbours (path, swatch) where it does most.

    None without any; what is no swatch is passed over.
    """
    found = [_against(path, swatch, other) for path, other in others]
    return max(filter(None, found), key=lambda one: one.excess, default=None)


def sentence(found: Flicker) -> str | None:
    """Return what a person is told of a frame that may flicker, None of an honest one."""
    if found.excess <= BOUND:
        return None
    return (
        f"It may flicker: it changes {found.excess:.1f} grey levels more against {found.against}"
        " than its source does. Look at both in motion; `upscaled redo` makes it anew."
    )


def _against(path: str, swatch: str, other: str) -> Flicker | None:
    try:
        seen = change(swatch, other)
    except ValueError:
        return None
    texture = None if seen.texture is None else round(seen.texture, 3)
    brightness, excess = round(seen.brightness, 3), round(seen.excess, 3)
    return Flicker(against=path, brightness=brightness, texture=texture, excess=excess)


def packed(planes: Sequence[Sequence[float]]) -> str:
    """Return a swatch as text: the means of source and result, then the points of both."""
    flat = [min(65535, max(0, round(value * _STEPS))) for plane in planes for value in plane]
    return base64.b64encode(_FORM.pack(*flat)).decode()


def change(one: str, other: str) -> Change:
    """Return what changes between two frames; raises `ValueError` where one is no swatch."""
    (had, has, at_had, at_has), (had2, has2, at_had2, at_has2) = _planes(one), _planes(other)
    source_by, result_by = _mean(had2) - _mean(had), _mean(has2) - _mean(has)
    brightness = max(0.0, abs(result_by - source_by) - _FOLLOWS * abs(source_by))
    moved = [
        abs(result2 - result) - abs(source2 - source)
        for source, source2, result, result2 in zip(at_had, at_had2, at_has, at_has2, strict=True)
        if abs(source2 - source) <= _STILL
    ]
    texture = max(0.0, _mean(moved)) if len(moved) >= _LEAST_STILL else None
    return Change(brightness=brightness, texture=texture)


def _planes(swatch: str) -> list[list[float]]:
    try:
        flat = [value / _STEPS for value in _FORM.unpack(base64.b64decode(swatch))]
    except struct.error as error:
        raise ValueError(str(error)) from error
    size = CELLS * CELLS
    return [flat[first : first + size] for first in range(0, _PLANES * size, size)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
