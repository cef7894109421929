"""
What the corridor needs of the world, as small protocols. Every door in `edge/` fits one of these.

Errors are always those of `upscaled.errors`; a foreign exception never passes a door.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from upscaled.core.provenance import Story
from upscaled.nouns import Artifact, Fidelity, Pass, Plan, Probe, Standing, Ticket

Progress = Callable[[float], None]
"""Called with a share 0..1 while a long step works."""


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> datetime:
        """Return the aware UTC time of the wall."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""


class Pictures(Protocol):
    """Pixel work, done in supervised worker processes. Each call blocks its lane."""

    def examine(self, source: Path, *, waited: bool = False) -> Probe:
        """
        Decode the whole picture once; return what it says and measures.

        `waited`: it had its time; what may be incomplete is then a doubt in the probe.
        Raises `NotReady` where it is cut short, `Aside` where waiting will not mend it.
        """

    def prepare(self, source: Path, stem: Path, size: tuple[int, int] | None = None) -> Artifact:
        """Write what may be uploaded (pixels, profile) to `stem` plus .png or .jpg, shrunk."""

    def enlarge(self, source: Path, to: Path, one: Pass, progress: Progress) -> Artifact:
        """Enlarge by plain resampling to the pass's size, in tiles; the local engine's work."""

    def finish(self, raw: Path, source: Path, plan: Plan, to: Path, story: Story) -> Artifact:
        """
        Bring the enlarged picture to the plan's exact pixels, format, density and profile.

        It gets its source's metadata, and `story`: what it says of its own making.
        """

    def check(self, source: Path, result: Path, plan: Plan, compare: Path | None) -> Fidelity:
        """
        Compare the result with its source at the source's size.

        Unless it passes, a before/after crop of the worst place is written to `compare`.
        """


class Engine(Protocol):
    """Something that enlarges: fal's hosted models, or the local stand-by."""

    @property
    def name(self) -> str:
        """`fal` or `local`."""

    def upload(self, upload: Artifact, progress: Progress) -> str:
        """Put the picture where the models can fetch it; return its unique address."""

    def submit(self, one: Pass, image_url: str) -> Ticket:
        """
        Ask once for one pass. This is what costs money.

        Raises `Again`, `Outage`, `Stop` or `Aside` where it is sure that nothing was accepted, and
        `Doubt` where it is not.
        """

    def look_up(self, one: Pass, image_url: str, since: datetime) -> Ticket | None:
        """Ask the service whether it accepted a submit for this address; None where not listed."""

    def poll(self, one: Pass, ticket: Ticket) -> Standing:
        """
        Look once where the request stands.

        Raises `Void` where it ended unpaid and may be submitted anew, `Aside` where it never will.
        """

    def fetch(self, one: Pass, standing: Standing, to: Path, progress: Progress) -> Artifact:
        """Download the enlarged picture whole, or raise and leave nothing at `to`."""

    def forget(self, request_id: str) -> None:
        """Ask the service to delete what it keeps of an ended request: its data and its result."""

    def cancel(self, ticket: Ticket) -> None:
        """Ask the service to drop the request; it may still complete."""
