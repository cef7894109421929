"""
The ledger, glanced at: what `status`, `jobs` and `show` ask, through the standard library's SQLite.

The same file and rows as `whole` has, read only, without SQLAlchemy: that takes longer to load than
all of these questions take together. Never makes or changes a file.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from upscaled.core.life import ENDS
from upscaled.core.money import Kind
from upscaled.edge.ledger.schema import check_schema
from upscaled.errors import LedgerUnwritable
from upscaled.nouns import Hold, Micros, State

_ALIVE = frozenset(State) - ENDS
_TELLING = State.REVIEW, State.FAILED, State.WITHDRAWN
"""States in which a job's facts say what its row does not: the error, or the doubts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A job as a list has it."""

    id: str
    state: State
    path: str
    target: str
    hold: Hold | None
    reason: str | None
    due_at: float | None
    """Seconds of the wall clock."""
    cost: Micros
    code: str | None = None
    message: str | None = None
    """Of its error."""
    doubts: Sequence[str] = ()
    """Why it is in review."""


class Glance:
    """The ledger's file, open for reading; for the thread that opened it."""

    def __init__(self, path: Path, link: sqlite3.Connection) -> None:
        self._path = path
        self._link = link

    # ---- what is remembered

    def schema(self) -> str | None:
        """Return the file's schema, None where it is only just being made."""
        made = self._one("SELECT 1 FROM sqlite_master WHERE name = 'meta'")
        return self.get("schema") if made else None

    @property
    def id(self) -> str:
        """Return the ledger's id, which stands in every root's marker."""
        return self.get("id") or ""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""
        found: str | None = self._one("SELECT value FROM meta WHERE key = ?", key)
        return found

    # ---- counts and sums

    def counts(self) -> list[tuple[State, bool, int]]:
        """Return (state, held, number) groups; a hold counts while the job has not ended."""
        # The index alone answers for the many that have ended; the rows of the others are read.
        ended = (
            "SELECT state, 0, count(*) FROM jobs"
            " WHERE state IN (SELECT value FROM json_each(?)) GROUP BY state"
        )
        alive = (
            "SELECT state, hold IS NOT NULL, count(*) FROM jobs"
            " WHERE state IN (SELECT value FROM json_each(?)) GROUP BY 1, 2"
        )
        found = [*self._all(ended, _listed(ENDS)), *self._all(alive, _listed(_ALIVE))]
        return [(State(state), bool(held), number) for state, held, number in found]

    def spent(self, since: datetime) -> Micros:
        """Return the settled money since a moment."""
        query = "SELECT coalesce(sum(micros), 0) FROM money WHERE kind IN (?, ?) AND at >= ?"
        return int(self._one(query, Kind.SETTLE.value, Kind.CORRECT.value, since.timestamp()))

    def reserved(self) -> Micros:
        """Return the money in flight or in doubt."""
        return int(self._one("SELECT coalesce(sum(reserved), 0) FROM jobs WHERE reserved > 0"))

    def has_series(self, since: datetime) -> bool:
        """Say whether a series has members that have not ended, or was decided or told since."""
        # `+state` keeps to the index of series, which has the rows of series alone.
        alive = (
            "SELECT 1 FROM jobs WHERE series NOTNULL"
            " AND +state IN (SELECT value FROM json_each(?)) LIMIT 1"
        )
        told = "SELECT 1 FROM series WHERE max(coalesce(told_at, 0), decided_at) >= ? LIMIT 1"
        return bool(self._one(alive, _listed(_ALIVE)) or self._one(told, since.timestamp()))

    # ---- jobs

    def lines(self, states: Sequence[State] | None = None) -> Iterator[Line]:
        """Yield jobs of some states or of all, unfinished first, then the latest ends."""
        such = "state IN (SELECT value FROM json_each(:states)) ORDER BY ended, updated_at DESC"
        yield from self.listed(such, {"states": _listed(states or State)})

    def listed(self, such: str, values: Mapping[str, object]) -> Iterator[Line]:
        """Yield the jobs that a clause of our own finds, with no more of their facts than shows."""
        query = (
            "SELECT id, state, path, target, hold, reason, due_at, cost,"  # noqa: S608
            " CASE WHEN state IN (SELECT value FROM json_each(:telling)) THEN facts END FROM jobs"
            f" WHERE {such}"
        )
        for row in self._rows(query, {**values, "telling": _listed(_TELLING)}):
            yield _line(row)

    def row(self, job_id: str) -> sqlite3.Row | None:
        """Return one job's whole row."""
        found = self._all("SELECT * FROM jobs WHERE id = ?", job_id)
        return found[0] if found else None

    def like(self, start: str, most: int) -> list[str]:
        """Return the ids that begin like this, at most so many, in their order."""
        query = "SELECT id FROM jobs WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        return [row[0] for row in self._all(query, start, f"{start}\U0010ffff", most)]

    def holds(self) -> list[tuple[Hold, int, str]]:
        """Return what jobs wait for: the hold, how many, and one of the reasons; most first."""
        query = (
            "SELECT hold, count(*), max(coalesce(reason, '')) FROM jobs WHERE hold NOTNULL"
            " AND state IN (SELECT value FROM json_each(?)) GROUP BY hold ORDER BY 2 DESC"
        )
        return [(Hold(row[0]), row[1], row[2]) for row in self._all(query, _listed(_ALIVE))]

    def history(self, job_id: str) -> list[sqlite3.Row]:
        """Return the rows of a job's story, oldest first."""
        return self._all("SELECT * FROM history WHERE job = ? ORDER BY id", job_id)

    def moved(self, job_id: str) -> list[sqlite3.Row]:
        """Return the rows of a job's money, oldest first."""
        return self._all("SELECT * FROM money WHERE job = ? ORDER BY id", job_id)

    def ask(self, query: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
        """Put any other question, as `standing` has them."""
        return list(self._rows(query, values))

    # ---- inside

    def _rows(
        self, query: str, values: tuple[object, ...] | Mapping[str, object]
    ) -> Iterator[sqlite3.Row]:
        try:
            # Not `yield from`: left halfway, it closes a cursor whose file is closed already.
            for row in self._link.execute(query, values):  # noqa: UP028
                yield row
        except sqlite3.DatabaseError as error:
            raise _unreadable(self._path, error) from error

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        return list(self._rows(query, values))

    def _one(self, query: str, *values: object) -> Any:
        found = self._all(query, *values)
        return found[0][0] if found else None


@contextmanager
def glanced(path: Path) -> Iterator[Glance | None]:
    """
    Open the ledger's file for reading; None where there is none, or it is only just being made.

    Raises `Fatal` where another version made it, `LedgerUnwritable` where it cannot be read.
    """
    if not path.exists():
        yield None
        return
    with closing(_linked(path)) as link:
        link.row_factory = sqlite3.Row
        glance = Glance(path, link)
        schema = glance.schema()
        if schema is not None:
            check_schema(path, schema)
        yield glance if schema is not None else None


def _linked(path: Path) -> sqlite3.Connection:
    """Connect without making any file: where no daemon writes, there is no log to read."""
    writing = path.with_name(path.name + "-wal").exists()
    how = "mode=ro" if writing else "mode=ro&immutable=1"
    try:
        return sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, timeout=10.0)
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: sqlite3.DatabaseError) -> LedgerUnwritable:
    return LedgerUnwritable(
        f"the ledger {path} cannot be read: {error}",
        "mend the disk it lies on, or restore the state directory from a backup",
    )


def _listed(states: Iterable[State]) -> str:
    """Return states as one value of a statement."""
    return json.dumps([state.value for state in states])


def _line(row: sqlite3.Row) -> Line:
    facts = json.loads(row[8]) if row[8] else {}
    error, fidelity = facts.get("error") or {}, facts.get("fidelity") or {}
    return Line(
        id=row[0],
        state=State(row[1]),
        path=row[2],
        target=row[3],
        hold=Hold(row[4]) if row[4] else None,
        reason=row[5],
        due_at=row[6],
        cost=row[7],
        code=error.get("code"),
        message=error.get("message"),
        doubts=fidelity.get("reasons", ()) if row[1] == State.REVIEW.value else (),
    )
