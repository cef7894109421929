"""
What people put into the folders that answer: files below one folder, and what may be tidied there.

Links are not followed, hidden names and other programs' litter are not seen. Errors are those of
`upscaled.errors`.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from upscaled.core.causes import outage
from upscaled.core.litter import is_litter, is_litter_folder
from upscaled.nouns import Identity

CLOSED = Identity(size=-1, mtime_ns=0, inode=0)


def folders(root: Path) -> tuple[str, ...]:
    """Return the names of a root's own folders that begin with `_`."""
    return tuple(sorted(entry.name for entry in _entries(root) if _is_folder(entry, "_")))


def files(folder: Path) -> Iterator[tuple[str, Identity]]:
    """
    Yield each regular file below a folder: its path relative to it with `/`, and one stat.

    A folder below it that may not be read is one entry, `CLOSED`. The caller stops where it has
    seen enough. Raises `Outage` where a folder does not answer.
    """
    queue = [""]
    while queue:
        inside = queue.pop()
        if inside and not os.access(folder / inside, os.R_OK | os.X_OK):
            yield inside, CLOSED
            continue
        for entry in _entries(folder / inside):
            path = f"{inside}/{entry.name}" if inside else entry.name
            if _is_folder(entry):
                queue.append(path)
            elif (found := _identity(entry)) is not None and _is_utf8(path):
                yield path, found


def content(path: Path, most: int) -> bytes:
    """Return what a file holds, at most so many bytes; raises `Outage` where it is not readable."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise outage(path, error) from error


def tidy(folder: Path, before: float) -> None:
    """
    Remove the empty folders below a folder, never the folder itself.

    Only those that have not changed since `before`, a second of the wall clock: what was made just
    now is about to be filled.
    """
    for inside, _, _ in os.walk(folder, topdown=False):
        if Path(inside) != folder:
            with suppress(OSError):  # something lies in it, or it went by itself
                if Path(inside).stat().st_mtime < before:
                    Path(inside).rmdir()


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            yield from found
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise outage(folder, error) from error


def _is_folder(entry: "os.DirEntry[str]", begins: str = "") -> bool:
    if not entry.name.startswith(begins) or is_litter_folder(entry.name):
        return False
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError as error:
        raise outage(entry.path, error) from error


def _identity(entry: "os.DirEntry[str]") -> Identity | None:
    if is_litter(entry.name):
        return None
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise outage(Path(entry.path), error) from error
    if not stat.S_ISREG(found.st_mode):
        return None
    return Identity(size=found.st_size, mtime_ns=found.st_mtime_ns, inode=found.st_ino)


def _is_utf8(path: str) -> bool:
    """Say whether a name can be written down: what is no UTF-8 stays where it is."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
