"""Folders whose files stay where they are, and why: one answer for the daemon and the commands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from upscaled.core.folders import Grammar, UnknownFolder
from upscaled.core.folders import Target as Aim

_NO_TARGET = (
    "move the files that lie directly in here into a folder that names a target, for example 4k "
    "or print-a3"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """One such folder, relative to its inbox; empty for the inbox itself."""

    path: str
    token: str
    hint: str
    files: int


def folder_of(path: str) -> str:
    """Return the folder of a file, empty for the inbox itself."""
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def closed_strays(closed: Iterable[str]) -> tuple[Stray, ...]:
    """Return the strays that are folders which may not be read."""
    hint = "this folder may not be read; give the service's user the right to read and write in it"
    return tuple(Stray(path=path, token="", hint=hint, files=0) for path in closed)


def find_strays(
    grammar: Grammar, folders: Iterable[str], held: Mapping[str, int]
) -> tuple[Stray, ...]:
    """
    Return what is not understood in an inbox, given its folders, relative, and their files' number.

    A name without files is at fault only where it is a slip of a target's and leads to none.
    """
    held = {folder: files for folder, files in held.items() if files}
    every = set(folders) | set(held)
    leads = _leading(grammar, every) - set(held)
    found: dict[str, Stray] = {}
    for folder in sorted(every - leads):
        place = grammar.resolve(folder, holds_files=folder in held)
        if isinstance(place, UnknownFolder):
            known = found.get(place.path)
            count = held.get(folder, 0) + (known.files if known else 0)
            found[place.path] = Stray(
                path=place.path, token=place.token, hint=place.hint, files=count
            )
        elif not isinstance(place, Aim) and folder in held:
            found[folder] = Stray(path=folder, token="", hint=_NO_TARGET, files=held[folder])
    return tuple(found[path] for path in sorted(found))


def _leading(grammar: Grammar, folders: set[str]) -> set[str]:
    """Return the empty parents of folders that name a target."""
    leads: set[str] = set()
    for folder in folders:
        if isinstance(grammar.resolve(folder), Aim):
            leads |= {str(parent) for parent in PurePosixPath(folder).parents}
    return {folder for folder in leads & folders if not isinstance(grammar.resolve(folder), Aim)}
