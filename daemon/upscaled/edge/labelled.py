"""
A folder of pictures laid out as label/file: what is in it, and what is passed over and why.

Only reads names; opens nothing and writes nothing. Does not know what a label means.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from upscaled.core.litter import is_litter, is_litter_folder
from upscaled.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file that may be a picture."""

    path: Path
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something that is not judged, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that lies in such a folder, in the order of its names."""

    files: tuple[File, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    """Sentences on folders whose files do not count."""


def find(root: Path, labels: Collection[str]) -> Found:
    """
    Return what lies in `root`; links are followed.

    Raises `UsageError` where it is no folder, cannot be read, or has no folder of a known label.
    """
    known = "the known labels are " + ", ".join(labels)
    if not root.is_dir():
        there = "is no folder" if root.exists() else "is not there"
        raise UsageError(f"{root} {there}", "name a folder laid out as label/file")
    found: list[File | Skipped | str] = []
    seen = False
    for entry in _entries(root):
        if entry.is_dir() and entry.name in labels:
            seen = True
            found += _in_label(entry)
        else:
            found.append(_beside_labels(entry, known))
    if not seen:
        raise UsageError(
            f"{root} has no folder named after a label",
            f"put the pictures into folders named after what they are; {known}",
        )
    return Found(
        files=tuple(one for one in found if isinstance(one, File)),
        skipped=tuple(one for one in found if isinstance(one, Skipped)),
        warnings=tuple(one for one in found if isinstance(one, str)),
    )


def _beside_labels(entry: Path, known: str) -> Skipped | str:
    if not entry.is_dir():
        hidden = is_litter(entry.name)
        return Skipped(path=entry, reason="hidden" if hidden else "not in a label's folder")
    if is_litter_folder(entry.name):
        return Skipped(path=entry, reason="hidden")
    files = sum(not is_litter(one.name) for one in _entries(entry))
    if not files:
        return f"{entry} is passed over: it is empty, and its name is no label"
    held = "1 file" if files == 1 else f"{files} files"
    return f"{entry} is passed over with {held}: its name is no label; {known}"


def _in_label(folder: Path) -> Iterator[File | Skipped]:
    for entry in _entries(folder):
        if is_litter(entry.name):
            yield Skipped(path=entry, reason="hidden")
        elif entry.is_dir():
            yield Skipped(path=entry, reason="a folder inside a label's folder")
        elif entry.exists() and not entry.is_file():
            yield Skipped(path=entry, reason="no regular file")
        else:  # a link that leads nowhere too: it was meant as a picture
            yield File(path=entry, label=folder.name)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be read: {error.strerror}", "check its permissions"
        ) from error
