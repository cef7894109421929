"""
The window beside the daemon: a process of its own, begun when somebody comes, never waited for.

Whatever happens to it, the conductor goes on: it shares nothing with us but the ledger. Here is
only the socket that the first visitor knocks at; while nobody looks it costs nothing.
"""

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread

import structlog

from upscaled.cli.window.verb import BESIDE, LEAN, window_faults
from upscaled.core.settings import Settings
from upscaled.core.settings_types import Address
from upscaled.edge.web.listening import address_of, bind
from upscaled.errors import Fatal

log = structlog.get_logger()

AGAIN_SECONDS = (1.0, 60.0)
"""How long after a fault it is started again: at first, at most."""
WELL_SECONDS = 60.0
"""Who lived so long begins with the first pause again."""
END_SECONDS = 3.0
KNOCK_SECONDS = 0.5
"""How soon an end is noticed while nobody comes."""
BACKLOG = 64


class Beside:
    """What the daemon may tell a window; none is there unless one is asked for."""

    def again(self) -> None:
        """Have it begin anew, with the configuration that holds then; does not wait."""

    def leave(self) -> None:
        """Have it end; does not wait."""


@contextmanager
def window_beside(settings: Settings, config: Path) -> Iterator[Beside]:
    """Keep a window open while the daemon works, where one is asked for."""
    if settings.web.listen is None:
        yield Beside()
        return
    for fault in window_faults(settings, config):
        log.warning("window_would_not_open", reason=fault.hint)
    keeper = _Keeper(settings.web.listen, config)
    thread = Thread(target=keeper.keep, name="window", daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        keeper.end()
        thread.join(END_SECONDS + 1)


class _Keeper(Beside):
    def __init__(self, address: Address, config: Path) -> None:
        self._address = address
        self._command = [sys.executable, "-m", "upscaled", "--config", str(config), "window"]
        self._ended = Event()
        self._anew = Event()
        self._starting = Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        pause, clock = AGAIN_SECONDS[0], time.monotonic
        while not self._ended.is_set():
            began = clock()
            code = self._once()
            if self._ended.is_set() or code == 0:
                continue
            if clock() - began > WELL_SECONDS:
                pause = AGAIN_SECONDS[0]
            log.warning("window_ended", code=code, again_in=pause)
            self._ended.wait(pause)
            pause = min(AGAIN_SECONDS[1], pause * 2)

    def _once(self) -> int:
        """Wait for visitors and serve them, again and again; return how it ended otherwise."""
        try:
            with bind(self._address.host, self._address.port) as listening:
                listening.listen(BACKLOG)
                log.info("window_open", address=address_of(listening))
                code = 0
                while code == 0 and not self._ended.is_set():
                    if select.select([listening], [], [], KNOCK_SECONDS)[0]:
                        code = self._served(listening)
                    if self._anew.is_set():
                        self._anew.clear()
                        code = 0
                return code
        except (OSError, Fatal) as error:
            log.warning("window_not_started", reason=str(error))
            return -1

    def _served(self, listening: socket.socket) -> int:
        handle = listening.fileno()
        environ = {**os.environ, **LEAN, BESIDE: str(handle)}
        for secret in ("FAL_KEY", "FAL_ADMIN_KEY"):
            environ.pop(secret, None)  # it never asks fal for anything
        with self._starting:
            if self._ended.is_set():
                return 0
            self._child = subprocess.Popen(  # noqa: S603 - ourselves, by no word from outside
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=environ,
                pass_fds=[handle],
            )
        with self._child as child:
            return child.wait()

    def again(self) -> None:
        child = self._child
        if child is not None and child.poll() is None:
            self._anew.set()
            child.terminate()

    def leave(self) -> None:
        self._ended.set()
        with self._starting, suppress(OSError):
            if self._child is not None and self._child.poll() is None:
                self._child.terminate()

    def end(self) -> None:
        self.leave()
        if self._child is not None:
            try:
                self._child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
