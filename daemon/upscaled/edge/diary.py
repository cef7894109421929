"""A file that only grows: one JSON object a line, each durable before the next one."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONFIG_CHANGES = "config-changes.jsonl"
"""In the state directory: which keys changed, from what to what, and when that came into force."""


def append(path: Path, line: Mapping[str, Any]) -> None:
    """Add a line; raises `OSError`. A half line that a crash left is closed first."""
    with _opened(path) as handle:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        text = json.dumps(line, ensure_ascii=False, sort_keys=False)
        os.write(handle, b"\n" * torn + f"{text}\n".encode(errors="surrogateescape"))
        os.fsync(handle)


def last(path: Path, count: int) -> list[Any]:
    """Return the last lines, the oldest of them first; what is no JSON is passed over."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in reversed(lines):
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
        if len(found) == count:
            break
    return found[::-1]


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
