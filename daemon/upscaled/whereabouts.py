"""
Where the roots of every watch lie, as far as they have answered, and where they lay when they did.

Light on purpose: a command that only reads the ledger loads no more of the shares than this.
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from upscaled.edge import roots
from upscaled.edge.bounded import Start, ask, in_a_thread
from upscaled.edge.ledger.glance import glanced
from upscaled.errors import Fault

if TYPE_CHECKING:
    from upscaled.core.settings import Settings
    from upscaled.edge.ledger import Ledger

ROLES = ("inbox", "outbox", "archive", "failed", "review")
BRIEF_SECONDS = 0.2
"""How long a question of the command line waits for a mount."""
REAL = "real_inboxes"
"""In the ledger: each inbox's path as configured, and where it really lay."""


class Places:
    """Where the roots lie, as far as they have answered."""

    def __init__(self, settings: "Settings", source: Path) -> None:
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


def real_inboxes(settings: "Settings", places: Places | None = None) -> list[str]:
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
        with glanced(path) as ledger:
            remembered = json.loads((ledger and ledger.get(REAL)) or "{}")
    return places.inboxes(remembered)


def remember(ledger: "Ledger", places: Places) -> None:
    """Write down where the inboxes lie, for a start or a question while they do not answer."""
    known: dict[str, str] = json.loads(ledger.get(REAL) or "{}")
    now = places.to_remember(known)
    if now != known:
        ledger.put(REAL, json.dumps(now, sort_keys=True))


def roots_of(settings: "Settings", watch: int) -> tuple[Path, ...]:
    """Return a watch's roots, the inbox first."""
    return tuple(getattr(settings.watch[watch], role) for role in ROLES)
