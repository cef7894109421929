"""
Copies of the ledger: whole and proven, beside a daemon that goes on writing.

SQLite's own online backup, in one step: readers never hold up the writer of a write-ahead log, and
a copy made in many steps would begin anew with each write. A copy says of itself that it is one,
so that whoever restores it is met with care.
"""

import os
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from upscaled.errors import LedgerUnwritable

COPIED_AT = "copied_at"
"""In a copy's `meta`: when it was made. A ledger in use that has it was restored."""


def copy(ledger: Path, to: Path, at: datetime) -> None:
    """
    Write a whole copy, checked to its last page, under its name only once it is durable.

    Raises `LedgerUnwritable` where it cannot be written, or where the check finds a fault.
    """
    staged = to.with_name(f".{to.name}")
    try:
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged.unlink(missing_ok=True)
        _copy(ledger, staged, at)
        staged.chmod(0o600)
        _sync(staged)
        staged.replace(to)
        _sync(to.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            staged.unlink(missing_ok=True)
        raise LedgerUnwritable(
            f"no copy of the ledger could be made in {to.parent}: {error}",
            "free disk space or mend its permissions; it is tried again",
        ) from error


def copies(folder: Path, prefix: str) -> list[Path]:
    """Return the copies of a kind, the oldest first: their names begin with the date."""
    return sorted(folder.glob(f"{prefix}*.sqlite"))


def _copy(ledger: Path, staged: Path, at: datetime) -> None:
    with (
        closing(sqlite3.connect(ledger, timeout=10.0)) as source,
        closing(sqlite3.connect(staged)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        with target:
            mark = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"
            target.execute(mark, (COPIED_AT, at.isoformat()))
        (said,) = target.execute("PRAGMA integrity_check").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(said)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
