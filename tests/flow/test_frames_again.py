"""A frame that was rendered again takes the place of the old one, unless the config says not to."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from handling import Studio, assert_law, told_beside
from paying import hushed

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - many fsyncs
FRAME = "4k/shot.0001.png"


@contextmanager
def opened(**watch: str) -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Studio(Path(folder), **watch)
        try:
            yield studio
        finally:
            studio.close()


@pytest.fixture
def studio() -> Iterator[Studio]:
    with opened() as made:
        yield made


def arrived(studio: Studio, path: str, worth: str = "pass") -> bytes:
    """Drop a picture, let it come to its end, and return what stands in the outbox then."""
    studio.drop(worth, path)
    studio.settle()
    return studio.files("outbox").get(f"outbox/{path}", b"")


def test_a_frame_rendered_again_replaces_the_old_one_which_is_kept(studio: Studio) -> None:
    old = arrived(studio, FRAME)

    new = arrived(studio, FRAME)

    assert new not in {old, b""}
    kept = studio.files("archive")
    assert kept["archive/_superseded/4k/shot.0001.png"] == old
    assert "archive/_superseded/4k/shot.0001.png.json" in kept
    assert {"archive/4k/shot.0001.png", "archive/4k/shot.0001-2.png"} <= kept.keys()
    assert list(studio.files("outbox")) == [f"outbox/{FRAME}", f"outbox/{FRAME}.json"]
    assert_law(studio)


def test_a_frame_again_that_fails_its_check_leaves_the_old_one(studio: Studio) -> None:
    old = arrived(studio, FRAME)

    assert arrived(studio, FRAME, "review") == old

    assert f"review/{FRAME}" in studio.files("review")
    assert_law(studio)


def test_the_plug_pulled_at_any_write_of_it_loses_and_doubles_nothing() -> None:
    with opened() as whole:
        arrived(whole, FRAME)
        before = whole.fuse.counted
        arrived(whole, FRAME)
        writes = whole.fuse.counted - before
    for left in range(1, writes - 3, 4):
        with opened() as studio:
            old = arrived(studio, FRAME)
            studio.fuse.left = left  # before a write: after it is before the next one

            arrived(studio, FRAME)

            assert studio.fuse.blown == 1
            studio.clock.at += timedelta(hours=2)  # a submit that was cut off is looked up by then
            studio.settle()
            assert_law(studio)
            assert studio.files("archive")["archive/_superseded/4k/shot.0001.png"] == old


def test_frames_of_two_types_do_not_take_one_another_s_place(studio: Studio) -> None:
    arrived(studio, "4k/shot.0001.exr")
    arrived(studio, FRAME)

    assert {"outbox/4k/shot.0001.png", "outbox/4k/shot.0001-2.png"} <= studio.files("outbox").keys()
    assert told_beside(studio, "outbox/4k/shot.0001-2.png")["source"]["path"] == FRAME
    assert_law(studio)


def test_a_stranger_s_picture_of_that_name_stays(studio: Studio) -> None:
    theirs = studio.folder / "outbox" / FRAME
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    for words in ("", "no JSON", "[1]", '{"source": 3}', "[" * 100_000):
        (theirs.with_name(f"{theirs.name}.json")).write_text(words)
        arrived(studio, FRAME)

    assert theirs.read_bytes() == b"theirs"
    assert "outbox/4k/shot.0001-6.png" in studio.files("outbox")


@pytest.mark.parametrize(
    ("path", "watch"),
    [(FRAME, {"collision": "version"}), ("4k/IMG_0001.png", {}), ("4k-series/a.png", {})],
)
def test_a_stated_version_and_plain_pictures_get_another_name(
    path: str, watch: dict[str, str]
) -> None:
    with opened(**watch) as studio:
        old = arrived(studio, path)
        arrived(studio, path)

        files = studio.files("outbox")
        assert files[f"outbox/{path}"] == old
        assert f"outbox/{path.removesuffix('.png')}-2.png" in files
        assert_law(studio)
