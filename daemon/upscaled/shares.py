"""
The roots of every watch: where they lie, whose they are, and whether they are there.

Whatever is asked here may hang with its mount, so it is asked in the watch's own lane; at the start
that is waited for only so long, and a watch that has not answered by then is met when it does.
"""

import json
import os
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
from upscaled.whereabouts import Places, roots_of

log = structlog.get_logger()

START_SECONDS = 5.0
"""How long a start waits for a mount; a disk that sleeps wakes in ten, and is met then."""
_ON = "mount the share again; nothing is concluded from an empty folder"


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

    def real(self, root: Path) -> str:
        """Return where a root lies, as it said itself; as it is spelled until it has answered."""
        found = self._places.found.get(root)
        return found.real if found else os.path.abspath(root)  # noqa: PTH100 - no disk

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
