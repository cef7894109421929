"""One call and its answer, apart from sockets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from io import BufferedIOBase
from pathlib import Path
from typing import Any

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    stream: BufferedIOBase
    length: int
    args: tuple[str, ...] = ()
    """What the route's pattern found in the path."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the body; raise `ConnectionError` where it is cut short."""
        left = self.length
        while left:
            chunk = self.stream.read(min(CHUNK, left))
            if not chunk:
                raise ConnectionResetError
            left -= len(chunk)
            yield chunk

    def json(self) -> Any:
        """Return the body's JSON, None where it is none."""
        try:
            return json.loads(b"".join(self.chunks()))
        except ValueError:
            return None


@dataclass(slots=True, kw_only=True)
class Reply:
    """What is answered: JSON, bytes or a file; a fault may change all of it."""

    status: int = 200
    json: Any = None
    raw: bytes = b""
    file: Path | None = None
    start: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/json"
    cut: str = ""
    """`drop` or `hang` before anything is sent; `short`, `stall`, `corrupt` while a file is."""
    seconds: float = 30.0

    def body(self) -> bytes:
        """Return the body where it is no file."""
        if self.json is not None:
            return json.dumps(self.json).encode()
        return self.raw


def refuse(status: int, detail: object) -> Reply:
    """Return an error as fal words it."""
    return Reply(status=status, json={"detail": detail})
