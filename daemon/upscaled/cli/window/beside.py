"""
The window beside the daemon: a process of its own, started again when it ends, never waited for.

Whatever happens to it, the conductor goes on: it shares nothing with us but the ledger.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import structlog

from upscaled.cli.window.verb import WITH_PARENT, is_open
from upscaled.core.settings import Settings

log = structlog.get_logger()

AGAIN_SECONDS = (1.0, 60.0)
"""How long after its end it is started again: at first, at most."""
WELL_SECONDS = 60.0
"""Who lived so long begins with the first pause again."""
END_SECONDS = 3.0


@contextmanager
def window_beside(settings: Settings, config: Path) -> Iterator[Callable[[], None]]:
    """
    Keep a window open while the daemon works, where one is asked for.

    Yields what has it begin anew, with the configuration that holds then.
    """
    if not is_open(settings):
        yield lambda: None
        return
    keeper = _Keeper(config)
    thread = Thread(target=keeper.keep, name="window", daemon=True)
    thread.start()
    try:
        yield keeper.again
    finally:
        keeper.end()
        thread.join(END_SECONDS + 1)


class _Keeper:
    def __init__(self, config: Path) -> None:
        self._command = [sys.executable, "-m", "upscaled", "--config", str(config), "window"]
        self._ended = Event()
        self._anew = Event()
        self._child: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        pause, clock = AGAIN_SECONDS[0], time.monotonic
        while not self._ended.is_set():
            began = clock()
            try:
                code = self._once()
            except OSError as error:
                log.warning("window_not_started", reason=str(error))
                code = -1
            if self._ended.is_set():
                return
            if self._anew.is_set():
                self._anew.clear()
                continue
            if clock() - began > WELL_SECONDS:
                pause = AGAIN_SECONDS[0]
            log.warning("window_ended", code=code, again_in=pause)
            self._ended.wait(pause)
            pause = min(AGAIN_SECONDS[1], pause * 2)

    def _once(self) -> int:
        # One heap for all threads: each further one keeps some megabytes for nothing.
        environ = {**os.environ, WITH_PARENT: "1", "MALLOC_ARENA_MAX": "1"}
        for secret in ("FAL_KEY", "FAL_ADMIN_KEY"):
            environ.pop(secret, None)  # it never asks fal for anything
        with subprocess.Popen(  # noqa: S603 - ourselves, by no word from outside
            self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environ
        ) as child:
            self._child = child
            return child.wait()

    def again(self) -> None:
        """Have it end and begin anew; does not wait."""
        child = self._child
        if child is not None and child.poll() is None:
            self._anew.set()
            child.terminate()

    def end(self) -> None:
        self._ended.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
