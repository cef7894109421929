"""
The roots of every watch: where they lie, whose they are, and whether they are there.

Whatever is asked here may hang with its mount, so it is asked in the watch's own lane; at the start
that is waited for only so long, and a watch that has not answered by then is met when it does.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock

import structlog

from upscaled.core.settings import Settings
from upscaled.edge import roots
from upscaled.edge.bounded import Start, ask, in_a_thread
from upscaled.edge.disk.owners import group_id
from upscaled.edge.ledger import Ledger
from upscaled.errors import ConfigError, Fatal, Fault, Outage, UpscaledError
from upscaled.nouns import Access

log = structlog.get_logger()

ROLES = ("inbox", "outbox", "archive", "failed", "review")
START_SECONDS = 5.0
"""How long a start waits for a mount; a disk that sleeps wakes in ten, and is met then."""
BRIEF_SECONDS = 0.2
"""How long a question of the command line waits for it."""
REAL = "real_inboxes"
"""In the ledger: each inbox's path as configured, and where it really lay."""
_ON = "mount the share again; nothing is concluded from an empty folder"


class Places:
    """Where the roots lie, as far as they have answered."""

    def __init__(self, settings: Settings, source: Path) -> None:
        self._settings = settings
        self._source = source
        self.found: dict[Path, roots.Placed] = {}

    def adopt(self, other: "Places") -> None:
        """Believe what roots of the same path have said before."""
        for watch in range(len(self._settings.watch)):
            for root in roots_of(self._settings, watch):
                if root in other.found:
                    self.found[root] = other.found[root]

    def look(self, watch: int) -> None:
        """Ask where a watch's roots lie, the inbox first; in its own lane."""
        for root in roots_of(self._settings, watch):
            self.found[root] = roots.placed(root)

    def look_at_all(self, seconds: float, start: Start[int] = in_a_thread) -> None:
        """Ask of every watch, and wait at most so long."""
        watches = [one for one in range(len(self._settings.watch)) if not self.answered(one)]
        ask({watch: partial(self.look, watch) for watch in watches}, seconds, start)

    def answered(self, watch: int) -> bool:
        """Say whether all of a watch's roots have answered."""
        return all(root in self.found for root in roots_of(self._settings, watch))

    def complete(self) -> bool:
        """Say whether every inbox has answered."""
        return all(watch.inbox in self.found for watch in self._settings.watch)

    def silent(self, watch: int) -> tuple[str, Path] | None:
        """Return role and path of the root that a watch's answer waits for."""
        asked = zip(ROLES, roots_of(self._settings, watch), strict=True)
        return next(((role, root) for role, root in asked if root not in self.found), None)

    def inboxes(self, remembered: Mapping[str, str]) -> list[str]:
        """Return where each inbox really lies: as it says now, as it once was, as it is spelled."""
        return [self._real(watch.inbox, remembered) for watch in self._settings.watch]

    def _real(self, inbox: Path, remembered: Mapping[str, str]) -> str:
        found, spelled = self.found.get(inbox), os.path.abspath(inbox)  # noqa: PTH100 - no disk
        return found.real if found else remembered.get(spelled, spelled)

    def to_remember(self, remembered: Mapping[str, str]) -> dict[str, str]:
        """Return what is known now of where the inboxes lie."""
        inboxes = [watch.inbox for watch in self._settings.watch]
        now = {str(one.absolute()): self.found[one].real for one in inboxes if one in self.found}
        return {**remembered, **now}

    def faults(self) -> tuple[Fault, ...]:
        """Return where a result's folder lies in an inbox, among all that have answered."""
        return tuple(fault for _, fault in self._overlaps())

    def fault(self, watch: int) -> Fault | None:
        """Return the first overlap that a watch has its part in."""
        return next((fault for pair, fault in self._overlaps() if watch in pair), None)

    def _overlaps(self) -> Iterator[tuple[tuple[int, int], Fault]]:
        for place, watch in enumerate(self._settings.watch):
            for number, other in enumerate(self._settings.watch):
                for role in ROLES[1:]:
                    folder: Path = getattr(other, role)
                    if self._inside(folder, watch.inbox):
                        yield (place, number), self._fault(number, role, folder, watch.inbox)

    def _inside(self, folder: Path, inbox: Path) -> bool:
        inner, outer = self.found.get(folder), self.found.get(inbox)
        return inner is not None and outer is not None and inner.inside(outer)

    def _fault(self, number: int, role: str, folder: Path, inbox: Path) -> Fault:
        return Fault(
            place=str(self._source),
            key=f"watch[{number}].{role}",
            value=str(folder),
            expected=f"a folder outside the inbox {inbox}",
            hint="results would be taken as input again, without end",
        )


class Marked:
    """The roots and their markers. `require` is for lanes, the rest for whoever opens the house."""

    def __init__(self, settings: Settings, ledger: Ledger, places: Places) -> None:
        self._settings = settings
        self._ledger = ledger
        self._places = places
        self._id = ledger.id
        self._known: set[str] = set(json.loads(ledger.get("roots") or "[]"))
        self._met: set[int] = set()
        self._lock = Lock()
        self.refused: dict[int, str] = {}
        """By watch: why it was not opened at the start."""

    def adopt(self, other: "Marked") -> None:
        """Take those watches for met whose roots, the very same, have been met before."""
        met = other.met_roots()
        here = range(len(self._settings.watch))
        self._met |= {watch for watch in here if roots_of(self._settings, watch) in met}

    def met_roots(self) -> set[tuple[Path, ...]]:
        """Return the roots of the watches that have been met."""
        return {roots_of(self._settings, watch) for watch in self._met}

    def open(self, seconds: float = START_SECONDS, start: Start[int] = in_a_thread) -> None:
        """
        Claim every root that this ledger has never known; missing folders are made then too.

        A known root without its marker is an outage, and so is one that does not answer or cannot
        be made: it is left alone until it comes back. Raises `Fatal` where a root belongs to
        another ledger, or where not one watch can be worked with.
        """
        watches = [one for one in range(len(self._settings.watch)) if self._may_meet(one)]
        refused = ask({one: partial(self._tried, one) for one in watches}, seconds, start)
        failed = [error for error in refused.values() if error is not None]
        foreign = [one for one in failed if isinstance(one, _ForeignError)]
        fatal = [one for one in failed if isinstance(one, Fatal)]
        if foreign or len(fatal) == len(self._settings.watch):
            raise (foreign or fatal)[0]
        for watch in range(len(self._settings.watch)):
            error = refused.get(watch, _SILENT)
            if error is not None and watch not in self._met:
                self.refused[watch] = error.message
                log.warning("watch_not_opened", watch=watch, reason=error.message)

    def _may_meet(self, watch: int) -> bool:
        return watch not in self._met and self._places.answered(watch)

    def _tried(self, watch: int) -> UpscaledError | None:
        try:
            self._meet(watch)
        except UpscaledError as error:
            return error
        return None

    def ask(self, root: Path) -> None:
        """Return once a root's server has answered, whatever it said; a hung one keeps us."""
        with suppress(UpscaledError):
            roots.read_marker(root, self._id)

    def require(self, watch: int) -> None:
        """Raise `Outage` unless every root of a watch carries our marker."""
        try:
            self._meet(watch)
        except Fatal as error:
            raise Outage(error.message, error.hint, hold="share") from error
        for root in roots_of(self._settings, watch):
            marker = roots.read_marker(root, self._id)
            if marker is not roots.Marker.OURS:
                said = "carries another ledger's marker" if marker is roots.Marker.FOREIGN else ""
                said = said or "is there without its marker, or not there at all"
                raise Outage(f"{root} {said}", _ON, hold="share")

    def _meet(self, watch: int) -> None:
        """Claim what this ledger has never known of a watch, once; in the watch's lane."""
        if watch in self._met:
            return
        self._place(watch)
        for root in roots_of(self._settings, watch):
            self._claim(root)
        self._met.add(watch)

    def _place(self, watch: int) -> None:
        """Look where a watch lies that did not answer at the start, and whether it may."""
        if not self._places.answered(watch):
            self._places.look(watch)
        if fault := self._places.fault(watch):
            raise Outage(fault.sentence(), hold="share")
        real = self._places.inboxes({})[watch]
        if real != self._ledger.inboxes[watch]:  # its jobs are under another name, not loaded
            said = f"the inbox lies at {real}, which was not known at the start"
            raise Outage(said, "start the daemon again", hold="share")

    def _claim(self, root: Path) -> None:
        marker = roots.read_marker(root, self._id)
        if marker is roots.Marker.FOREIGN:
            raise _ForeignError(
                f"{root} belongs to another upscaled ledger",
                f"use another folder, or remove {root / roots.MARKER} if that one is gone for good",
            )
        real = os.path.realpath(root)
        if marker is roots.Marker.MISSING and real not in self._known:
            roots.claim(root, self._id)
        with self._lock:
            if real not in self._known:
                self._known.add(real)
                self._ledger.put("roots", json.dumps(sorted(self._known)))


class _ForeignError(Fatal):
    """A root belongs to another ledger."""


_SILENT = Outage("its folders have not answered since the start", hold="share")


def accesses(settings: Settings, source: Path) -> dict[int, Access]:
    """Return whose results are, by watch; raises `ConfigError` where a group is not known here."""
    groups = {one: group_id(watch.group) for one, watch in enumerate(settings.watch)}
    faults = tuple(
        Fault(
            place=str(source),
            key=f"watch[{number}].group",
            value=settings.watch[number].group,
            expected="a group of this machine, by name or number",
            hint="`getent group` lists them",
        )
        for number, group in groups.items()
        if group is None and settings.watch[number].group
    )
    if faults:
        raise ConfigError(faults)
    return {
        number: Access(
            group=groups[number], file_mode=watch.file_mode, folder_mode=watch.folder_mode
        )
        for number, watch in enumerate(settings.watch)
    }


def real_inboxes(settings: Settings, places: Places | None = None) -> list[str]:
    """
    Return where the inboxes really lie, by which the ledger knows them.

    One that does not answer is where it was when it last did.
    """
    path = settings.state.directory / "ledger.sqlite"
    if places is None:
        places = Places(settings, path)
        places.look_at_all(BRIEF_SECONDS)
    remembered: dict[str, str] = {}
    if path.exists() and not places.complete():
        brief = Ledger(path, ())
        remembered = json.loads((brief.get(REAL) if brief.exists() else None) or "{}")
        brief.close()
    return places.inboxes(remembered)


def remember(ledger: Ledger, places: Places) -> None:
    """Write down where the inboxes lie, for a start or a question while they do not answer."""
    known: dict[str, str] = json.loads(ledger.get(REAL) or "{}")
    now = places.to_remember(known)
    if now != known:
        ledger.put(REAL, json.dumps(now, sort_keys=True))


def roots_of(settings: Settings, watch: int) -> tuple[Path, ...]:
    """Return a watch's roots, the inbox first."""
    return tuple(getattr(settings.watch[watch], role) for role in ROLES)
