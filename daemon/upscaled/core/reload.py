"""
What a running daemon may be given: which changes of the configuration need a restart, and why.

All that is not named here is taken over while jobs are under way: each step ends with what it began
with, each plan that was paid for stays, and the next step sees the new values.
"""

from collections.abc import Mapping
from pathlib import Path

from upscaled.core.changes import Change, changes, flat
from upscaled.core.settings import Settings, Watch
from upscaled.errors import Fault

ROLES = ("outbox", "archive", "failed", "review")
_ADDRESS = "requests under way are asked for at the old address"
FIXED: Mapping[str, str] = {
    "state.directory": "the ledger and the private copies lie in the old one",
    "engine.name": "who enlarges is settled once, when the ledger is opened",
    "fal.queue_url": _ADDRESS,
    "fal.rest_url": _ADDRESS,
    "fal.cdn_url": _ADDRESS,
    "fal.api_url": _ADDRESS,
    "web": "the window beside the daemon was opened with the old one",
}
"""Keys, and whole tables, that only a restart changes, and why."""


def refusals(
    old: Settings, new: Settings, living: Mapping[str, int], place: str
) -> tuple[Fault, ...]:
    """
    Return why a configuration cannot be taken over by a running daemon; nothing where it can.

    `living` counts by inbox, as the old configuration names it, the files that have not ended.
    """
    fixed = [
        _fault(place, change, f"{change.before} until the next start", why)
        for change in changes(flat(old), flat(new))
        if (why := FIXED.get(change.key) or FIXED.get(change.key.partition(".")[0]))
    ]
    return (*fixed, *_left(old, new, living, place))


def moved_roots(old: Settings, new: Settings) -> frozenset[Path]:
    """Return the inboxes of those watches that stay, but with another folder of results."""
    before = {watch.inbox: _folders(watch) for watch in old.watch}
    return frozenset(
        watch.inbox for watch in new.watch if before.get(watch.inbox) not in {None, _folders(watch)}
    )


def _folders(watch: Watch) -> tuple[Path, ...]:
    return tuple(getattr(watch, role) for role in ROLES)


def _left(old: Settings, new: Settings, living: Mapping[str, int], place: str) -> tuple[Fault, ...]:
    """Return the inboxes that left the configuration while files of theirs are under way."""
    stay = {watch.inbox for watch in new.watch}
    return tuple(
        Fault(
            place=place,
            key=f"watch[{watch.inbox}]",
            value="(left out)",
            expected=f"this inbox until its {count} files have ended",
            hint="take them out of the inbox or let them be done, then reload again",
        )
        for watch in old.watch
        if watch.inbox not in stay and (count := living.get(str(watch.inbox), 0))
    )


def _fault(place: str, change: Change, expected: str, why: str) -> Fault:
    hint = f"{why}; restart the service to change it"
    return Fault(place=place, key=change.key, value=str(change.after), expected=expected, hint=hint)
