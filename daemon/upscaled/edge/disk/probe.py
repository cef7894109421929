"""
What a root is good for, tried with a small hidden file: nobody's word is taken for it.

Which rename keeps names safe, whose a new file is, and what its server's clock says. It is shown to
people; nothing about a picture is ever decided by it, least of all whether it is ready.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from upscaled.core.causes import cause_of
from upscaled.edge.disk import owners, rename_kind
from upscaled.errors import UpscaledError
from upscaled.nouns import Access

PREFIX = ".upscaled-probe-"
LEFT_SECONDS = 60.0
"""A probe that is older, by its server's own clock, was left by a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What one root is good for. None and empty where it could not be tried."""

    error: str = ""
    rename: str = "none"
    """`noreplace`, `link`, or `check`: only looked before, so a stranger might be quicker."""
    owner: str = ""
    group: str = ""
    mode: str = ""
    """Octal digits of a new result."""
    refused: tuple[str, ...] = ()
    """What was asked for in vain: `group`, `mode`."""
    skew_seconds: float | None = None
    """How far its server's clock is ahead of ours."""


def probe(root: Path, access: Access) -> Footing:
    """Try what a root is good for; leave nothing there."""
    path = root / f"{PREFIX}{uuid4().hex[:12]}"
    try:
        return _tried(path, access)
    except OSError as error:
        return Footing(error=cause_of(error).says)
    except UpscaledError as error:
        return Footing(error=error.message)
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _tried(path: Path, access: Access) -> Footing:
    before = time.time()
    with path.open("xb") as file:
        file.write(b"upscaled tries what this folder is good for\n")
        file.flush()
        os.fsync(file.fileno())
    made = path.stat().st_mtime
    middle = (before + time.time()) / 2
    _sweep(path.parent, made - LEFT_SECONDS)
    refused = owners.give(path, access)
    owners.follow(path, path.parent, access)
    found = path.stat()
    owner, group = owners.names_of(found)
    return Footing(
        rename=rename_kind(path.parent),
        owner=owner,
        group=group,
        mode=f"{found.st_mode & 0o7777:04o}",
        refused=refused,
        skew_seconds=round(made - middle, 1) + 0.0,
    )


def _sweep(root: Path, before: float) -> None:
    """Remove what a crash has left, by the server's clock on both sides."""
    with os.scandir(root) as entries:
        left = [entry for entry in entries if entry.name.startswith(PREFIX)]
    for entry in left:
        with suppress(OSError):
            if entry.stat(follow_symlinks=False).st_mtime < before:
                Path(entry.path).unlink()
