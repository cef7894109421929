"""Looking at inboxes on a real file system."""

import os
from pathlib import Path

from upscaled.edge import watch


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


def test_a_scan_sees_every_file_but_litter_our_own_notes_and_links(tmp_path: Path) -> None:
    for name in ("4k/a.png", "4k/deep/b.png", "c.png"):
        touch(tmp_path / name)
    for name in ("4k/.hidden", "4k/Thumbs.db", "4k/_READ-ME.txt", "@eaDir/d.png", ".upscaled-root"):
        touch(tmp_path / name)
    (tmp_path / "4k" / "link.png").symlink_to(tmp_path / "c.png")

    seen = watch.scan(tmp_path, 0)

    assert sorted(one.path for one in seen.sightings) == ["4k/a.png", "4k/deep/b.png", "c.png"]
    assert sorted(seen.folders) == ["", "4k", "4k/deep"]
    assert [odd.split(":")[0] for odd in seen.odd] == ["4k/link.png"]


def test_a_name_that_is_no_text_is_told_and_left(tmp_path: Path) -> None:
    (tmp_path / "4k").mkdir()
    touch(tmp_path / "4k" / os.fsdecode(b"bad\xff.png"))

    seen = watch.scan(tmp_path, 0)

    assert seen.sightings == ()
    assert "rename it" in seen.odd[0]


def test_a_second_look_leaves_out_what_is_gone(tmp_path: Path) -> None:
    touch(tmp_path / "a.png")

    assert [one.path for one in watch.look(tmp_path, 0, ("a.png", "b.png"))] == ["a.png"]
