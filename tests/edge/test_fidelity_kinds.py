"""Every honest kind of enlarging passes, every kind of tampering is caught: drawn, and real."""

import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import fidelity_corpus as corpus
from drawn_scenes import scene
from edge import bench_fidelity as bench
from retouching import HONEST, TAMPERED, Pixels, Scene, lanczos
from standin.pixels import SPOILT
from upscaled.core.fidelity import assess, parse_bands
from upscaled.edge.pictures.aligning import Pair
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.likeness import NO_FACES, compared, measure
from upscaled.nouns import Family, Fidelity

BANDS = parse_bands(tomllib.loads(bench.RULES.read_text()), bench.RULES.name)
SAMPLE = 8
"""Pictures of the corpus in the long test."""


def page() -> Pixels:
    """Draw a page of text, sharp."""
    image = Image.new("RGB", (420, 300), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=16)
    for row, words in enumerate(("Received with thanks", "the sum of 1385 euros", "in two parts")):
        pen.text((20, 24 + 30 * row), words, fill="black", font=font)
    pen.rectangle((250, 150, 390, 270), fill=(40, 90, 170))
    return np.asarray(image)


def drawn(family: Family) -> Pixels:
    return page() if family is Family.TEXT else np.asarray(scene(400, 300, seed=3))


OTHERS = [np.asarray(scene(300, 240, seed=seed)) for seed in (21, 22, 23)]
BOTH = (Family.CORE, Family.TEXT)
TAMPERINGS = [
    (kind, family)
    for kind in TAMPERED
    for family in BOTH
    if family is Family.TEXT or kind != "one letter altered"
]


def judged(tmp_path: Path, source: Pixels, result: Pixels, family: Family) -> Fidelity:
    paths = tmp_path / "source.png", tmp_path / "result.png"
    for path, pixels in zip(paths, (source, result), strict=True):
        Image.fromarray(pixels).save(path, compress_level=1)
    height, width = result.shape[:2]
    layout = Layout(
        width=width, height=height, scaled_width=width, scaled_height=height, format="PNG"
    )
    found = measure(*paths, layout, letters=family is Family.TEXT)
    return assess(found.figures, family, BANDS, found.places)


@pytest.mark.parametrize("family", BOTH)
@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_result_passes(tmp_path: Path, kind: str, family: Family) -> None:
    enlarge, factor = HONEST[kind]
    source = drawn(family)

    found = judged(tmp_path, source, enlarge(source, factor), family)

    assert found.verdict == "pass", found


@pytest.mark.parametrize(("kind", "family"), TAMPERINGS)
def test_a_tampered_result_does_not_pass(tmp_path: Path, kind: str, family: Family) -> None:
    source = drawn(family)
    result = lanczos(source, 2)
    dice = np.random.default_rng(4)
    made = TAMPERED[kind](Scene(source=source, result=result, others=OTHERS, dice=dice))
    assert made is not None
    assert (made != result).any(), "the tampering happened"

    found = judged(tmp_path, source, made, family)

    assert found.verdict != "pass", found
    assert found.reasons


@pytest.mark.parametrize("how", SPOILT)
def test_what_the_stand_in_spoils_does_not_pass(tmp_path: Path, how: str) -> None:
    source = drawn(Family.CORE)
    spoilt = np.asarray(SPOILT[how](Image.fromarray(lanczos(source, 2))).convert("RGB"))

    found = judged(tmp_path, source, spoilt, Family.CORE)

    assert found.verdict != "pass", found


def test_the_place_of_an_invented_patch_is_told_in_a_sky_too() -> None:
    sky = np.full((300, 400, 3), (120, 160, 210), np.uint8)
    sky[200:] = OTHERS[0][:100, :1]
    result = sky.copy()
    result[40:58, 310:328] = OTHERS[1][100:118, 100:118]

    found = compared(Pair(before=sky, after=result))

    assert assess(found.figures, Family.CORE, BANDS).verdict != "pass"
    left, top, right, bottom = found.places["change"]
    assert left * 400 < 319 < right * 400
    assert top * 300 < 49 < bottom * 300


def test_the_altered_letter_is_told_by_its_place() -> None:
    source = page()
    altered = source.copy()
    altered[52:76, 60:72] = altered[52:76, 20:32]  # the letter before goes over this one
    assert (altered != source).any(), "the tampering happened"

    found = compared(Pair(before=source, after=altered), letters=True)

    assert found.figures["text_letters"] > 30
    assert found.figures["text_min"] < 0.8
    left, top, right, bottom = found.places["text_min"]
    assert left * 420 < 72
    assert right * 420 > 60
    assert top * 300 < 76
    assert bottom * 300 > 52


def test_the_sharpest_place_is_where_the_source_has_detail() -> None:
    plain = np.full((200, 300, 3), 90, np.uint8)
    plain[120:160, 220:260] = np.random.default_rng(1).integers(0, 255, (40, 40, 1))

    place = compared(Pair(before=plain, after=plain)).sharpest

    assert place is not None
    assert place[0] * 300 < 240 < place[2] * 300
    assert place[1] * 200 < 140 < place[3] * 200


def test_without_a_detector_nothing_is_claimed_about_faces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    found = compared(Pair(before=OTHERS[0], after=OTHERS[0]))

    assert found.notes == (NO_FACES,)
    assert not {"faces", "face_min"} & set(found.figures)


@pytest.mark.long
@pytest.mark.corpus
@pytest.mark.timeout(600)
def test_on_real_pictures_the_bounds_of_the_issue_hold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = corpus.root()
    if folder is None:
        pytest.skip("the labelled corpus is absent: set UPSCALED_CORPUS to its folder")

    rows = list(bench.measured(folder, SAMPLE))

    assert bench.tell(rows) == 0, capsys.readouterr().out
