"""
Where pictures went that were handed in: by the sidecars on the share, and by their tickets.

Looked at by name, as long as a picture lies in the inbox. Once it is gone, all in its folders that
was not read yet is read, each file once and a part at a time: a sidecar may have another name, and
where a consumer took it away the ticket still lies beside the original.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from os import DirEntry, scandir
from pathlib import Path

from upscaled.core import names
from upscaled.core.tickets import picture_of
from upscaled.edge import tickets
from upscaled.endings import Ending, Roots, places, read_ending, spellings
from upscaled.errors import UpscaledError
from upscaled.submitting import Asked

PART = 5000
"""Files that are read in one look at most: somebody waits, and a share may be slow."""
_LIKE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A job that is waited for."""

    id: str
    path: str
    """As in the inbox."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lies:
    """Where a job's ticket was found: beside its original."""

    archived: bool
    """In the archive, else in failed/."""
    original: Path


@dataclass(slots=True, kw_only=True)
class Traces:
    """What was found in the folders of one target."""

    roots: Roots
    asked: Asked
    found: dict[str, Ending] = field(default_factory=dict)
    """The endings that sidecars tell, by job."""
    lying: dict[str, Lies] = field(default_factory=dict)
    """Where tickets lie, by job."""
    _seen: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    _read: set[Path] = field(default_factory=set)

    def look(self, watched: Mapping[int, Watched]) -> None:
        """Read the sidecars that are new and may belong to one of these by their names."""
        wanted: dict[Path, set[str]] = {}
        for one in watched.values():
            for root, name in places(self.roots, self.asked.order, one.name):
                wanted.setdefault(root, set()).add(Path(name).stem[:_LIKE])
        for root, folder in self._sidecar_folders():
            stems = tuple(wanted.get(root, ()))
            for entry in _files(folder, names.SIDECAR):
                if entry.name.startswith(stems) and self._is_new(entry):
                    self._take(Path(entry.path), root)

    def search(self) -> bool:
        """Read a part of all that was not read yet; say whether nothing is left to be read."""
        part = list(islice(self._unread(), PART))
        for path, root in part:
            self._read.add(path)
            if path.name.endswith(names.SIDECAR):
                self._take(path, root)
            else:
                self._note(path)
        return len(part) < PART

    # ---- inside

    def _folders(self, root: Path) -> Iterator[Path]:
        for folder in spellings(root, self.asked.folder, self.asked.grammar):
            yield root / folder

    def _sidecar_folders(self) -> Iterator[tuple[Path, Path]]:
        """Yield root and folder wherever sidecars may stand."""
        roots = self.roots
        for root in (roots.outbox, roots.review, roots.failed):
            yield from ((root, folder) for folder in self._folders(root))
        yield from ((roots.outbox, one) for one in self._folders(roots.outbox / names.SIDECARS))

    def _unread(self) -> Iterator[tuple[Path, Path]]:
        """Yield file and root: sidecars first, they say more than where a ticket lies."""
        for root, folder in self._sidecar_folders():
            yield from ((path, root) for path in self._new_in(folder, names.SIDECAR))
        for root in (self.roots.archive, self.roots.failed):
            for folder in self._folders(root):
                yield from ((path, root) for path in self._new_in(folder, names.TICKET))

    def _new_in(self, folder: Path, end: str) -> Iterator[Path]:
        for path in (Path(entry.path) for entry in _files(folder, end)):
            if path not in self._read and path not in self._seen:
                yield path

    def _take(self, path: Path, root: Path) -> None:
        if ending := read_ending(path, root):
            self.found[ending.job] = ending

    def _note(self, path: Path) -> None:
        try:
            job_id = tickets.read(path).id
        except UpscaledError:
            return  # just leaving, or the share is away
        original = path.with_name(picture_of(path.name) or path.name)
        if job_id:
            archived = path.is_relative_to(self.roots.archive)
            self.lying[job_id] = Lies(archived=archived, original=original)

    def _is_new(self, entry: DirEntry[str]) -> bool:
        """Say whether a sidecar was not read as it is: a frame rendered again replaces its own."""
        try:
            found = entry.stat()
        except OSError:
            return False  # just leaving
        stamp = found.st_mtime_ns, found.st_size, found.st_ino
        path = Path(entry.path)
        if self._seen.get(path) == stamp:
            return False
        self._seen[path] = stamp
        return True


def _files(folder: Path, end: str) -> list[DirEntry[str]]:
    try:
        with scandir(folder) as entries:
            return [entry for entry in entries if entry.name.endswith(end)]
    except OSError:
        return []  # not made yet, or the share is away: looked at again
