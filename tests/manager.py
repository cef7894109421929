"""A service manager's ear: a real datagram socket, as systemd holds it."""

import os
import socket
import time
from pathlib import Path
from typing import Self

Message = dict[str, str]
SECONDS = 20.0


class Ear:
    """Listens under a path, or under an abstract name where `address` begins with @."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.heard: list[Message] = []

    @classmethod
    def below(cls, folder: Path) -> Self:
        """Listen in a folder; a long path does not fit a socket's address, so it is named short."""
        here = os.open(folder, os.O_PATH)
        return cls(f"/proc/{os.getpid()}/fd/{here}/notify")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def next(self, seconds: float = SECONDS) -> Message:
        """Return the next message; fails where none comes."""
        self._socket.settimeout(seconds)
        text = self._socket.recv(65536).decode()
        message = dict(line.split("=", 1) for line in text.split("\n"))
        self.heard.append(message)
        return message

    def until(self, key: str, value: str | None = None) -> Message:
        """Return the first message that has a key, with this value where one is named."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:  # signs of life come on and on
            message = self.next()
            if key in message and value in {None, message[key]}:
                return message
        raise AssertionError(f"{key}={value} did not come; heard {self.heard[-20:]}")

    def is_silent(self) -> bool:
        """Say whether nothing more has come."""
        try:
            self.next(0.01)
        except TimeoutError:
            return True
        return False
