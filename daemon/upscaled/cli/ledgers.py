"""The ledger that a command works with, and whether a daemon does too."""

from typing import TYPE_CHECKING

from upscaled.core.settings import Settings
from upscaled.edge import ledger as books
from upscaled.edge import roots
from upscaled.whereabouts import Places, real_inboxes

if TYPE_CHECKING:
    from upscaled.edge.ledger import Ledger


def ledger_of(settings: Settings) -> "Ledger | None":
    """Return the whole ledger, None before the first start."""
    path = settings.state.directory / "ledger.sqlite"
    ledger = books.Ledger(path, inboxes_of(settings))
    return ledger if ledger.exists() else None


def inboxes_of(settings: Settings) -> list[str]:
    """Return where the inboxes really lie, by which the ledger knows them."""
    path = settings.state.directory / "ledger.sqlite"
    # A living daemon has written down where the inboxes are: then no mount is asked at all.
    places = Places(settings, path) if is_alive(settings) else None
    return real_inboxes(settings, places)


def is_alive(settings: Settings) -> bool:
    """Say whether a daemon works with this state directory right now."""
    return roots.StateLock(settings.state.directory).is_taken()
