"""
Results that the fidelity check must let pass, and results that it must not.

Honest ones: resamplers and restorers that anybody might use. Tampered ones: an honest enlargement
with one thing wrong, at a place and in a way drawn from a seed. All take and return 8-bit RGB
arrays, height x width x 3.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from upscaled.edge.pictures.colours import ciede2000, lab
from upscaled.edge.pictures.measures_text import Components, lined_glyphs

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Enlarger = Callable[[Pixels, int], Pixels]

_CAST = 6.0
"""Mean CIEDE2000 of the colour cast."""
_PATCH, _SWAP = 0.06, 0.20
"""Sides of the invented patch and of the swapped region, of the picture's short side."""
_SEEN = 6.0
"""Mean grey levels that a changed place differs by at least: less is no change to speak of."""


def lanczos(source: Pixels, factor: int) -> Pixels:
    """Enlarge by Lanczos, as `local` does."""
    return _resized(source, factor, Image.Resampling.LANCZOS)


def catmull_rom(source: Pixels, factor: int) -> Pixels:
    """Enlarge by the cubic of Catmull and Rom (Pillow's bicubic)."""
    return _resized(source, factor, Image.Resampling.BICUBIC)


def mitchell(source: Pixels, factor: int) -> Pixels:
    """Enlarge by the cubic of Mitchell and Netravali (B = C = 1/3), softer than the others."""
    down = _convolved_up(source.astype(np.float32), factor)
    return _whole(np.moveaxis(_convolved_up(np.moveaxis(down, 1, 0), factor), 0, 1))


def sharpened(source: Pixels, factor: int) -> Pixels:
    """Enlarge by Lanczos, then an unsharp mask that everybody would see."""
    return _unsharp(lanczos(source, factor), 0.6 * factor, 90)


def edge_directed(source: Pixels, factor: int) -> Pixels:
    """Enlarge along edges, without haloes (Nohalo of libvips)."""
    image = pyvips.Image.new_from_array(source).copy(interpretation="srgb")
    height, width = source.shape[:2]
    larger = image.affine(
        [factor, 0, 0, factor],
        interpolate=pyvips.Interpolate.new("nohalo"),
        odx=(factor - 1) / 2,
        ody=(factor - 1) / 2,
        oarea=[0, 0, width * factor, height * factor],
        extend="copy",
    )
    return np.asarray(larger.cast("uchar").numpy(), np.uint8)


def as_jpeg(source: Pixels, factor: int) -> Pixels:
    """Enlarge as the stand-in of fal answers by default: Lanczos, then JPEG at quality 95."""
    return _through_jpeg(lanczos(source, factor), 95)


def denoised(source: Pixels, factor: int) -> Pixels:
    """Smooth what is no edge (guided filter, He et al. 2013), enlarge, sharpen."""
    plane = source.astype(np.float32)
    calm = np.stack([_guided(plane[..., band], 2, 64.0) for band in range(3)], axis=-1)
    return _unsharp(lanczos(_whole(calm), factor), 0.6 * factor, 60)


def deblocked(source: Pixels, factor: int) -> Pixels:
    """Take JPEG's blocks out (Nosratinia 2001: mean of shifted codings), enlarge, sharpen."""
    total = np.zeros(source.shape, np.float32)
    shifts = [(0, 0), (4, 4), (2, 6), (6, 2), (1, 3), (5, 7), (3, 1), (7, 5)]
    for down, across in shifts:
        framed = np.pad(source, ((down, 8 - down), (across, 8 - across), (0, 0)), mode="edge")
        coded = _through_jpeg(framed, 60)
        total += coded[down : down + source.shape[0], across : across + source.shape[1]]
    return _unsharp(lanczos(_whole(total / len(shifts)), factor), 0.6 * factor, 50)


HONEST: dict[str, tuple[Enlarger, int]] = {
    "Lanczos": (lanczos, 2),
    "Catmull-Rom, 4x": (catmull_rom, 4),
    "Mitchell-Netravali": (mitchell, 2),
    "Lanczos, sharpened": (sharpened, 2),
    "Nohalo (edge-directed)": (edge_directed, 2),
    "the stand-in's (JPEG)": (as_jpeg, 2),
    "restorer: denoise, sharpen": (denoised, 2),
    "restorer: de-JPEG, sharpen": (deblocked, 2),
}
"""By name: how the source becomes the result, and its factor."""


@dataclass(frozen=True, slots=True)
class Scene:
    """An honest enlargement at 2x, its source, other pictures, and chance."""

    source: Pixels
    result: Pixels
    others: Sequence[Pixels]
    dice: np.random.Generator


def patched(scene: Scene) -> Pixels | None:
    """Invent a square of 6 % of the short side: part of another picture, at any place."""
    side = max(2, round(_PATCH * min(scene.result.shape[:2])))
    for _ in range(20):
        top, left = _place(scene, side)
        invented = _borrowed(scene, side, 0.33)
        old = scene.result[top : top + side, left : left + side].astype(np.float32)
        if _grey(invented).std() >= 12 and np.abs(old - invented).mean() >= _SEEN:
            return _laid(scene.result, invented, top, left)
    return None


def swapped(scene: Scene) -> Pixels | None:
    """Swap an oval of 20 % of the short side: tone and contrast matched, feathered."""
    side = max(4, round(_SWAP * min(scene.result.shape[:2])))
    places = [_anywhere(scene, side) for _ in range(6)]
    top, left = max(places, key=lambda at: _spread(scene.result, at, side))
    old = scene.result[top : top + side, left : left + side].astype(np.float32)
    share = _oval(side)
    for _ in range(20):
        new = _borrowed(scene, side, 0.5)
        new = (new - new.mean((0, 1))) * (max(old.std(), 12.0) / max(new.std(), 1.0))
        new = np.clip(new + old.mean((0, 1)), 0, 255)
        if (np.abs(old - new).mean(-1) * share[..., 0]).sum() >= _SEEN * share.sum():
            return _laid(scene.result, old + (new - old) * share, top, left)
    return None


def cast(scene: Scene) -> Pixels | None:
    """Tint the whole by gains whose mean difference is CIEDE2000 6."""
    angle = scene.dice.uniform(0, 2 * np.pi)
    lean = np.cos(angle + np.array([0, 2 * np.pi / 3, 4 * np.pi / 3])).astype(np.float32)
    small = _whole(np.asarray(Image.fromarray(scene.result).resize((64, 64), Image.Resampling.BOX)))
    before, low, high = lab(small), 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        apart = ciede2000(before, lab(_whole(small * (1 + middle * lean)))).mean()
        low, high = (middle, high) if apart < _CAST else (low, middle)
    return None if high > 0.99 else _whole(scene.result * (1 + high * lean))


def shifted(scene: Scene) -> Pixels:
    """Move the whole by 8 pixels of the result in one of four directions, border repeated."""
    down, across = ((8, 0), (-8, 0), (0, 8), (0, -8))[scene.dice.integers(4)]
    height, width = scene.result.shape[:2]
    framed = np.pad(scene.result, ((8, 8), (8, 8), (0, 0)), mode="edge")
    return framed[8 + down : 8 + down + height, 8 + across : 8 + across + width]


def cropped(scene: Scene) -> Pixels:
    """Cut 3 to 5 % off each direction, split by chance, and enlarge what is left again."""
    height, width = scene.result.shape[:2]
    off = scene.dice.uniform(0.03, 0.05, 2) * (width, height)
    first = off * scene.dice.uniform(0, 1, 2)
    box = (first[0], first[1], width - (off - first)[0], height - (off - first)[1])
    image = Image.fromarray(scene.result)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS, box=box))


def mirrored(scene: Scene) -> Pixels:
    """Mirror left and right."""
    return np.ascontiguousarray(scene.result[:, ::-1])


def banded(scene: Scene) -> Pixels | None:
    """Lay a black band of 4 % of the short side across, anywhere."""
    made = scene.result.copy()
    turned = made if scene.dice.integers(2) else made.transpose(1, 0, 2)
    thick = max(2, round(0.04 * min(made.shape[:2])))
    for _ in range(20):
        at = scene.dice.integers(0, turned.shape[0] - thick + 1)
        if turned[at : at + thick].mean() >= _SEEN:
            turned[at : at + thick] = 0
            return made
    return None


def blank(scene: Scene) -> Pixels:
    """Answer with a placeholder: black, white, the mean colour, or all blurred away."""
    which = scene.dice.integers(4)
    if which == 3:
        radius = 0.1 * min(scene.result.shape[:2])
        return np.asarray(Image.fromarray(scene.result).filter(ImageFilter.BoxBlur(radius)))
    mean = scene.result.mean((0, 1))
    colour = (np.zeros(3), np.full(3, 255.0), mean)[which]
    return _whole(np.broadcast_to(colour, scene.result.shape))


def another(scene: Scene) -> Pixels:
    """Answer with another picture of the right size."""
    height, width = scene.result.shape[:2]
    other = scene.others[int(scene.dice.integers(len(scene.others)))]
    return np.asarray(Image.fromarray(other).resize((width, height), Image.Resampling.BICUBIC))


def misspelt(scene: Scene) -> Pixels | None:
    """Replace one letter of a sharp line by another of that line; None where there is none."""
    grey = _whole(_grey(scene.source))
    glyphs = lined_glyphs(grey)
    for one in scene.dice.permutation(glyphs.area.size)[:200]:
        if not _is_sharp_letter(grey, glyphs, one):
            continue
        two = _neighbour(grey, glyphs, one, scene.dice)
        if two is not None:
            return _letter_replaced(scene, glyphs, one, two)
    return None


TAMPERED: dict[str, Callable[[Scene], Pixels | None]] = {
    "invented patch, 6 %": patched,
    "region swapped, 20 %": swapped,
    "colour cast, dE 6": cast,
    "shift, 8 px": shifted,
    "crop, 3 to 5 %": cropped,
    "mirror": mirrored,
    "black band, 4 %": banded,
    "blank": blank,
    "another picture": another,
    "one letter altered": misspelt,
}
"""By name; None where the picture gives nothing to tamper with so."""


def _resized(source: Pixels, factor: int, how: Image.Resampling) -> Pixels:
    size = (source.shape[1] * factor, source.shape[0] * factor)
    return np.asarray(Image.fromarray(source).resize(size, how))


def _whole(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _grey(rgb: NDArray[np.generic]) -> Floats:
    return np.asarray(rgb, np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _unsharp(picture: Pixels, radius: float, percent: int) -> Pixels:
    mask = ImageFilter.UnsharpMask(radius, percent=percent, threshold=2)
    return np.asarray(Image.fromarray(picture).filter(mask))


def _through_jpeg(picture: Pixels, quality: int) -> Pixels:
    store = io.BytesIO()
    Image.fromarray(picture).save(store, "JPEG", quality=quality)
    return np.asarray(Image.open(store).convert("RGB"))


def _convolved_up(rows: Floats, factor: int) -> Floats:
    """Enlarge along the first axis by the Mitchell-Netravali cubic."""
    count = rows.shape[0]
    at = (np.arange(count * factor) + 0.5) / factor - 0.5
    first = np.floor(at).astype(int) - 1
    total = np.zeros((count * factor, *rows.shape[1:]), np.float32)
    for tap in range(4):
        away = np.abs(at - (first + tap))
        near = (21 * away**3 - 36 * away**2 + 16) / 18
        far = (-7 * away**3 + 36 * away**2 - 60 * away + 32) / 18
        weight = np.where(away < 1, near, np.where(away < 2, far, 0)).astype(np.float32)
        total += weight[:, None, None] * rows[np.clip(first + tap, 0, count - 1)]
    return total


def _guided(plane: Floats, radius: int, epsilon: float) -> Floats:
    mean = _box(plane, radius)
    spread = _box(plane * plane, radius) - mean * mean
    keeps = (spread / (spread + epsilon)).astype(np.float32)
    return _box(keeps, radius) * plane + _box(mean * (1 - keeps), radius)


def _box(plane: Floats, radius: int) -> Floats:
    for axis in (0, 1):
        pads = [(radius, radius) if axis == a else (0, 0) for a in (0, 1)]
        framed = np.moveaxis(np.pad(plane, pads, mode="edge"), axis, 0)
        count = plane.shape[axis]
        total = np.zeros(framed[:count].shape, np.float32)
        for at in range(2 * radius + 1):
            total += framed[at : at + count]
        plane = np.asarray(np.moveaxis(total / (2 * radius + 1), 0, axis), np.float32)
    return plane


def _anywhere(scene: Scene, side: int) -> tuple[int, int]:
    height, width = scene.result.shape[:2]
    top, left = scene.dice.integers(0, (height - side + 1, width - side + 1))
    return int(top), int(left)


def _place(scene: Scene, side: int) -> tuple[int, int]:
    """Return any place; every other time the flattest of twelve, as a sky would be."""
    places = [_anywhere(scene, side) for _ in range(12)]
    if scene.dice.integers(2):
        return places[0]
    return min(places, key=lambda at: _spread(scene.result, at, side))


def _spread(picture: Pixels, at: tuple[int, int], side: int) -> float:
    return float(_grey(picture[at[0] : at[0] + side, at[1] : at[1] + side]).std())


def _borrowed(scene: Scene, side: int, share: float) -> Floats:
    """Return a square of another picture (`share` of its short side), at a size."""
    other = scene.others[int(scene.dice.integers(len(scene.others)))]
    length = max(2, round(share * min(other.shape[:2])))
    top, left = scene.dice.integers(0, np.array(other.shape[:2]) - length + 1)
    part = Image.fromarray(other[top : top + length, left : left + length])
    return np.asarray(part.resize((side, side), Image.Resampling.BICUBIC), np.float32)


def _laid(picture: Pixels, part: Floats, top: int, left: int) -> Pixels:
    made = picture.copy()
    made[top : top + part.shape[0], left : left + part.shape[1]] = _whole(part)
    return made


def _oval(side: int) -> Floats:
    """Return 1 within an oval, falling to 0 over its outer quarter."""
    across = np.linspace(-1, 1, side, dtype=np.float32)
    radius = np.hypot(across[None, :] * 1.15, across[:, None])
    return np.asarray(np.clip((1 - radius) / 0.25, 0, 1)[..., None], np.float32)


def _is_sharp_letter(grey: Pixels, glyphs: Components, one: int) -> bool:
    """Return whether its edges rise by over 35 % of its contrast from one pixel to the next."""
    part = _cut(grey, glyphs, one).astype(np.float32)
    if part.shape[0] < 8 or part.shape[1] < 4 or np.ptp(part) < 60:
        return False
    steps = np.abs(np.diff(part, axis=1)).max(axis=1)
    return bool(np.median(steps) >= 0.35 * np.ptp(part))


def _neighbour(grey: Pixels, glyphs: Components, one: int, dice: np.random.Generator) -> int | None:
    """Return another letter of about its size on its line that looks different."""
    height, width = glyphs.bottom - glyphs.top, glyphs.right - glyphs.left
    near = np.abs(glyphs.bottom - glyphs.bottom[one]) <= 0.15 * height[one]
    near &= np.abs(height - height[one]) <= 0.15 * height[one]
    near &= np.abs(width - width[one]) <= 0.35 * width[one]
    near[one] = False
    mine = _cut(grey, glyphs, one)
    for two in dice.permutation(np.flatnonzero(near))[:20]:
        other = Image.fromarray(_cut(grey, glyphs, two)).resize(mine.shape[::-1])
        together = np.corrcoef(mine.ravel(), np.asarray(other).ravel())[0, 1]
        if 0 < together < 0.6:
            return int(two)
    return None


def _cut(picture: Pixels, glyphs: Components, one: int) -> Pixels:
    top, left = max(0, glyphs.top[one] - 1), max(0, glyphs.left[one] - 1)
    return picture[top : glyphs.bottom[one] + 2, left : glyphs.right[one] + 2]


def _letter_replaced(scene: Scene, glyphs: Components, one: int, two: int) -> Pixels:
    factor = scene.result.shape[0] // scene.source.shape[0]
    boxes = []
    for glyph in (one, two):
        box = (glyphs.left[glyph] - 1, glyphs.top[glyph] - 1, glyphs.right[glyph] + 2)
        left, top, right, bottom = (max(0, v) * factor for v in (*box, glyphs.bottom[glyph] + 2))
        boxes.append((left, top, right, bottom))
    image = Image.fromarray(scene.result)
    left, top, right, bottom = boxes[0]
    right, bottom = min(right, image.width), min(bottom, image.height)
    letter = image.crop(boxes[1]).resize((right - left, bottom - top), Image.Resampling.BICUBIC)
    image.paste(letter, (left, top))
    return np.asarray(image)
