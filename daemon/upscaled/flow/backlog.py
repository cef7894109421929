"""
Files that wait in their inbox for their turn: names alone, so that a hundred thousand take little.

Their rows stand in the ledger; the book holds only the jobs that move or rest on what they have
done. Folders take turns, urgent ones first; within a folder the oldest goes first. Owned by the
conductor's thread.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BATCH = 32
"""Files of one folder in one turn: more than a series needs for its sample (16)."""

Aim = tuple[int, str]
"""A watch and the folder that names the target."""


@dataclass(slots=True)
class _Line:
    urgent: bool
    folders: dict[str, dict[str, None]] = field(default_factory=dict)
    """Names by folder, in the order of their turn."""


class Backlog:
    """Who waits, by watch and target folder."""

    def __init__(self) -> None:
        self._lines: dict[Aim, _Line] = {}
        self._aims: dict[tuple[int, str], Aim] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def names(self, watch: int, folder: str) -> Iterable[str]:
        """Return the names that wait in one folder."""
        aim = self._aims.get((watch, folder))
        return self._lines[aim].folders[folder].keys() if aim else ()

    def lines(self) -> Iterator[tuple[Aim, Mapping[str, Collection[str]]]]:
        """Yield what waits: each watch and target folder, its folders and the names in each."""
        for aim, line in self._lines.items():
            yield aim, line.folders

    def holds(self, aim: Aim) -> bool:
        """Say whether anything of a target folder waits: whoever comes later queues behind it."""
        return aim in self._lines

    def add(self, aim: Aim, folder: str, name: str, *, urgent: bool) -> None:
        """Let a file wait."""
        line = self._lines.setdefault(aim, _Line(urgent))
        names = line.folders.setdefault(folder, {})
        self._aims[aim[0], folder] = aim
        self._count += name not in names
        names[name] = None

    def drop(self, watch: int, folder: str, name: str) -> bool:
        """Take a file out; say whether it was there."""
        aim = self._aims.get((watch, folder))
        if aim is None or name not in self._lines[aim].folders[folder]:
            return False
        del self._lines[aim].folders[folder][name]
        self._count -= 1
        self._tidy(aim, folder)
        return True

    def next(self, may: Callable[[Aim], bool]) -> tuple[int, list[str]]:
        """
        Take out whose turn it is: a watch and some paths of one folder, none where none may go.

        `may` says whether more of a target folder may be taken.
        """
        aims = [aim for aim in self._lines if may(aim)]
        if not aims:
            return 0, []
        aim = min(aims, key=lambda one: not self._lines[one].urgent)
        line = self._lines[aim]
        folder = next(iter(line.folders))
        names = list(line.folders[folder])[:BATCH]
        for name in names:
            del line.folders[folder][name]
        self._count -= len(names)
        # To the end of the round: the next turn is another folder's.
        self._lines[aim] = self._lines.pop(aim)
        self._tidy(aim, folder)
        return aim[0], [f"{folder}/{name}" if folder else name for name in names]

    def _tidy(self, aim: Aim, folder: str) -> None:
        line = self._lines[aim]
        if not line.folders[folder]:
            del line.folders[folder]
            del self._aims[aim[0], folder]
        if not line.folders:
            del self._lines[aim]
