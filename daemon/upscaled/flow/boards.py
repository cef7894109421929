"""
`_STATUS.txt` in each inbox: how it stands, for the people who have no shell.

Looked at every few seconds, written where something changed and at most once a minute, or when it
grows old, in the watch's own lane. Where originals are left in place the inbox is not ours to write
in: then it stands in review/, where people look anyway.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event

import structlog

from upscaled.core import names
from upscaled.core.settings import Settings
from upscaled.core.status_text import NAME, RENEWED, SIGNATURE, Place, Standing, body, text
from upscaled.core.strays import folder_of
from upscaled.errors import LedgerUnwritable, Outage, UpscaledError
from upscaled.flow.census import Census, Office
from upscaled.flow.conductor import Conductor
from upscaled.flow.lanes import Lane as Road
from upscaled.flow.patrol import LOOK_RANK, Patrol
from upscaled.flow.ports import Clock

log = structlog.get_logger()

LOOK_SECONDS = 5.0
WRITE_SECONDS = 60.0
STARTING_SECONDS = 15.0
"""A first look may take minutes; what a killed daemon left is not left to stand so long."""
STOP_SECONDS = 0.5
"""How long an end waits for the last words, of all together; a hung share must not hold it up."""


@dataclass(slots=True, kw_only=True)
class _Page:
    """One folder's status; of several inboxes where they have one review/ and leave originals."""

    watches: list[int]
    names: list[str]
    """What people call each inbox."""
    folder: Path
    elsewhere: Path | None
    """Where it stood before originals were left, or before they were not; None where another is."""
    lane: Road
    look_at: float = 0.0
    write_at: float = 0.0
    busy: bool = False
    body: str = ""
    renew_at: float = 0.0
    """When it is written although nothing changed, so that its age tells whether anybody works."""
    trouble: str = ""
    marks: dict[int, tuple[int, float]] = field(default_factory=dict)
    review: dict[int, tuple[Place, ...]] = field(default_factory=dict)
    failed: dict[int, tuple[Place, ...]] = field(default_factory=dict)
    """What waits for a person, by watch, as of `marks`."""


def _pages(settings: Settings, lanes: Sequence[Road]) -> Iterable[_Page]:
    found: dict[Path, _Page] = {}
    for number, watch in enumerate(settings.watch):
        folder, elsewhere = watch.inbox, watch.review
        if watch.originals == "leave":
            folder, elsewhere = elsewhere, folder
        page = found.setdefault(
            folder,
            _Page(watches=[], names=[], folder=folder, elsewhere=elsewhere, lane=lanes[number]),
        )
        page.watches.append(number)
        page.names.append(watch.inbox.name)
    for page in found.values():
        page.elsewhere = None if page.elsewhere in found else page.elsewhere
    return found.values()


class Boards:
    """Every inbox's status. Owned by the conductor's thread; writes in the watch's lane."""

    def __init__(
        self,
        conductor: Conductor,
        patrol: Patrol,
        lanes: Sequence[Road],
        office: Office,
    ) -> None:
        self._conductor = conductor
        self._patrol = patrol
        self._people = office.people
        self.census = Census(conductor, patrol, office)
        self._pages = list(_pages(conductor.tools.settings, lanes))
        self._hurry_at = conductor.tools.clock.monotonic() + STARTING_SECONDS

    def turn(self) -> None:
        """Look at what is due; a status that changed is written, at most once a minute."""
        now = self._conductor.tools.clock.monotonic()
        for page in self._pages:
            looked = all(self._patrol.share(watch) is not None for watch in page.watches)
            if (
                (looked or now >= self._hurry_at)
                and not page.busy
                and now >= max(page.look_at, page.write_at)
            ):
                page.look_at = now + LOOK_SECONDS
                self._begin(page, alive=True)

    def folders(self) -> frozenset[Path]:
        """Return the folders in which a status stands."""
        return frozenset(page.folder for page in self._pages)

    def stop(self, kept: frozenset[Path] = frozenset()) -> None:
        """Say that nobody works here any more, but in the folders that an heir keeps."""
        left = [page for page in self._pages if page.folder not in kept]
        ends = [self._begin(page, alive=False) for page in left]
        wait_for([end for end in ends if end is not None], self._conductor.tools.clock)

    def _begin(self, page: _Page, *, alive: bool) -> Event | None:
        """See how it stands, and have that written; None while the ledger is deaf."""
        try:
            some = [self.census.standing(watch, alive=alive) for watch in page.watches]
        except LedgerUnwritable as error:
            self._conductor.book.complain(error)
            return None
        page.busy, end = True, Event()
        page.lane.put(LOOK_RANK, partial(self._work, page, some, end))
        return end

    # ---- in the watch's lane

    def _work(self, page: _Page, some: Sequence[Standing], end: Event) -> None:
        trouble, written = "", False
        try:
            self._look(page)
            written = self._write(page, some)
        except UpscaledError as error:
            trouble = error.message
        finally:
            self._conductor.post(partial(self._back, page, trouble, written=written))
            end.set()

    def _look(self, page: _Page) -> None:
        """Ask the ledger what waits for a person, where that has changed."""
        for watch in page.watches:
            mark = self._people.mark(watch)
            if mark != page.marks.get(watch):
                folders: dict[str, Counter[str]] = {"review": Counter(), "failed": Counter()}
                for one in self._people.standing(watch):
                    folders[one.root][folder_of(one.path)] += 1
                page.review[watch] = _places(folders["review"])
                page.failed[watch] = _places(folders["failed"])
                page.marks[watch] = mark

    def _write(self, page: _Page, some: Sequence[Standing]) -> bool:
        """Write it where it changed or has grown old; say whether it did."""
        every, old = self._require(page), self._conductor.tools.clock.monotonic() >= page.renew_at
        disk, now = self._conductor.tools.disk, self._conductor.tools.clock.now()
        whole = [
            replace(one, review=page.review.get(watch, ()), failed=page.failed.get(watch, ()))
            for watch, one in zip(page.watches, some, strict=True)
        ]
        said = "".join(body(one, now) + str(one.alive) for one in whole)
        if said == page.body and not old:
            return False
        if not page.body and every and page.elsewhere is not None:
            disk.drop_note(page.elsewhere / NAME, signature=SIGNATURE)
        told = [text(one, now, name) for one, name in zip(whole, page.names, strict=True)]
        disk.note("\n".join(told), page.folder / NAME)
        page.body = said
        return True

    def _require(self, page: _Page) -> bool:
        """Raise `Outage` unless the folder itself is there; say whether every other root is."""
        try:
            for watch in page.watches:
                self._conductor.tools.roots.require(watch)
        except Outage:  # another one is lost: that is just what people here want to know
            if not self._conductor.tools.disk.is_there(page.folder / names.ROOT_MARKER):
                raise
            return False
        return True

    # ---- back in the conductor's thread

    def _back(self, page: _Page, trouble: str, *, written: bool) -> None:
        now = self._conductor.tools.clock.monotonic()
        page.busy = False
        if written or trouble:
            page.write_at = now + WRITE_SECONDS
        if written:
            page.renew_at = now + RENEWED.total_seconds() - WRITE_SECONDS
        if trouble and trouble != page.trouble:
            log.warning("status_not_written", folder=str(page.folder), reason=trouble)
        page.trouble = trouble


def wait_for(ends: Iterable[Event], clock: Clock) -> None:
    """Wait a bounded time for all of them together."""
    until = clock.monotonic() + STOP_SECONDS
    for end in ends:
        end.wait(max(0.0, until - clock.monotonic()))


def _places(folders: Mapping[str, int]) -> tuple[Place, ...]:
    found = (Place(folder=folder, files=number) for folder, number in folders.items())
    return tuple(sorted(found, key=lambda one: (-one.files, one.folder)))
