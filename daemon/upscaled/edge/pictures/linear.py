"""
OpenEXR from a render farm: its display window as 16-bit sRGB numbers with straight alpha.

Read a few rows at a time by OpenImageIO (extra `exr`), the one reader that takes rows and channels
apart: a file of forty layers costs no more memory than its beauty. What is between the rows and the
screen stands in `views`, what is a picture at all in `layers`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pyvips

from upscaled.edge.pictures.conversions import chosen
from upscaled.edge.pictures.extras import missing, refusal
from upscaled.edge.pictures.faults import too_large
from upscaled.edge.pictures.layers import Layer, Part, choose
from upscaled.edge.pictures.levels import named
from upscaled.edge.pictures.views import VIEWS, Light, shown, to_rec709

_ROWS = 64
_SHARE_WORTH_TELLING = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """An OpenEXR picture as it is shown."""

    image: pyvips.Image
    """16 bit, 3 or 4 bands."""
    bits: int
    """A channel in the file: 16 or 32, floating."""
    told: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Frame:
    """The chosen layer of an opened file: its display window, and where its data lie in that."""

    file: Any
    spec: Any
    layer: Layer
    bright: int = 0

    @property
    def size(self) -> tuple[int, int]:
        return int(self.spec.full_width), int(self.spec.full_height)

    @property
    def bands(self) -> int:
        return 3 if self.layer.alpha is None else 4


def read(path: Path, most_pixels: int) -> Rendering:
    """
    Decode the beauty to its last row.

    Raises `Aside` (unsupported without the reader or without a beauty, too_large), OSError where
    it does not decode.
    """
    if missing("OpenEXR"):
        raise refusal("OpenEXR")
    library = import_module("OpenImageIO")
    file = library.ImageInput.open(str(path))
    if file is None:
        library.geterror()  # it names our private copy, and is kept until somebody reads it
        raise OSError("truncated: its OpenEXR header cannot be read")
    try:
        layer, count = choose(_parts(file))
        file.seek_subimage(layer.part, 0)
        frame = _Frame(file=file, spec=file.spec(), layer=layer)
        if frame.size[0] * frame.size[1] > most_pixels:
            raise too_large(f"The picture claims {frame.size[0]} x {frame.size[1]} pixels")
        image = _image(frame)
    finally:
        file.close()
    bits = 32 if "float" in str(frame.spec.format) else 16
    return Rendering(image=image, bits=bits, told=tuple(_told(frame, count)))


def _parts(file: Any) -> list[Part]:
    parts = list[Part]()
    while file.seek_subimage(len(parts), 0):
        spec = file.spec()
        types = spec.channelformats or [spec.format] * spec.nchannels
        whole = [
            name
            for name, kind in zip(spec.channelnames, types, strict=False)
            if "uint" in str(kind)
        ]
        matte = [
            str(one.value)
            for one in spec.extra_attribs
            if one.name.startswith("cryptomatte/") and one.name.endswith("/name")
        ]
        parts.append(
            Part(
                name=str(spec.getattribute("oiio:subimagename") or ""),
                channels=tuple(spec.channelnames),
                identities=(*whole, *matte),
                deep=bool(spec.deep),
            )
        )
    return parts


def _image(frame: _Frame) -> pyvips.Image:
    """Write the numbers to a file without a name, in the worker's folder for such, and open it."""
    with NamedTemporaryFile(prefix="exr-", delete=False) as file:
        place = Path(file.name)
        try:
            for rows in _strips(frame):
                file.write(rows.tobytes())
            file.flush()
            image = pyvips.Image.rawload(
                str(place), *frame.size, frame.bands, format="ushort", interpretation="rgb16"
            )
        finally:
            place.unlink()
    return named(image)


def _strips(frame: _Frame) -> Iterator["np.ndarray[Any, np.dtype[np.uint16]]"]:
    """Yield the display window from the top, black and transparent where there are no data."""
    matrix = to_rec709(frame.spec.getattribute("chromaticities"))
    wish, (width, height) = chosen(), frame.size
    for top in range(0, height, _ROWS):
        rows = min(_ROWS, height - top)
        light = _light(frame, top, rows)
        if frame.bands == 4:
            alpha = np.clip(light[..., 3:], 0, 1)
            light = np.concatenate([_straight(light[..., :3], alpha), alpha], axis=2)
        colour = light[..., :3] if matrix is None else (light[..., :3] @ matrix.T)
        exposed = colour.max(axis=2) * 2.0**wish.exr_exposure
        frame.bright += int(np.count_nonzero(exposed > 1))
        colour = shown(colour.astype(np.float32), wish.exr_view, wish.exr_exposure)
        whole = np.concatenate([colour, light[..., 3:]], axis=2)
        yield np.rint(whole.reshape(rows, width, frame.bands) * 65535).astype(np.uint16)


def _straight(colour: Light, alpha: Light) -> Light:
    """Undo the premultiplication; light without cover (a glow) stays as it is."""
    return np.asarray(colour / np.where(alpha > 0, alpha, 1), np.float32)


def _light(frame: _Frame, top: int, rows: int) -> Light:
    """Return rows of the display window: linear light, and alpha where there is one."""
    spec, (width, _height) = frame.spec, frame.size
    out = np.zeros((rows, width, frame.bands), np.float32)
    first = max(spec.y, spec.full_y + top)
    last = min(spec.y + spec.height, spec.full_y + top + rows)
    left, right = max(spec.x, spec.full_x), min(spec.x + spec.width, spec.full_x + width)
    if first >= last or left >= right:
        return out
    wanted = (*frame.layer.colours, *([] if frame.layer.alpha is None else [frame.layer.alpha]))
    low = min(wanted)
    data = _read(frame, (first, last), (low, max(wanted) + 1))
    part = data[:, left - spec.x : right - spec.x][..., [one - low for one in wanted]]
    at = first - spec.full_y - top
    out[at : at + len(part), left - spec.full_x : right - spec.full_x] = part
    return np.nan_to_num(out, copy=False, nan=0.0, posinf=65504.0, neginf=0.0)


def _read(frame: _Frame, rows: tuple[int, int], channels: tuple[int, int]) -> Light:
    """Return data rows, whole tiles of them where the file is tiled."""
    spec, file, part = frame.spec, frame.file, frame.layer.part
    if not spec.tile_height:
        data = file.read_scanlines(part, 0, *rows, 0, *channels, "float")
        return _proven(data, file)
    high = spec.tile_height
    first = spec.y + (rows[0] - spec.y) // high * high
    last = min(spec.y + spec.height, spec.y - (spec.y - rows[1]) // high * high)
    across = (spec.x, spec.x + spec.width)
    data = file.read_tiles(part, 0, *across, first, last, 0, 1, *channels, "float")
    return _proven(data, file)[rows[0] - first : rows[1] - first]


def _proven(data: Any, file: Any) -> Light:
    if data is None:
        raise OSError(f"truncated: {os.linesep.join(file.geterror().splitlines()[:1])}")
    rows: Light = data
    return rows.reshape(rows.shape[0] if rows.ndim < 4 else rows.shape[-3], -1, rows.shape[-1])


def _told(frame: _Frame, layers: int) -> Iterator[str]:
    wish, pixels = chosen(), frame.size[0] * frame.size[1]
    if layers > 1 or frame.layer.label:
        name = f"the layer `{frame.layer.label}`" if frame.layer.label else "the unnamed layer"
        yield f"The OpenEXR file holds {layers} layers: {name} is taken."
    clipped = frame.bright / pixels
    lost = f"; {clipped:.1%} of it is brighter than white" if clipped > _SHARE_WORTH_TELLING else ""
    yield (
        f"Its scene-linear light is shown by {VIEWS[wish.exr_view]} at {wish.exr_exposure:+g}"
        f" stops{lost} (finish.exr_view, finish.exr_exposure)."
    )
