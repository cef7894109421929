"""A share on FUSE in a test's hands: mounted, taken away, hung, made to fail; waits are bounded."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from place import REPOSITORY

SERVER = REPOSITORY / "tests" / "fuse_server.py"


class Mounted:
    """What lies in `source`, mounted at `at`."""

    def __init__(self, source: Path, at: Path) -> None:
        self.source, self.at = source, at
        self.control = source.with_name(f"{source.name}.control")
        self._server: subprocess.Popen[bytes] | None = None
        source.mkdir(parents=True, exist_ok=True)
        at.mkdir(parents=True, exist_ok=True)
        self.mend()

    def mount(self) -> None:
        """Mount it, and wait until it is there."""
        log = self.source.with_name(f"{self.source.name}.log").open("ab")
        command = [sys.executable, str(SERVER), str(self.source), str(self.at), str(self.control)]
        with log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 15
        while not self.is_mounted():
            assert self._server.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < until, "it was not mounted in time"
            time.sleep(0.02)

    def is_mounted(self) -> bool:
        """Say whether it is in the mount table; asks no server."""
        return f" {self.at} " in Path("/proc/self/mountinfo").read_text()

    def take_away(self) -> None:
        """Unmount it, whoever has it open."""
        self.go_on()
        lazily = ["fusermount3", "-u", "-z", str(self.at)]
        subprocess.run(lazily, timeout=10, check=False, capture_output=True)
        if self._server is not None:
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(3)
            self._server.kill()
            self._server.wait(10)
        self._server = None

    def hang(self) -> None:
        """Stop its server: whoever asks waits."""
        assert self._server is not None
        os.kill(self._server.pid, signal.SIGSTOP)
        status = Path(f"/proc/{self._server.pid}/status")
        while "\nState:\tT" not in status.read_text():
            time.sleep(0.01)

    def go_on(self) -> None:
        """Let its server go on."""
        if self._server is not None and self._server.poll() is None:
            os.kill(self._server.pid, signal.SIGCONT)

    def fail(self, name: str, *only: str, below: str = "/") -> None:
        """Let every operation fail with this error, or only these, or only below a path."""
        self._tell({"errno": name, "below": below} | ({"only": list(only)} if only else {}))

    def mend(self) -> None:
        """Let nothing fail."""
        self._tell({})

    def struck(self, name: str) -> int:
        """Return how often an operation has failed with this error."""
        path = self.control.with_name(f"{self.control.name}.struck")
        lines = path.read_text().splitlines() if path.exists() else []
        return sum(line.startswith(f"{name} ") for line in lines)

    def _tell(self, told: dict[str, object]) -> None:
        part = self.control.with_name(f"{self.control.name}.part")
        part.write_text(json.dumps(told))
        part.replace(self.control)
