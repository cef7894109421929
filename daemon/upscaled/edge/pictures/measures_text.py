"""
Are there lines of letters? Strokes, their connected components, and who stands beside whom.

Works on grey values alone, both polarities, rendered, scanned or photographed. Blind to very large
lettering; fires a little on fences, windows and foliage, so never a verdict by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upscaled.edge.pictures.look import Bytes
from upscaled.edge.pictures.measures_tones import between_classes, histogram

Ints = NDArray[np.int64]

_HAT = 13
_LEAST_STROKE = 28
"""Grey levels: weaker strokes are texture."""
_MOST_RUNS = 400_000
_MOST_GLYPHS = 8_000
_MOST_OFFSETS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Bounding boxes (inclusive) and pixel areas of connected components, one entry each."""

    left: Ints
    top: Ints
    right: Ints
    bottom: Ints
    area: Ints

    def only(self, keep: NDArray[np.bool_]) -> "Components":
        """Return those where `keep` is true."""
        return Components(
            left=self.left[keep],
            top=self.top[keep],
            right=self.right[keep],
            bottom=self.bottom[keep],
            area=self.area[keep],
        )


def text_lines(grey: Bytes) -> dict[str, float]:
    """
    Return `txt_n`, `txt_share` and `txt_area` of a grey copy of at most a megapixel.

    Glyph-sized components (5 to 60 px high, 2 to 120 wide, ink 12 to 97 % of the box) with at least
    two neighbours of similar height on the same base line: per 100,000 px; as a share of all
    components; the area of their ink as a share of the picture. Of the two polarities the one with
    more such glyphs counts.
    """
    best = {"txt_n": 0.0, "txt_share": 0.0, "txt_area": 0.0}
    for hat in (black_hat(grey), black_hat(np.asarray(255 - grey, np.uint8))):
        found = _polarity(hat)
        if found["txt_n"] > best["txt_n"]:
            best = found
    return best


def lined_glyphs(grey: Bytes) -> Components:
    """Return the boxes of the letters that stand on lines, of the polarity that has more."""
    both = [_lined(_glyphs(black_hat(plane))) for plane in (grey, np.asarray(255 - grey, np.uint8))]
    return max(both, key=lambda found: int(found.area.size))


def black_hat(grey: Bytes) -> Bytes:
    """Return closing minus picture, 13 px square: dark strokes thinner than that light up."""
    closed = _slide(_slide(grey, np.maximum), np.minimum)
    return np.asarray(closed - grey, np.uint8)


def otsu(values: Bytes) -> int:
    """Return the threshold that parts every fourth value best in two (Otsu 1979)."""
    return int(between_classes(histogram(values[::2, ::2])).argmax())


def components(mask: NDArray[np.bool_]) -> Components:
    """
    Return the 8-connected components of a mask.

    Works on runs: neighbours in successive rows are found by bisection, then labels sink to the
    least of their group by pointer jumping, all in numpy.
    """
    rows, starts, ends = _runs(mask)
    if not rows.size or rows.size > _MOST_RUNS:
        nothing = np.zeros(0, np.int64)
        return Components(left=nothing, top=nothing, right=nothing, bottom=nothing, area=nothing)
    roots = _settle_labels(rows.size, *_touching(rows, starts, ends, mask.shape[1] + 2))
    _, label = np.unique(roots, return_inverse=True)
    return _boxes(label, rows, starts, ends)


def _polarity(hat: Bytes) -> dict[str, float]:
    found = _glyphs(hat)
    lined = _lined(found)
    pixels = hat.size
    return {
        "txt_n": lined.area.size * 100_000 / pixels,
        "txt_share": lined.area.size / max(1, found.area.size),
        "txt_area": float(lined.area.sum()) / pixels,
    }


def _glyphs(hat: Bytes) -> Components:
    found = components(hat > max(0.8 * otsu(hat), _LEAST_STROKE))
    return found.only(found.area >= 4)


def _lined(found: Components) -> Components:
    glyphs = found.only(_glyph_sized(found))
    return glyphs.only(_on_a_line(glyphs))


def _glyph_sized(found: Components) -> NDArray[np.bool_]:
    height = found.bottom - found.top + 1
    width = found.right - found.left + 1
    fill = found.area / (height * width)
    size = (height >= 5) & (height <= 60) & (width >= 2) & (width <= 120)
    return np.asarray(size & (fill >= 0.12) & (fill <= 0.97))


def _on_a_line(glyphs: Components) -> NDArray[np.bool_]:
    """Return which glyphs have two neighbours on their base line, near and of similar height."""
    order = np.argsort(glyphs.bottom, kind="stable")[:_MOST_GLYPHS]
    count = order.size
    left, right = glyphs.left[order], glyphs.right[order]
    bottom, height = glyphs.bottom[order], (glyphs.bottom - glyphs.top + 1)[order]
    neighbours = np.zeros(count, np.int64)
    for offset in range(1, min(count, _MOST_OFFSETS)):
        one, two = slice(0, count - offset), slice(offset, count)
        drop = bottom[two] - bottom[one]
        if drop.min() > 21:
            break
        low, high = np.minimum(height[one], height[two]), np.maximum(height[one], height[two])
        gap = np.maximum(left[two] - right[one], left[one] - right[two])
        near = (drop <= 0.35 * low) & (gap < 1.6 * low) & (gap > -low) & (high <= 2 * low)
        neighbours[one] += near
        neighbours[two] += near
    result = np.zeros(glyphs.area.size, bool)
    result[order] = neighbours >= 2
    return result


def _slide(grey: Bytes, pick: np.ufunc) -> Bytes:
    """Return the extreme over a square window, edges repeated: separable, by doubling."""
    result = grey
    for axis in (0, 1):
        padded = np.pad(result, [(_HAT // 2,) * 2 if axis == a else (0, 0) for a in (0, 1)], "edge")
        result = _slide_axis(padded, pick, axis)
    return result


def _slide_axis(padded: Bytes, pick: np.ufunc, axis: int) -> Bytes:
    wide = np.moveaxis(padded, axis, 0)
    length, span = wide.shape[0] - _HAT + 1, 1
    while span * 2 <= _HAT:
        wide = pick(wide[:-span], wide[span:])
        span *= 2
    rest = _HAT - span
    return np.ascontiguousarray(
        np.moveaxis(pick(wide[:length], wide[rest : rest + length]), 0, axis)
    )


def _runs(mask: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Return row, first and last column of every horizontal run, in reading order."""
    height, width = mask.shape
    framed = np.zeros((height, width + 1), bool)  # one empty column parts the rows
    framed[:, :-1] = mask
    flat = framed.ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[0]:
        turns = np.concatenate([np.zeros(1, turns.dtype), turns])
    starts, after = turns[::2], turns[1::2]
    rows = starts // (width + 1)
    return rows, starts - rows * (width + 1), after - 1 - rows * (width + 1)


def _touching(rows: Ints, starts: Ints, ends: Ints, width: int) -> tuple[Ints, Ints]:
    """Return index pairs of runs that touch, also by a corner, in successive rows."""
    begin, close = rows * width + starts, rows * width + ends
    first = np.searchsorted(close, (rows + 1) * width + starts - 1)
    after = np.searchsorted(begin, (rows + 1) * width + ends + 1, side="right")
    count = np.maximum(0, after - first)
    upper = np.repeat(np.arange(rows.size), count)
    skipped = np.repeat(np.cumsum(count) - count, count)
    lower = np.repeat(first, count) + np.arange(upper.size) - skipped
    return upper, lower


def _settle_labels(count: int, one: Ints, two: Ints) -> Ints:
    label = np.arange(count)
    while True:
        low = np.minimum(label[one], label[two])
        before = label.copy()
        np.minimum.at(label, before[one], low)
        np.minimum.at(label, before[two], low)
        label = label[label]
        if np.array_equal(label, before):
            return label


def _boxes(label: Ints, rows: Ints, starts: Ints, ends: Ints) -> Components:
    count = int(label.max()) + 1
    left, top = np.full(count, 1 << 40), np.full(count, 1 << 40)
    right, bottom = np.full(count, -1), np.full(count, -1)
    np.minimum.at(left, label, starts)
    np.minimum.at(top, label, rows)
    np.maximum.at(right, label, ends)
    np.maximum.at(bottom, label, rows)
    area = np.bincount(label, ends - starts + 1, count).astype(np.int64)
    return Components(left=left, top=top, right=right, bottom=bottom, area=area)
