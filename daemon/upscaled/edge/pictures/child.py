"""
One supervised worker process, as the daemon sees it: ask it, kill it, hear how it died.

Knows the wire and the process, nothing of pools or pictures.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import upscaled
from upscaled.edge.pictures import wire

log = logging.getLogger(__name__)

_KEEP_LINES = 30
"""Of one job's stderr: so many are logged, and the last so many kept."""
_LINE_CHARS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one worker may use."""

    memory_bytes: int = 1_500_000_000
    """Private memory (RLIMIT_DATA, Linux only); 0 is no limit."""
    timeout_seconds: float = 900.0
    """For one job."""
    jobs: int = 40
    """A worker is replaced after so many: libvips grows from 83 to 353 MB over ten large ones."""
    idle_seconds: float = 60.0
    niceness: int = 5


class Died(Exception):
    """The worker ended before it answered; says how."""


class Expired(Exception):
    """The worker was killed because its job took longer than it may."""


class Child:
    """A running worker. One job at a time; not shared between threads."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.jobs = 0
        self.idle_since = 0.0
        self.busy = False
        self.expired = False
        self._process = process
        self._heard = 0
        self._tail: deque[str] = deque(maxlen=_KEEP_LINES)
        self._ear = threading.Thread(target=self._hear, name="worker stderr", daemon=True)
        self._ear.start()

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Is it fit for a next job?"""
        return not self.busy and not self.expired and self._process.poll() is None

    def ask(
        self,
        task: str,
        arguments: Mapping[str, Any],
        progress: Callable[[float], None],
        seconds: float,
    ) -> Any:
        """
        Have one job done and return its result.

        Raises the job's own error from `upscaled.errors`, `Died`, or `Expired` after `seconds`.
        """
        self.busy = True
        self.jobs += 1
        self._heard = 0
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            self._send({"task": task, "arguments": arguments})
            answer = self._answer(progress)
        finally:
            timer.cancel()
        self.busy = False
        if "error" in answer:
            raise wire.unpack(answer["error"])
        return answer["result"]

    def kill(self) -> None:
        """End it at once; harmless where it has ended."""
        self._process.kill()

    def end(self) -> None:
        """End it, wait for it and close its pipes."""
        self._process.kill()
        self._process.wait()
        self._ear.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                _close(pipe)

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._process.stdin.write(wire.encode(message))  # type: ignore[union-attr] # a pipe
        except OSError as error:
            raise self._death() from error

    def _answer(self, progress: Callable[[float], None]) -> dict[str, Any]:
        for line in self._process.stdout:  # type: ignore[union-attr] # opened as a pipe
            # A line without its end was cut off by the worker's death.
            if not line.endswith(b"\n"):
                break
            message = wire.decode(line)
            if "progress" not in message:
                return message
            progress(message["progress"])
        raise self._death()

    def _death(self) -> Died | Expired:
        code = self._process.wait()
        if self.expired:
            return Expired()
        self._ear.join()
        said = f"; it said: {self._tail[-1]}" if self._tail else ""
        return Died(f"{_how(code)}{said}")

    def _expire(self) -> None:
        self.expired = True
        self.kill()

    def _hear(self) -> None:
        # Read to the end and bounded: a worker never blocks on a full pipe, nor fills our memory.
        while line := self._process.stderr.readline(65536):  # type: ignore[union-attr] # a pipe
            text = line.decode(errors="replace").rstrip()[:_LINE_CHARS]
            self._tail.append(text)
            self._heard += 1
            if self._heard <= _KEEP_LINES:
                log.warning("worker %d: %s", self.pid, text)


def start(limits: Limits, tasks: str, scratch: Path | None) -> Child:
    """Start a worker. It dies with the calling *thread*, so call from one that lives on."""
    command = [sys.executable, "-P", "-m", "upscaled.edge.pictures.worker"]
    words = (str(os.getpid()), str(limits.memory_bytes), str(limits.niceness), tasks)
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [*command, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env=_environment(scratch),
    )
    return Child(process)


def _environment(scratch: Path | None) -> dict[str, str]:
    """Only what a worker needs: a secret in the daemon's environment never reaches it."""
    passed = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")
    here = str(Path(upscaled.__file__).resolve().parents[1])
    paths = [here, os.environ.get("PYTHONPATH", "")]
    return {
        **{name: os.environ[name] for name in passed if name in os.environ},
        **({"TMPDIR": str(scratch)} if scratch else {}),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUNBUFFERED": "1",
        "VIPS_CONCURRENCY": "2",
        "VIPS_DISC_THRESHOLD": "64m",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _how(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        log.debug("a dead worker's pipe was closed")
