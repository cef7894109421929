"""The unit and its config: correct by systemd's own word, and in step with the program."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from upscaled.edge.toml import load_settings

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNIT = SYSTEMD / "upscaled.service"
CONFIG = SYSTEMD / "config.toml"


def directives() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def complaints(folder: Path, text: str, *how: str) -> list[str]:
    """Return what systemd says of the unit; what it says of the machine's other units is cut."""
    unit = folder / UNIT.name
    unit.write_text(text)
    verify = ["systemd-analyze", *how, "verify", "--man=no", str(unit)]
    here = os.environ | {"XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(verify, capture_output=True, text=True, check=False, env=here)
    return [line for line in done.stderr.splitlines() if UNIT.name in line]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_with_the_unit_but_that_the_program_is_not_installed(
    tmp_path: Path,
) -> None:
    text = UNIT.read_text()
    program = "/opt/upscaled/.venv/bin/upscaled"
    if not complaints(tmp_path, text.replace(program, "/nowhere/upscaled")):
        pytest.skip("systemd-analyze cannot verify units here: it misses no missing program")

    assert complaints(tmp_path, text.replace(program, shutil.which("true") or "")) == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_with_the_unit_of_a_workstation_either(tmp_path: Path) -> None:
    text = (SYSTEMD / "user" / UNIT.name).read_text()
    program = "%h/upscaled/.venv/bin/upscaled"
    if not complaints(tmp_path, text.replace(program, "/nowhere/upscaled"), "--user"):
        pytest.skip("systemd-analyze cannot verify units here: it misses no missing program")

    assert complaints(tmp_path, text.replace(program, shutil.which("true") or ""), "--user") == []
    assert "User=" not in text
    assert "LoadCredential=fal_key:%E/upscaled/fal_key" in text


@pytest.mark.system
@pytest.mark.parametrize("unit", sorted(SYSTEMD.glob("*.service")), ids=lambda unit: unit.name)
def test_no_unit_is_exposed_beyond_1_5_of_10(
    unit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weigh = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    said = subprocess.run(weigh, capture_output=True, text=True, check=False).stdout

    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    with capsys.disabled():
        sys.stderr.write(f"\n{unit.name}: exposure {found[1]}\n")  # which xdist passes on
    assert float(found[1]) <= 1.5, said


def test_every_line_of_the_sandbox_says_why() -> None:
    """A block of settings stands below a comment; none stands alone."""
    above = ""
    for line in UNIT.read_text().splitlines():
        alone = "=" in line and not above
        assert not (alone and not line.startswith(("#", "Description="))), line
        above = line


def test_the_unit_runs_the_daemon_on_its_config() -> None:
    (start,) = directives()["ExecStart"]

    assert start == "/opt/upscaled/.venv/bin/upscaled --config /etc/upscaled/config.toml run"
    assert directives()["Type"] == ["notify"]
    assert directives()["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert int(directives()["WatchdogSec"][0]) >= 60  # SQLite alone may wait 10 s for its lock


def test_the_key_comes_as_a_credential_and_stands_nowhere_else() -> None:
    assert directives()["LoadCredential"] == ["fal_key:/etc/upscaled/fal_key"]
    assert "Environment" not in directives()


def test_the_stop_leaves_time_for_the_local_step_and_a_wrong_config_stays_down() -> None:
    assert directives()["KillMode"] == ["mixed"]
    assert int(directives()["TimeoutStopSec"][0]) > 10
    assert directives()["RestartPreventExitStatus"] == ["2"]


def test_the_config_asks_for_fal_and_every_folder_may_be_written() -> None:
    settings = load_settings(CONFIG)
    (watch,) = settings.watch
    (writable,) = directives()["ReadWritePaths"]
    (state,) = directives()["StateDirectory"]

    assert settings.engine.name == "fal"
    assert settings.state.directory == Path("/var/lib") / state
    for folder in (watch.inbox, watch.outbox, watch.archive, watch.failed, watch.review):
        assert folder.is_relative_to(writable)


def test_the_shared_folder_and_the_user_are_made_for_the_unit() -> None:
    folders = (SYSTEMD / "upscaled.tmpfiles").read_text()
    (user,) = directives()["User"]

    assert f"d {directives()['ReadWritePaths'][0]} 2775 {user} {user}" in folders
    assert f"\nu {user} " in (SYSTEMD / "upscaled.sysusers").read_text()
