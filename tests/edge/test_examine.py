"""One file in, one honest answer out: a probe, or what to do about it."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from judge_pictures import chunk, encoded, exif_with, landscape, page, png_with
from upscaled.edge.pictures import extras
from upscaled.edge.pictures.examine import examine
from upscaled.edge.pictures.named import MEASURES
from upscaled.errors import Aside, NotReady, Stop, UpscaledError
from upscaled.nouns import Code, Probe


def put(folder: Path, data: bytes, name: str = "picture.bin") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def look_at(folder: Path, data: bytes) -> Probe:
    return examine(put(folder, data))


def refusal(folder: Path, data: bytes) -> Aside:
    with pytest.raises(Aside) as caught:
        look_at(folder, data)
    assert caught.value.message
    assert caught.value.hint
    return caught.value


SMALL = landscape(300, 200)
LARGE = landscape(900, 640)
WHOLE = {
    "JPEG": encoded(SMALL, "JPEG", quality=90),
    "JPEG progressive": encoded(SMALL, "JPEG", progressive=True),
    "PNG": encoded(SMALL),
    "TIFF": encoded(SMALL, "TIFF"),
    "TIFF lzw": encoded(SMALL, "TIFF", compression="tiff_lzw"),
    "WEBP": encoded(SMALL, "WEBP"),
    "WEBP lossless": encoded(SMALL, "WEBP", lossless=True),
    "AVIF": encoded(SMALL, "AVIF"),
    "BMP": encoded(SMALL, "BMP"),
    "GIF": encoded(SMALL.quantize(64), "GIF"),
    "PPM": encoded(SMALL, "PPM"),
    "JPEG2000": encoded(SMALL, "JPEG2000"),
}


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"a[1].png", b"b[page=3]", b"-x ?\n.png"])
def test_a_name_is_never_read_as_anything_but_a_name(name: bytes, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(name)
    file.write_bytes(encoded(landscape(80, 60)))

    assert (examine(file).width, examine(file).height) == (80, 60)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_picture_is_known_by_its_content_whatever_its_name(
    kind: str, tmp_path: Path
) -> None:
    probe = look_at(tmp_path, WHOLE[kind])

    assert probe.format == kind.split(maxsplit=1)[0]
    assert (probe.width, probe.height) == (300, 200)
    assert set(MEASURES) <= set(probe.features)


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_picture_cut_short_is_not_ready(kind: str, share: float, tmp_path: Path) -> None:
    data = WHOLE[kind]

    with pytest.raises(NotReady) as caught:
        look_at(tmp_path, data[: int(len(data) * share)])

    assert caught.value.hint


def test_a_picture_without_its_end_mark_is_not_ready(tmp_path: Path) -> None:
    for kind, tail in (("JPEG", 2), ("PNG", 12)):
        with pytest.raises(NotReady):
            look_at(tmp_path, WHOLE[kind][:-tail])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "BMP", "JPEG2000"])
def test_a_preallocated_copy_is_not_ready(kind: str, tmp_path: Path) -> None:
    data = encoded(LARGE, kind)
    half = len(data) // 2 // 4096 * 4096

    with pytest.raises(NotReady):
        look_at(tmp_path, data[:half] + bytes(len(data) - half))
    with pytest.raises(NotReady):
        look_at(tmp_path, bytes(len(data)))


def test_a_black_border_at_the_end_is_no_missing_half(tmp_path: Path) -> None:
    framed = np.asarray(LARGE).copy()
    framed[-25:] = 0

    assert look_at(tmp_path, encoded(Image.fromarray(framed), "TIFF")).height == 640


@pytest.mark.parametrize("data", [b"hello, I am a letter\n" * 20, b"PK\3\4" + bytes(200), b"x"])
def test_what_is_no_picture_is_set_aside(data: bytes, tmp_path: Path) -> None:
    assert refusal(tmp_path, data).code == Code.NOT_A_PICTURE


@pytest.mark.parametrize(
    "head",
    [
        b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
        b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
        b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\1webm",
        b"RIFF\x24\0\0\0AVI LIST",
        b"\x06\x0e+4\x02\x05\x01\x01\r\x01\x02\x01\x01\x02",
    ],
)
def test_a_clip_is_held_because_video_is_not_supported_yet(head: bytes, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="video is not supported yet") as caught:
        look_at(tmp_path, head + bytes(100))
    assert caught.value.hold == "endpoint"


@pytest.mark.parametrize(
    "head", [b"v/1\x01\2\0\0\0", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"%PDF-1.7"]
)
def test_pictures_that_nothing_here_decodes_are_named(
    head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)

    assert refusal(tmp_path, head + bytes(100)).code == Code.UNSUPPORTED


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_moving_pictures_are_set_aside(form: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:])

    assert refusal(tmp_path, data).code == Code.ANIMATED


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    def png(width: int, height: int) -> bytes:
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", b"x")
            + chunk(b"IEND", b"")
        )

    for width, height in ((50_000, 50_000), (70_000, 10), (30_000, 30_000)):
        assert refusal(tmp_path, png(width, height)).code == Code.TOO_LARGE


def test_cmyk_needs_a_profile(tmp_path: Path) -> None:
    ink = SMALL.convert("CMYK")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert refusal(tmp_path, encoded(ink, "TIFF")).code == Code.CMYK_WITHOUT_PROFILE
    assert look_at(tmp_path, encoded(ink, "JPEG", icc_profile=profile)).mode == "CMYK"


def test_float_pixels_are_set_aside_with_advice(tmp_path: Path) -> None:
    file = tmp_path / "float.tif"
    pixels = np.random.default_rng(1).random((64, 64, 3), np.float32)
    tifffile.imwrite(file, pixels, photometric="rgb")

    with pytest.raises(Aside) as caught:
        examine(file)
    assert caught.value.code == Code.UNSUPPORTED


def test_sixteen_bits_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "deep.tif"
    deep = np.asarray(SMALL).astype(np.uint16) * 257
    tifffile.imwrite(file, deep, photometric="rgb")

    probe = examine(file)

    assert probe.bits == 16
    assert probe.features["lum"] == pytest.approx(
        look_at(tmp_path, WHOLE["PNG"]).features["lum"], abs=0.5
    )


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_width_and_height_are_those_after_orientation(form: str, tmp_path: Path) -> None:
    probe = look_at(tmp_path, encoded(SMALL, form, exif=exif_with({0x112: 6})))

    assert (probe.width, probe.height, probe.orientation) == (200, 300, 6)


def test_alpha_counts_only_where_it_is_used(tmp_path: Path) -> None:
    clear = SMALL.convert("RGBA")
    hidden, holed = np.asarray(clear).copy(), np.asarray(clear).copy()
    hidden[::2, :, 3] = 254  # as NovelAI hides its record
    holed[:50, :, 3] = 0

    assert not look_at(tmp_path, encoded(clear)).alpha
    assert not look_at(tmp_path, encoded(Image.fromarray(hidden))).alpha
    probe = look_at(tmp_path, encoded(Image.fromarray(holed)))
    assert probe.alpha
    assert probe.features["transp"] == pytest.approx(0.25)
    palette = SMALL.quantize(16)
    assert look_at(tmp_path, encoded(palette, transparency=palette.getpixel((5, 5)))).alpha


def test_grey_bilevel_and_palette_pictures_are_read(tmp_path: Path) -> None:
    for mode in ("L", "LA", "1", "P"):
        probe = look_at(tmp_path, encoded(SMALL.convert(mode)))
        assert (probe.mode, probe.bits) == (mode, 8)


def test_profile_and_density_are_told(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    probe = look_at(tmp_path, encoded(SMALL, "TIFF", dpi=(300, 300), icc_profile=profile))
    bare = look_at(tmp_path, WHOLE["PNG"])

    assert probe.ppi == pytest.approx(300)
    assert probe.icc is not None
    assert "sRGB" in probe.icc
    assert (bare.ppi, bare.icc) == (None, None)
    broken = look_at(tmp_path, encoded(SMALL, "JPEG", icc_profile=b"not a profile"))
    assert broken.icc == "unreadable profile"


def test_the_first_page_of_several_is_taken(tmp_path: Path) -> None:
    data = encoded(SMALL, "TIFF", save_all=True, append_images=[page(100, 80)])

    assert look_at(tmp_path, data).width == 300


def test_marks_come_with_the_probe(tmp_path: Path) -> None:
    probe = look_at(tmp_path, png_with({"Software": "upscaled 0.1"}, SMALL))

    assert probe.marks == {"own": "upscaled"}


def test_one_pixel_and_thin_pictures_are_measured(tmp_path: Path) -> None:
    for size in ((1, 1), (2, 900), (3000, 3)):
        probe = look_at(tmp_path, encoded(Image.new("RGB", size, "navy")))
        assert all(np.isfinite(value) for value in probe.features.values())


def test_what_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    with pytest.raises(Aside) as caught:
        examine(tmp_path / "gone.jpg")
    assert caught.value.code == Code.UNREADABLE


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF", "BMP"]),
    at=st.floats(0, 1),
    junk=st.binary(min_size=1, max_size=12),
)
def test_a_damaged_file_ends_in_an_answer_never_in_a_crash(
    tmp_path: Path, kind: str, at: float, junk: bytes
) -> None:
    data = bytearray(encoded(SMALL.resize((48, 32)), kind))
    start = int(at * (len(data) - 1))
    data[start : start + len(junk)] = junk

    try:
        assert look_at(tmp_path, bytes(data)).width > 0
    except UpscaledError as answer:
        assert answer.message  # noqa: PT017  any of our answers will do, a crash will not
