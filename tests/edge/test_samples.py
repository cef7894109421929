"""The demo's pictures are what they are meant to be, the same each time."""

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from upscaled.core.judge import judge
from upscaled.core.rulebook import load_rulebook
from upscaled.edge.pictures.examine import examine
from upscaled.edge.samples import SAMPLES, draw_samples
from upscaled.edge.toml import load_rules
from upscaled.errors import Aside, NotReady
from upscaled.nouns import Assume, Family


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "inbox"
    draw_samples(folder)
    return folder


def digests(inbox: Path) -> dict[str, str]:
    files = sorted(path for path in inbox.rglob("*") if path.is_file())
    return {
        path.relative_to(inbox).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_every_sample_is_drawn_and_nothing_else(inbox: Path) -> None:
    assert set(digests(inbox)) == {sample.path for sample in SAMPLES}


def test_they_are_the_same_bytes_each_time(inbox: Path, tmp_path: Path) -> None:
    draw_samples(tmp_path)
    assert digests(tmp_path) == digests(inbox)


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("4k/landscape.jpg", Family.CORE),
        ("4k/landscape-compressed.jpg", Family.RECOVER),
        ("4k/spheres.png", Family.REDEFINE),
        ("hd/panorama.jpg", Family.CORE),
        ("print-a4/page.png", Family.TEXT),
    ],
)
def test_each_is_taken_for_what_it_was_drawn_as(inbox: Path, path: str, family: Family) -> None:
    rules = load_rulebook(load_rules(None, "judge.toml"))
    probe = examine(inbox / path)
    verdict = judge(rules, probe, name=Path(path).name, family=None, assume=Assume.NOTHING)
    assert verdict.model is family, verdict.reasons


def test_the_landscape_is_a_photograph_in_srgb(inbox: Path) -> None:
    with Image.open(inbox / "4k/landscape.jpg") as picture:
        assert picture.size == (1200, 800)
        assert picture.info["icc_profile"]


def test_the_panorama_is_larger_than_its_target(inbox: Path) -> None:
    with Image.open(inbox / "hd/panorama.jpg") as picture:
        assert picture.width > 1920


def test_the_broken_one_breaks_off(inbox: Path) -> None:
    with pytest.raises(NotReady):
        examine(inbox / "4k/half-a-file.jpg")


def test_the_letter_is_no_picture(inbox: Path) -> None:
    with pytest.raises(Aside) as raised:
        examine(inbox / "4k/no-picture.jpg")
    assert raised.value.code == "not_a_picture"
