"""A cut-out over black and over white: no fringe, whatever the container says of transparency."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from edge.drawn_pictures import layout_for
from upscaled.edge.pictures.finishing import enlarged, finish
from upscaled.edge.pictures.opening import open_picture
from upscaled.edge.pictures.preparing import prepare
from upscaled.edge.pictures.resampling import Size

SIDE = 96
RED = (220, 30, 30)


def disc(under: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Draw a red disc with soft edges; what lies under the nothing is of another colour."""
    cover = Image.new("L", (SIDE * 4, SIDE * 4))
    ImageDraw.Draw(cover).ellipse((80, 80, 304, 304), fill=255)
    alpha = np.asarray(cover.resize((SIDE, SIDE), Image.Resampling.BOX))
    colour = np.where(alpha[..., None] > 0, RED, under)
    return np.dstack([colour, alpha]).astype(np.uint8)


def _png(path: Path, under: tuple[int, int, int]) -> None:
    Image.fromarray(disc(under)).save(path, "PNG")


def _grey(path: Path, under: tuple[int, int, int]) -> None:
    Image.fromarray(disc(under)).convert("LA").save(path, "PNG")


def _sixteen(path: Path, under: tuple[int, int, int]) -> None:
    deep = pyvips.Image.new_from_array(disc(under).astype(np.uint16) * 257)
    deep.copy(interpretation="rgb16").tiffsave(str(path))


def _premultiplied(path: Path, under: tuple[int, int, int]) -> None:
    straight = disc(under).astype(np.uint16)
    weighed = (straight[..., :3] * straight[..., 3:] + 127) // 255
    numbers = np.dstack([weighed, straight[..., 3]]).astype(np.uint8)
    tifffile.imwrite(path, numbers, photometric="rgb", extrasamples=["assocalpha"])


def _webp(path: Path, under: tuple[int, int, int]) -> None:
    Image.fromarray(disc(under)).save(path, "WEBP", lossless=True, exact=True)


CONTAINERS: dict[str, Callable[[Path, tuple[int, int, int]], None]] = {
    "PNG": _png,
    "PNG, grey with alpha": _grey,
    "TIFF, 16 bit": _sixteen,
    "TIFF, premultiplied": _premultiplied,
    "WebP": _webp,
}


def over(made: Path, ground: float) -> NDArray[np.float64]:
    """Return a result laid on a plain ground."""
    picture = open_picture(made)
    assert picture.alpha is not None
    four = picture.colour.bandjoin(picture.alpha).numpy().astype(float)
    cover = four[..., -1:] / 255
    return np.asarray(four[..., :-1] * cover + ground * (1 - cover))


@pytest.mark.parametrize("model", [True, False])
@pytest.mark.parametrize("name", CONTAINERS)
def test_a_cut_out_shows_no_fringe_over_black_or_white(
    name: str,
    model: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
) -> None:
    source, result, scratch = tmp_path / "source", tmp_path / "result.png", tmp_path / "scratch"
    scratch.mkdir()
    CONTAINERS[name](source, (0, 255, 255))
    side = SIDE * 2 if model else SIDE
    raw = source
    if model:
        raw, upload = tmp_path / "raw", Path(prepare(source, tmp_path / "upload")["path"])
        enlarged(upload, raw, Size(width=side, height=side), lambda _share: None)
    finish(raw, source, layout_for(side, side), result, scratch)

    for ground in (0.0, 255.0):
        laid, red = over(result, ground), RED if "grey" not in name else (87,)
        low = np.minimum(red, ground) - 6
        high = np.maximum(red, ground) + 6
        assert (laid >= low).all(), "between the disc and its ground there is nothing darker"
        assert (laid <= high).all(), "nor lighter"


@pytest.mark.parametrize("name", ["PNG", "TIFF, 16 bit"])
def test_for_print_it_lies_on_white_in_any_format(name: str, tmp_path: Path) -> None:
    source, result = tmp_path / "source", tmp_path / "result.png"
    CONTAINERS[name](source, (0, 0, 0))

    made = finish(source, source, layout_for(SIDE, SIDE, flat=True), result, tmp_path)

    picture = open_picture(result)
    assert picture.alpha is None
    assert picture.colour(0, 0) == [255, 255, 255]
    assert made["bits"] == (16 if "16" in name else 8)


def test_a_tiff_for_the_screen_keeps_its_alpha(tmp_path: Path) -> None:
    source, result = tmp_path / "source", tmp_path / "result.tif"
    _png(source, (0, 0, 0))

    finish(source, source, layout_for(SIDE, SIDE, format="TIFF"), result, tmp_path)

    alpha = open_picture(result).alpha
    assert alpha is not None
    assert np.array_equal(alpha.numpy(), disc((0, 0, 0))[..., 3])
