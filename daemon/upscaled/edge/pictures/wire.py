"""
How the daemon and a worker talk: one JSON object a line, over the worker's stdin and stdout.

To the worker: `{"task": name, "arguments": {...}}`. Back: any number of `{"progress": 0..1}`, then
one `{"result": ...}` or `{"error": {"class": name, "fields": {...}}}`. Knows no task.
"""

import json
from collections.abc import Mapping
from typing import Any

from upscaled import errors
from upscaled.errors import UpscaledError


def encode(message: Mapping[str, Any]) -> bytes:
    """Return a message as one line of bytes."""
    return json.dumps(message, ensure_ascii=True).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Return the message of one line; raises ValueError where it is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is an object")  # noqa: TRY004 - a bad value on the wire
    return message


def pack(error: UpscaledError) -> dict[str, Any]:
    """Return one of our errors as class name and fields."""
    return {"class": type(error).__name__, "fields": vars(error)}


def unpack(packed: Mapping[str, Any]) -> UpscaledError:
    """Rebuild an error from `pack`; its fields are its constructor's parameters."""
    kind: type[UpscaledError] = getattr(errors, packed["class"])
    return kind(**packed["fields"])
