"""
Which folders changed, asked of the folders' own times: cheap enough for every few seconds.

A folder's time changes when a name in it is made, renamed or removed; 500 folders cost a
millisecond or two where a stat of 50,000 files costs 140. What only grows is looked at by name
while it settles; what is replaced in place is found by the whole look every few minutes.
"""

import os
from pathlib import Path

from upscaled.core.causes import outage

SAME_TICK_SECONDS = 2.5
"""A folder that just changed is looked at for so long: FAT counts time in steps of two seconds, so
a file may come in without moving its folder's time."""


class Folders:
    """
    The times of an inbox's folders. `opening` asks the server itself, not the client's memory.

    Owned by the watch's lane.
    """

    def __init__(self, inbox: Path, *, opening: bool) -> None:
        self._inbox = inbox
        self._prefix = f"{inbox}/"
        self._opening = opening
        self._times: dict[str, tuple[int, int]] = {}
        self._fresh: dict[str, float] = {}

    def note(self, folder: str) -> None:
        """Remember a folder's time, before a look into it; forget a folder that is not there."""
        if (found := self._time(folder)) is None:
            self._times.pop(folder, None)
            self._fresh.pop(folder, None)
        else:
            self._times[folder] = found

    def changed(self, now: float) -> tuple[str, ...]:
        """Return the known folders whose time moved, or moved just before; `now` in seconds."""
        found = []
        for folder, before in self._times.items():
            if self._time(folder) != before:
                self._fresh[folder] = now + SAME_TICK_SECONDS
                found.append(folder)
            elif self._fresh.get(folder, 0.0) > now:
                found.append(folder)
            else:
                self._fresh.pop(folder, None)
        return tuple(found)

    def _time(self, folder: str) -> tuple[int, int] | None:
        try:
            found = self._stat(self._prefix + folder)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            return 0, 0
        except OSError as error:
            raise outage(self._inbox / folder, error) from error
        return found.st_mtime_ns, found.st_ino

    def _stat(self, path: str) -> os.stat_result:
        if not self._opening:
            return os.stat(path)  # noqa: PTH116 - a Path of each folder costs more than its stat
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        try:
            return os.fstat(handle)
        finally:
            os.close(handle)
