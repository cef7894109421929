"""
What is remembered of one watch between its looks, and what the patrol asks of whoever sees it.

Owned by the conductor's thread, but for what a look under way holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from upscaled.core.strays import Stray
from upscaled.flow.intake import Intake, Look
from upscaled.flow.lanes import Lane
from upscaled.nouns import Sighting

LISTEN_AGAIN_SECONDS = (5.0, 80.0)
"""The first pause after hints could not be rebuilt, and the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """How often a watch is looked at where nothing says so, in seconds."""

    times_seconds: float
    """The folders' own times."""
    whole_seconds: float
    """Everything."""


class Eyes(Protocol):
    """How one watch is seen."""

    @property
    def paces(self) -> Paces:
        """Return how often it is looked at where nothing says so."""

    def looks(self, folders: Sequence[str]) -> Iterator[Look]:
        """Look into folders, part by part, or raise `Outage`."""

    def look(self, paths: tuple[str, ...]) -> Sequence[Sighting]:
        """Look at single files."""

    def changed(self) -> Sequence[str]:
        """Return the folders whose own time moved."""

    def told(self, strays: Sequence[Stray], linear: Sequence[str], folders: Sequence[str]) -> None:
        """Put notes into folders that are not understood; take away those no longer true."""

    def listen(self) -> str:
        """See that hints come in; return what was wrong, empty where all was well."""

    @property
    def settle_seconds(self) -> float:
        """Return how long a file must be quiet; longer on a share, which may come late."""


@dataclass(slots=True, kw_only=True)
class Beat:
    """One watch's round. Times are seconds of the clock that only grows."""

    intake: Intake
    eyes: Eyes
    lane: Lane
    dirty: dict[str, None] = field(default_factory=dict)
    """Folders to look into, in the order they were named."""
    round: Iterator[Look] | None = None
    """The looks under way; the lane's while `busy`."""
    whole_at: float = 0.0
    times_at: float = 0.0
    look_from: float = 0.0
    """No sooner are files that settle looked at again, however many there are."""
    looked: bool = False
    """The last look was at files that settle: now it is the turn of a folder that waits for one.
    Else a file that is always due, since it is not there any more, hides all others for good."""
    listen_at: float = 0.0
    begun_at: float = 0.0
    rest_until: float = 0.0
    """A writer's events come by the thousand; looks are followed by a rest in proportion."""
    walked: float = 0.0
    """Seconds that the last whole look took."""
    walking: bool = False
    pause: float = LISTEN_AGAIN_SECONDS[0]
    busy: bool = False
    scanned: bool = False
    """The whole inbox was looked at since the start, or since its share was lost."""
    at_work_since: float | None = None
    """When its look under way began; None while it waits in the lane behind a step."""
    trouble: str = ""
    silent: str = ""
    """Its folders do not answer: whoever asks them hangs."""
    told: object = None
    """What the notes in the folders were last made from."""

    @property
    def walks(self) -> bool:
        """
        Say whether a whole look is under way: no other begins before its end.

        A share that takes longer than the pause between two would never be looked at to its end.
        """
        return self.walking and bool(self.round or self.dirty)

    @property
    def odd(self) -> tuple[str, ...]:
        """Return what stays where it is."""
        return self.intake.odd

    def everything(self) -> None:
        """Look into every folder."""
        self.dirty = dict.fromkeys(["", *self.intake.folders])
