"""
Native hints: watchdog says "look here sooner", and nothing hangs on it.

Its handlers post and catch everything: an exception there would kill the dispatching thread while
the observer still calls itself alive. A queue that ran over raises no event, only a log record.
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import structlog
from watchdog.events import (
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from upscaled.core.causes import cause_of, outage
from upscaled.errors import Outage

log = structlog.get_logger()

EVERYTHING = None
"""Instead of a folder: nobody knows where."""
PAIRING_SECONDS = 0.02
"""
watchdog keeps the first half of a rename for its second, and everything that happens meanwhile
waits behind it: half a second by default. Every original that we archive is such a half, so a busy
daemon would hear of each new file up to half a second late. The halves of a rename inside the inbox
come in one read; where they are torn apart all the same, both folders are looked into.
"""
InotifyMoveEventGrouper.delay = PAIRING_SECONDS
Hint = Callable[[str | None], None]
"""Called with the folder to look into, relative to the inbox."""

_HEARD: list[type[FileSystemEvent]] = [
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
"""Not who only looks: whoever lists 500 folders once a second, a file browser or we ourselves,
would keep us busy for 1.5 % of a core."""
PROBE = ".upscaled-probe-"
_MOST_HEARD = 100
EAR_SECONDS = 1.0
"""How long a new file's event is waited for; it takes a millisecond where it comes at all."""
OVERFLOW_LOGS = ("watchdog.observers.inotify", "watchdog.observers.inotify_c")


class _Handler(FileSystemEventHandler):
    def __init__(self, inbox: Path, hint: Hint) -> None:
        self._inbox = os.fspath(inbox)
        self._hint = hint
        self.heard: dict[str, float] = {}

    def on_any_event(self, event: FileSystemEvent) -> None:
        try:
            if self._is_probe(os.fsdecode(event.src_path)):
                return
            for path in {event.src_path, event.dest_path}:
                self._tell(os.fsdecode(path), is_folder=event.is_directory)
        except Exception:
            # It would end watchdog's thread, and nobody would see that; a look finds all the same.
            log.exception("hint_not_understood")
            self._hint(EVERYTHING)

    def _is_probe(self, path: str) -> bool:
        """Note when our own small file was heard of."""
        name = os.path.basename(path)  # noqa: PTH119 - this runs for every event
        if not name.startswith(PROBE):
            return False
        if len(self.heard) < _MOST_HEARD:
            self.heard.setdefault(name, monotonic())
        return True

    def _tell(self, path: str, *, is_folder: bool) -> None:
        if not path:
            return
        inside = os.path.relpath(path, self._inbox)
        if inside == "." or inside.startswith(".."):
            self._hint("")
            return
        self._hint(inside.rpartition("/")[0])
        if is_folder:
            self._hint(inside)


class _Overflow(logging.Handler):
    """Hears the one sign of lost events."""

    def __init__(self, hint: Hint) -> None:
        super().__init__(logging.WARNING)
        self._hint = hint

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if "overflow" not in said:
            return
        if "lost" in said:
            log.warning("events_lost", reason=said)
        self._hint(EVERYTHING)


class Watcher:
    """
    Native hints for one inbox; `hint` is called from watchdog's own threads and must not raise.

    `healthy` looks at the emitters, since the observer stays alive when they die.
    """

    def __init__(self, inbox: Path, hint: Hint, *, recursive: bool = True) -> None:
        self._inbox = inbox
        self._recursive = recursive
        self._hint = hint
        self._observer: BaseObserver | None = None
        self._overflow = _Overflow(hint)
        self._folder: tuple[int, int] | None = None
        self._handler = _Handler(inbox, hint)

    def start(self) -> None:
        """Begin to listen; raises `Outage` where the system refuses (no watches left, no root)."""
        observer = Observer()
        try:
            found = self._inbox.stat()
            self._folder = found.st_dev, found.st_ino
            self._handler = _Handler(self._inbox, self._hint)
            observer.schedule(
                self._handler,
                str(self._inbox),
                recursive=self._recursive,
                event_filter=_HEARD,
            )
            observer.start()
        except OSError as error:
            raise Outage(f"{self._inbox}: cannot be watched: {cause_of(error).says}") from error
        self._observer = observer
        for name in OVERFLOW_LOGS:
            logging.getLogger(name).addHandler(self._overflow)
        log.info("listens", inbox=str(self._inbox))

    def healthy(self) -> bool:
        """Say whether every emitter is alive."""
        observer = self._observer
        return (
            observer is not None
            and observer.is_alive()
            and bool(observer.emitters)
            and all(emitter.is_alive() for emitter in observer.emitters)
        )

    def test(self, seconds: float = EAR_SECONDS) -> float | None:
        """
        Make a small hidden file and wait for its event.

        Returns the seconds that it took, None where none came. Raises `Outage` where no file can be
        made there.
        """
        path, began = self._inbox / f"{PROBE}{uuid4().hex[:12]}-e", monotonic()
        try:
            path.touch(exist_ok=False)
            while path.name not in self._handler.heard and monotonic() < began + seconds:
                sleep(0.001)
        except OSError as error:
            raise outage(self._inbox, error) from error
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        heard = self._handler.heard.pop(path.name, None)
        return None if heard is None else max(0.0, heard - began)

    def is_there(self) -> bool:
        """
        Say whether the folder that is listened to is the one that is there; true where none is.

        A share that is mounted over it hides it, and the emitters stay alive and deaf.
        """
        if self._observer is None:
            return True
        try:
            found = self._inbox.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._folder

    def stop(self) -> None:
        """Stop listening, without waiting for a hung mount."""
        for name in OVERFLOW_LOGS:
            logging.getLogger(name).removeHandler(self._overflow)
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
