"""The daemon's own folders, which nobody else writes into: what lies there, made and let go of."""

import os
import shutil
from pathlib import Path

from upscaled.edge.disk.renaming import sync_folder
from upscaled.edge.disk.translating import translated


def make_folder(folder: Path) -> None:
    """Make a private working folder, where it is missing."""
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)


def mark(path: Path) -> None:
    """Make an empty private file, durable before this returns."""
    with translated(path):
        with path.open("wb") as file:
            os.fsync(file.fileno())
        sync_folder(path.parent)


def lend(source: Path, to: Path) -> None:
    """Give a private file a second name, by a link where the file system has them."""
    make_folder(to.parent)
    with translated(to):
        part = to.with_name(f"{to.name}.part")
        part.unlink(missing_ok=True)
        try:
            os.link(source, part)
        except OSError:
            shutil.copyfile(source, part)
        part.replace(to)


def prune(folder: Path, before: float) -> None:
    """Remove from a private folder what is older than this second of the wall clock."""
    with translated(folder):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.stat().st_mtime >= before:
                continue
            if path.is_dir():
                clear(path)
            else:
                path.unlink(missing_ok=True)


def names(folder: Path) -> tuple[str, ...]:
    """Return the names in a private folder, none where it is missing."""
    with translated(folder):
        found = folder.iterdir() if folder.is_dir() else ()
        return tuple(sorted(path.name for path in found))


def words(path: Path) -> str:
    """Return what a small private file says in UTF-8, nothing where it is missing."""
    with translated(path):
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each file in a private folder by name, none where it is missing."""
    with translated(folder):
        found = folder.iterdir() if folder.is_dir() else ()
        return {path.name: path.stat().st_size for path in found}


def content(path: Path) -> bytes:
    """Return a small private file, nothing where it is missing."""
    with translated(path):
        return path.read_bytes() if path.is_file() else b""


def drop(path: Path) -> None:
    """Remove one of our own working files, if it is there."""
    with translated(path):
        path.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove a private working folder with all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)
