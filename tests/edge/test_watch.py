"""Looking at inboxes on a real file system, and hearing that something changed there."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from time import monotonic

import pytest
from watchdog.observers import inotify_c

from upscaled.edge.watch import hints, looking, polling


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


def seen(inbox: Path, folder: str = "") -> looking.Look:
    (found,) = looking.looks(inbox, 0, folder)
    return found


def test_a_look_sees_every_file_but_litter_our_own_notes_and_links(tmp_path: Path) -> None:
    for name in ("4k/a.png", "4k/deep/b.png", "c.png"):
        touch(tmp_path / name)
    for name in ("4k/.hidden", "4k/Thumbs.db", "4k/_READ-ME.txt", "@eaDir/d.png", ".upscaled-root"):
        touch(tmp_path / name)
    (tmp_path / "4k" / "link.png").symlink_to(tmp_path / "c.png")

    root, inner = seen(tmp_path), seen(tmp_path, "4k")

    assert ([one.path for one in root.sightings], root.inside) == (["c.png"], ["4k"])
    assert ([one.path for one in inner.sightings], inner.inside) == (["4k/a.png"], ["4k/deep"])
    assert [odd.split(":")[0] for odd in inner.odd] == ["4k/link.png"]


def test_a_large_folder_comes_in_parts_and_says_which_is_the_last(tmp_path: Path) -> None:
    for number in range(2 * looking.PART + 1):
        (tmp_path / f"{number}.png").touch()

    parts = list(looking.looks(tmp_path, 0))

    assert [len(part.sightings) for part in parts] == [looking.PART, looking.PART, 1]
    assert [part.last for part in parts] == [False, False, True]


def test_a_folder_that_is_not_there_is_gone_and_one_that_may_not_be_read_is_closed(
    tmp_path: Path,
) -> None:
    assert seen(tmp_path, "4k").gone
    touch(tmp_path / "8k" / "a.png")
    (tmp_path / "8k").chmod(0)
    try:
        if os.access(tmp_path / "8k", os.R_OK):
            pytest.skip("this user may read everything")
        assert seen(tmp_path, "8k").closed
    finally:
        (tmp_path / "8k").chmod(0o700)


def test_a_name_that_is_no_text_is_told_and_left(tmp_path: Path) -> None:
    (tmp_path / "4k").mkdir()
    touch(tmp_path / "4k" / os.fsdecode(b"bad\xff.png"))

    found = seen(tmp_path, "4k")

    assert found.sightings == []
    assert "rename it" in found.odd[0]


def test_a_survey_counts_the_files_of_every_folder(tmp_path: Path) -> None:
    for name in ("4k/a.png", "4k/deep/b.png", "4k/deep/c.png"):
        touch(tmp_path / name)

    assert looking.survey(tmp_path).folders == {"": 0, "4k": 1, "4k/deep": 2}


@pytest.mark.parametrize("opening", [False, True])
def test_a_second_look_leaves_out_what_is_gone(tmp_path: Path, *, opening: bool) -> None:
    touch(tmp_path / "a.png")

    found = looking.look(tmp_path, 0, ("a.png", "b.png", "c/d.png"), opening=opening)

    assert [one.path for one in found] == ["a.png"]


@pytest.mark.parametrize("opening", [False, True])
def test_a_folders_time_tells_what_came_and_what_left(tmp_path: Path, *, opening: bool) -> None:
    for name in ("4k/a.png", "8k/a.png"):
        touch(tmp_path / name)
    folders = polling.Folders(tmp_path, opening=opening)
    for folder in ("", "4k", "8k"):
        folders.note(folder)
    assert folders.changed(0.0) == ()

    touch(tmp_path / "4k" / "b.png")
    os.utime(tmp_path / "4k", ns=(1, 1))

    assert folders.changed(1.0) == ("4k",)
    folders.note("4k")
    assert folders.changed(1.0 + polling.SAME_TICK_SECONDS / 2) == ("4k",), "within the same tick"
    assert folders.changed(1.0 + 2 * polling.SAME_TICK_SECONDS) == ()
    (tmp_path / "8k" / "a.png").unlink()
    (tmp_path / "8k").rmdir()
    assert set(folders.changed(100.0)) == {"", "8k"}


Heard = Callable[[], str | None]


@pytest.fixture
def ear(tmp_path: Path) -> Heard:
    """Return what waits for the next hint of a watcher that was started on `tmp_path`."""
    told: SimpleQueue[str | None] = SimpleQueue()
    watcher = hints.Watcher(tmp_path, told.put)
    watcher.start()
    assert watcher.healthy()

    def heard() -> str | None:
        try:
            return told.get(timeout=10)
        except Empty:
            raise AssertionError("no hint came") from None

    return heard


def test_a_hint_names_the_folder_that_changed(tmp_path: Path, ear: Heard) -> None:
    (tmp_path / "4k").mkdir()
    assert {ear(), ear()} == {"", "4k"}

    (tmp_path / "elsewhere").write_bytes(b"x")
    (tmp_path / "elsewhere").rename(tmp_path / "4k" / "a.png")

    while ear() != "4k":
        pass


def test_what_comes_in_is_heard_at_once_after_another_was_taken_away(
    tmp_path: Path, ear: Heard
) -> None:
    """By itself watchdog keeps what follows a file that was moved out for half a second."""
    waits = []
    with TemporaryDirectory() as folder:
        elsewhere = Path(folder)
        for number in range(5):  # a busy machine may take long once, not always
            (tmp_path / "old.png").touch()
            (elsewhere / f"{number}").mkdir()
            begun = monotonic()
            (tmp_path / "old.png").rename(elsewhere / "old.png")
            (elsewhere / f"{number}").rename(tmp_path / f"{number}")
            while ear() != f"{number}":
                pass
            waits.append(monotonic() - begun)

    assert min(waits) < 0.4


def test_who_only_looks_is_not_heard(tmp_path: Path, ear: Heard) -> None:
    (tmp_path / "4k").mkdir()
    while ear() != "4k":
        pass
    for _ in range(3):
        list((tmp_path / "4k").iterdir())

    (tmp_path / "last").mkdir()

    while (hint := ear()) != "last":
        assert hint == "", hint


def test_a_queue_that_ran_over_asks_for_everything(ear: Heard) -> None:
    said = "Inotify queue overflowed; filesystem events were lost"
    logging.getLogger("watchdog.observers.inotify_c").warning(said)

    assert ear() is hints.EVERYTHING


def test_watchdog_still_logs_an_overflow_in_the_words_that_are_listened_for() -> None:
    assert '"Inotify queue overflowed' in Path(inotify_c.__file__).read_text()
    assert inotify_c.__name__ in hints.OVERFLOW_LOGS
