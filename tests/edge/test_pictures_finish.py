"""From the enlarged picture to the delivered file: exact pixels, profile, alpha, density."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from edge.drawn_pictures import cut_out, layout_for, photo, pixels, plan_for, profile
from edge.large_pictures import draw, finished, whole
from upscaled.edge.pictures.finishing import enlarged, finish
from upscaled.edge.pictures.layout import span
from upscaled.edge.pictures.resampling import Size, strips
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.errors import Aside
from upscaled.nouns import Artifact, Format, Pass, Printed


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.png"
    photo().save(path)
    return path


def result(raw: Path, source: Path, layout: Any) -> tuple[dict[str, Any], Path]:
    to = source.with_name(f"result{Format(layout.format).extension}")
    scratch = source.with_name("scratch")
    scratch.mkdir(exist_ok=True)
    return finish(raw, source, layout, to, scratch), to


@settings(max_examples=40)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 300),
    bands=st.sampled_from([1, 3]),
)
def test_enlarging_by_strips_equals_enlarging_at_once(width: int, height: int, bands: int) -> None:
    drawn = photo(41, 37).convert("L" if bands == 1 else "RGB")
    array = np.asarray(drawn).reshape(37, 41, bands)
    by_strips = np.concatenate(
        list(strips(pyvips.Image.new_from_array(array), Size(width=width, height=height)))
    )

    wide = drawn.resize((width, 37), Image.Resampling.LANCZOS)
    at_once = np.asarray(wide.resize((width, height), Image.Resampling.LANCZOS))

    assert by_strips.shape == at_once.shape
    assert np.abs(by_strips.astype(int) - at_once).max() <= 1


def test_sharpened_strips_show_no_seam() -> None:
    drawn = photo(60, 200)
    size = Size(width=120, height=400, sharpen=0.6)
    by_strips = np.concatenate(list(strips(pyvips.Image.new_from_array(np.asarray(drawn)), size)))
    once = drawn.resize((120, 400), Image.Resampling.LANCZOS)

    at_once = np.asarray(once.filter(ImageFilter.UnsharpMask(1.0, percent=60, threshold=2)))
    assert np.abs(by_strips.astype(int) - at_once).max() <= 1
    assert (by_strips != np.asarray(once)).mean() > 0.05


@given(st.integers(1, 50_000), st.integers(1, 50_000))
def test_a_crop_or_pad_is_centred_and_within_both(scaled: int, wanted: int) -> None:
    axis = span(scaled, wanted)

    assert axis.length == min(scaled, wanted)
    assert 0 <= axis.at <= scaled - axis.length
    assert 0 <= axis.lands <= wanted - axis.length
    assert abs(2 * axis.at - (scaled - axis.length)) <= 1


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("raw_size", [(640, 480), (641, 479), (500, 600), (1300, 990), (320, 240)])
def test_the_size_is_exact_whatever_the_engine_returned(
    tmp_path: Path, source: Path, form: Format, raw_size: tuple[int, int]
) -> None:
    raw = tmp_path / "raw.png"
    photo().resize(raw_size, Image.Resampling.LANCZOS).save(raw)

    said, to = result(raw, source, layout_for(640, 480, format=form, ppi=240.0))

    with Image.open(to) as opened:
        assert (opened.format, opened.size, opened.mode) == (form, (640, 480), "RGB")
        assert opened.info["dpi"] == pytest.approx((240, 240), abs=0.005 if form == "PNG" else 0)
        assert opened.getexif().get(0x0112, 1) == 1
        assert "sRGB" in said["icc"]
        assert opened.info["icc_profile"]
    assert said == {**said, "width": 640, "height": 480, "format": form, "ppi": 240.0}


def test_a_print_tiff_is_lzw_with_predictor_in_strips(source: Path) -> None:
    _said, to = result(source, source, layout_for(640, 480, format=Format.TIFF, ppi=300.0))

    with Image.open(to) as opened:
        tags = opened.tag_v2  # type: ignore[attr-defined] # a TIFF's own
        assert (tags[259], tags[317], tags[296], tags[277]) == (5, 2, 2, 3)
        assert tags[282] == 300
        assert 322 not in tags, "no tiles"


def test_a_png_is_filtered_and_a_jpeg_keeps_all_its_colour(source: Path) -> None:
    _said, png = result(source, source, layout_for(320, 240))
    _said, jpeg = result(source, source, layout_for(320, 240, format=Format.JPEG))
    unfiltered = png.with_name("none.png")
    pyvips.Image.new_from_file(str(png)).pngsave(str(unfiltered), filter="none", compression=3)

    assert png.stat().st_size < 0.9 * unfiltered.stat().st_size
    with Image.open(jpeg) as opened:
        assert {part[1:3] for part in opened.layer} == {(1, 1)}  # type: ignore[attr-defined] # JPEG


def test_the_same_work_gives_the_same_bytes(source: Path) -> None:
    first, _to = result(source, source, layout_for(200, 150, format=Format.TIFF))
    second, _to = result(source, source, layout_for(200, 150, format=Format.TIFF))

    assert first["sha256"] == second["sha256"]


def test_fill_crops_about_the_centre_and_pad_pads_about_it(source: Path) -> None:
    _said, to = result(source, source, layout_for(300, 100, scaled_width=320, scaled_height=240))
    assert np.array_equal(pixels(to), pixels(source)[70:170, 10:310])

    padded = layout_for(400, 300, scaled_width=320, scaled_height=240, pad="white")
    _said, to = result(source, source, padded)
    made = pixels(to)
    assert np.array_equal(made[30:270, 40:360], pixels(source))
    assert made[:30].min() == made[:, :40].min() == made[270:].min() == 255


@pytest.mark.parametrize("side", [120, 200, 500])
def test_a_cut_out_keeps_its_alpha_and_has_no_halo(tmp_path: Path, side: int) -> None:
    source = tmp_path / "source.png"
    cut_out().save(source)

    _said, to = result(source, source, layout_for(side, side))

    made = pixels(to)
    assert made.shape == (side, side, 4)
    assert made[..., 3].min() == 0
    assert made[..., 3].max() == 255
    assert np.abs(made[..., :3] - [220, 30, 30]).max() <= 4, "no dark fringe anywhere"


def test_a_cut_out_is_laid_on_white_for_print(tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    cut_out().save(source)
    raw = tmp_path / "raw.png"
    Image.new("RGB", (400, 400), (220, 30, 30)).save(raw)

    flat = layout_for(400, 400, format=Format.TIFF, ppi=300.0, flat=True)
    _said, to = result(raw, source, flat)

    made = pixels(to)
    assert made[0, 0].tolist() == [255, 255, 255]
    assert made[200, 200].tolist() == [220, 30, 30]
    # At the rim red fades into white: green and blue only ever rise from the disc's 30.
    assert made[..., 1].min() >= 29


def test_a_print_is_laid_on_white_even_where_its_format_could_be_transparent(
    tmp_path: Path,
) -> None:
    source = tmp_path / "source.png"
    cut_out().save(source)
    own = Printed(
        native_ppi=300.0,
        enlarged=1.0,
        invented_share=0.0,
        good_up_to=None,
        viewing_distance_m=0.3,
    )

    _said, to = result(source, source, layout_for(200, 200, ppi=300.0, printed=own, flat=True))

    made = pixels(to)
    assert made.shape == (200, 200, 3)
    assert made[0, 0].tolist() == [255, 255, 255]


def test_a_padded_cut_out_has_an_opaque_border(tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    cut_out().save(source)
    padded = layout_for(300, 200, scaled_width=200, scaled_height=200, pad="black")

    _said, to = result(source, source, padded)

    assert pixels(to)[0, 0].tolist() == [0, 0, 0, 255]
    assert pixels(to)[0, 60].tolist()[3] == 0


def test_the_sources_profile_is_kept_where_the_engine_lost_it(tmp_path: Path) -> None:
    source, raw = tmp_path / "source.png", tmp_path / "raw.png"
    photo().save(source, icc_profile=profile("wide"))
    photo().save(raw)

    said, to = result(raw, source, layout_for(320, 240, format=Format.TIFF))

    with Image.open(to) as opened:
        assert opened.info["icc_profile"] == profile("wide")
    assert said["icc"] == "wide built-in"
    assert np.array_equal(pixels(to), pixels(raw))


def test_colours_are_converted_where_the_engine_embedded_another_profile(tmp_path: Path) -> None:
    source, raw = tmp_path / "source.png", tmp_path / "raw.png"
    photo().save(source, icc_profile=profile("wide"))
    photo().save(raw, icc_profile=profile("sRGB"))

    _said, to = result(raw, source, layout_for(320, 240))

    # `wide` is sRGB with red and green exchanged.
    assert np.abs(pixels(to) - pixels(raw)[..., [1, 0, 2]]).max() <= 3


def test_a_digital_target_is_converted_to_srgb(tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    photo().save(source, icc_profile=profile("wide"))

    said, to = result(source, source, layout_for(320, 240, srgb=True))

    assert "sRGB" in said["icc"]
    assert np.abs(pixels(to) - pixels(source)[..., [1, 0, 2]]).max() <= 3


def test_a_lost_profile_still_counts_when_srgb_is_asked_for(tmp_path: Path) -> None:
    source, raw = tmp_path / "source.png", tmp_path / "raw.png"
    photo().save(source, icc_profile=profile("wide"))
    photo().save(raw)

    _said, to = result(raw, source, layout_for(320, 240, srgb=True))

    assert np.abs(pixels(to) - pixels(raw)[..., [1, 0, 2]]).max() <= 3


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_without_a_profile_is_delivered_as_srgb(tmp_path: Path, mode: str) -> None:
    source = tmp_path / "source.png"
    photo().convert(mode).save(source)

    _said, to = result(source, source, layout_for(320, 240, format=Format.TIFF))

    made = pixels(to)
    assert made.shape == (240, 320, 3)
    assert np.array_equal(made[..., 0], made[..., 2])


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_with_a_profile_of_its_own_stays_grey(tmp_path: Path, mode: str) -> None:
    source, raw = tmp_path / "source.png", tmp_path / "raw.png"
    photo().convert("L").save(source, icc_profile=profile("grey"))
    photo().convert("L").convert(mode).save(raw)

    said, to = result(raw, source, layout_for(320, 240, format=Format.TIFF))

    assert said["icc"] == "Plain grey"
    assert np.array_equal(pixels(to), pixels(source))
    _said, to = result(source, source, layout_for(320, 240, srgb=True))
    made = pixels(to)
    assert made.shape == (240, 320, 3)
    assert np.abs(made[..., 0] - pixels(source)).max() <= 12, "gamma 2.2 is nearly sRGB's"


def test_cmyk_that_needs_no_pass_is_delivered_as_srgb(tmp_path: Path) -> None:
    source = tmp_path / "source.tif"
    inks = pyvips.Image.new_from_array(np.asarray(photo())).copy(interpretation="srgb")
    inks.icc_transform("cmyk", input_profile="srgb").tiffsave(str(source))

    said, to = result(source, source, layout_for(160, 120, format=Format.TIFF))

    with Image.open(to) as opened:
        assert opened.mode == "RGB"
    assert "sRGB" in said["icc"]


def test_a_turned_source_that_needs_no_pass_comes_out_upright(tmp_path: Path) -> None:
    source = tmp_path / "source.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(320, 240).save(source, exif=exif, quality=95)

    _said, to = result(source, source, layout_for(480, 640))

    expected = photo(320, 240).transpose(Image.Transpose.ROTATE_270).resize((480, 640))
    assert np.abs(pixels(to) - np.asarray(expected)).mean() < 5


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_truncated_enlargement_is_a_bad_result(tmp_path: Path, source: Path, suffix: str) -> None:
    raw = tmp_path / f"raw{suffix}"
    photo(640, 480).save(raw)
    raw.write_bytes(raw.read_bytes()[: raw.stat().st_size // 2])

    with pytest.raises(Aside, match="cannot be decoded") as caught:
        result(raw, source, layout_for(640, 480))
    assert caught.value.code == "bad_result"
    assert "/" not in caught.value.message.split(":")[0], "names the file, not our folders"


def test_enlarging_says_its_progress_and_keeps_the_profile(tmp_path: Path) -> None:
    source, heard = tmp_path / "source.png", list[float]()
    photo().save(source, icc_profile=profile("wide"))
    to = tmp_path / "raw"

    enlarged(source, to, Size(width=640, height=480, sharpen=0.3), heard.append)

    assert heard == sorted(heard)
    assert heard[-1] == 1
    with Image.open(to) as opened:
        assert (opened.size, opened.info["icc_profile"]) == ((640, 480), profile("wide"))


def test_the_studio_walks_a_picture_through_real_workers(tmp_path: Path, source: Path) -> None:
    workers = Workers(scratch=tmp_path)
    studio, heard = Studio(workers, ()), list[float]()
    plan = plan_for(800, 600, format=Format.JPEG, ppi=150.0)
    one = Pass(
        endpoint="local", model="core", factor=2.0, width=640, height=480, params={"sharpen": 0.2}
    )
    try:
        upload = studio.prepare(source, tmp_path / "upload")
        raw = studio.enlarge(Path(upload.path), tmp_path / "raw", one, heard.append)
        made = studio.finish(Path(raw.path), source, plan, tmp_path / "result.jpg")
        with pytest.raises(Aside, match="no_such"):
            studio.prepare(tmp_path / "no_such.png", tmp_path / "upload")
        Path(raw.path).write_bytes(b"no picture")
        with pytest.raises(Aside, match="cannot be decoded"):
            studio.finish(Path(raw.path), source, plan, tmp_path / "bad.jpg")
    finally:
        workers.close()

    assert {path.name for path in tmp_path.iterdir()} == {
        "source.png",
        "upload.png",
        "raw",
        "result.jpg",
    }, "no temporary or half-written file is left"

    assert isinstance(made, Artifact)
    assert (made.width, made.height, made.bytes) == (800, 600, Path(made.path).stat().st_size)
    assert heard[-1] == 1


@pytest.mark.system
def test_64_megapixels_are_enlarged_and_finished_in_flat_memory(tmp_path: Path) -> None:
    raw, source = draw(tmp_path / "raw.png", 4000), tmp_path / "source.png"
    photo().save(source)

    bill = finished(raw, source, whole(8000, Format.TIFF), tmp_path / "result.tif")

    # Whole in memory it would be 192 MB for the pixels alone, and as much again to work with.
    assert bill.peak_bytes < 220_000_000
