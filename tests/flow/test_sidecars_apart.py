"""`sidecars = "folder"`: nothing but results where the printers look."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handling import Listening, Studio
from paying import hushed
from upscaled.nouns import State

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - many fsyncs


@contextmanager
def opened(**watch: str) -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Listening(Path(folder), sidecars="folder", **watch)
        try:
            yield studio
        finally:
            studio.close()


@pytest.fixture
def studio() -> Iterator[Studio]:
    with opened() as made:
        yield made


def test_a_sidecar_stands_in_a_folder_of_its_own(studio: Studio) -> None:
    studio.drop("pass", "4k/ACME/a.png")
    studio.settle()

    assert list(studio.files("outbox")) == [
        "outbox/4k/ACME/a.png",
        "outbox/_sidecars/4k/ACME/a.png.json",
    ]


def test_in_review_it_stands_beside_the_result_until_that_is_accepted(studio: Studio) -> None:
    studio.drop("review", "4k/a.png")
    studio.settle()
    assert "review/4k/a.png.json" in studio.files("review")

    studio.told("accept", studio.only().id)

    assert list(studio.files("outbox", "review")) == [
        "outbox/4k/a.png",
        "outbox/_sidecars/4k/a.png.json",
    ]


def test_a_name_whose_sidecar_is_taken_is_not_given_again(studio: Studio) -> None:
    studio.drop("pass", "4k/a.png")
    studio.settle()
    (studio.folder / "outbox/4k/a.png").unlink()  # a hot folder took it
    first = studio.files("outbox")["outbox/_sidecars/4k/a.png.json"]

    studio.drop("pass", "4k/a.png")
    studio.settle()

    assert list(studio.files("outbox")) == [
        "outbox/4k/a-2.png",
        "outbox/_sidecars/4k/a-2.png.json",
        "outbox/_sidecars/4k/a.png.json",
    ]
    assert studio.files("outbox")["outbox/_sidecars/4k/a.png.json"] == first


def test_an_old_result_leaves_with_its_sidecar_wherever_that_stands() -> None:
    with opened(collision="replace") as studio:
        studio.drop("pass", "4k/a.png")
        studio.settle()
        studio.drop("pass", "4k/a.png")
        studio.settle()

        assert list(studio.files("outbox")) == [
            "outbox/4k/a.png",
            "outbox/_sidecars/4k/a.png.json",
        ]
        old = {path for path in studio.files("archive") if "_superseded" in path}
        assert old == {
            "archive/_superseded/4k/a.png",
            "archive/_superseded/4k/a.png.json",
        }


def test_what_is_moved_out_by_hand_has_its_sidecar_there_too(studio: Studio) -> None:
    studio.drop("review", "4k/a.png")
    studio.settle()
    (studio.folder / "outbox/4k").mkdir()
    for name in ("a.png", "a.png.json"):
        (studio.folder / "review/4k" / name).rename(studio.folder / "outbox/4k" / name)

    for _ in range(10):
        studio.turn()
    studio.settle()

    assert studio.only().state is State.DONE
    assert list(studio.files("outbox", "review")) == [
        "outbox/4k/a.png",
        "outbox/_sidecars/4k/a.png.json",
    ]
