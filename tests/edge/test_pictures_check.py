"""Is it still the same picture? Plain enlargements pass, whatever the picture; faults do not."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from edge.drawn_pictures import cut_out, layout_for, page, photo, plan_for, profile
from upscaled.core.fidelity import assess, parse_bands
from upscaled.edge.pictures.colours import ciede2000, lab
from upscaled.edge.pictures.finishing import finish
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.likeness import NO_FACES, measure
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.nouns import Family, Fidelity, Format

RULES = Path(__file__).parents[2] / "rules" / "fidelity.toml"
BANDS = parse_bands(tomllib.loads(RULES.read_text()), "fidelity.toml")
Drawing = Callable[[], Image.Image]
Fault = Callable[[Image.Image], Image.Image]


def judged(source: Path, result: Path, layout: Layout) -> Fidelity:
    return assess(measure(source, result, layout).figures, Family.CORE, BANDS)


def ramp() -> Image.Image:
    return Image.linear_gradient("L").resize((300, 200)).convert("RGB")


def stripes() -> Image.Image:
    columns = np.tile(np.array([0, 0, 255, 255], np.uint8), (120, 50))
    return Image.fromarray(columns).convert("RGB")


def noise() -> Image.Image:
    dice = np.random.default_rng(7)
    return Image.fromarray(dice.integers(0, 255, (150, 200, 3), np.uint8))


def white_logo() -> Image.Image:
    logo = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(logo).rectangle((50, 80, 150, 120), fill=(255, 255, 255, 255))
    return logo


LEGITIMATE: dict[str, Drawing] = {
    "photo": photo,
    "large photo": lambda: photo(900, 700),
    "page": page,
    "flat": lambda: Image.new("RGB", (200, 150), (12, 90, 200)),
    "black": lambda: Image.new("RGB", (200, 150)),
    "ramp": ramp,
    "stripes": stripes,
    "noise": noise,
    "grey": lambda: photo().convert("L"),
    "one bit": lambda: page().convert("1"),
    "cut-out": cut_out,
    "white logo": white_logo,
    "panorama": lambda: photo(1200, 60),
    "tiny": lambda: photo(9, 7),
    "three pixels": lambda: photo(3, 2),
    "one pixel": lambda: Image.new("RGB", (1, 1), "red"),
    "dark": lambda: ImageEnhance.Brightness(photo()).enhance(0.06),
}


@pytest.mark.parametrize("name", LEGITIMATE)
@pytest.mark.parametrize("form", [Format.PNG, Format.TIFF])
def test_plain_enlarging_passes_whatever_the_picture(
    tmp_path: Path, name: str, form: Format
) -> None:
    source, to = tmp_path / "source.png", tmp_path / "result"
    drawn = LEGITIMATE[name]()
    drawn.save(source)
    width, height = drawn.width * 5 // 2, drawn.height * 5 // 2
    layout = layout_for(max(4, width), max(4, height), format=form)
    finish(source, source, layout, to, tmp_path)

    found = judged(source, to, layout)

    assert found.verdict == "pass", found


@pytest.mark.parametrize("box", [(960, 400), (500, 720), (1100, 800), (301, 977)])
@pytest.mark.parametrize("name", ["photo", "page", "cut-out"])
def test_a_crop_or_pad_is_undone_before_comparing(
    tmp_path: Path, name: str, box: tuple[int, int]
) -> None:
    source, to = tmp_path / "source.png", tmp_path / "result"
    drawn = LEGITIMATE[name]()
    drawn.save(source)
    scale = {"scaled_width": drawn.width * 3, "scaled_height": drawn.height * 3}
    layout = layout_for(*box, **scale, pad="white", format=Format.TIFF, flat=True)
    finish(source, source, layout, to, tmp_path)

    found = judged(source, to, layout)

    assert found.verdict == "pass", found


@pytest.mark.parametrize("side", [(240, 180), (37, 28)])
def test_plain_shrinking_and_a_kept_profile_pass(tmp_path: Path, side: tuple[int, int]) -> None:
    source, to = tmp_path / "source.png", tmp_path / "result"
    photo(640, 480).save(source, icc_profile=profile("wide"))
    layout = layout_for(*side, srgb=True)
    finish(source, source, layout, to, tmp_path)

    assert judged(source, to, layout).verdict == "pass"


def restored(picture: Image.Image) -> Image.Image:
    """Do what a model does by right: remove the grain and sharpen."""
    return picture.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.UnsharpMask(1.5, 60))


def test_denoising_and_sharpening_pass(tmp_path: Path) -> None:
    assert verdict_of(tmp_path, restored).verdict == "pass"


def black_band(picture: Image.Image) -> Image.Image:
    ImageDraw.Draw(picture).rectangle((0, 500, 960, 560), fill="black")
    return picture


def replaced(picture: Image.Image) -> Image.Image:
    picture.paste(photo(120, 120, seed=9), (400, 300))
    return picture


def shifted(picture: Image.Image) -> Image.Image:
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, 7, 0, 1, 4))


def cast(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    warm = (red.point(lambda v: v * 1.15), green, blue.point(lambda v: v * 0.85))
    return Image.merge("RGB", warm)


FAULTS: dict[str, Fault] = {
    "black": lambda picture: Image.new("RGB", picture.size),
    "grey": lambda picture: Image.new("RGB", picture.size, "grey"),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(40)),
    "another": lambda picture: photo(*picture.size, seed=5),
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "negative": ImageOps.invert,
    "shifted": shifted,
    "cropped": lambda picture: picture.crop((20, 15, 940, 705)).resize(picture.size),
    "black band": black_band,
    "part replaced": replaced,
    "colour cast": cast,
    "turned grey": lambda picture: picture.convert("L").convert("RGB"),
    "gamma": lambda picture: picture.point(lambda v: 255 * (v / 255) ** 1.6),
}


def verdict_of(folder: Path, fault: Fault) -> Fidelity:
    source, to = folder / "source.png", folder / "result.png"
    drawn = photo()
    drawn.save(source)
    fault(drawn.resize((960, 720), Image.Resampling.LANCZOS)).save(to, compress_level=1)
    return judged(source, to, layout_for(960, 720))


@pytest.mark.parametrize("name", FAULTS)
def test_a_picture_that_is_no_longer_the_picture_does_not_pass(tmp_path: Path, name: str) -> None:
    found = verdict_of(tmp_path, FAULTS[name])

    assert found.verdict != "pass", found
    assert found.reasons


def test_a_shift_is_told_in_source_pixels(tmp_path: Path) -> None:
    found = verdict_of(tmp_path, shifted)

    assert found.figures["shift_px"] == pytest.approx(np.hypot(7, 4) / 3, abs=0.15)


def test_a_truncated_or_wrong_sized_result_fails_without_an_exception(tmp_path: Path) -> None:
    source, to = tmp_path / "source.png", tmp_path / "result.png"
    photo().save(source)
    photo(639, 480).save(to)
    assert judged(source, to, layout_for(640, 480)).figures == {"size_off": 1.0}

    photo(640, 480).save(to)
    to.write_bytes(to.read_bytes()[: to.stat().st_size // 2])
    found = judged(source, to, layout_for(640, 480))
    assert (found.verdict, found.figures) == ("fail", {"decodes": 0.0})


def test_a_result_cut_short_within_its_padding_fails_too(tmp_path: Path) -> None:
    source, to = tmp_path / "source.png", tmp_path / "result.tif"
    photo().save(source)
    layout = layout_for(320, 900, scaled_width=320, scaled_height=240, pad="white")
    finish(source, source, layout, to, tmp_path)
    to.write_bytes(to.read_bytes()[:-300])

    assert judged(source, to, layout).figures == {"decodes": 0.0}


def test_unless_it_passes_the_worst_place_is_shown_before_and_after(tmp_path: Path) -> None:
    source, good, bad = (tmp_path / name for name in ("source.png", "good.png", "bad.png"))
    photo().save(source)
    photo().resize((960, 720), Image.Resampling.LANCZOS).save(good)
    with Image.open(good) as opened:
        replaced(opened.convert("RGB")).save(bad)
    sheets = tmp_path / "good.compare.png", tmp_path / "bad.compare.png"
    workers = Workers(scratch=tmp_path)
    try:
        studio, plan = Studio(workers, BANDS), plan_for(960, 720)
        assert studio.check(source, good, plan, sheets[0]).verdict == "pass"
        found = studio.check(source, bad, plan, sheets[1])
    finally:
        workers.close()

    assert not sheets[0].exists()
    assert (found.verdict, found.notes) in {("fail", (NO_FACES,)), ("fail", ())}
    assert found.sharpest is not None
    assert found.worst is not None
    assert found.worst[0] * 960 < 520
    assert found.worst[2] * 960 > 400
    with Image.open(sheets[1]) as opened:
        width, height = opened.size
        sheet = np.asarray(opened).astype(int)
    assert width == 744
    before, after = sheet[height - 1130 : height - 614], sheet[height - 528 : height - 12]
    assert np.abs(before - after).mean() > 5, "the replaced part is in view"
    assert sheet[12:50].max() > 200, "what was found is said above"
    framed = (sheet[..., 0] == 255) & (sheet[..., 1] == 64)
    assert framed[: height // 2].any(), "framed before"
    assert framed[height // 2 :].any(), "framed after"


# Sharma, Wu and Dalal's published test data, pairs 1, 9, 16, 20, 31 and 34.
@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -0.001, 2.49), (50.0, 0.0009, -2.49), 4.8045),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_colour_difference_follows_the_published_data(
    one: tuple[float, ...], other: tuple[float, ...], difference: float
) -> None:
    found = ciede2000(np.array([one]), np.array([other]))

    assert found[0] == pytest.approx(difference, abs=1e-4)


def test_white_is_white_and_grey_has_no_colour() -> None:
    white, grey = lab(np.array([[255, 255, 255], [119, 119, 119]], np.uint8))

    assert white == pytest.approx([100, 0, 0], abs=0.01)
    assert grey == pytest.approx([50.03, 0, 0], abs=0.02)
