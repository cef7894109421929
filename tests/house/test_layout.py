"""The shape of the repository that others rely on."""

import subprocess
import sys
import zipfile
from pathlib import Path

from place import REPOSITORY


def test_daemon_is_a_source_root_and_never_a_package() -> None:
    # With an __init__.py it would shadow python-daemon for everybody who starts in this folder.
    assert not (REPOSITORY / "daemon" / "__init__.py").exists()
    assert (REPOSITORY / "daemon" / "upscaled" / "__init__.py").exists()


def test_the_wheel_carries_the_rules(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(REPOSITORY)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())

    shipped = {f"upscaled/_rules/{path.name}" for path in (REPOSITORY / "rules").glob("*.toml")}
    assert shipped
    assert shipped <= names
    assert "upscaled/py.typed" in names


def test_locks_name_no_host_and_carry_hashes() -> None:
    for lock in (REPOSITORY / "lock").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert "--index-url" not in text
        pinned = [line for line in text.splitlines() if "==" in line]
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)
