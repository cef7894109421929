"""
Before and after for the report: a job's sharpest and least alike place, and the whole very small.

Cut while source and result are at hand, so that no original is decoded again in the morning. One
pixel of a tile is one pixel of the result, as a print shows it, unless that showed too few of the
source. Draws; judges nothing.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image

from upscaled.core.report.tiles import AFTER, BEFORE, NAMES, SHARPEST, THUMB, tile_name
from upscaled.edge.pictures.aligning import Box, Pixels, View, in_srgb, views
from upscaled.edge.pictures.faults import translated
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.sharpest import sharpest
from upscaled.edge.pictures.sheet import whole

SIDE = 192
"""Of a tile; less where the result itself is smaller."""
THUMB_SIDE = 112
MOST_BYTES = 6_000
"""Of one file: 500 jobs must fit into a page of 10 MB. Noise is what costs, and hides loss."""
_FEWEST_SOURCE_PX = 48
"""A smaller place would show so few pixels of the source that nobody knows what it is."""
_QUALITIES = (80, 60, 40, 20, 5, 0)
_Window = tuple[int, int, int, int]
"""Left, top, right, bottom in whole pixels."""


def tiles(source: Path, result: Path, layout: Layout, places: Mapping[str, Box], to: Path) -> None:
    """
    Write the thumbnail and, for each place, two WebP tiles of equal size into the folder `to`.

    `places` are shares 0..1 of what both show, by name, the most telling first; one that lies
    within half a tile of an earlier one is left out. The least alike place is shown whole, as it
    was measured; of the sharpest the sharpest part.
    """
    for name in NAMES:
        (to / name).unlink(missing_ok=True)
    before, after = views(source, result, layout)
    extent = _extent(before.box, after.box)
    size = (_side(after.box, extent, 0), _side(after.box, extent, 1))
    wanted = _apart({name: _about(place, extent) for name, place in places.items()}, extent)
    parts = _read_all(before, wanted)
    shown = {name: _closer(before, parts[name], extent, name) for name in wanted}
    for name, place in shown.items():
        _save(_drawn(before, parts[name], place, size), to / tile_name(name, BEFORE))
    for name, part in _read_all(after, shown).items():
        _save(_drawn(after, part, shown[name], size), to / tile_name(name, AFTER))
    thumb(source, to / THUMB)


def thumb(source: Path, to: Path) -> None:
    """Write the whole picture, very small."""
    _save(whole(source, THUMB_SIDE), to)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Whole pixels of a picture around a place."""

    place: Box
    window: _Window
    pixels: Pixels


def _closer(view: View, part: _Part, extent: tuple[float, float], name: str) -> Box:
    """Return the sharpest tile within the sharpest place; any other place as it is."""
    across, down = part.place[2] - part.place[0], part.place[3] - part.place[1]
    if name != SHARPEST or (across <= extent[0] and down <= extent[1]):
        return part.place
    left, top, right, bottom = _within(_pixels(view.box, part.place), part.window)
    inner = part.pixels[round(top) : round(bottom), round(left) : round(right)]
    grey = (inner if inner.ndim == 2 else inner[:, :, :3].mean(axis=2)).astype(np.float32)
    found = sharpest(grey, (min(1.0, extent[0] / across), min(1.0, extent[1] / down)))
    return _about(
        (
            part.place[0] + found[0] * across,
            part.place[1] + found[1] * down,
            part.place[0] + found[2] * across,
            part.place[1] + found[3] * down,
        ),
        extent,
        exactly=True,
    )


def _extent(before: Box, after: Box) -> tuple[float, float]:
    """Return a tile's size in shares: `SIDE` pixels of the result, not too few of the source."""
    shares = []
    for first, last in ((0, 2), (1, 3)):
        source, made = before[last] - before[first], after[last] - after[first]
        shares.append(min(1.0, max(SIDE / made, _FEWEST_SOURCE_PX / source)))
    return shares[0], shares[1]


def _side(after: Box, extent: tuple[float, float], axis: int) -> int:
    return min(SIDE, max(1, round((after[axis + 2] - after[axis]) * extent[axis])))


def _about(place: Box, extent: tuple[float, float], *, exactly: bool = False) -> Box:
    """Return a place made as large as a tile at least, about its middle and inside the picture."""
    times = 1.0 if exactly else _times(place, extent)
    sides = (extent[0] * times, extent[1] * times)
    left, top = (
        min(max(0.0, (place[axis] + place[axis + 2] - sides[axis]) / 2), 1.0 - sides[axis])
        for axis in (0, 1)
    )
    return left, top, left + sides[0], top + sides[1]


def _times(place: Box, extent: tuple[float, float]) -> float:
    """Return by how much a tile's sides grow to hold a place, as far as the picture reaches."""
    wanted = max(1.0, *((place[axis + 2] - place[axis]) / extent[axis] for axis in (0, 1)))
    return min(wanted, 1.0 / max(extent))


def _apart(boxes: Mapping[str, Box], extent: tuple[float, float]) -> dict[str, Box]:
    kept: dict[str, Box] = {}
    for name, box in boxes.items():
        near = (
            all(abs(box[axis] - other[axis]) < extent[axis] / 2 for axis in (0, 1))
            for other in kept.values()
        )
        if not any(near):
            kept[name] = box
    return kept


def _read_all(view: View, places: Mapping[str, Box]) -> dict[str, _Part]:
    """Read every place of a picture, decoded once from the top to the last row that is needed."""
    picture = view.picture
    image = picture.colour
    windows = {name: _window(image, _pixels(view.box, place)) for name, place in places.items()}
    with translated(paid=view.made):
        joined = image if picture.alpha is None else image.bandjoin(picture.alpha)
        strips = _strips(joined, sorted(windows.values(), key=lambda window: window[1]))
    return {
        name: _Part(place=places[name], window=window, pixels=_inside(strips, window))
        for name, window in windows.items()
    }


def _pixels(box: Box, place: Box) -> Box:
    width, height = box[2] - box[0], box[3] - box[1]
    return (
        box[0] + place[0] * width,
        box[1] + place[1] * height,
        box[0] + place[2] * width,
        box[1] + place[3] * height,
    )


def _window(image: pyvips.Image, box: Box) -> _Window:
    """Return the whole pixels around a box, and a few more for the resampling."""
    return (
        max(0, int(box[0]) - 3),
        max(0, int(box[1]) - 3),
        min(image.width, int(box[2]) + 4),
        min(image.height, int(box[3]) + 4),
    )


def _within(box: Box, window: _Window) -> Box:
    left, top, right, bottom = window
    return (
        max(0.0, box[0] - left),
        max(0.0, box[1] - top),
        min(box[2], right) - left,
        min(box[3], bottom) - top,
    )


def _strips(image: pyvips.Image, windows: list[_Window]) -> list[tuple[_Window, Pixels]]:
    """
    Read windows, sorted by their first row, with a decoder that never looks back.

    Where rows overlap they are read together. By regions: a crop reads ahead in its own threads,
    past the rows that the next one begins with.
    """
    joined: list[_Window] = []
    for window in windows:
        if joined and window[1] < joined[-1][3]:
            last = joined.pop()
            joined.append(
                (
                    min(last[0], window[0]),
                    last[1],
                    max(last[2], window[2]),
                    max(last[3], window[3]),
                )
            )
        else:
            joined.append(window)
    region = pyvips.Region.new(image)
    return [(window, _read(region, window, image.bands)) for window in joined]


def _read(region: pyvips.Region, window: _Window, bands: int) -> Pixels:
    left, top, right, bottom = window
    data = np.frombuffer(region.fetch(left, top, right - left, bottom - top), np.uint8)
    shape = (bottom - top, right - left)
    return data.reshape(shape if bands == 1 else (*shape, bands)).copy()


def _inside(strips: list[tuple[_Window, Pixels]], window: _Window) -> Pixels:
    left, top, right, bottom = window
    (outer, pixels) = next(
        (outer, pixels) for outer, pixels in strips if outer[1] <= top and bottom <= outer[3]
    )
    rows = slice(top - outer[1], bottom - outer[1])
    return pixels[rows, left - outer[0] : right - outer[0]]


def _drawn(view: View, part: _Part, place: Box, size: tuple[int, int]) -> Image.Image:
    """Return a place at a size, in sRGB on the view's ground."""
    box = _within(_pixels(view.box, place), part.window)
    # With alpha Pillow weighs colours by it, by itself.
    cut = Image.fromarray(part.pixels)
    sized = cut.resize(size, Image.Resampling.BICUBIC, box=box)
    if view.picture.alpha is None:
        return in_srgb(sized, view.picture.icc)
    colour = in_srgb(sized.convert("RGB" if cut.mode == "RGBA" else "L"), view.picture.icc)
    ground = Image.new("RGB", size, (round(view.ground),) * 3)
    return Image.composite(colour, ground, sized.getchannel("A"))


def _save(picture: Image.Image, to: Path) -> None:
    """Write a WebP of at most `MOST_BYTES`, as good as that allows."""
    for quality in _QUALITIES:
        held = io.BytesIO()
        picture.save(held, format="WEBP", quality=quality, method=4)
        if held.tell() <= MOST_BYTES:
            break
    to.write_bytes(held.getvalue())
