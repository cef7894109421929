"""What lies in the folders that answer, on a real file system."""

import os
from pathlib import Path

import pytest

from upscaled.edge import boxes
from upscaled.errors import Outage


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_files_are_found_at_any_depth_without_links_litter_and_hidden_names(
    tmp_path: Path,
) -> None:
    wanted = [write(tmp_path / name) for name in ("a.png", "ACME/b.png", "ACME/shot/c.png")]
    for name in (".DS_Store", "Thumbs.db", ".hidden/d.png", "@eaDir/e.png"):
        write(tmp_path / name)
    (tmp_path / "link.png").symlink_to(wanted[0])
    (tmp_path / "folder").symlink_to(tmp_path / "ACME")
    os.mkfifo(tmp_path / "pipe.png")

    found = dict(boxes.files(tmp_path))

    assert sorted(found) == ["ACME/b.png", "ACME/shot/c.png", "a.png"]
    assert found["a.png"].size == 1


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list(boxes.files(tmp_path / "nothing")) == []
    assert boxes.folders(tmp_path / "nothing") == ()


def test_boxes_are_a_roots_own_folders_that_begin_with_a_line(tmp_path: Path) -> None:
    for name in ("_accept", "_Redo Text", "4k/_accept", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
    write(tmp_path / "_READ-ME.txt")

    assert boxes.folders(tmp_path) == ("_Redo Text", "_accept")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_one_entry(tmp_path: Path) -> None:
    write(tmp_path / "shut/a.png")
    (tmp_path / "shut").chmod(0)

    assert dict(boxes.files(tmp_path)) == {"shut": boxes.CLOSED}


def test_a_name_that_is_no_utf_8_is_not_touched(tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.png", os.O_CREAT))

    assert list(boxes.files(tmp_path)) == []


def test_content_is_bounded_and_follows_no_link(tmp_path: Path) -> None:
    long = tmp_path / "long"
    long.write_bytes(b"x" * 100)
    (tmp_path / "link").symlink_to(long)

    assert boxes.content(long, 10) == b"x" * 10
    assert boxes.content(tmp_path / "nothing", 10) == b""
    with pytest.raises(Outage):
        boxes.content(tmp_path / "link", 10)


def test_empty_folders_are_tidied_once_nobody_fills_them(tmp_path: Path) -> None:
    (tmp_path / "old/inner").mkdir(parents=True)
    write(tmp_path / "full/a.png")
    (tmp_path / "young").mkdir()
    for name in ("old/inner", "old", "full"):
        os.utime(tmp_path / name, (1000, 1000))

    boxes.tidy(tmp_path, before=2000.0)
    assert (tmp_path / "old").exists()  # it changed just now, with what was in it
    os.utime(tmp_path / "old", (1000, 1000))
    boxes.tidy(tmp_path, before=2000.0)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "young"]
