"""What lies below a folder is opened; what a link there points to is not."""

import os
from pathlib import Path

import pytest

from upscaled.edge.trees import Trees

MOST = 100


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share" / "print-a3"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("ours")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.json").write_text("a secret")
    return tmp_path / "share"


def test_a_file_is_read_and_a_longer_one_is_not(share: Path) -> None:
    trees, file = Trees([share]), share / "print-a3" / "a.json"
    assert trees.holds(file)
    assert trees.read(file, MOST) == b"ours"
    assert trees.read(file, 3) is None


def test_the_folder_itself_may_be_reached_through_a_link(share: Path) -> None:
    link = share.with_name("link")
    link.symlink_to(share)
    assert Trees([link]).read(link / "print-a3" / "a.json", MOST) == b"ours"


def test_a_folder_in_another_one_may_be_a_link_where_it_is_named_itself(share: Path) -> None:
    inner = share / "archive"
    inner.symlink_to(share.with_name("outside"))
    assert Trees([share]).read(inner / "a.json", MOST) is None
    assert Trees([share, inner]).read(inner / "a.json", MOST) == b"a secret"


def test_a_link_on_the_way_is_not_followed(share: Path) -> None:
    outside = share.with_name("outside")
    (share / "swapped").symlink_to(outside)
    (share / "print-a3" / "b.json").symlink_to(outside / "a.json")
    for place in ("swapped/a.json", "print-a3/b.json", "../outside/a.json"):
        assert (share / place).read_text() == "a secret"
        assert not Trees([share]).holds(share / place), place
        assert Trees([share]).read(share / place, MOST) is None, place


def test_what_is_no_file_is_not_waited_for(share: Path) -> None:
    os.mkfifo(share / "pipe")
    for name in ("pipe", "print-a3", "missing"):
        assert not Trees([share]).holds(share / name), name
    assert not Trees([share]).holds(share.with_name("outside") / "a.json")
    assert not Trees([share]).holds(share)
