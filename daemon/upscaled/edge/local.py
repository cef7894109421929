"""
The local stand-by behind the engine port: plain resampling, no model, no account, no network.

It walks the same states as fal, so that the corridor has one shape. Which pixels do the work is a
callable; doors do not see one another.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from upscaled.errors import Again
from upscaled.nouns import Artifact, Pass, Standing, Ticket

Enlarge = Callable[[Path, Path, Pass, Callable[[float], None]], Artifact]
_SCHEME = "file:"


class Local:
    """Enlarges here. Nothing is ever billed."""

    name = "local"

    def __init__(self, enlarge: Enlarge) -> None:
        self._enlarge = enlarge

    def upload(self, upload: Artifact, _progress: Callable[[float], None]) -> str:
        """Return the address of what lies here already."""
        return _SCHEME + upload.path

    def submit(self, _one: Pass, image_url: str) -> Ticket:
        """Accept at once."""
        return Ticket(request_id=image_url, status_url="", response_url=image_url)

    def look_up(self, _one: Pass, image_url: str, _since: datetime) -> Ticket:
        """Accept again: nothing was paid, so nothing is in doubt."""
        return Ticket(request_id=image_url, status_url="", response_url=image_url)

    def poll(self, _one: Pass, ticket: Ticket) -> Standing:
        """Be ready at once: the work itself is done when it is fetched."""
        return Standing(state="ready", result_url=ticket.response_url)

    def fetch(
        self, one: Pass, standing: Standing, to: Path, progress: Callable[[float], None]
    ) -> Artifact:
        """Enlarge now; raises `Again` where the prepared picture is missing."""
        source = Path(standing.result_url.removeprefix(_SCHEME))
        if not source.exists():
            raise Again(f"the prepared picture {source} is missing")
        return self._enlarge(source, to, one, progress)

    def forget(self, _request_id: str) -> None:
        """Nothing is kept anywhere else."""

    def cancel(self, _ticket: Ticket) -> None:
        """Nothing runs anywhere else."""
