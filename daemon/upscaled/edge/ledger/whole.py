"""
The ledger: one row a job, an append-only history and money, orders from the command line.

SQLAlchemy Core on SQLite (WAL, synchronous FULL). The conductor is the only writer of jobs; other
processes read, post orders and set the pause flag. Nothing here decides anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from upscaled.edge.ledger import migrations, tables
from upscaled.edge.ledger.nights import Nights
from upscaled.edge.ledger.people import People
from upscaled.edge.ledger.progress import Standings
from upscaled.edge.ledger.purse import Purse, move
from upscaled.edge.ledger.retention import Retention
from upscaled.edge.ledger.rows import Event, event_of, job_of, packed, row_of, unpacked, when
from upscaled.edge.ledger.schema import SCHEMA_VERSION, check_schema
from upscaled.edge.ledger.series import Series
from upscaled.edge.ledger.tallies import Tallies
from upscaled.nouns import Dragged, Identity, Job, PassDone, State

_AT_ONCE = 500
"""Values in one statement: SQLite has a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something a person asked for on the command line."""

    id: int
    at: datetime
    verb: str
    job: str
    argument: str | None = None
    dragged: Dragged | None = None


class Ledger(Purse):
    """
    The durable truth of one installation.

    `inboxes` are the configured inboxes' real paths; a job's `watch` is an index into them. Jobs
    of inboxes that left the config stay in the ledger and are simply not loaded. `read_only` never
    makes or changes a file.
    """

    def __init__(self, path: Path, inboxes: Sequence[str], *, read_only: bool = False) -> None:
        super().__init__(path, read_only=read_only)
        self._inboxes = tuple(inboxes)
        self.series = Series(self._inboxes, self._reading, self._writing)
        self.tallies = Tallies(self._reading)
        self.retention = Retention(self._reading, self._writing)
        self.people = People(self._inboxes, self._reading)
        self.standings = Standings(self._inboxes, self._reading, self._writing)
        self.nights = Nights(self._inboxes, self._reading)

    @property
    def inboxes(self) -> tuple[str, ...]:
        """Return where the watches' inboxes really lie."""
        return self._inboxes

    # ---- life of the ledger itself

    def create(self) -> None:
        """Make the tables and the ledger's id where they are missing."""
        with self._writing() as link:
            tables.METADATA.create_all(link)
            known = {row.key: row.value for row in link.execute(sa.select(tables.meta))}
            if "schema" not in known:
                _put(link, "id", uuid4().hex)
                _put(link, "schema", SCHEMA_VERSION)  # last: it says that all the rest is there
            elif known["schema"] in migrations.STEPS:
                migrations.bring_up(link, known["schema"])
                _put(link, "schema", SCHEMA_VERSION)
            else:
                check_schema(self.path, known["schema"])

    def exists(self) -> bool:
        """Say whether there is a ledger to read; one that is just being made is none yet."""
        if not self.path.exists():
            return False
        with self._reading() as link:
            made = sa.inspect(link).has_table(tables.meta.name)
        schema = self.get("schema") if made else None
        if schema is not None:
            check_schema(self.path, schema)
        return schema is not None

    def schema(self) -> str | None:
        """Return the schema of the file as it is, None where it is only just being made."""
        with self._reading() as link:
            made = sa.inspect(link).has_table(tables.meta.name)
        return self.get("schema") if made else None

    @property
    def id(self) -> str:
        """Return the ledger's id, which stands in every root's marker."""
        return self.get("id") or ""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""
        with self._reading() as link:
            return link.execute(
                sa.select(tables.meta.c.value).where(tables.meta.c.key == key)
            ).scalar()

    def put(self, key: str, value: str) -> None:
        """Remember a value."""
        with self._writing() as link:
            _put(link, key, value)

    # ---- jobs

    def add(self, jobs: Iterable[Job]) -> None:
        """Write the rows of files seen for the first time."""
        jobs = list(jobs)
        if jobs:
            with self._writing() as link:
                for job in jobs:
                    if job.reserved:
                        move(link, job, self._inboxes[job.watch])
                rows = [row_of(job, self._inboxes) for job in jobs]
                link.execute(tables.jobs.insert(), rows)

    def alive_at(self, watch: int, paths: Sequence[str]) -> list[Job]:
        """Return the jobs of these paths that have not ended, in the order of the paths."""
        found = {
            row["path"]: job_of(row, self._inboxes)
            for row in self._at(watch, paths, tables.jobs.c.ended.is_(False))
        }
        return [found[path] for path in paths if path in found]

    def ends_at(self, watch: int, paths: Sequence[str]) -> dict[str, Job]:
        """
        Return the latest ended job of each path: what originals left in place are known by.

        Redos do not count: the original is that of the job they did again.
        """
        rows = self._at(watch, paths, tables.jobs.c.ended.is_(True))
        rows.sort(key=lambda row: row["updated_at"])
        return {row["path"]: job_of(row, self._inboxes) for row in rows}

    def latest_end(self, watch: int, path: str) -> Job | None:
        """Return the latest ended job of one path, as `ends_at` does."""
        return self.ends_at(watch, [path]).get(path)

    def restamp(self, job: Job, seen: Identity) -> None:
        """Note what an ended job's original looks like now; all else of its row stays as it is."""
        rows = tables.jobs
        with self._writing() as link:
            link.execute(
                rows.update().where(rows.c.id == job.id, rows.c.sha256 == job.sha256),
                {"size": seen.size, "mtime_ns": seen.mtime_ns, "inode": seen.inode},
            )

    def _at(
        self, watch: int, paths: Sequence[str], such: sa.ColumnElement[bool]
    ) -> list[sa.RowMapping]:
        query = sa.select(tables.jobs).where(
            tables.jobs.c.inbox == self._inboxes[watch], tables.jobs.c.away.is_(False), such
        )
        found: list[sa.RowMapping] = []
        with self._reading() as link:
            for first in range(0, len(paths), _AT_ONCE):
                some = tables.jobs.c.path.in_(paths[first : first + _AT_ONCE])
                found += link.execute(query.where(some)).mappings()
        return found

    def record(self, job: Job, said: str = "", paid: Sequence[PassDone] = ()) -> None:
        """Write a job's new row, a line of its history and the money it settled, in one go."""
        with self._writing() as link:
            move(link, job, self._inboxes[job.watch], paid)
            link.execute(
                tables.jobs.update().where(tables.jobs.c.id == job.id), row_of(job, self._inboxes)
            )
            at = job.updated_at.timestamp()
            if said:
                link.execute(
                    tables.history.insert(),
                    {"job": job.id, "at": at, "state": job.state.value, "said": said},
                )
        self.settlements += bool(paid)

    def forget(self, jobs: Sequence[Job]) -> None:
        """Drop the rows of files that left before they were ever read."""
        with self._writing() as link:
            for first in range(0, len(jobs), _AT_ONCE):
                ids = [job.id for job in jobs[first : first + _AT_ONCE]]
                link.execute(tables.jobs.delete().where(tables.jobs.c.id.in_(ids)))

    def unfinished(self) -> Iterator[Job]:
        """Yield every job that has not ended, oldest first."""
        alive = sa.select(tables.jobs).where(
            tables.jobs.c.ended.is_(False), tables.jobs.c.inbox.in_(self._inboxes)
        )
        with self._reading() as link:
            for row in link.execute(
                alive.order_by(tables.jobs.c.seen_at, tables.jobs.c.id)
            ).mappings():
                yield job_of(row, self._inboxes)

    def living(self) -> set[str]:
        """Return the ids of all jobs that have not ended, of inboxes outside the config too."""
        alive = sa.select(tables.jobs.c.id).where(tables.jobs.c.ended.is_(False))
        with self._reading() as link:
            return set(link.execute(alive).scalars())

    def living_in(self) -> dict[str, int]:
        """Return how many jobs have not ended, by the inbox's real path."""
        rows = tables.jobs.c
        query = sa.select(rows.inbox, sa.func.count()).where(rows.ended.is_(False))
        with self._reading() as link:
            return dict(link.execute(query.group_by(rows.inbox)).tuples().all())

    def jobs(self, states: Sequence[State] | None = None, limit: int = 10_000) -> list[Job]:
        """Return jobs, unfinished first, then the latest ends."""
        return list(self.each(states, limit))

    def each(self, states: Sequence[State] | None, limit: int) -> Iterator[Job]:
        """Yield what `jobs` returns, one after the other: two thousand at once are 16 MB."""
        query = (
            sa.select(tables.jobs)
            .order_by(tables.jobs.c.ended, tables.jobs.c.updated_at.desc())
            .limit(limit)
        )
        if states is not None:
            query = query.where(tables.jobs.c.state.in_([state.value for state in states]))
        with self._reading() as link:
            for row in link.execute(query).mappings():
                yield job_of(row, self._inboxes)

    def job(self, job_id: str) -> Job | None:
        """Return one job."""
        with self._reading() as link:
            row = (
                link.execute(sa.select(tables.jobs).where(tables.jobs.c.id == job_id))
                .mappings()
                .first()
            )
            return job_of(row, self._inboxes) if row else None

    def named(self, ids: Sequence[str]) -> dict[str, Job]:
        """Return the jobs that have these ids, ended ones too."""
        found: dict[str, Job] = {}
        with self._reading() as link:
            for first in range(0, len(ids), _AT_ONCE):
                some = tables.jobs.c.id.in_(ids[first : first + _AT_ONCE])
                for row in link.execute(sa.select(tables.jobs).where(some)).mappings():
                    found[row["id"]] = job_of(row, self._inboxes)
        return found

    def like(self, start: str, most: int) -> list[str]:
        """Return the ids that begin like this, at most so many, in their order."""
        ids = tables.jobs.c.id
        query = sa.select(ids).where(ids >= start, ids < f"{start}\U0010ffff")
        with self._reading() as link:
            return list(link.execute(query.order_by(ids).limit(most)).scalars())

    def tell(self, job: Job, at: datetime, said: str) -> None:
        """Add a line to a job's history; its row stays as it is."""
        line = {"job": job.id, "at": at.timestamp(), "state": job.state.value, "said": said}
        with self._writing() as link:
            link.execute(tables.history.insert(), line)

    def counts(self) -> list[tuple[State, bool, int]]:
        """Return (state, held, number) groups."""
        held = tables.jobs.c.hold.is_not(None)
        query = sa.select(tables.jobs.c.state, held, sa.func.count()).group_by(
            tables.jobs.c.state, held
        )
        with self._reading() as link:
            return [(State(state), bool(flag), count) for state, flag, count in link.execute(query)]

    def history(self, job_id: str) -> list[Event]:
        """Return a job's whole story, oldest first."""
        query = (
            sa.select(tables.history)
            .where(tables.history.c.job == job_id)
            .order_by(tables.history.c.id)
        )
        with self._reading() as link:
            return [event_of(row) for row in link.execute(query).mappings()]

    def made(self, sha256: str) -> str | None:
        """Return the job that delivered a result with these bytes, if any did."""
        query = sa.select(tables.jobs.c.id).where(tables.jobs.c.result_sha256 == sha256).limit(1)
        with self._reading() as link:
            return link.execute(query).scalar()

    def ends(self, watch: int, path: str) -> list[Job]:
        """Return every ended job of a path."""
        rows = tables.jobs.c
        query = sa.select(tables.jobs).where(
            rows.inbox == self._inboxes[watch], rows.path == path, rows.ended.is_(True)
        )
        with self._reading() as link:
            return [job_of(row, self._inboxes) for row in link.execute(query).mappings()]

    # ---- orders from the command line

    def ask(
        self,
        verb: str,
        job_id: str,
        at: datetime,
        argument: str | None = None,
        dragged: Dragged | None = None,
    ) -> int:
        """Post an order for the conductor; return its number."""
        row = {
            "at": at.timestamp(),
            "verb": verb,
            "job": job_id,
            "done": False,
            "argument": packed(argument, dragged),
        }
        with self._writing() as link:
            key = link.execute(tables.orders.insert(), row).inserted_primary_key
            return int(key[0]) if key else 0

    def ask_all(
        self, verb: str, job_ids: Sequence[str], at: datetime, argument: str | None = None
    ) -> dict[str, int]:
        """Post one order for each job, all or none; return their numbers by job."""
        row = {"at": at.timestamp(), "verb": verb, "done": False, "argument": argument}
        posted: dict[str, int] = {}
        with self._writing() as link:
            for job_id in job_ids:
                key = link.execute(tables.orders.insert(), row | {"job": job_id})
                posted[job_id] = int((key.inserted_primary_key or (0,))[0])
        return posted

    def asked(self) -> list[Order]:
        """Return the orders that nobody has answered yet."""
        query = (
            sa.select(tables.orders)
            .where(tables.orders.c.done.is_(False))
            .order_by(tables.orders.c.id)
        )
        with self._reading() as link:
            return [_order(row) for row in link.execute(query).mappings()]

    def answer(self, order: int, answer: str) -> None:
        """Say what became of an order."""
        with self._writing() as link:
            link.execute(
                tables.orders.update().where(tables.orders.c.id == order),
                {"done": True, "answer": answer},
            )

    def answered(self, order: int) -> str | None:
        """Return the answer to an order, None while there is none."""
        with self._reading() as link:
            return link.execute(
                sa.select(tables.orders.c.answer).where(tables.orders.c.id == order)
            ).scalar()

    def answers(self, orders: Sequence[int]) -> dict[int, str | None]:
        """Return the answers to some orders, None where there is none yet."""
        rows, found = tables.orders.c, dict[int, str | None]()
        with self._reading() as link:
            for first in range(0, len(orders), _AT_ONCE):
                some = rows.id.in_(orders[first : first + _AT_ONCE])
                for number, answer in link.execute(sa.select(rows.id, rows.answer).where(some)):
                    found[number] = answer
        return found


def _order(row: sa.RowMapping) -> Order:
    argument, dragged = unpacked(row["argument"])
    return Order(
        id=row["id"],
        at=when(row["at"]),
        verb=row["verb"],
        job=row["job"],
        argument=argument,
        dragged=dragged,
    )


def _put(link: sa.Connection, key: str, value: str) -> None:
    link.execute(tables.meta.delete().where(tables.meta.c.key == key))
    link.execute(tables.meta.insert(), {"key": key, "value": value})
