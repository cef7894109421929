"""OpenEXR from a render farm: which layer, which light, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.source_kinds import SIZE, light
from upscaled.edge.pictures import extras
from upscaled.edge.pictures.conversions import Conversions, using
from upscaled.edge.pictures.examine import examine
from upscaled.edge.pictures.layers import Part, choose
from upscaled.edge.pictures.opening import open_picture
from upscaled.edge.pictures.views import shown, to_rec709
from upscaled.errors import Aside, NotReady

RGBA = ("R", "G", "B", "A")


def part(*channels: str, name: str = "", identities: tuple[str, ...] = ()) -> Part:
    return Part(name=name, channels=channels, identities=identities)


def of(layer: str, channels: str = "RGBA") -> tuple[str, ...]:
    return tuple(f"{layer}.{one}" for one in channels)


@pytest.mark.parametrize(
    ("parts", "label"),
    [
        ((part(*RGBA, "Z"),), ""),
        ((part(*of("diffuse", "RGB"), *RGBA),), ""),
        ((part(*of("ViewLayer.Combined"), *of("ViewLayer.Normal", "XYZ")),), "ViewLayer.Combined"),
        ((part("Z", name="depth"), part(*RGBA, name="beauty")), "beauty"),
        ((part(*of("CryptoObject00"), *of("spec", "RGB")),), "spec"),
        ((part(*of("uMatte00"), *of("spec", "RGB"), identities=("uMatte",)),), "spec"),
        ((part("Y"),), ""),
    ],
)
def test_the_beauty_is_found_among_the_layers(parts: tuple[Part, ...], label: str) -> None:
    assert choose(parts)[0].label == label


@pytest.mark.parametrize(
    "parts",
    [
        (part("Z"),),
        (part(*of("depth", "RGB")),),
        (part(*of("CryptoMaterial00"), *of("CryptoMaterial01")),),
        (part("id"),),
        (part(*RGBA, identities=RGBA),),
        (Part(name="", channels=RGBA, deep=True),),
        (part(*of("diffuse", "RGB"), *of("specular", "RGB")),),
    ],
)
def test_data_and_many_nameless_layers_are_refused_with_advice(parts: tuple[Part, ...]) -> None:
    with pytest.raises(Aside) as caught:
        choose(parts)

    assert caught.value.code == "unsupported"
    assert caught.value.hint


@given(st.floats(0, 1), st.sampled_from(["srgb", "filmic"]))
def test_more_light_is_never_darker_and_stays_in_range(level: float, view: str) -> None:
    ramp = np.linspace(0, level * 40, 64, dtype=np.float32)
    out = shown(ramp, view, 0)

    assert (np.diff(out) >= -1e-6).all()
    assert 0 <= out.min() <= out.max() <= 1


def test_the_plain_view_is_srgbs_own_curve_and_a_stop_doubles_the_light() -> None:
    values = shown(np.array([0.0, 0.18, 1.0, 4.0], np.float32), "srgb", 0)

    assert values == pytest.approx([0, 0.4614, 1, 1], abs=1e-4)
    twice = shown(np.array([0.18], np.float32), "srgb", 1)
    assert twice == pytest.approx(shown(np.array([0.36], np.float32), "srgb", 0))


def test_white_of_other_primaries_stays_white_and_rec709_needs_nothing() -> None:
    acescg = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)
    matrix = to_rec709(acescg)

    assert matrix is not None
    assert matrix @ np.ones(3) == pytest.approx([1, 1, 1], abs=1e-6)
    assert to_rec709((0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)) is None
    assert to_rec709(None) is None


def test_without_the_reader_the_refusal_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    file = tmp_path / "a.exr"
    for head, lock in ((b"v/1\x01\2\0\0\0", "lock/exr.txt"), (b"\0\0\0\x18ftypheic", "heic.txt")):
        file.write_bytes(head + bytes(100))
        for opens in (examine, open_picture):
            with pytest.raises(Aside) as caught:
                opens(file)
            assert caught.value.code == "unsupported"
            assert lock in caught.value.hint


def test_light_is_shown_at_the_stated_exposure_with_straight_alpha(tmp_path: Path) -> None:
    pytest.importorskip("OpenImageIO")
    file = tmp_path / "a"
    light(file)

    probe = examine(file)
    assert (probe.format, probe.bits, probe.alpha) == ("EXR", 16, True)
    assert "plain sRGB curve, clipped at 1.0 at +0 stops" in probe.told[-1]
    assert "brighter than white" in probe.told[-1]
    with using(Conversions(exr_view="filmic", exr_exposure=-1.5)):
        assert "a filmic curve (ACES fit) at -1.5 stops" in examine(file).told[-1]

    picture = open_picture(file, deep=True)
    assert picture.alpha is not None
    four = picture.colour.bandjoin(picture.alpha).numpy()
    ramp = np.linspace(0, 1.2, SIZE[0])[:, None] * np.array([1.0, 0.6, 0.3])
    wanted = shown(ramp.astype(np.float32), "srgb", 0) * 65535
    assert np.abs(four[20, :, :3] - wanted).max() < 60, "half floats have eleven bits"
    assert np.abs(four[20, : SIZE[0] // 4, 3].astype(int) - 32768).max() <= 1


@pytest.mark.parametrize("tile", [0, 16])
def test_the_display_window_is_the_picture_not_the_data(tile: int, tmp_path: Path) -> None:
    pytest.importorskip("OpenImageIO")
    file = tmp_path / "a"
    window = {"x": 10, "y": -5, "full_width": 100, "full_height": 60}
    light(file, RGBA, **window, tile_width=tile, tile_height=tile)

    probe, picture = examine(file), open_picture(file)

    assert (probe.width, probe.height) == (100, 60)
    assert picture.alpha is not None
    cover = picture.alpha.numpy()
    assert cover[:, :10].max() == cover[43:].max() == 0
    assert cover[0, 60] == cover[42, 60] == 255


def test_half_an_openexr_is_not_ready(tmp_path: Path) -> None:
    pytest.importorskip("OpenImageIO")
    file = tmp_path / "a"
    light(file)
    data = file.read_bytes()
    for share in (0.02, 0.4, 0.9):
        file.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(NotReady):
            examine(file)


def test_layers_beside_the_beauty_are_named_before_anything_is_spent(tmp_path: Path) -> None:
    pytest.importorskip("OpenImageIO")
    file = tmp_path / "a"
    light(file, (*of("beauty"), *of("diffuse")))

    assert examine(file).told[0] == (
        "The OpenEXR file holds 2 layers: the layer `beauty` is taken."
    )
