"""The ledger that a command works with, and whether a daemon does too."""

from typing import TYPE_CHECKING, Protocol

from upscaled.core.tickets import own_id
from upscaled.edge import ledger as books
from upscaled.edge import roots
from upscaled.errors import UsageError
from upscaled.whereabouts import Places, real_inboxes

if TYPE_CHECKING:
    from upscaled.core.settings import Settings
    from upscaled.edge.ledger import Ledger

LEAST = 3
"""Characters of an id's beginning: fewer are a slip of the keyboard."""
CANDIDATES = 5
"""So many are named where a beginning is not enough."""


def ledger_of(settings: "Settings") -> "Ledger | None":
    """Return the whole ledger, None before the first start."""
    path = settings.state.directory / "ledger.sqlite"
    ledger = books.Ledger(path, inboxes_of(settings))
    return ledger if ledger.exists() else None


def inboxes_of(settings: "Settings") -> list[str]:
    """Return where the inboxes really lie, by which the ledger knows them."""
    path = settings.state.directory / "ledger.sqlite"
    # A living daemon has written down where the inboxes are: then no mount is asked at all.
    places = Places(settings, path) if is_alive(settings) else None
    return real_inboxes(settings, places)


def is_alive(settings: "Settings") -> bool:
    """Say whether a daemon works with this state directory right now."""
    return roots.StateLock(settings.state.directory).is_taken()


class Ids(Protocol):
    """Whoever knows which ids begin how."""

    def like(self, start: str, most: int) -> list[str]:
        """Return the ids that begin like this, at most so many, in their order."""


def whole_id(ledger: Ids, typed: str) -> str:
    """
    Return the id that was typed, or the only one that begins so; also where a ticket wrote it.

    Raises `UsageError` where none does, or several do.
    """
    found = ledger.like(typed, CANDIDATES + 1) if len(typed) >= LEAST else []
    if not found and (made := own_id(typed)):
        found = ledger.like(made, 1)
    if typed in found or len(found) == 1:
        return typed if typed in found else found[0]
    if not found:
        short = f"; a beginning has at least {LEAST} characters" if len(typed) < LEAST else ""
        raise UsageError(f"there is no job {typed}", f"`upscaled jobs` lists them all{short}")
    more = " and more" if len(found) > CANDIDATES else ""
    raise UsageError(
        f"several jobs begin with {typed}",
        f"{', '.join(found[:CANDIDATES])}{more}: type more of it",
    )
