"""Files without a checksum that a copy has not filled yet, and pictures that are simply black."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from edge.drawn_pictures import photo
from upscaled.edge.pictures.examine import examine
from upscaled.errors import NotReady

PAGE = 4096


def encoded(form: str, image: Image.Image | None = None, **how: Any) -> bytes:
    to = BytesIO()
    (image or photo(640, 480)).save(to, form, **how)
    return to.getvalue()


RAW = ("TIFF", "BMP", "PPM")


def put(folder: Path, data: bytes) -> Path:
    (folder / "picture").write_bytes(data)
    return folder / "picture"


@pytest.mark.parametrize("beyond", [0, 1, 1000])
@pytest.mark.parametrize("form", RAW)
def test_an_empty_tail_waits_and_then_goes_on_with_a_doubt(
    form: str, beyond: int, tmp_path: Path
) -> None:
    data = encoded(form)
    half = len(data) // 2 // PAGE * PAGE + beyond
    file = put(tmp_path, data[:half] + bytes(len(data) - half))

    with pytest.raises(NotReady, match="last pages are empty"):
        examine(file)
    assert "last pages are empty" in examine(file, waited=True).doubt


@pytest.mark.parametrize("form", ["TIFF", "BMP"])
def test_a_block_that_was_left_out_waits_too(form: str, tmp_path: Path) -> None:
    data = bytearray(encoded(form, photo(643, 480)))
    data[40 * PAGE : 72 * PAGE] = bytes(32 * PAGE)
    file = put(tmp_path, bytes(data))

    with pytest.raises(NotReady, match="Whole pages"):
        examine(file)
    assert "Whole pages" in examine(file, waited=True).doubt


def test_a_lossy_webp_with_an_empty_tail_is_never_taken_for_whole(tmp_path: Path) -> None:
    data = encoded("WEBP", quality=95)
    half = len(data) // 2 // PAGE * PAGE
    file = put(tmp_path, data[:half] + bytes(len(data) - half))

    with pytest.raises(NotReady):
        examine(file)


def test_compressed_data_in_empty_pages_are_damaged_however_long_they_wait(tmp_path: Path) -> None:
    data = encoded("AVIF", quality=98)
    half = len(data) // 2 // PAGE * PAGE
    assert len(data) - half > PAGE
    file = put(tmp_path, data[:half] + bytes(len(data) - half))

    with pytest.raises(NotReady):
        examine(file, waited=True)


@pytest.mark.parametrize("width", [640, 1000, 1365, 2048])
@pytest.mark.parametrize("bars", [60, 120, 200])
@pytest.mark.parametrize("form", RAW)
def test_a_black_letterbox_is_whole(form: str, bars: int, width: int, tmp_path: Path) -> None:
    framed = np.asarray(photo(width, 480)).copy()
    framed[:bars] = framed[-bars:] = 0

    assert examine(put(tmp_path, encoded(form, Image.fromarray(framed)))).doubt == ""


@pytest.mark.parametrize("offset", [0, 1, 2048])
def test_a_letterbox_whose_rows_meet_the_pages_is_whole(offset: int, tmp_path: Path) -> None:
    framed = np.full((256, PAGE + offset), 90, np.uint8)
    framed[:40] = framed[-40:] = 0
    file = tmp_path / "picture"
    tifffile.imwrite(file, framed, photometric="minisblack", align=PAGE, metadata=None)

    assert examine(file).doubt == ""


def test_a_night_sky_and_a_black_square_are_whole(tmp_path: Path) -> None:
    drawn = np.asarray(photo(1024, 600)).copy()
    drawn[:200] = 0
    drawn[300:500, 100:900] = 0

    assert examine(put(tmp_path, encoded("TIFF", Image.fromarray(drawn)))).doubt == ""


def test_a_short_black_end_is_whole_and_a_long_one_is_looked_at_by_a_person(tmp_path: Path) -> None:
    drawn = np.asarray(photo(1000, 600)).copy()
    drawn[-20:] = 0
    assert examine(put(tmp_path, encoded("TIFF", Image.fromarray(drawn)))).doubt == ""

    drawn[-200:] = 0
    file = put(tmp_path, encoded("TIFF", Image.fromarray(drawn)))
    with pytest.raises(NotReady):
        examine(file)
    assert examine(file, waited=True).doubt
