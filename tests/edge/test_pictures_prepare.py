"""What may be uploaded: pixels and profile, whatever came in."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageOps, PngImagePlugin

from edge.drawn_pictures import cut_out, layout_for, photo, pixels, profile
from edge.source_kinds import sixteen
from upscaled.core import sources
from upscaled.edge.pictures.examine import examine
from upscaled.edge.pictures.finishing import finish
from upscaled.edge.pictures.metadata.profile import unnamed
from upscaled.edge.pictures.preparing import prepare
from upscaled.errors import Aside


def upload(source: Path) -> Path:
    return Path(prepare(source, source.with_name("upload"))["path"])


def with_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def muted() -> Image.Image:
    """Draw colours that ink can print."""
    return Image.blend(photo(64, 48), Image.new("RGB", (64, 48), "grey"), 0.7)


def cmyk(path: Path, *, with_profile: bool) -> Path:
    image = pyvips.Image.new_from_array(np.asarray(muted())).copy(interpretation="srgb")
    inks = image.icc_transform("cmyk", input_profile="srgb")
    inks.jpegsave(str(path), Q=95, keep="icc" if with_profile else "none")
    return path


def test_a_plain_jpeg_keeps_its_very_picture_and_loses_all_else(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    photo().save(
        source,
        quality=90,
        exif=with_exif(1),
        icc_profile=profile("wide"),
        comment=b"SecretComment",
        xmp=b"<x:xmpmeta>SecretNote</x:xmpmeta>",
    )
    source.write_bytes(source.read_bytes() + b"SecretTrailer")

    made = upload(source)

    assert made.suffix == ".jpg"
    assert b"Secret" not in made.read_bytes()
    with Image.open(made) as opened:
        assert opened.info["icc_profile"] == unnamed(profile("wide"))
        assert not opened.getexif()
    assert np.array_equal(pixels(made), pixels(source))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_and_progressive_jpegs_are_copied_too(
    tmp_path: Path,
    mode: str,
    progressive: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    source = tmp_path / "a.jpg"
    photo(90, 70).convert(mode).save(source, progressive=progressive, restart_marker_rows=1)

    made = upload(source)

    assert made.suffix == ".jpg"
    assert np.array_equal(pixels(made), pixels(source))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_picture_is_uploaded_upright(tmp_path: Path, orientation: int) -> None:
    source = tmp_path / "a.jpg"
    photo(64, 40).save(source, quality=95, exif=with_exif(orientation))

    made = upload(source)

    with Image.open(source) as opened:
        upright = np.asarray(ImageOps.exif_transpose(opened)).astype(np.int16)
    assert made.suffix == ".png"
    assert np.abs(pixels(made) - upright).max() <= 3
    with Image.open(made) as opened:
        assert opened.getexif().get(0x0112, 1) == 1


def test_a_png_loses_its_text_and_keeps_its_profile(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "SecretPrompt")
    photo().save(source, pnginfo=text, icc_profile=profile("wide"), exif=with_exif(1))

    made = upload(source)

    assert b"Secret" not in made.read_bytes()
    with Image.open(made) as opened:
        opened.load()
        assert set(opened.info) <= {"icc_profile", "dpi"}
        assert opened.info["icc_profile"] == unnamed(profile("wide"))
    assert np.array_equal(pixels(made), pixels(source))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_become_eight_without_darkening(tmp_path: Path, suffix: str) -> None:
    levels = np.asarray(photo(80, 60)).astype(np.uint16)
    source = tmp_path / f"a{suffix}"
    pyvips.Image.new_from_array(levels * 257).copy(interpretation="rgb16").write_to_file(
        str(source)
    )

    assert np.array_equal(pixels(upload(source)), levels)


def test_cmyk_goes_through_its_own_profile(tmp_path: Path) -> None:
    made = upload(cmyk(tmp_path / "a.jpg", with_profile=True))

    with Image.open(made) as opened:
        assert opened.mode == "RGB"
    assert np.abs(pixels(made) - np.asarray(muted())).mean() < 4


def test_cmyk_without_a_profile_is_set_aside(tmp_path: Path) -> None:
    with pytest.raises(Aside, match="CMYK without a profile") as caught:
        upload(cmyk(tmp_path / "a.jpg", with_profile=False))

    assert caught.value.code == "cmyk_without_profile"
    assert "profile" in caught.value.hint


def test_alpha_is_not_uploaded_and_leaves_no_dark_fringe(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    cut_out().save(source)

    made = pixels(upload(source))

    assert made.shape == (200, 200, 3)
    assert made[..., 0].min() > 200, "the disc's red reaches under the transparent part"
    assert made[..., 1].max() < 50


@pytest.mark.parametrize("mode", ["P", "LA", "1", "PA"])
def test_rare_modes_arrive_as_grey_or_rgb(tmp_path: Path, mode: str) -> None:
    source = tmp_path / ("a.tif" if mode == "PA" else "a.png")
    if mode == "PA":
        photo(50, 40).quantize(16).save(source)
    elif mode == "P":
        cut_out().quantize(8).save(source, transparency=0)
    else:
        cut_out().convert("RGB").convert(mode).save(source)

    with Image.open(upload(source)) as opened:
        assert opened.mode in ("L", "RGB")


def test_what_libvips_cannot_read_comes_through_pillow(tmp_path: Path) -> None:
    source = tmp_path / "a.bmp"
    photo(50, 40).save(source)

    assert np.array_equal(pixels(upload(source)), pixels(source))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_truncated_picture_is_never_filled_with_grey(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"a{suffix}"
    # Turned, so that the JPEG cannot be copied as it stands.
    photo().save(source, exif=with_exif(3))
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])

    with pytest.raises(Aside) as caught:
        upload(source)
    assert caught.value.code in ("truncated", "unreadable")


def test_a_plain_jpeg_without_its_end_is_not_copied_as_if_whole(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    photo().save(source)
    source.write_bytes(source.read_bytes()[:-500])

    with pytest.raises(Aside) as caught:
        upload(source)
    assert caught.value.code == "truncated"


def test_a_header_that_claims_too_much_is_not_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    source = tmp_path / "bomb.png"
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")
    source.write_bytes(b"\x89PNG\r\n\x1a\n" + header + data)

    with pytest.raises(Aside, match="40000 x 40000") as caught:
        upload(source)
    assert caught.value.code == "too_large"


def test_a_name_in_brackets_is_no_option(tmp_path: Path) -> None:
    source = tmp_path / "scan [2]"
    photo().save(source, format="PNG")

    assert np.array_equal(pixels(upload(source)), pixels(source))


def test_a_drawing_in_svg_is_no_picture(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')

    with pytest.raises(Aside) as caught:
        upload(source)
    assert caught.value.code == "not_a_picture"


def test_a_text_named_png_is_no_picture(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_text("not a picture at all")

    with pytest.raises(Aside) as caught:
        upload(source)
    assert caught.value.code == "not_a_picture"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_pixels_without_detail_are_shrunk_away_with_the_profile_kept(
    tmp_path: Path, kind: str
) -> None:
    source = tmp_path / "soft"
    photo(240, 160).save(source, kind, icc_profile=profile("wide"))

    made = prepare(source, tmp_path / "upload", (120, 80))

    assert (made["width"], made["height"], made["format"]) == (120, 80, "PNG")
    with Image.open(made["path"]) as opened, Image.open(source) as before:
        assert opened.size == (120, 80)
        assert opened.info["icc_profile"] == unnamed(profile("wide"))
        near = before.convert("RGB").resize((120, 80), Image.Resampling.LANCZOS)
        assert np.abs(np.asarray(opened, int) - np.asarray(near, int)).mean() < 1.0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["soft", "upload.png"]


def test_what_would_be_too_large_as_png_goes_as_a_good_jpeg_with_its_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_PNG_BYTES", 100_000)
    source = tmp_path / "a.png"
    photo().save(source, icc_profile=profile("wide"))

    made = prepare(source, tmp_path / "upload")

    assert (made["format"], Path(made["path"]).suffix) == ("JPEG", ".jpg")
    with Image.open(made["path"]) as opened:
        assert opened.info["icc_profile"] == unnamed(profile("wide"))
    assert np.abs(pixels(Path(made["path"])) - pixels(source)).mean() < 2


def test_text_in_black_ink_alone_is_spoken_of_and_a_photograph_is_not(tmp_path: Path) -> None:
    inks = np.zeros((100, 100, 4), np.uint8)
    inks[40:44, 20:80, 3] = 255
    image = pyvips.Image.new_from_array(inks).copy(interpretation="cmyk")
    icc = cmyk(tmp_path / "b.jpg", with_profile=True)
    with Image.open(icc) as opened:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", opened.info["icc_profile"])
    image.tiffsave(str(tmp_path / "a.tif"))

    assert "2.4% of it is printed in black ink alone" in " ".join(examine(tmp_path / "a.tif").told)
    assert not any("black ink" in said for said in examine(tmp_path / "b.jpg").told)


def test_sixteen_bits_that_no_model_touched_stay_to_the_last_level(tmp_path: Path) -> None:
    levels = sixteen(photo(80, 60))
    source, result = tmp_path / "a.tif", tmp_path / "result.tif"
    pyvips.Image.new_from_array(levels).copy(interpretation="rgb16").tiffsave(str(source))

    made = finish(source, source, layout_for(80, 60, format="TIFF"), result, tmp_path)
    slightly = finish(source, source, layout_for(81, 61), tmp_path / "result.png", tmp_path)

    assert (made["bits"], slightly["bits"]) == (16, 16)
    assert np.array_equal(pyvips.Image.new_from_file(str(result)).numpy(), levels)
    flat = finish(source, source, layout_for(80, 60, format="JPEG"), tmp_path / "r.jpg", tmp_path)
    assert flat["bits"] == 8
