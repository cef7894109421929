"""
Does each letter still read as it did? The source's letters against the same places of the result.

Works at the source's own size: at the size of the other figures letters would be a few pixels
high. Letters are found in the source alone, on lines; lettering without a line, or larger than 60
px, is not looked at. Measures; judges nothing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from upscaled.edge.pictures.measures_text import Components, lined_glyphs
from upscaled.edge.pictures.structure import Plane, blurred

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]

_SIGMA = 0.8
_WIDTHS = (0.0, 0.6, 1.0, 1.5, 2.0)
"""Blurs that may bring a sharpened result back to the width of the source's edges."""
_WORTH = 0.3
"""Grey levels by which a wider blur must fit better."""
_BAND = 512
"""Rows worked on at once."""
_LARGEST = 64
_FAINT = 8.0
"""Letters with less contrast (standard deviation after the blur) say nothing."""
_SHARP_STEP = 0.35
"""Step from pixel to pixel over the letter's range: below it, a legal sharpening looks like a
change."""
_SHARP_HEIGHT = 7
_SHARP_RANGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """Figures by name, and the places of the least alike letters by figure."""

    figures: dict[str, float] = field(default_factory=dict)
    places: dict[str, Box] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    alike: float
    sharp: bool
    box: tuple[int, int, int, int]


def lettering(before: Pixels, after: Pixels) -> Lettering:
    """
    Return `text_min` and `text_soft_min`: the least correlation of a letter, sharp or soft.

    Both planes are grey 0..255 of one size. A figure without a letter is absent. `text_letters`
    says how many were compared.
    """
    glyphs = lined_glyphs(before)
    if not glyphs.area.size:
        return Lettering()
    width = _edge_width(before, after, glyphs)
    letters = list(_letters(before, after, glyphs, width))
    figures, places = {"text_letters": float(len(letters))}, {}
    for name, sharp in (("text_min", True), ("text_soft_min", False)):
        least = min((one for one in letters if one.sharp is sharp), key=_alike, default=None)
        if least is not None:
            figures[name], places[name] = least.alike, _shares(least.box, before.shape)
    return Lettering(figures=figures, places=places)


def _alike(letter: _Letter) -> float:
    return letter.alike


def _letters(before: Pixels, after: Pixels, glyphs: Components, width: float) -> Iterator[_Letter]:
    """Compare band by band, so that a large page needs little memory."""
    for top in range(0, before.shape[0], _BAND):
        starts = np.flatnonzero((glyphs.top >= top) & (glyphs.top < top + _BAND))
        if not starts.size:
            continue
        first, last = max(0, top - _LARGEST), top + _BAND + 2 * _LARGEST
        had = before[first:last].astype(np.float32)
        has = _blurred(after[first:last].astype(np.float32), width)
        planes = had, blurred(had, _SIGMA), blurred(has, _SIGMA)
        for one in starts:
            letter = _letter(planes, _box(glyphs, int(one)), first)
            if letter is not None:
                yield letter


def _letter(
    planes: tuple[Plane, Plane, Plane], box: tuple[int, int, int, int], first: int
) -> _Letter | None:
    left, top, right, bottom = box
    place = np.s_[top - first : bottom - first, left:right]
    plain = planes[0][place]
    had, has = (_centred(plane[place]) for plane in planes[1:])
    contrast = _deviation(had)
    if contrast < _FAINT:
        return None
    # A letter that is gone has no contrast: the floor keeps noise from correlating.
    alike = float(had @ has) / had.size / (contrast * max(_deviation(has), _FAINT / 4))
    return _Letter(alike=alike, sharp=_is_sharp(plain), box=box)


def _centred(letter: Plane) -> Plane:
    values = letter.ravel()
    centred: Plane = values - np.add.reduce(values) / values.size
    return centred


def _deviation(centred: Plane) -> float:
    return math.sqrt(float(centred @ centred) / centred.size)


def _is_sharp(letter: Plane) -> bool:
    reach = float(letter.max() - letter.min())
    if letter.shape[0] < _SHARP_HEIGHT or reach < _SHARP_RANGE:
        return False
    steps = np.sort(np.abs(letter[:, 1:] - letter[:, :-1]).max(axis=1))
    return bool(steps[steps.size // 2] >= _SHARP_STEP * reach)


def _edge_width(before: Pixels, after: Pixels, glyphs: Components) -> float:
    """Return the blur that brings the result's letters nearest to the source's, at the middle."""
    middle = int(glyphs.top[np.argsort(glyphs.top)[glyphs.top.size // 2]])
    band = np.s_[max(0, middle - _BAND // 2) : middle + _BAND // 2]
    had, has = before[band].astype(np.float32), after[band].astype(np.float32)
    inked = np.zeros(before.shape, bool)
    for one in range(glyphs.area.size):
        left, top, right, bottom = _box(glyphs, one)
        inked[top:bottom, left:right] = True
    where = inked[band]
    best, width = np.inf, 0.0
    for tried in _WIDTHS:
        off = float(np.abs(_blurred(has, tried) - had)[where].mean())
        if off < best - _WORTH:
            best, width = off, tried
    return width


def _blurred(plane: Plane, sigma: float) -> Plane:
    return blurred(plane, sigma) if sigma else plane


def _box(glyphs: Components, one: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom with a pixel of ground around."""
    left, top = max(0, int(glyphs.left[one]) - 1), max(0, int(glyphs.top[one]) - 1)
    return left, top, int(glyphs.right[one]) + 2, int(glyphs.bottom[one]) + 2


def _shares(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> Box:
    height, width = shape
    left, top, right, bottom = box
    return left / width, top / height, min(1.0, right / width), min(1.0, bottom / height)
