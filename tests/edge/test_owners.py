"""Whose results are: group, mode, and what folders hand down; refused on CIFS, and then said."""

import errno
import os
import stat
from pathlib import Path

import pytest

from upscaled.core.settings import Settings, parse_settings
from upscaled.edge import disk
from upscaled.edge.disk import owners
from upscaled.errors import ConfigError
from upscaled.nouns import ANYHOW, Access
from upscaled.shares import accesses

SOURCE = Path("/srv/studio/config.toml")
OTHERS = 54_321
"""A group that nobody has: only root may give a file to it."""
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to any group")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def delivered(tmp_path: Path, access: Access) -> Path:
    """Stage and reveal a small result in a new folder."""
    made = tmp_path / "made"
    made.write_bytes(b"result")
    staged = disk.stage(made, disk.digest(made), tmp_path / "outbox", "j.png", access)
    final = tmp_path / "outbox" / "ACME" / "4k" / "a.png"
    disk.reveal(staged, final, access)
    return final


def settings(**watch: str) -> Settings:
    return parse_settings({"watch": [watch]}, source=SOURCE)


def test_a_result_and_its_new_folders_get_their_mode_before_they_are_visible(
    tmp_path: Path,
) -> None:
    final = delivered(tmp_path, Access(file_mode=0o640, folder_mode=0o750))

    assert mode(final) == 0o640
    assert [mode(one) for one in (final.parent, final.parent.parent)] == [0o750, 0o750]


def test_without_a_wish_the_umask_decides(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        final = delivered(tmp_path, ANYHOW)
    finally:
        os.umask(before)

    assert (mode(final), mode(final.parent)) == (0o640, 0o750)


@AS_ROOT
def test_a_setgid_folder_gives_its_group_to_what_is_put_there(tmp_path: Path) -> None:
    root = tmp_path / "outbox" / "ACME"
    root.mkdir(parents=True)
    os.chown(root, -1, OTHERS)
    root.chmod(0o2775)

    final = delivered(tmp_path, Access(folder_mode=0o775))

    assert final.stat().st_gid == OTHERS
    assert (tmp_path / "outbox").stat().st_gid != OTHERS
    assert mode(final.parent) == 0o2775


def test_a_folder_s_mode_asks_for_no_set_group_bit_where_it_is_handed_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service's sandbox refuses every call that sets it (RestrictSUIDSGID=)."""
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    outbox.chmod(0o2755)
    asked: list[int] = []
    monkeypatch.setattr(Path, "chmod", lambda _self, mode, **_how: asked.append(mode))

    final = delivered(tmp_path, Access(folder_mode=0o2750))

    assert mode(final.parent) == 0o2750
    assert asked == []


@AS_ROOT
def test_a_group_of_ones_own_goes_before_what_the_folder_says(tmp_path: Path) -> None:
    final = delivered(tmp_path, Access(group=OTHERS))

    assert final.stat().st_gid == OTHERS
    assert final.parent.stat().st_gid == OTHERS


def test_where_the_file_system_refuses_the_result_is_delivered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []

    def refuse(*_: object, **__: object) -> None:
        refused.append("asked")
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    monkeypatch.setattr(Path, "chmod", refuse)

    final = delivered(tmp_path, Access(group=OTHERS, file_mode=0o664, folder_mode=0o775))

    assert final.read_bytes() == b"result"
    assert len(refused) == 6
    assert owners.give(final, Access(group=OTHERS, file_mode=0o664)) == ("group", "mode")


def test_modes_are_octal_text_and_must_let_us_work() -> None:
    watch = settings(file_mode="0664", folder_mode="2775").watch[0]

    assert (watch.file_mode, watch.folder_mode) == (0o664, 0o2775)
    assert settings().watch[0].file_mode is None
    for key, value in (("file_mode", "664x"), ("file_mode", "0066"), ("folder_mode", "0644")):
        with pytest.raises(ConfigError) as said:
            settings(**{key: value})
        assert f"watch[0].{key}" in said.value.faults[0].sentence()
        assert "octal digits" in said.value.faults[0].expected


def test_a_group_that_is_not_known_here_is_a_fault() -> None:
    known = accesses(settings(group="12"), SOURCE)
    assert known[0].group == 12

    with pytest.raises(ConfigError) as said:
        accesses(settings(group="no-such-group-here"), SOURCE)
    assert said.value.faults[0].key == "watch[0].group"
