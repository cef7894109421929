"""Files as they are left: compression, bits, density or none, and what outgrows a classic TIFF."""

import hashlib
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.drawn_pictures import photo, profile
from upscaled.edge.pictures.resampling import Size, resized, strips
from upscaled.edge.pictures.saving import Look, needs_big_tiff, save
from upscaled.nouns import Format

LZW, DEFLATE, NONE = 5, 8, 1


def eight(bands: int = 3) -> pyvips.Image:
    drawn = np.asarray(photo().convert("L" if bands == 1 else "RGB"))
    interpretation = "b-w" if bands == 1 else "srgb"
    return pyvips.Image.new_from_array(drawn).copy(interpretation=interpretation)


def sixteen(bands: int = 3) -> pyvips.Image:
    """Return a picture whose low bytes say something; far from both ends, so nothing clips."""
    shape = (240, 320, bands)
    dice = np.random.default_rng(2).integers(0, 65536, shape, np.uint16)
    steep = np.linspace(3000, 58000, 320).astype(np.uint16)[np.newaxis, :, np.newaxis]
    made = pyvips.Image.new_from_array(steep + dice // 16)
    return made.copy(interpretation="rgb16" if bands == 3 else "grey16")


def saved(image: pyvips.Image, to: Path, form: Format, **look: Any) -> dict[str, Any]:
    return save(image, to, Look(format=form, icc=profile("sRGB"), **look))


@pytest.mark.parametrize(
    ("image", "packed", "expected"),
    [
        (eight(), True, (LZW, 2, (8, 8, 8))),
        (sixteen(), True, (DEFLATE, 2, (16, 16, 16))),
        (eight(), False, (NONE, None, (8, 8, 8))),
        (sixteen(), False, (NONE, None, (16, 16, 16))),
    ],
)
def test_a_tiff_is_packed_by_its_depth_or_not_at_all(
    tmp_path: Path, image: pyvips.Image, expected: tuple[Any, ...], *, packed: bool
) -> None:
    to = tmp_path / "made.tif"
    saved(image, to, Format.TIFF, ppi=300.0, packed=packed)

    with tifffile.TiffFile(to) as opened:
        tags = opened.pages.first.tags
        predictor = tags[317].value if 317 in tags else None
        assert (tags[259].value, predictor, tags[258].value) == expected
        assert (tags[262].value, tags[282].value, tags[296].value) == (2, (300, 1), 2)
        assert tags[34675].value == profile("sRGB")
    read = pyvips.Image.new_from_file(str(to))
    assert np.array_equal(read.numpy(), image.numpy())


@pytest.mark.parametrize("bands", [1, 3])
def test_sixteen_bits_stay_sixteen_in_a_png_and_become_eight_in_a_jpeg(
    tmp_path: Path, bands: int
) -> None:
    png, jpeg, image = tmp_path / "made.png", tmp_path / "made.jpg", sixteen(bands)
    save(image, png, Look(format="PNG"))
    save(image, jpeg, Look(format="JPEG", ppi=240.0))

    assert png.read_bytes()[24] == 16, "the header's bit depth"
    read = pyvips.Image.new_from_file(str(png)).numpy()
    assert np.array_equal(read, image.numpy())
    with Image.open(jpeg) as opened:
        assert opened.mode == ("L" if bands == 1 else "RGB")
        flat = np.asarray(opened).astype(int)
    assert np.abs(flat - image.numpy() / 257).mean() < 3


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("image", [eight(), sixteen()], ids=["8 bit", "16 bit"])
def test_no_density_is_written_where_none_is_asked_for(
    tmp_path: Path, form: Format, image: pyvips.Image
) -> None:
    to = tmp_path / f"made{form.extension}"
    said = saved(image, to, form)

    with Image.open(to) as opened:
        opened.load()
        assert opened.info.get("dpi") in (None, (1.0, 1.0))
        assert opened.info["icc_profile"] == profile("sRGB")
    assert said["ppi"] is None
    assert said["sha256"] == hashlib.sha256(to.read_bytes()).hexdigest()
    assert said["bytes"] == to.stat().st_size
    _says_no_unit(to, form)


def _says_no_unit(to: Path, form: Format) -> None:
    if form is Format.TIFF:
        with tifffile.TiffFile(to) as opened:
            tags = opened.pages.first.tags
            assert (tags[296].value, tags[282].value, tags[283].value) == (1, (1, 1), (1, 1))
    elif form is Format.PNG:
        assert b"pHYs" not in to.read_bytes()[:100_000]
        assert pyvips.Image.new_from_file(str(to), fail_on="warning").avg() > 0
    else:
        assert to.read_bytes()[:20].endswith(b"JFIF\0\x01\x02" + b"\0\0\x01\0\x01\0\0"), "unit 0"


def test_an_upload_without_a_profile_tells_its_pixels_shape_alone(tmp_path: Path) -> None:
    to = tmp_path / "upload.png"
    save(eight(), to, Look(format="PNG"))

    at = to.read_bytes().index(b"pHYs")
    assert to.read_bytes()[at + 4 : at + 13] == struct.pack(">IIB", 1, 1, 0)
    with Image.open(to) as opened:
        assert "dpi" not in opened.info
        assert np.array_equal(np.asarray(opened), eight().numpy())


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("size", [(160, 120), (321, 400), (333, 250)])
def test_sixteen_bits_are_resampled_as_such(
    tmp_path: Path, bands: int, size: tuple[int, int]
) -> None:
    image = sixteen(bands)
    made = resized(image, *size, tmp_path / "scratch.tif").copy_memory()

    assert (made.width, made.height, made.format, made.bands) == (*size, "ushort", bands)
    as_eight = resized(
        (image / 257).rint().cast("uchar").copy(interpretation="srgb" if bands == 3 else "b-w"),
        *size,
        tmp_path / "eight.tif",
    )
    deep = made.numpy().astype(float) / 257
    assert np.abs(deep - as_eight.numpy()).max() < 2, "the same picture, but finer"
    assert len(np.unique(made.numpy())) > 4 * 256


@given(st.integers(1, 60), st.integers(1, 300), st.sampled_from([1, 3]))
def test_sixteen_bits_by_strips_equal_sixteen_bits_at_once(
    width: int, height: int, bands: int
) -> None:
    image = sixteen(bands).crop(0, 0, 40, 37)
    size = Size(width=width, height=height)
    made = np.concatenate(list(strips(image, size)))

    planes = image.numpy().reshape(37, 40, bands)
    at_once = [
        np.asarray(
            Image.fromarray(planes[..., band].astype(np.float32))
            .resize((width, 37), Image.Resampling.LANCZOS)
            .resize((width, height), Image.Resampling.LANCZOS)
        )
        for band in range(bands)
    ]
    expected = np.clip(np.stack(at_once, axis=-1), 0, 65535)
    assert np.abs(made.reshape(height, width, bands) - expected).max() <= 4


@pytest.mark.parametrize(
    ("pixels", "bands", "bits", "compression", "big"),
    [
        (512_000_000, 3, 8, "lzw", False),
        (666_000_000, 3, 8, "none", False),
        (950_000_000, 3, 8, "lzw", True),  # 2.85 GB, and 4.3 GB if nothing in it repeats
        (1_400_000_000, 3, 8, "none", False),
        (1_401_000_000, 3, 8, "none", True),
        (512_000_000, 3, 16, "deflate", False),
        (700_000_000, 3, 16, "deflate", True),
    ],
)
def test_what_may_outgrow_32_bit_offsets_is_a_big_tiff(
    pixels: int, bands: int, bits: int, compression: str, *, big: bool
) -> None:
    assert needs_big_tiff(pixels, bands, bits, compression) is big


@pytest.mark.long
@pytest.mark.timeout(300)
def test_over_four_gigabytes_it_is_a_big_tiff_to_its_last_row(tmp_path: Path) -> None:
    if os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize < 6_000_000_000:
        pytest.fail("this test needs 6 GB of free disk")
    width, height, to = 48_000, 32_000, tmp_path / "big.tif"
    ramp = pyvips.Image.xyz(width, height)[1].cast("uchar")
    image = ramp.bandjoin([ramp, ramp]).copy(interpretation="srgb")

    said = saved(image, to, Format.TIFF, packed=False)

    assert said["bytes"] > 2**32
    with to.open("rb") as file:
        assert struct.unpack("<2sH", file.read(4)) == (b"II", 43)
    last = pyvips.Image.new_from_file(str(to), access="sequential").crop(0, height - 1, width, 1)
    assert last.avg() == 255, "the ramp's last row"
