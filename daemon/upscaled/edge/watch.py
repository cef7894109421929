"""
Watching inboxes: events are hints, the scan is the truth.

watchdog only says "look here sooner". Its handlers post and catch everything: one exception there
would kill the dispatching thread while the observer still calls itself alive.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from upscaled.core.litter import is_litter, is_litter_folder, is_ours
from upscaled.errors import Outage
from upscaled.nouns import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One full look at an inbox."""

    sightings: tuple[Sighting, ...]
    folders: tuple[str, ...]
    """Every folder that is not litter, relative, `` for the inbox itself."""
    odd: tuple[str, ...] = ()
    """What stays where it is, a sentence each: links, names that are no valid UTF-8."""
    closed: tuple[str, ...] = ()
    """Folders that may not be read: nothing is concluded about what lies in them."""


def scan(inbox: Path, watch: int) -> Scan:
    """
    Look at every regular file of an inbox, litter left out, links not followed.

    Raises `Outage` where a folder does not answer: half a scan proves nothing about what is gone.
    A sub-folder that may not be read closes only itself.
    """
    round_ = _Round(watch)
    round_.queue.append("")
    while round_.queue:
        folder = round_.queue.pop()
        inside = _Round(watch)
        try:
            for entry in _entries(inbox / folder):
                inside.meet(entry, f"{folder}/{entry.name}" if folder else entry.name)
        except PermissionError as error:
            if not folder:
                raise Outage(f"{inbox} may not be read", hold="share") from error
            round_.closed.append(folder)
            continue
        round_.folders.append(folder)
        round_.add(inside)
    return Scan(
        sightings=tuple(round_.sightings),
        folders=tuple(round_.folders),
        odd=tuple(round_.odd),
        closed=tuple(round_.closed),
    )


class _Round:
    """What one scan has gathered so far."""

    def __init__(self, watch: int) -> None:
        self.watch = watch
        self.queue: list[str] = []
        self.sightings: list[Sighting] = []
        self.folders: list[str] = []
        self.odd: list[str] = []
        self.closed: list[str] = []

    def add(self, inside: "_Round") -> None:
        """Take over what one whole folder came to."""
        self.queue += inside.queue
        self.sightings += inside.sightings
        self.odd += inside.odd

    def meet(self, entry: "os.DirEntry[str]", relative: str) -> None:
        """Sort one entry of a folder."""
        if not _is_text(entry.name):
            shown = relative.encode(errors="backslashreplace").decode()
            self.odd.append(f"{shown}: its name is no valid UTF-8; rename it")
        elif entry.is_dir(follow_symlinks=False):
            self.queue += [] if is_litter_folder(entry.name) else [relative]
        elif is_litter(entry.name) or is_ours(entry.name):
            pass
        elif entry.is_symlink():
            self.odd.append(f"{relative}: a link, and links are not followed; put the file itself")
        else:
            self.sightings += _sighting(Path(entry.path), self.watch, relative)


def look(inbox: Path, watch: int, paths: tuple[str, ...]) -> tuple[Sighting, ...]:
    """Look again at single files; those that left are simply not in the answer."""
    seen: list[Sighting] = []
    for path in paths:
        with suppress(PermissionError):  # only a whole scan may conclude from that
            seen += _sighting(inbox / path, watch, path)
    return tuple(seen)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []  # it left between the listing above and the look into it
    except PermissionError:
        raise
    except OSError as error:
        raise Outage(
            f"{folder}: {error.strerror or error}",
            "mend the share or its permissions; work goes on by itself",
            hold="share",
        ) from error


def _sighting(path: Path, watch: int, relative: str) -> list[Sighting]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return []  # it left between the listing and the look
    except PermissionError:
        raise
    except OSError as error:
        raise Outage(f"{path}: {error.strerror or error}", hold="share") from error
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


class _Hint(FileSystemEventHandler):
    def __init__(self, post: Callable[[], None]) -> None:
        self._post = post

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in {"opened", "closed_no_write"}:
            self._post()


class Watcher:
    """
    Native hints for one inbox; `post` is called from watchdog's own thread and must not raise.

    `healthy` looks at the emitters, since the observer stays alive when they die.
    """

    def __init__(self, inbox: Path, post: Callable[[], None]) -> None:
        self._inbox = inbox
        self._post = post
        self._observer: BaseObserver | None = None

    def start(self) -> None:
        """Begin to listen; raises `Outage` where the system refuses (no watches left, no root)."""
        observer = Observer()
        try:
            observer.schedule(_Hint(self._post), str(self._inbox), recursive=True)
            observer.start()
        except OSError as error:
            raise Outage(f"{self._inbox}: cannot be watched: {error.strerror or error}") from error
        self._observer = observer

    def healthy(self) -> bool:
        """Say whether every emitter is alive."""
        observer = self._observer
        return (
            observer is not None
            and observer.is_alive()
            and bool(observer.emitters)
            and all(emitter.is_alive() for emitter in observer.emitters)
        )

    def stop(self) -> None:
        """Stop listening, without waiting for a hung mount."""
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
