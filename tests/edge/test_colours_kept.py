"""Colours from source to result, through the profiles, in one wide space: CIEDE2000."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image

from edge.drawn_pictures import layout_for, photo
from edge.source_kinds import SPACES, inked, rgb_profile, sixteen
from upscaled.edge.pictures.colours import ciede2000
from upscaled.edge.pictures.conversions import Conversions, using
from upscaled.edge.pictures.finishing import enlarged, finish
from upscaled.edge.pictures.preparing import prepare
from upscaled.edge.pictures.resampling import Size

SIZE = (240, 160)
Lab = NDArray[np.float64]


def calm() -> Image.Image:
    """Draw a photograph whose noise is no finer than a lens makes it."""
    return photo(*SIZE).resize((120, 80), Image.Resampling.LANCZOS).resize(SIZE)


def in_space(name: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        icc = rgb_profile(name) if name in SPACES else None
        calm().save(path, "PNG", icc_profile=icc)

    return make


def grey(path: Path) -> None:
    calm().convert("L").save(path, "PNG")


def ink(path: Path) -> None:
    picture = Image.blend(calm(), Image.new("RGB", SIZE, "grey"), 0.6)
    pixels = pyvips.Image.new_from_array(np.asarray(picture)).copy(interpretation="srgb")
    pixels.icc_transform("cmyk", input_profile="srgb").tiffsave(str(path), compression="lzw")


def deep(path: Path) -> None:
    image = pyvips.Image.new_from_array(sixteen(calm())).copy(interpretation="rgb16")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", rgb_profile("ProPhoto RGB"))
    image.tiffsave(str(path), compression="deflate")


SPACES_IN: dict[str, Callable[[Path], None]] = {
    "sRGB": in_space("sRGB"),
    **{name: in_space(name) for name in SPACES},
    "ProPhoto RGB, 16 bit": deep,
    "grey": grey,
    "CMYK": ink,
}


def lab(path: Path, folder: Path, share: float = 1.0) -> Lab:
    """Return CIELAB of a file, brought to a share of its size, through its profile and ProPhoto."""
    wide = folder / "wide.icc"
    wide.write_bytes(rgb_profile("ProPhoto RGB"))
    image = pyvips.Image.new_from_file(str(path))
    if not image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", input_profile="srgb")
    wider = image.icc_transform(
        str(wide), embedded=True, depth=16, intent="relative", black_point_compensation=True
    )
    small = wider.resize(share, kernel="lanczos3", gap=0) if share < 1 else wider
    found: Lab = small.icc_import(pcs="lab", input_profile=str(wide)).numpy().astype(float)
    return found


def delivered(source: Path, folder: Path, factor: int = 2) -> Path:
    """Return the result of a source that was enlarged here, on the way that fal's results take."""
    (folder / "scratch").mkdir()
    across, down = SIZE[0] * factor, SIZE[1] * factor
    upload = Path(prepare(source, folder / "upload")["path"])
    enlarged(upload, folder / "raw", Size(width=across, height=down), lambda _share: None)
    result = folder / "result.png"
    finish(folder / "raw", source, layout_for(across, down), result, folder / "scratch")
    return result


@pytest.mark.parametrize("name", SPACES_IN)
def test_a_result_brought_to_its_sources_size_has_its_colours(name: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    SPACES_IN[name](source)

    apart = ciede2000(lab(source, tmp_path), lab(delivered(source, tmp_path), tmp_path, 0.5))

    assert apart.mean() < 1.0
    assert np.percentile(apart, 99) < 3.0


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_saturated_green_of_adobe_rgb_is_not_clipped_to_srgb(form: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    green = Image.new("RGB", SIZE, (10, 250, 20))
    green.save(source, form, quality=98, icc_profile=rgb_profile("Adobe RGB (1998)"))
    before = lab(source, tmp_path)
    clipped = tmp_path / "clipped.png"
    pyvips.Image.new_from_file(str(source)).icc_transform("srgb", embedded=True).pngsave(
        str(clipped)
    )

    apart = ciede2000(before, lab(delivered(source, tmp_path), tmp_path, 0.5))

    assert apart.max() < 2
    assert ciede2000(before, lab(clipped, tmp_path)).mean() > 3, "sRGB does not hold this green"


@pytest.mark.parametrize("said", [True, False])
def test_a_service_that_converts_to_srgb_shifts_nothing_whether_it_says_so_or_not(
    said: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
) -> None:
    source, raw = tmp_path / "source", tmp_path / "raw.png"
    within = Image.blend(calm(), Image.new("RGB", SIZE, "grey"), 0.75)  # of what sRGB holds
    within.save(source, "PNG", icc_profile=rgb_profile("ProPhoto RGB"))
    converted = pyvips.Image.new_from_file(str(source)).icc_transform("srgb", embedded=True)
    converted.pngsave(str(raw), keep="icc" if said else "none")
    (tmp_path / "scratch").mkdir()

    finish(raw, source, layout_for(*SIZE), tmp_path / "result.png", tmp_path / "scratch")

    apart = ciede2000(lab(source, tmp_path), lab(tmp_path / "result.png", tmp_path))
    assert apart.mean() < 1.0
    assert np.percentile(apart, 99) < 3.0


def test_a_service_that_drops_the_profile_and_keeps_the_numbers_shifts_nothing(
    tmp_path: Path,
) -> None:
    source, raw = tmp_path / "source", tmp_path / "raw.png"
    calm().save(source, "PNG", icc_profile=rgb_profile("ProPhoto RGB"))
    calm().save(raw, "PNG")
    (tmp_path / "scratch").mkdir()

    finish(raw, source, layout_for(*SIZE), tmp_path / "result.png", tmp_path / "scratch")

    apart = ciede2000(lab(source, tmp_path), lab(tmp_path / "result.png", tmp_path))
    assert apart.max() < 1.0


def test_ink_without_a_profile_has_the_colours_of_the_named_one(tmp_path: Path) -> None:
    named, bare = tmp_path / "named.tif", tmp_path / "bare.tif"
    image = inked()
    image.tiffsave(str(named))
    image.tiffsave(str(bare), keep="none")
    profile = tmp_path / "ink.icc"
    profile.write_bytes(image.get("icc-profile-data"))

    with using(Conversions(cmyk_default=str(profile))):
        sent = Image.open(prepare(bare, tmp_path / "sent")["path"])
    known = Image.open(prepare(named, tmp_path / "known")["path"])

    assert np.array_equal(np.asarray(sent), np.asarray(known))
