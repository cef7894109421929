"""A studio's place in miniature: config, folders, pictures, and the real daemon as a process."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from PIL import Image

REPOSITORY = Path(__file__).parents[1]
OBSERVER = os.environ.get("UPSCALED_TEST_OBSERVER", "")
"""`make test-system` runs the whole program once more with the native observer off."""
PLAY_KEY = "test-key-of-no-account"
NOTES = ("_STATUS.txt", "_READ-ME.txt", "_SERIES.txt")
"""What stands in the folders for people to read."""


def photo(path: Path, size: tuple[int, int] = (640, 480), seed: int = 1, **save: Any) -> Path:
    """Draw something photo-like: smooth light, edges and a little grain."""
    chance = np.random.default_rng(seed)
    width, height = size
    coarse = chance.integers(0, 255, (height // 40 + 2, width // 40 + 2, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    grain = chance.normal(0, 3, (height, width, 3))
    pixels = np.clip(np.asarray(smooth, dtype=np.float32) + grain, 0, 255).astype(np.uint8)
    pixels[height // 3 : height // 2, width // 4 : width // 2] //= 2
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **save)
    return path


def sha256(path: Path) -> str:
    """Return a file's hash."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Place:
    """Folders, config and the daemon's process. Every wait is bounded."""

    def __init__(self, root: Path, **tables: dict[str, Any]) -> None:
        self.root = root
        self.config = root / "config.toml"
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith("FAL_")
        }
        self.environment["PYTHONPATH"] = str(REPOSITORY / "daemon")
        self._daemon: subprocess.Popen[bytes] | None = None
        self.configure(**tables)

    def configure(self, **tables: dict[str, Any]) -> None:
        """Write the config: quick times, the local engine, and what a test wants otherwise."""
        watch: dict[str, Any] = {"inbox": "inbox", "settle_seconds": 0.15, "patience_seconds": 60.0}
        if OBSERVER:
            watch["observer"] = OBSERVER
        values: dict[str, Any] = {
            "watch": [watch | tables.pop("watch", {})],
            "engine": {"name": "local"},
            "retry": {"first_seconds": 0.1, "max_seconds": 1.0},
        }
        self.config.write_text(tomli_w.dumps(values | tables))

    def use_fal(self, urls: dict[str, str], **tables: dict[str, Any]) -> None:
        """Point the config to a stand-in of fal, with its play key in the environment."""
        fal = {"poll_seconds": 0.05, **urls, **tables.pop("fal", {})}
        self.configure(engine={"name": "fal"}, fal=fal, **tables)
        self.environment["FAL_KEY"] = PLAY_KEY

    def path(self, relative: str) -> Path:
        """Return a path inside the place."""
        return self.root / relative

    def files(self, *folders: str) -> list[str]:
        """Return what a person sees in these folders: no hidden names, without our own notes."""
        seen = []
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*")):
                inside = path.relative_to(self.root)
                hidden = any(part.startswith(".") for part in inside.parts)
                if path.is_file() and not hidden and path.name not in NOTES:
                    seen.append(str(inside))
        return seen

    def command(self, *words: str) -> list[str]:
        """Return the command line of one verb."""
        return [sys.executable, "-m", "upscaled", "--config", str(self.config), *words]

    def ask(self, *words: str, code: int | None = 0) -> Any:
        """Run a verb with --json and return what it printed; None for an empty answer."""
        done = self.run(*words, "--json")
        assert code is None or done.returncode == code, (done.returncode, done.stderr[-3000:])
        lines = done.stdout.strip()
        return json.loads(lines) if lines else None

    def run(self, *words: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def until_idle(self, code: int = 0) -> str:
        """Run the daemon until idle; return its log."""
        done = self.run("run", "--until-idle", seconds=90.0)
        assert done.returncode == code, (done.returncode, done.stderr[-4000:])
        return done.stderr

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the daemon in its own process group and go on."""
        with (self.root / "daemon.log").open("ab") as log:
            self._daemon = subprocess.Popen(
                self.command("run"), env=self.environment, stderr=log, start_new_session=True
            )
        return self._daemon

    @property
    def pid(self) -> int:
        """Return the daemon's process id."""
        assert self._daemon is not None
        return self._daemon.pid

    def stop(self, seconds: float = 10.0) -> int:
        """Ask the daemon to end as systemd would."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGTERM)
        return self._daemon.wait(seconds)

    def kill(self, *, group: bool) -> None:
        """Pull the plug: of the main process alone, or of its whole group."""
        assert self._daemon is not None
        if group:
            os.killpg(self._daemon.pid, signal.SIGKILL)
        else:
            self._daemon.kill()
        self._daemon.wait(10)

    def end(self) -> None:
        """End what still runs."""
        if self._daemon is not None and self._daemon.poll() is None:
            self.kill(group=True)

    def wait_for(self, condition: Any, what: str, seconds: float = 30.0) -> Any:
        """Look until a condition holds; fail with what was waited for."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := condition():
                return found
            time.sleep(0.02)
        log = self.root / "daemon.log"
        raise AssertionError(
            f"{what} did not come; {log.read_text()[-3000:] if log.exists() else ''}"
        )

    def jobs(self) -> dict[str, dict[str, Any]]:
        """Return the jobs by path; the latest of each."""
        return {job["path"]: job for job in reversed(self.ask("jobs"))}
