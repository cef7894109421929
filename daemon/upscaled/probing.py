"""
What was tried in a watch's folders: whether events arrive there, and what each root is good for.

A room of the house: it joins the disk door and the watch door, which do not see one another.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from upscaled.core.settings import Watch
from upscaled.edge.disk.probe import probe
from upscaled.edge.watch.hints import Watcher
from upscaled.errors import Outage
from upscaled.nouns import Access
from upscaled.whereabouts import ROLES

Told = dict[str, Any]
"""As `status --json` and `check --json` show it."""


def tried(config: Watch, access: Access, heard: float | None, *, asked: bool) -> Told:
    """Try every root; `heard` is what a test of events took in seconds, if it was `asked`."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "events": heard is not None if asked else None,
        "events_ms": None if heard is None else round(heard * 1000, 1),
        "roots": {
            role: asdict(probe(getattr(config, role), access))
            for role in ROLES
            if role != "inbox" or may_write(config)
        },
    }


def may_write(config: Watch) -> bool:
    """Say whether we may write into the inbox: not where originals are left as they are."""
    return config.originals != "leave"


def listened(config: Watch, *, native: bool) -> tuple[float | None, bool]:
    """Listen once to an inbox's own folder; return what its test took, and whether one was made."""
    ear = Watcher(config.inbox, _to_nobody, recursive=False)
    try:
        if native and may_write(config):
            ear.start()
            return ear.test(), True
    except Outage:
        pass  # whoever looks there says what is wrong
    finally:
        ear.stop()
    return None, False


def _to_nobody(_folder: str | None) -> None:
    """Take a hint that nobody waits for."""
