"""The shipped rules hold their own examples, and the pictures they were made for."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from judge_pictures import A1111, encoded, landscape, noisy, page, png_with
from marked_pictures import built
from upscaled.core.judge import features_of, judge
from upscaled.core.rulebook import load_rulebook
from upscaled.core.rulebook_types import ASSUMED, DERIVED
from upscaled.core.score import GENERATIVE, Labelled, judged_by, score
from upscaled.edge.pictures.examine import examine
from upscaled.edge.pictures.marks import load_marks
from upscaled.edge.pictures.marks_table import best_trust
from upscaled.edge.pictures.named import MEASURED
from upscaled.nouns import Assume, Family, Verdict

ROOT = Path(__file__).parents[2]
BOOK = load_rulebook(
    tomllib.loads((ROOT / "rules" / "judge.toml").read_text("utf-8")),
    MEASURED,
    "judge.toml",
    best_trust(load_marks()),
)
"""Loaded as the program does: every name, example and unreachable rule is looked at."""
BICUBIC = Image.Resampling.BICUBIC
SAMPLE = 5
"""Every fifth picture of the corpus is judged here: as many as a test run can wait for."""


def judged(file: Path) -> Verdict:
    # the label must not speak: a file of the corpus is judged without its folder and name
    return judge(BOOK, examine(file), name="", family=None, assume=Assume.NOTHING)


def judged_bytes(folder: Path, data: bytes) -> Verdict:
    file = folder / "drawn"
    file.write_bytes(data)
    return judged(file)


def test_the_measures_that_rules_may_name_are_those_that_are_made(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(encoded(landscape(200, 150)))
    probe = examine(file)

    assert frozenset(probe.features) == MEASURED
    assert frozenset(features_of(BOOK, probe, name="a.png")) == (
        MEASURED | ASSUMED | DERIVED | BOOK.hinted
    )


def test_every_shipped_mark_has_a_name_that_a_person_reads() -> None:
    assert len(load_marks().marks) > 60
    assert all(mark.name.strip() for mark in load_marks().marks)


DRAWN = (
    "digitalCreation", "digitalArt", "softwareImage", "dataDrivenMedia", "virtualRecording",
    "algorithmicMedia",
)  # fmt: skip


@pytest.mark.parametrize("word", DRAWN)
def test_a_file_that_says_it_was_drawn_has_that_in_its_points(word: str, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(built({"source": word})["PNG"])
    features = features_of(BOOK, examine(file), name="a.png")

    spoke = [item.say for item in BOOK.evidence if item.when.holds(features)]
    assert "the file says that it was drawn or computed" in spoke


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_drawn_page_is_text_and_stays_so_at_quality_40(form: str, tmp_path: Path) -> None:
    options = {"quality": 40} if form == "JPEG" else {}

    assert judged_bytes(tmp_path, encoded(page(), form, **options)).model is Family.TEXT


def test_a_landscape_is_core_and_its_over_compressed_twin_recover(tmp_path: Path) -> None:
    scene = landscape()

    assert judged_bytes(tmp_path, encoded(scene, "JPEG", quality=94)).model is Family.CORE
    assert judged_bytes(tmp_path, encoded(scene, "JPEG", quality=20)).model is Family.RECOVER


Damage = Callable[[Image.Image, float], bytes]
LADDERS: dict[str, tuple[Damage, tuple[float, ...]]] = {
    "noise": (
        lambda scene, sigma: encoded(noisy(scene, sigma), "JPEG", quality=95),
        (0, 2, 4, 6, 9, 13, 18, 25),
    ),
    "blur": (
        lambda scene, sigma: encoded(
            scene.filter(ImageFilter.GaussianBlur(sigma)), "JPEG", quality=95
        ),
        (0, 0.5, 0.8, 1.2, 1.8, 2.5, 4, 6),
    ),
    "compression": (
        lambda scene, loss: encoded(scene, "JPEG", quality=100 - int(loss)),
        (5, 10, 15, 25, 35, 50, 60, 70, 80, 90),
    ),
    "enlargement": (
        lambda scene, factor: encoded(
            scene.resize((int(scene.width * factor), int(scene.height * factor)), BICUBIC),
            "JPEG",
            quality=95,
        ),
        (1, 1.5, 2, 2.5, 3, 4, 6),
    ),
}


@pytest.mark.parametrize("size", [(900, 640), (600, 400)])
@pytest.mark.parametrize("kind", LADDERS)
def test_damage_crosses_from_core_to_recover_once_and_never_back(
    kind: str, size: tuple[int, int], tmp_path: Path
) -> None:
    damaged, steps = LADDERS[kind]
    scene = landscape(*size)

    families = [judged_bytes(tmp_path, damaged(scene, step)).model for step in steps]

    first = families.index(Family.RECOVER)
    assert first > 0
    assert families == [Family.CORE] * first + [Family.RECOVER] * (len(steps) - first)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_product_before_white_is_a_photograph(form: str, tmp_path: Path) -> None:
    page = Image.new("RGB", (1600, 1200), "white")
    mask = Image.new("L", (800, 640))
    ImageDraw.Draw(mask).ellipse((10, 10, 790, 630), 255)
    page.paste(landscape(800, 640), (400, 280), mask.filter(ImageFilter.GaussianBlur(1)))

    assert judged_bytes(tmp_path, encoded(page, form)).model is Family.CORE


def test_a_shallow_depth_of_field_is_no_damage(tmp_path: Path) -> None:
    scene = landscape(1500, 1000)
    blurred = scene.filter(ImageFilter.GaussianBlur(9))
    blurred.paste(scene.crop((500, 0, 1100, 1000)), (500, 0))

    assert judged_bytes(tmp_path, encoded(blurred, "JPEG", quality=92)).model is Family.CORE


def test_a_generators_parameters_make_it_redefine(tmp_path: Path) -> None:
    found = judged_bytes(tmp_path, png_with({"parameters": A1111}, landscape()))

    assert (found.model, found.rule) == (Family.REDEFINE, "generator-mark")


def test_a_renderers_stamp_makes_it_cgi(tmp_path: Path) -> None:
    stamp = {"File": "/shots/a.blend", "RenderTime": "00:12.31"}

    assert judged_bytes(tmp_path, png_with(stamp, landscape())).model is Family.CGI


def test_an_empty_canvas_is_judged_without_a_fall(tmp_path: Path) -> None:
    assert judged_bytes(tmp_path, encoded(Image.new("RGB", (640, 480), "white"))).reasons


def corpus() -> Path:
    return Path(os.environ.get("UPSCALED_CORPUS") or ROOT.parent / "shared" / "corpus")


def labelled(every: int) -> list[Labelled]:
    """Examine every so manieth picture; neither the folder nor the file's name is told."""
    folder = corpus()
    files = [file for label in Family for file in sorted((folder / label).glob("*"))][::every]
    if not files:
        pytest.skip(f"no labelled pictures at {folder}; set UPSCALED_CORPUS to measure the judge")
    return [
        Labelled(label=Family(file.parent.name), name="", probe=examine(file)) for file in files
    ]


@pytest.mark.corpus
def test_a_sample_of_the_corpus_is_judged_well() -> None:
    found = score(judged_by(BOOK, labelled(SAMPLE)))

    assert known(found.five.recall(Family.TEXT)) >= 0.95
    assert known(found.five.sent(Family.TEXT, *GENERATIVE)) == 0
    assert known(found.five.sent(Family.CORE, *GENERATIVE)) <= 0.08
    assert known(found.four.accuracy) >= 0.78


@pytest.mark.corpus
@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_corpus_is_judged_as_well_as_promised() -> None:
    pictures = labelled(1)
    generated = [one for one in pictures if one.label is Family.REDEFINE]
    marked = [one for one in generated if one.probe.features["ai_meta"] >= 1]
    found = score(judged_by(BOOK, pictures))

    assert known(found.four.accuracy) >= 0.82
    assert known(found.four.macro_recall) >= 0.81
    assert known(found.five.recall(Family.TEXT)) >= 0.97
    assert known(found.five.precision(Family.TEXT)) >= 0.93
    assert known(found.five.sent(Family.CORE, *GENERATIVE)) <= 0.04
    assert known(found.five.sent(Family.CORE, Family.REDEFINE)) <= 0.02
    assert found.sure.right >= 0.97 * found.sure.count
    assert len(marked) == 28
    assert {one.verdict.model for one in judged_by(BOOK, marked)} == {Family.REDEFINE}


def known(share: float | None) -> float:
    assert share is not None
    return share
