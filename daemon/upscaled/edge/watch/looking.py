"""
What lies in an inbox: one folder after the other, in parts of a bounded size.

A folder's look says all that lies directly in it; what is not in a whole look has left. Nothing is
remembered here, so that a hundred thousand files take no more memory than one part.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from upscaled.core.causes import outage
from upscaled.core.litter import is_litter, is_litter_folder, is_ours
from upscaled.core.tickets import picture_of
from upscaled.errors import Outage
from upscaled.nouns import Sighting, Wishes

PART = 1000
"""Files in one part of a look."""


@dataclass(slots=True, kw_only=True)
class Look:
    """What lies directly in one folder, or a part of it."""

    folder: str
    """Relative, with `/`; empty for the inbox itself."""
    sightings: list[Sighting] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    """Sub-folders that are not litter, relative to the inbox."""
    odd: list[str] = field(default_factory=list)
    """What stays where it is, a sentence each: links, names that are no valid UTF-8."""
    slips: list[str] = field(default_factory=list)
    """The names of tickets."""
    tickets: dict[str, Wishes] = field(default_factory=dict)
    """What they say, by the name of their picture; whoever looks reads them."""
    closed: bool = False
    """It may not be read: nothing is concluded about what lies in it."""
    gone: bool = False
    """It is not there any more."""
    last: bool = True
    """No further part of this folder follows."""


def looks(inbox: Path, watch: int, folder: str = "") -> Iterator[Look]:
    """
    Yield what lies in a folder, part by part.

    A link is not followed. Raises `Outage` where the folder does not answer, or where the inbox
    itself may not be read.
    """
    try:
        entries = os.scandir(inbox / folder)
    except (FileNotFoundError, NotADirectoryError):
        yield Look(folder=folder, gone=True)
        return
    except PermissionError as error:
        if not folder:
            raise Outage(f"{inbox} may not be read", hold="share") from error
        yield Look(folder=folder, closed=True)
        return
    except OSError as error:
        raise outage(inbox / folder, error) from error
    with entries:
        yield from _parts(entries, watch, folder)


@dataclass(slots=True, kw_only=True)
class Survey:
    """What a whole inbox holds, without remembering its files."""

    folders: dict[str, int] = field(default_factory=dict)
    """The number of files directly in each folder."""
    odd: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


def survey(inbox: Path) -> Survey:
    """Look into every folder of an inbox. Raises `Outage` as `looks` does."""
    found, queue = Survey(), [""]
    while queue:
        for part in looks(inbox, 0, queue.pop()):
            if part.gone:
                continue
            found.folders[part.folder] = found.folders.get(part.folder, 0) + len(part.sightings)
            found.odd += part.odd
            found.closed += [part.folder] if part.closed else []
            queue += part.inside
    return found


def _parts(entries: Iterable["os.DirEntry[str]"], watch: int, folder: str) -> Iterator[Look]:
    part = Look(folder=folder, last=False)
    try:
        for entry in entries:
            relative = f"{folder}/{entry.name}" if folder else entry.name
            _meet(part, entry, watch, relative)
            if len(part.sightings) >= PART:
                yield part
                part = Look(folder=folder, last=False)
    except PermissionError:
        part.closed = True  # it may be listed and not entered: nothing in it can be asked about
    except OSError as error:
        raise outage(folder or "the inbox", error) from error
    part.last = True
    yield part


def _meet(part: Look, entry: "os.DirEntry[str]", watch: int, relative: str) -> None:
    """Sort one entry of a folder."""
    if not _is_text(entry.name):
        shown = relative.encode(errors="backslashreplace").decode()
        part.odd.append(f"{shown}: its name is no valid UTF-8; rename it")
    elif entry.is_dir(follow_symlinks=False):
        part.inside += [] if is_litter_folder(entry.name) else [relative]
    elif is_litter(entry.name):
        pass
    elif is_ours(entry.name):
        part.slips += [entry.name] if picture_of(entry.name) else []
    elif entry.is_symlink():
        part.odd.append(f"{relative}: a link, and links are not followed; put the file itself")
    else:
        with suppress(FileNotFoundError):  # it left between the listing and the look
            part.sightings += _sighting(entry.stat(follow_symlinks=False), watch, relative)


def look(
    inbox: Path, watch: int, paths: Iterable[str], *, opening: bool = False
) -> tuple[Sighting, ...]:
    """
    Look again at single files; those that left are simply not in the answer.

    With `opening` each is opened first: an NFS client may answer a bare stat from its memory, up to
    a minute old, and asks the server only when a file is opened.
    """
    seen: list[Sighting] = []
    for path in paths:
        with suppress(PermissionError, FileNotFoundError, NotADirectoryError):
            try:
                seen += _sighting(_stat(inbox / path, opening=opening), watch, path)
            except (PermissionError, FileNotFoundError, NotADirectoryError):
                raise  # only a folder's whole look may conclude from that
            except OSError as error:
                raise outage(inbox / path, error) from error
    return tuple(seen)


def _stat(path: Path, *, opening: bool) -> os.stat_result:
    if not opening or not stat.S_ISREG((known := path.lstat()).st_mode):
        return path.lstat()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError:
        return known  # reading it will say what is wrong
    try:
        return os.fstat(handle)
    finally:
        os.close(handle)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _sighting(found: os.stat_result, watch: int, relative: str) -> list[Sighting]:
    if not stat.S_ISREG(found.st_mode):
        return []
    return [
        Sighting(
            watch=watch,
            path=relative,
            size=found.st_size,
            mtime_ns=found.st_mtime_ns,
            inode=found.st_ino,
        )
    ]
