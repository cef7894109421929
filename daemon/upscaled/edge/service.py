"""
The service manager begins here: systemd's sd_notify(3), one datagram on $NOTIFY_SOCKET a message.

Silent where nobody listens. Our own lines instead of a library's: the protocol is `KEY=value`.
"""

import os
import socket
import time
from collections.abc import MutableMapping

import structlog

log = structlog.get_logger()

_ONE_LINE = str.maketrans({"\n": " ", "\r": " ", "\0": " "})
"""A line break in a file's name must not become an assignment of its own."""
WORDS_CHARS = 300


class Service:
    """
    Whoever started us and wants to be told.

    `address` is a path, or `@name` in the abstract name space; None where nobody wants to.
    `watchdog_seconds` is within how long a sign of life is expected, None where none is.
    """

    def __init__(self, address: str | None = None, watchdog_seconds: float | None = None) -> None:
        self.watchdog_seconds = watchdog_seconds if address else None
        self._address = address
        self._deaf = False

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "Service":
        """
        Take what systemd left in the environment, out of it: no child may speak in our name.

        A watchdog that is meant for another process is not answered.
        """
        address = environment.pop("NOTIFY_SOCKET", None)
        micros = environment.pop("WATCHDOG_USEC", "")
        meant = environment.pop("WATCHDOG_PID", "")
        if address is not None and address[:1] not in {"/", "@"}:
            log.warning("service_manager_not_told", address=address)
            address = None
        ours = meant in {"", str(os.getpid())} and micros.isdecimal() and int(micros) > 0
        return cls(address, int(micros) / 1e6 if ours else None)

    def starting(self, words: str, seconds: float) -> None:
        """Say what the start is busy with, and that it may take so long before the next word."""
        self._tell(STATUS=_line(words), EXTEND_TIMEOUT_USEC=str(int(seconds * 1e6)))

    def ready(self, words: str) -> None:
        """Say that the start, or a reload, is complete."""
        self._tell(READY="1", STATUS=_line(words))

    def says(self, words: str) -> None:
        """Say in plain words what goes on."""
        self._tell(STATUS=_line(words))

    def alive(self) -> None:
        """Give a sign of life."""
        self._tell(WATCHDOG="1")

    def reloading(self) -> None:
        """Say that the configuration is read again; `ready` ends it."""
        stamp = str(time.monotonic_ns() // 1000)  # CLOCK_MONOTONIC, which notify-reload compares
        self._tell(RELOADING="1", MONOTONIC_USEC=stamp, STATUS="Reading the configuration again.")

    def stopping(self, words: str) -> None:
        """Say that the end has begun."""
        self._tell(STOPPING="1", STATUS=_line(words))

    def _tell(self, **said: str) -> None:
        if self._address is None:
            return
        message = "\n".join(f"{key}={value}" for key, value in said.items()).encode()
        name = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(0)  # a full queue must not hold the conductor
                line.sendto(message, name)
        except OSError as error:
            self._complain(error)
        else:
            self._deaf = False

    def _complain(self, error: OSError) -> None:
        """Say once that the manager does not hear: it will end us where it needs a sign of life."""
        if not self._deaf:
            log.warning("service_manager_deaf", reason=str(error))
        self._deaf = True


def _line(words: str) -> str:
    return words.translate(_ONE_LINE)[:WORDS_CHARS]
