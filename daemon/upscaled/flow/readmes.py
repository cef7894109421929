"""
`_READ-ME.txt` in the folders of review/ and failed/: kept true to what waits there.

Made anew where the ledger says that something ended or was answered, folder by folder; taken away
where nothing waits any more. Written in the side's lane; which folders have one is remembered in
the ledger, so that a restart takes old ones away too.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from threading import Event
from typing import Protocol

import structlog

from upscaled.core.box_text import NAME
from upscaled.core.readme_text import SHOWN, SIGNATURE, entry_of, readme
from upscaled.core.strays import folder_of
from upscaled.errors import UpscaledError
from upscaled.flow.boards import wait_for
from upscaled.flow.census import People, Waiting
from upscaled.flow.conductor import Conductor
from upscaled.flow.patrol import LOOK_RANK
from upscaled.flow.sides import Side
from upscaled.nouns import Job

log = structlog.get_logger()

LOOK_SECONDS = 5.0
AGAIN_SECONDS = 60.0
FOLDERS = 500
"""Folders of one side with a note, those with the latest files first."""
NOTED = "notes"
"""What the ledger remembers: the folders that have a note, by side."""

_Mark = tuple[tuple[int, float], ...]


class Desk(Protocol):
    """What is asked of the ledger."""

    def job(self, job_id: str) -> Job | None:
        """Return one job."""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""

    def put(self, key: str, value: str) -> None:
        """Remember a value."""


@dataclass(slots=True, kw_only=True)
class _Shelf:
    """What stands on one side; the lane's while `busy`."""

    side: Side
    noted: dict[str, object] = field(default_factory=dict)
    """By folder, what its note was made from; None where it is older than this run."""
    mark: _Mark | None = None
    look_at: float = 0.0
    busy: bool = False
    trouble: str = ""


class Readmes:
    """Every side's notes. Owned by the conductor's thread."""

    def __init__(
        self, conductor: Conductor, desk: Desk, people: People, sides: Iterable[Side]
    ) -> None:
        self._conductor = conductor
        self._desk = desk
        self._people = people
        self._shelves = [_Shelf(side=side) for side in sides]

    def turn(self) -> None:
        """Look at every side that is due."""
        now = self._conductor.tools.clock.monotonic()
        for shelf in self._shelves:
            if not shelf.busy and now >= shelf.look_at and self._conductor.book.writable:
                self._begin(shelf)

    def stop(self) -> None:
        """Tell of what ended last."""
        wait_for([self._begin(shelf) for shelf in self._shelves], self._conductor.tools.clock)

    def _begin(self, shelf: _Shelf) -> Event:
        shelf.busy, end = True, Event()
        shelf.side.lane.put(LOOK_RANK, partial(self._work, shelf, end))
        return end

    # ---- in the side's lane

    def _work(self, shelf: _Shelf, end: Event) -> None:
        trouble = ""
        try:
            self._look(shelf)
        except UpscaledError as error:
            trouble = error.message
        finally:
            self._conductor.post(partial(self._looked, shelf, trouble))
            end.set()

    def _look(self, shelf: _Shelf) -> None:
        mark = tuple(self._people.mark(watch) for watch in shelf.side.watches)
        if mark == shelf.mark:
            return
        for watch in shelf.side.watches:
            self._conductor.tools.roots.require(watch)
        if shelf.mark is None:
            old = self._remembered().get(str(shelf.side.path), [])
            shelf.noted = dict.fromkeys(old) | shelf.noted
        waiting = self._waiting(shelf.side)
        self._remember(shelf.side, waiting)
        for folder, some in waiting.items():
            self._tell(shelf, folder, some)
        self._drop(shelf, shelf.noted.keys() - waiting.keys())
        shelf.mark = mark

    def _waiting(self, side: Side) -> dict[str, list[Waiting]]:
        """Return what waits by folder, the latest first."""
        found: dict[str, list[Waiting]] = {}
        for watch in side.watches:
            for one in self._people.standing(watch):
                if one.root == side.root:
                    found.setdefault(folder_of(one.path), []).append(one)
        return dict(list(found.items())[:FOLDERS])

    def _tell(self, shelf: _Shelf, folder: str, some: Sequence[Waiting]) -> None:
        made_from = (len(some), [(one.job, one.at) for one in some[:SHOWN]])
        if shelf.noted.get(folder) == made_from:
            return
        side, disk = shelf.side, self._conductor.tools.disk
        if not disk.is_there(side.path / folder):
            return  # somebody took the whole folder away; it is not made for a note
        entries = [
            entry_of(
                job, PurePosixPath(one.path).name, is_there=disk.is_there(side.path / one.path)
            )
            for one in some[:SHOWN]
            if (job := self._desk.job(one.job)) is not None
        ]
        disk.note(readme(side.root, folder, entries, len(some)), side.path / folder / NAME)
        shelf.noted[folder] = made_from

    def _drop(self, shelf: _Shelf, folders: Iterable[str]) -> None:
        for folder in list(folders):
            path = shelf.side.path / folder / NAME
            self._conductor.tools.disk.drop_note(path, signature=SIGNATURE)
            del shelf.noted[folder]

    def _remembered(self) -> dict[str, list[str]]:
        known: dict[str, list[str]] = json.loads(self._desk.get(NOTED) or "{}")
        return known

    def _remember(self, side: Side, waiting: Mapping[str, object]) -> None:
        """Write down which folders have a note before they get one."""
        known = self._remembered()
        folders = sorted(waiting)
        if known.get(str(side.path)) != folders:
            self._desk.put(NOTED, json.dumps(known | {str(side.path): folders}))

    # ---- back in the conductor's thread

    def _looked(self, shelf: _Shelf, trouble: str) -> None:
        now = self._conductor.tools.clock.monotonic()
        shelf.busy = False
        shelf.look_at = now + (AGAIN_SECONDS if trouble else LOOK_SECONDS)
        if trouble and trouble != shelf.trouble:
            log.warning("readme_not_written", folder=str(shelf.side.path), reason=trouble)
        shelf.trouble = trouble
