"""
Whether an inbox is the share that it should be: a copy under an empty mount point would be lost.

The marker says it. Without one, either no daemon has ever looked at the inbox, and pictures may
come before the first start; or a share should be mounted there and is not. Told apart by evidence;
where there is none either way the pictures are taken, since that needs no daemon, and it is said.
"""

from pathlib import Path

from upscaled.edge import roots
from upscaled.endings import Roots
from upscaled.errors import Fatal

MOUNT = "mount the share again"


def require_inbox(place: Roots, home: Path, *, named: bool, known: bool) -> str:
    """
    Return what to tell of the inbox, empty where all is well; raise `Fatal` where it is not there.

    `home` is the config's folder. `named` says that `--inbox` was given, `known` that the ledger,
    where it can be read, has worked with this inbox.
    """
    inbox = place.inbox
    if not inbox.is_dir():
        if known or named or not inbox.is_relative_to(home):
            raise Fatal(
                f"the inbox {inbox} is not there",
                "mount the share; a new inbox is made by `upscaled init` or the daemon's start",
            )
    elif (inbox / roots.MARKER).exists():
        return ""
    others = (place.outbox, place.archive, place.review, place.failed)
    if known or all((root / roots.MARKER).exists() for root in others):
        raise Fatal(f"the inbox {inbox} is there without its marker", MOUNT)
    if missing := roots.missing_mount(inbox):
        raise Fatal(f"{missing} is not mounted, so the inbox {inbox} is not there", MOUNT)
    inbox.mkdir(parents=True, exist_ok=True)
    return (
        f"{inbox} carries no {roots.MARKER}: no daemon has looked at it yet; if a share should be"
        " mounted there, it is not"
    )
