"""The service under its own unit's sandbox, put on without systemd; its workers are in it, too."""

import json
import os
import re
import resource
import shlex
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from manager import Ear
from place import PLAY_KEY, REPOSITORY, photo, sha256
from sandbox.__main__ import STUDIO
from sandbox.unit import OF_SYSTEMD, Settings, service_of
from standin import Options, Standin
from upscaled.edge.pictures.child import Limits

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

UNIT = REPOSITORY / "systemd" / "upscaled.service"
UID = 64321
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up its rights")
SHARED, STATE = "/srv/upscaled", "/var/lib/upscaled"


class Boxed:
    """A server's folders in a test's own, and processes in the unit's sandbox on them."""

    def __init__(self, folder: Path) -> None:
        self.shared, self.state = folder / "srv", folder / "state"
        self.etc, self.credentials = folder / "etc", folder / "credentials"
        for one in (self.shared, self.state, self.etc, self.credentials):
            one.mkdir()
        for one in (self.shared, self.state):
            os.chown(one, UID, UID)
        self.shared.chmod(0o2775)
        self.state.chmod(0o700)
        (self.credentials / "fal_key").write_text(PLAY_KEY)
        os.chown(self.credentials / "fal_key", UID, UID)
        (self.credentials / "fal_key").chmod(0o400)
        self.folders = {
            SHARED: str(self.shared),
            STATE: str(self.state),
            "/etc/upscaled": str(self.etc),
            "/opt/upscaled": str(REPOSITORY),
            "/run/credentials/unit": str(self.credentials),
        }

    def command(self, *words: str) -> list[str]:
        """Return a command line that puts the sandbox on another one."""
        into = ["unshare", "--mount", "--uts", "--propagation", "private", sys.executable]
        box = ["-m", "sandbox", str(UNIT), json.dumps(self.folders), str(REPOSITORY), "--"]
        return [*into, *box, *words]

    def configure(self, fal: Standin) -> None:
        """Write the server's shipped configuration, with the stand-in's addresses for fal's."""
        text = (REPOSITORY / "systemd" / "config.toml").read_text()
        for name in ("queue_url", "rest_url", "cdn_url", "api_url"):
            text = re.sub(
                f'^{name} = ".*"$', f'{name} = "{getattr(fal, name)}"', text, flags=re.MULTILINE
            )
        text = text.replace("# settle_seconds = 3.0", "settle_seconds = 0.3")
        for key, value in {"group": STUDIO, "file_mode": "0640", "folder_mode": "2750"}.items():
            text, found = re.subn(f'^{key} = ""', f'{key} = "{value}"', text, flags=re.MULTILINE)
            assert found == 1, key
        (self.etc / "config.toml").write_text(text)

    @property
    def environment(self) -> dict[str, str]:
        """Return what systemd would leave of an environment, and where the helper lies."""
        kept = {"PATH": "/usr/bin:/bin:/usr/sbin", "LANG": "C.UTF-8"}
        return kept | {"PYTHONPATH": str(REPOSITORY / "tests"), "HOME": STATE}


@pytest.fixture
def box(tmp_path: Path) -> Boxed:
    """Make the folders where the sandbox's user may pass, which pytest's own are not."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)
    return Boxed(tmp_path)


def test_every_setting_of_the_unit_is_put_into_effect_or_is_systemds_own() -> None:
    settings = service_of(UNIT)

    assert len(settings) > 40
    assert set(OF_SYSTEMD) <= set(settings)  # nothing stands in that list for nothing
    with pytest.raises(NotImplementedError):
        Settings({"ProtectSystem": ["full"]}).one("ProtectSystem", "strict")


@AS_ROOT
def test_in_the_sandbox_nothing_goes_that_the_unit_forbids(box: Boxed) -> None:
    probe = [sys.executable, "-m", "sandbox.probe", STATE, SHARED, "/opt/upscaled"]

    done = subprocess.run(
        box.command(*probe), env=box.environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    refused = {name: error for name, error in told["attempts"].items() if error}
    assert refused == {
        "write /usr": "EROFS",
        "write /etc": "EROFS",
        "write the checkout": "EROFS",
        "write /var": "EROFS",
        "list /root": "EACCES",
        "a packet socket": "EAFNOSUPPORT",
        "a name space": "EPERM",
        "writable code": "EPERM",
        "a set-group bit": "EPERM",
        "somebody else's group": "EPERM",
        "another root": "EPERM",
        "to be root": "EPERM",
        "real time": "EPERM",
        "process 1": "ENOENT",
        "the kernel's settings": "ENOENT",
        "a disk": "ENOENT",
    }
    assert told["files"] == min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    boxed(told["status"])


def boxed(status: dict[str, str]) -> None:
    """Assert of a process's status that it is nobody, has no rights, and is filtered."""
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(UID)}
    assert {status[key] for key in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@AS_ROOT
def test_pictures_come_through_fal_and_a_worker_s_limits_hold_under_the_unit(box: Boxed) -> None:
    (start,) = service_of(UNIT)["ExecStart"]
    with (
        Standin(box.state.parent / "fal", Options(keys=(PLAY_KEY,))) as fal,
        Ear(f"@upscaled-sandbox-{os.getpid()}") as ear,
        (box.state.parent / "log").open("wb") as log,
    ):
        box.configure(fal)
        environment = box.environment | {"NOTIFY_SOCKET": ear.address}
        environment.pop("PYTHONPATH")
        daemon = subprocess.Popen(
            box.command(*shlex.split(start)),
            env=environment | {"PYTHONPATH": str(REPOSITORY / "tests")},
            stderr=log,
        )
        try:
            ear.until("READY", "1")
            boxed(status_of(daemon.pid))
            sources = dropped(box)
            # One that has only just been started has its memory bounded a moment later.
            boxed(status_of(until(lambda: bounded_worker(daemon.pid), daemon)))
            for path in sources:
                until(lambda path=path: (box.shared / "archive" / path).exists(), daemon)
            os.kill(daemon.pid, signal.SIGHUP)
            ear.until("RELOADING", "1")
            ear.until("READY", "1")
            ear.until("WATCHDOG", "1")
            daemon.terminate()
            assert daemon.wait(15) == 0
        finally:
            daemon.kill()
            daemon.wait()
        ledger = fal.ledger()

    said = (box.state.parent / "log").read_text()
    assert '"ok"' not in said or "config_refused" not in said
    assert (ledger["accepted"], ledger["duplicates"], ledger["violations"]) == (2, {}, [])
    for path, (before, result, size) in sources.items():
        assert sha256(box.shared / "archive" / path) == before
        delivered = box.shared / "outbox" / result
        with Image.open(delivered) as image:
            image.load()
            assert image.size == size
        assert whose(delivered) == (UID, STUDIO, 0o640)
        assert whose(delivered.parent) == (UID, STUDIO, 0o2750)
    assert "not_given_to_results" not in said
    assert PLAY_KEY not in said


def whose(path: Path) -> tuple[int, int, int]:
    """Return a file's owner, group and mode."""
    found = path.stat()
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


def dropped(box: Boxed) -> dict[str, tuple[str, str, tuple[int, int]]]:
    """Drop a screen's, a sheet's and a local picture as a colleague of the group would."""
    wanted = {
        "hd/a.jpg": ((1200, 800), "hd/a.png", (1920, 1280)),
        "print-a5-bleed3/b.png": ((1300, 920), "print-a5-bleed3/b.tif", (2551, 1819)),
        "hd-local/c.webp": ((1200, 800), "hd-local/c.png", (1920, 1280)),
    }
    made = {}
    for seed, (path, (source, result, size)) in enumerate(wanted.items()):
        picture = photo(box.shared / "inbox" / path, source, seed=seed)
        for one in (picture, picture.parent):
            os.chown(one, UID, UID)
        made[path] = sha256(picture), result, size
    return made


def bounded_worker(pid: int) -> int | None:
    """Return a worker whose private memory is bounded as the pool wants it, None where none is."""
    wanted = re.compile(rf"^Max data size +{Limits().memory_bytes} ", re.MULTILINE)
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            is_worker = "upscaled.edge.pictures.worker" in child.cmdline()
            if is_worker and wanted.search(Path(f"/proc/{child.pid}/limits").read_text()):
                return child.pid
    return None


def until(condition: Any, daemon: "subprocess.Popen[bytes]", seconds: float = 60.0) -> Any:
    """Look until a condition holds, while the daemon lives."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and daemon.poll() is None:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not come; the daemon's end is {daemon.poll()}")
