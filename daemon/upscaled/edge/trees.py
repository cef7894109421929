"""
Files below folders that we know, opened without following a link that somebody laid there.

The folders themselves may be reached through links: those stand in the configuration. What lies in
them was put there by whoever may write on a share.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Trees:
    """Some folders, and nothing outside of them."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self._roots = sorted(set(roots), key=lambda one: -len(one.parts))  # the nearest first

    def read(self, path: Path, most: int) -> bytes | None:
        """Return a file of at most `most` bytes; None where it is none, or not in these folders."""
        with self._opened(path) as handle:
            if handle is None or os.fstat(handle).st_size > most:
                return None
            with open(handle, "rb", closefd=False) as file:
                return file.read(most)

    def holds(self, path: Path) -> bool:
        """Say whether a regular file is there, reached through no link below its folder."""
        with self._opened(path) as handle:
            return handle is not None

    @contextmanager
    def _opened(self, path: Path) -> Iterator[int | None]:
        handles: list[int] = []
        try:
            yield self._walked(path, handles)
        finally:
            for one in handles:
                os.close(one)

    def _walked(self, path: Path, handles: list[int]) -> int | None:
        """Open folder by folder, so that none can be exchanged meanwhile."""
        root = next((one for one in self._roots if path.is_relative_to(one)), None)
        parts = path.relative_to(root).parts if root else ()
        if not root or not parts or ".." in parts:
            return None
        try:
            handles.append(os.open(root, _FOLDER & ~os.O_NOFOLLOW))
            for part in parts[:-1]:
                handles.append(os.open(part, _FOLDER, dir_fd=handles[-1]))
            handles.append(os.open(PurePath(parts[-1]), _FILE, dir_fd=handles[-1]))
        except OSError:
            return None
        return handles[-1] if stat.S_ISREG(os.fstat(handles[-1]).st_mode) else None
