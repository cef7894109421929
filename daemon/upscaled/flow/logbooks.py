"""
`_SERIES.txt` beside the results of sequences and series: how they stand, for who waits there.

Written in the watch's own lane where something changed, at most once a minute, and at once when the
last member has ended. Counted by the ledger; nothing of it is ever read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import partial
from threading import Event
from typing import Protocol
from unicodedata import normalize

import structlog

from upscaled.core.frames import Range
from upscaled.core.life import Lane, Word
from upscaled.core.progress import NAME, SECTIONS, Progress, Unrest, body, page
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.conductor import Conductor
from upscaled.flow.lanes import Lane as Road
from upscaled.flow.patrol import LOOK_RANK, Patrol

log = structlog.get_logger()

LOOK_SECONDS = 5.0
WRITE_SECONDS = 60.0
STOP_SECONDS = 1.0
"""How long an end waits for the last words; a hung share must not hold it up."""
_MOVING = (Word.WAITING, Word.WORKING, Word.HELD)


class Standings(Protocol):
    """What the ledger knows of series."""

    def within(self, watch: int, folder: str) -> Sequence[str]:
        """Return the series directly in a folder, the latest first."""

    def progress(self, watch: int, key: str, span: Range | None = None) -> Progress:
        """Return how one series stands."""

    def unrest(self, watch: int, key: str) -> Unrest | None:
        """Return what the comparisons of neighbours came to, None where there were none."""

    def told(self, watch: int, key: str, at: datetime, flicker: Unrest | None) -> None:
        """Note when people were told of a series."""


@dataclass(slots=True, kw_only=True)
class _Page:
    """The series of one folder."""

    watch: int
    folder: str
    """Relative to the inbox."""
    moved: dict[str, None] = field(default_factory=dict)
    """Series with members that moved since they were last looked at."""
    look_at: float = 0.0
    write_at: float = 0.0
    busy: bool = False
    body: str = ""
    trouble: str = ""


class Logbooks:
    """All folders with series. Owned by the conductor's thread."""

    def __init__(
        self,
        conductor: Conductor,
        patrol: Patrol,
        roads: Mapping[tuple[Lane, int], Road],
        standings: Standings,
        zone: tzinfo,
    ) -> None:
        self._conductor = conductor
        self._patrol = patrol
        self._roads = roads
        self._standings = standings
        self._zone = zone
        self._pages: dict[tuple[int, str], _Page] = {}

    def turn(self) -> None:
        """Look at what moved; what changed is written, at most once a minute."""
        self._take_in()
        now = self._conductor.tools.clock.monotonic()
        for one in self._pages.values():
            well = self._patrol.share(one.watch) == ""
            if one.moved and well and not one.busy and now >= one.look_at:
                one.look_at = now + LOOK_SECONDS
                self._begin(one, due=now >= one.write_at)

    def stop(self) -> None:
        """Have the last words written."""
        self._take_in()
        ends = [
            self._begin(one, due=True)
            for one in self._pages.values()
            if one.moved and self._patrol.share(one.watch) == ""
        ]
        for end in ends:
            if not end.wait(STOP_SECONDS):
                return

    # ---- inside

    def _take_in(self) -> None:
        moved = self._conductor.gathering.moved
        for watch, key in moved:
            place = watch, key.rpartition("/")[0]
            known = self._pages.setdefault(place, _Page(watch=watch, folder=place[1]))
            known.moved[key] = None
        moved.clear()

    def _begin(self, one: _Page, *, due: bool) -> Event:
        one.busy, end = True, Event()
        moved, one.moved = one.moved, {}
        work = partial(self._work, one, moved, end, due=due)
        self._roads[Lane.ROOT, one.watch].put(LOOK_RANK, work)
        return end

    # ---- in the watch's lane

    def _work(self, one: _Page, moved: dict[str, None], end: Event, *, due: bool) -> None:
        trouble, some, written = "", list[Progress](), False
        try:
            some = self._seen(one, moved)
            written = self._write(one, some, due=due)
        except UpscaledError as error:
            trouble = error.message
        finally:
            told = [each for each in some if each.key in moved] if written else []
            back = partial(self._back, one, told, trouble, {} if written else moved)
            self._conductor.post(back)
            end.set()

    def _seen(self, one: _Page, moved: dict[str, None]) -> list[Progress]:
        judged = self._standings.within(one.watch, one.folder)
        keys = list(dict.fromkeys([*moved, *judged]))[:SECTIONS]
        return [self._progress(one.watch, key, fresh=key in moved) for key in keys]

    def _progress(self, watch: int, key: str, *, fresh: bool) -> Progress:
        found = self._standings.progress(watch, key)
        return replace(found, flicker=self._standings.unrest(watch, key)) if fresh else found

    def _write(self, one: _Page, some: Sequence[Progress], *, due: bool) -> bool:
        """Write what changed, if it is time; say whether nothing is left to be told."""
        said = body(some, self._zone)
        under_way = any(each.words.get(word) for each in some for word in _MOVING)
        if said == one.body:
            return True
        if under_way and not due:
            return False
        tools = self._conductor.tools
        tools.roots.require(one.watch)
        folder = tools.settings.watch[one.watch].outbox / normalize("NFC", one.folder)
        tools.disk.make_folder(folder)
        tools.disk.note(page(some, tools.clock.now(), self._zone), folder / NAME)
        one.body = said
        return True

    # ---- back in the conductor's thread

    def _back(
        self, one: _Page, told: Sequence[Progress], trouble: str, left: dict[str, None]
    ) -> None:
        clock = self._conductor.tools.clock
        one.busy, one.moved = False, left | one.moved
        if told or trouble:
            one.write_at = clock.monotonic() + WRITE_SECONDS
        if trouble and trouble != one.trouble:
            log.warning("series_not_written", folder=one.folder, reason=trouble)
        one.trouble = trouble
        try:
            for each in told:
                self._standings.told(each.watch, each.key, clock.now(), each.flicker)
        except LedgerUnwritable as error:
            self._conductor.book.complain(error)
