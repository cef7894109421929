"""What the window's forms are marked with: made once, kept over restarts, readable by us alone."""

import stat
from pathlib import Path

import pytest

from upscaled.edge.secrets import KEPT_BYTES, kept_secret
from upscaled.errors import Fatal


def test_a_secret_is_made_once_and_found_again(tmp_path: Path) -> None:
    file = tmp_path / "window.key"
    made = kept_secret(file)
    assert len(made) == KEPT_BYTES
    assert kept_secret(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("spoilt", ["short", "readable", "link"])
def test_a_secret_that_others_may_know_is_made_anew(tmp_path: Path, spoilt: str) -> None:
    file = tmp_path / "window.key"
    made = kept_secret(file)
    if spoilt == "short":
        file.write_bytes(made[:4])
    elif spoilt == "readable":
        file.chmod(0o644)
    else:
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
    again = kept_secret(file)
    assert again != made
    assert kept_secret(file) == again
    assert not file.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_takes_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"window\.key cannot be kept"):
        kept_secret(tmp_path / "nowhere" / "window.key")
