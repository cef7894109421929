"""
The ledger's file: one engine, and links to it whose faults are told in our words.

Knows no table.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from upscaled.edge.ledger.tables import set_pragmas
from upscaled.errors import LedgerUnwritable

SPARE_PAGES = 256
"""A megabyte stays spare: it is used again soon."""
PAGES_AT_ONCE = 1000
_NONE = 0
"""What `auto_vacuum` says where pages are never given back."""


class Store:
    """An SQLite file with write-ahead log, each write durable before it returns."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._ear: sqlite3.Connection | None = None
        self._heard: int | None = None
        if read_only:
            self._engine = sa.create_engine(
                "sqlite://", creator=self._look, poolclass=sa.pool.NullPool
            )
            return
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 10.0})
        sa.event.listen(self._engine, "connect", set_pragmas)

    def _look(self) -> sqlite3.Connection:
        """Connect without making any file: where no daemon writes, there is no log to read."""
        writing = self.path.with_name(self.path.name + "-wal").exists()
        how = "mode=ro" if writing else "mode=ro&immutable=1"
        return sqlite3.connect(f"file:{quote(str(self.path))}?{how}", uri=True, timeout=10.0)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
        if self._ear is not None:
            self._ear.close()
            self._ear = None

    def stirred(self) -> bool:
        """
        Say whether any other connection, of ours or of another process, wrote since the last call.

        Costs a hundredth of the smallest query. For one thread only; True where it cannot be told.
        """
        try:
            if self._ear is None:
                self._ear = sqlite3.connect(self.path, isolation_level=None, timeout=10.0)
            (version,) = self._ear.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return True
        before, self._heard = self._heard, version
        return bool(before != version)

    def shrink(self) -> None:
        """Give back pages that nothing uses, bit by bit, and empty the write-ahead log."""
        with self._bare() as link:
            while _number(link, "PRAGMA freelist_count") > SPARE_PAGES:
                before = _number(link, "PRAGMA page_count")
                # Each row that is asked for gives back a page: it is read to its end.
                link.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
                if _number(link, "PRAGMA page_count") == before:
                    break  # made by an older version, which could not
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def reshape(self) -> None:
        """Have a file that an older version made give back its pages; once, while nobody works."""
        with self._bare() as link:
            if _number(link, "PRAGMA auto_vacuum") == _NONE:
                link.execute("PRAGMA auto_vacuum=INCREMENTAL")
                link.execute("VACUUM")

    @contextmanager
    def _bare(self) -> Iterator[sqlite3.Connection]:
        """Yield SQLite's own connection, without a transaction around it."""
        try:
            with closing(sqlite3.connect(self.path, timeout=10.0, isolation_level=None)) as link:
                yield link
        except sqlite3.Error as error:
            raise LedgerUnwritable(
                f"the ledger {self.path} cannot be tidied: {error}",
                "free disk space; it is tried again",
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as link:
                yield link
        except DatabaseError as error:
            raise LedgerUnwritable(
                f"the ledger {self.path} cannot be written: {error.orig}",
                "free disk space or mend its permissions; work goes on by itself",
            ) from error

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as link:
                yield link
        except DatabaseError as error:
            raise LedgerUnwritable(
                f"the ledger {self.path} cannot be read: {error.orig}",
                "mend the disk it lies on, or restore the state directory from a backup",
            ) from error


def _number(link: sqlite3.Connection, pragma: str) -> int:
    return int(link.execute(pragma).fetchone()[0])
