"""The unit and its config: correct by systemd's own word, and in step with the program."""

import os
import re
import shutil
import stat
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


UNITS = {UNIT: (), SYSTEMD / "user" / UNIT.name: ("--user",)}
"""Every unit, with what systemd-analyze must be told of it."""
DROP_INS = sorted((SYSTEMD / "optional").glob("*.conf"))
PROGRAM = re.compile(r"^ExecStart=\S+", re.MULTILINE)
SINCE = re.compile(r"For systemd (\d+) and newer")
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed"
)


def complaints(folder: Path, unit: Path, program: str, *drop_ins: Path) -> list[str]:
    """Return what systemd says of the unit; what it says of the machine's other units is cut."""
    copy, beside = folder / unit.name, folder / f"{unit.name}.d"
    copy.write_text(PROGRAM.sub(f"ExecStart={program}", unit.read_text()))
    beside.mkdir(exist_ok=True)
    for one in drop_ins:
        shutil.copy(one, beside)
    verify = ["systemd-analyze", *UNITS[unit], "verify", "--man=no", str(copy)]
    here = os.environ | {"XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(verify, capture_output=True, text=True, check=False, env=here)
    return [line for line in done.stderr.splitlines() if unit.name in line]


def version() -> int:
    return int(subprocess.check_output(["systemd-analyze", "--version"], text=True).split()[1])


def test_every_file_of_the_folder_is_looked_at_here_or_with_the_container() -> None:
    files = {path for path in SYSTEMD.rglob("*") if path.is_file()}
    container = {path for path in files if path.parent.name == "container"}
    tables = {SYSTEMD / f"upscaled.{kind}" for kind in ("sysusers", "tmpfiles")}

    assert files - container == {*UNITS, *DROP_INS, *tables, CONFIG, SYSTEMD / "README.md"}


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.parent.name)
def test_systemd_finds_no_fault_with_a_unit_but_that_the_program_is_not_installed(
    tmp_path: Path, unit: Path
) -> None:
    if not complaints(tmp_path, unit, "/nowhere/upscaled"):
        pytest.skip("systemd-analyze cannot verify units here: it misses no missing program")

    assert complaints(tmp_path, unit, shutil.which("true") or "") == []


@needs_systemd
@pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda path: path.name)
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.parent.name)
def test_systemd_finds_no_fault_with_a_drop_in_of_its_version(
    tmp_path: Path, unit: Path, drop_in: Path
) -> None:
    found = complaints(tmp_path, unit, shutil.which("true") or "", drop_in)

    since = SINCE.search(drop_in.read_text())
    if since and version() < int(since[1]):  # older ones warn, and leave the line out
        assert found
        assert all("Unknown key" in line and drop_in.name in line for line in found), found
    else:
        assert found == []


def test_the_unit_of_a_workstation_is_a_person_s_own() -> None:
    text = (SYSTEMD / "user" / UNIT.name).read_text()

    assert "User=" not in text
    assert "LoadCredential=fal_key:%E/upscaled/fal_key" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users and their folders")
@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="systemd is not installed")
def test_the_user_and_the_folders_are_made_without_a_complaint(tmp_path: Path) -> None:
    """In a root of their own; access lists name this machine's groups, so another stands in."""
    for kind in ("sysusers", "tmpfiles"):
        text = (SYSTEMD / f"upscaled.{kind}").read_text()
        table = tmp_path / "etc" / f"{kind}.d" / "upscaled.conf"
        table.parent.mkdir(parents=True)
        table.write_text(text.replace(":group:upscaled:", ":group:root:"))
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        done = subprocess.run(
            [*command, f"--root={tmp_path}", "upscaled.conf"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0
        assert not [line for line in done.stderr.splitlines() if not line.startswith("Creating")]

    shared, state = tmp_path / "srv/upscaled", tmp_path / "var/lib/upscaled"
    assert stat.S_IMODE(shared.stat().st_mode) == 0o2775
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert f"upscaled:x:{state.stat().st_uid}:" in (tmp_path / "etc/passwd").read_text()


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
