"""Series as `status` and `series` print them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from upscaled.core.progress import Progress, line, progress_json

if TYPE_CHECKING:
    from upscaled.core.settings import Settings
    from upscaled.edge.ledger import Ledger

RECENT = timedelta(days=1)

Key = tuple[int, str]
"""Watch and series."""


def latest(ledger: "Ledger | None") -> list[Progress]:
    """Return how the series under way stand, and those of the last day."""
    if ledger is None:
        return []
    return [ledger.standings.progress(*key) for key in latest_keys(ledger)]


def latest_keys(ledger: "Ledger") -> list[Key]:
    """Return the series under way, and those of the last day."""
    return ledger.standings.latest(datetime.now(UTC) - RECENT)


def told(settings: "Settings", some: Iterable[Progress]) -> list[dict[str, Any]]:
    """Return series as JSON prints them."""
    return [progress_json(one, str(settings.watch[one.watch].inbox)) for one in some]


def lines(some: Iterable[Progress]) -> list[str]:
    """Return the lines of `status` on series."""
    return [f"series   {line(one)}" for one in some]
