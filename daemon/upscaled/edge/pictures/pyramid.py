"""
Source and result cut into tiles of one grid, so that a person can compare them freely at 1:1.

Both show what the result shows of the source, at the result's pixels: the source plainly enlarged.
Draws; judges nothing.
"""

import tempfile
from pathlib import Path

import pyvips

from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.aligning import View, views
from upscaled.edge.pictures.faults import translated
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.levels import named, with_profile

TILE = 512
_SUFFIX = ".jpg[Q=90]"


def pyramid(source: Path, result: Path, layout: Layout, to: Path) -> dict[str, int]:
    """
    Write `to/before_files/<level>/<column>_<row>.jpg` and `after_files`; return the grid.

    Level 0 is one tile, the last level all pixels. `to` must exist and be empty.
    """
    before, after = views(source, result, layout)
    size = round(after.box[2] - after.box[0]), round(after.box[3] - after.box[1])
    for name, view in (("before", before), ("after", after)):
        with translated(paid=view.made), tempfile.TemporaryDirectory(dir=to) as scratch:
            image = _sized(_shown(view, Path(scratch) / "srgb.icc"), view, size)
            image.dzsave(str(to / name), suffix=_SUFFIX, tile_size=TILE, overlap=0, depth="onetile")
            (to / f"{name}.dzi").unlink(missing_ok=True)
    levels = sum(1 for one in (to / "after_files").iterdir() if one.is_dir())
    return {"width": size[0], "height": size[1], "tile": TILE, "levels": levels}


def _shown(view: View, profile: Path) -> pyvips.Image:
    """Return a picture's colours in sRGB on the view's ground, lazily."""
    picture = view.picture
    image = picture.colour
    if not profiles.is_srgb(picture.icc):
        profile.write_bytes(profiles.srgb())
        tagged = with_profile(image, picture.icc or profiles.srgb())
        image = named(tagged.icc_transform(str(profile), embedded=True, intent="relative"))
    if picture.alpha is not None:
        joined = named(image.bandjoin(picture.alpha))
        image = joined.flatten(background=[view.ground] * image.bands)
    return image


def _sized(image: pyvips.Image, view: View, size: tuple[int, int]) -> pyvips.Image:
    """Return the view's box at a size in whole pixels."""
    left, top, right, bottom = view.box
    across, down = size[0] / (right - left), size[1] / (bottom - top)
    if (across, down) != (1.0, 1.0):
        image = image.resize(across, vscale=down, kernel="cubic")
    x = min(max(0, round(left * across)), max(0, image.width - size[0]))
    y = min(max(0, round(top * down)), max(0, image.height - size[1]))
    if (image.width, image.height) == size and (x, y) == (0, 0):
        return image
    # Rounding may leave a last row short by one: it is repeated.
    whole = image.embed(0, 0, max(image.width, size[0]), max(image.height, size[1]), extend="copy")
    return whole.crop(x, y, *size)
