"""Whether an inbox is the share that it should be, before anything is copied there."""

from pathlib import Path

import pytest

from place import Place, photo
from upscaled.cli.doorstep import require_inbox
from upscaled.edge import roots as roots_door
from upscaled.endings import Roots
from upscaled.errors import Fatal

OTHERS = ("outbox", "archive", "review", "failed")


@pytest.fixture
def share(tmp_path: Path) -> Roots:
    """Give the folders of a watch, without markers; nothing is planned to be mounted."""
    for name in ("inbox", *OTHERS):
        (tmp_path / "share" / name).mkdir(parents=True)
    places = {name: tmp_path / "share" / name for name in ("inbox", *OTHERS)}
    return Roots(watch=0, **places)


def asked(share: Roots, home: Path, *, named: bool = False, known: bool = False) -> str:
    return require_inbox(share, home, named=named, known=known)


def test_an_inbox_with_its_marker_is_the_share_wherever_it_lies(
    share: Roots, tmp_path: Path
) -> None:
    (share.inbox / roots_door.MARKER).touch()

    assert asked(share, tmp_path / "elsewhere", named=True, known=True) == ""


def test_an_inbox_that_no_daemon_has_looked_at_takes_pictures_and_that_is_said(
    share: Roots, tmp_path: Path
) -> None:
    assert "no daemon has looked at it yet" in asked(share, tmp_path / "etc")


def test_a_watch_whose_other_folders_have_their_markers_was_worked_with(share: Roots) -> None:
    for name in OTHERS:
        assert "no daemon" in asked(share, share.inbox.parent)
        (share.inbox.parent / name / roots_door.MARKER).touch()

    with pytest.raises(Fatal, match="there without its marker"):
        asked(share, share.inbox.parent)


@pytest.mark.parametrize("point", ["share", "share/inbox"])
def test_what_the_system_mounts_there_and_is_not_mounted_is_missed(
    share: Roots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    table = tmp_path / "fstab"
    monkeypatch.setattr(roots_door, "FSTAB", table)
    table.write_text(
        "# a comment\n\nproc /proc proc defaults 0 0\nUUID=1 none swap sw 0 0\nx\n"
        f"nas:/x {tmp_path / 'other'} nfs defaults 0 0\n"
    )
    assert "no daemon" in asked(share, share.inbox.parent)

    with table.open("a") as more:
        more.write(f"nas:/y {tmp_path / point} nfs4 noauto 0 0\n")

    with pytest.raises(Fatal, match=f"{point} is not mounted"):
        asked(share, share.inbox.parent)

    share.inbox.rmdir()
    with pytest.raises(Fatal, match=f"{point} is not mounted"):
        asked(share, share.inbox.parent)
    assert not share.inbox.exists(), "made under the mount point"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/mnt/Büro 3/inbox", "cifs"), ("/mnt/a\\b/x", "nfs4"), ("/mnt/other", "ext4")],
)
def test_a_mount_point_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda rw\n"
        "40 22 0:4 / /mnt/Büro\\0403 rw - cifs //nas/x rw\n"
        "41 22 0:5 / /mnt/a\\134b rw - nfs4 nas:/y rw\n"
    )
    monkeypatch.setattr(roots_door, "MOUNTS", table)

    assert roots_door.file_system_at(path) == kind


def test_nothing_is_written_where_the_ledger_knows_a_share_that_is_away(place: Place) -> None:
    place.until_idle()
    place.path("inbox/.upscaled-root").unlink()
    picture = photo(place.path("farm/a.png"), (64, 48))

    done = place.run("submit", str(picture), "--target", "hd")

    assert (done.returncode, done.stdout) == (1, "")
    assert not place.path("inbox/hd").exists()
    assert "mount the share again" in done.stderr
