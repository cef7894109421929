"""
The ledger: one row a job, an append-only history, settled money, orders from the command line.

SQLAlchemy Core on SQLite (WAL, synchronous FULL). The conductor is the only writer of jobs; other
processes read, post orders and set the pause flag. Nothing here decides anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.exc import DatabaseError

from upscaled.core.life import ENDS
from upscaled.errors import Fatal, LedgerUnwritable
from upscaled.nouns import Facts, Hold, Job, Micros, PassDone, State

SCHEMA_VERSION = "1"
_META = sa.MetaData()
_FACTS = TypeAdapter(Facts)

_meta = sa.Table(
    "meta",
    _META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_jobs = sa.Table(
    "jobs",
    _META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ended", sa.Boolean, nullable=False),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.Text, nullable=False),  # 64 bits unsigned do not fit an SQL integer
    sa.Column("sha256", sa.Text),
    sa.Column("result_sha256", sa.Text),
    sa.Column("hold", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("due_at", sa.Float),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("outages", sa.Integer, nullable=False),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("reserved", sa.BigInteger, nullable=False),
    sa.Column("cost", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Index("jobs_by_state", "state", "updated_at"),
    sa.Index("jobs_by_result", "result_sha256"),
    # One living job an arrival: a second row for the same file would be a second payment.
    sa.Index("jobs_alive", "inbox", "path", unique=True, sqlite_where=sa.text("ended = 0")),
    sa.Index("jobs_by_path", "inbox", "path", "updated_at"),
    sa.Index("jobs_reserved", "reserved", sqlite_where=sa.text("reserved > 0")),
)
_history = sa.Table(
    "history",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
)
_spend = sa.Table(
    "spend",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("micros", sa.BigInteger, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("billed", sa.Boolean, nullable=False),
)
_orders = sa.Table(
    "orders",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False, index=True),
    sa.Column("answer", sa.Text),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something a person asked for on the command line."""

    id: int
    verb: str
    job: str
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a job's history."""

    at: datetime
    state: str
    said: str


class Ledger:
    """
    The durable truth of one installation.

    `inboxes` are the configured inboxes' real paths; a job's `watch` is an index into them. Jobs
    of inboxes that left the config stay in the ledger and are simply not loaded.
    """

    def __init__(self, path: Path, inboxes: Sequence[str]) -> None:
        self.path = path
        self._inboxes = tuple(inboxes)
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 10.0})
        sa.event.listen(self._engine, "connect", _set_pragmas)

    # ---- life of the ledger itself

    def create(self) -> None:
        """Make the tables and the ledger's id where they are missing."""
        with self._writing() as link:
            _META.create_all(link)
            known = {row.key: row.value for row in link.execute(sa.select(_meta))}
            if "schema" not in known:
                _put(link, "id", uuid4().hex)
                _put(link, "schema", SCHEMA_VERSION)  # last: it says that all the rest is there
            elif known.get("schema") != SCHEMA_VERSION:
                raise Fatal(
                    f"{self.path}: the ledger has schema {known.get('schema')}, "
                    f"this program reads schema {SCHEMA_VERSION}",
                    "run the version of upscaled that made it, or choose another state directory",
                )

    def exists(self) -> bool:
        """Say whether there is a ledger to read; one that is just being made is none yet."""
        if not self.path.exists():
            return False
        with self._reading() as link:
            made = sa.inspect(link).has_table(_meta.name)
        return made and self.get("schema") is not None

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    @property
    def id(self) -> str:
        """Return the ledger's id, which stands in every root's marker."""
        return self.get("id") or ""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""
        with self._reading() as link:
            return link.execute(sa.select(_meta.c.value).where(_meta.c.key == key)).scalar()

    def put(self, key: str, value: str) -> None:
        """Remember a value."""
        with self._writing() as link:
            _put(link, key, value)

    # ---- jobs

    def add(self, jobs: Iterable[Job]) -> None:
        """Write the rows of files seen for the first time."""
        rows = [self._row(job) for job in jobs]
        if rows:
            with self._writing() as link:
                link.execute(_jobs.insert(), rows)

    def record(self, job: Job, said: str = "", paid: Sequence[PassDone] = ()) -> None:
        """Write a job's new row, a line of its history and the money it settled, in one go."""
        with self._writing() as link:
            link.execute(_jobs.update().where(_jobs.c.id == job.id), self._row(job))
            at = job.updated_at.timestamp()
            if said:
                link.execute(
                    _history.insert(),
                    {"job": job.id, "at": at, "state": job.state.value, "said": said},
                )
            for one in paid:
                link.execute(_spend.insert(), _spend_row(job.id, at, one))

    def forget(self, job: Job) -> None:
        """Drop the row of a file that left before it was ever read."""
        with self._writing() as link:
            link.execute(_jobs.delete().where(_jobs.c.id == job.id))

    def unfinished(self) -> Iterator[Job]:
        """Yield every job that has not ended, oldest first."""
        alive = sa.select(_jobs).where(_jobs.c.ended.is_(False), _jobs.c.inbox.in_(self._inboxes))
        with self._reading() as link:
            for row in link.execute(alive.order_by(_jobs.c.seen_at, _jobs.c.id)).mappings():
                yield self._job(row)

    def living(self) -> set[str]:
        """Return the ids of all jobs that have not ended, of inboxes outside the config too."""
        alive = sa.select(_jobs.c.id).where(_jobs.c.ended.is_(False))
        with self._reading() as link:
            return set(link.execute(alive).scalars())

    def jobs(self, states: Sequence[State] | None = None, limit: int = 10_000) -> list[Job]:
        """Return jobs, unfinished first, then the latest ends."""
        query = sa.select(_jobs).order_by(_jobs.c.ended, _jobs.c.updated_at.desc()).limit(limit)
        if states is not None:
            query = query.where(_jobs.c.state.in_([state.value for state in states]))
        with self._reading() as link:
            return [self._job(row) for row in link.execute(query).mappings()]

    def job(self, job_id: str) -> Job | None:
        """Return one job."""
        with self._reading() as link:
            row = link.execute(sa.select(_jobs).where(_jobs.c.id == job_id)).mappings().first()
            return self._job(row) if row else None

    def counts(self) -> list[tuple[State, bool, int]]:
        """Return (state, held, number) groups."""
        held = _jobs.c.hold.is_not(None)
        query = sa.select(_jobs.c.state, held, sa.func.count()).group_by(_jobs.c.state, held)
        with self._reading() as link:
            return [(State(state), bool(flag), count) for state, flag, count in link.execute(query)]

    def history(self, job_id: str) -> list[Event]:
        """Return a job's whole story, oldest first."""
        query = sa.select(_history).where(_history.c.job == job_id).order_by(_history.c.id)
        with self._reading() as link:
            return [
                Event(at=_when(row["at"]), state=row["state"], said=row["said"])
                for row in link.execute(query).mappings()
            ]

    def made(self, sha256: str) -> str | None:
        """Return the job that delivered a result with these bytes, if any did."""
        query = sa.select(_jobs.c.id).where(_jobs.c.result_sha256 == sha256).limit(1)
        with self._reading() as link:
            return link.execute(query).scalar()

    def last_end(self, watch: int, path: str) -> Job | None:
        """Return the latest ended job of a path: what an original left in place is known by."""
        query = (
            sa.select(_jobs)
            .where(
                _jobs.c.inbox == self._inboxes[watch],
                _jobs.c.path == path,
                _jobs.c.ended.is_(True),
            )
            .order_by(_jobs.c.updated_at.desc())
            .limit(1)
        )
        with self._reading() as link:
            row = link.execute(query).mappings().first()
            return self._job(row) if row else None

    # ---- money

    def spent(self, since: datetime) -> Micros:
        """Return the settled money since a moment."""
        query = sa.select(sa.func.coalesce(sa.func.sum(_spend.c.micros), 0))
        with self._reading() as link:
            return int(link.execute(query.where(_spend.c.at >= since.timestamp())).scalar_one())

    def reserved(self) -> Micros:
        """Return the money in flight or in doubt."""
        query = sa.select(sa.func.coalesce(sa.func.sum(_jobs.c.reserved), 0))
        with self._reading() as link:
            return int(link.execute(query.where(_jobs.c.reserved > 0)).scalar_one())

    # ---- orders from the command line

    def ask(self, verb: str, job_id: str, at: datetime) -> int:
        """Post an order for the conductor; return its number."""
        row = {"at": at.timestamp(), "verb": verb, "job": job_id, "done": False}
        with self._writing() as link:
            key = link.execute(_orders.insert(), row).inserted_primary_key
            return int(key[0]) if key else 0

    def asked(self) -> list[Order]:
        """Return the orders that nobody has answered yet."""
        query = sa.select(_orders).where(_orders.c.done.is_(False)).order_by(_orders.c.id)
        with self._reading() as link:
            return [
                Order(id=row["id"], verb=row["verb"], job=row["job"])
                for row in link.execute(query).mappings()
            ]

    def answer(self, order: int, answer: str) -> None:
        """Say what became of an order."""
        with self._writing() as link:
            link.execute(
                _orders.update().where(_orders.c.id == order), {"done": True, "answer": answer}
            )

    def answered(self, order: int) -> str | None:
        """Return the answer to an order, None while there is none."""
        with self._reading() as link:
            return link.execute(sa.select(_orders.c.answer).where(_orders.c.id == order)).scalar()

    # ---- rows

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

    def _row(self, job: Job) -> dict[str, Any]:
        result = job.facts.result
        return {
            "id": job.id,
            "state": job.state.value,
            "ended": job.state in ENDS,
            "inbox": self._inboxes[job.watch],
            "path": job.path,
            "target": job.target,
            "urgent": job.urgent,
            "size": job.size,
            "mtime_ns": job.mtime_ns,
            "inode": str(job.inode),
            "sha256": job.sha256,
            "result_sha256": result.sha256 if result else None,
            "hold": job.hold.value if job.hold else None,
            "reason": job.reason,
            "due_at": job.due_at.timestamp() if job.due_at else None,
            "attempts": job.attempts,
            "outages": job.outages,
            "starts": job.starts,
            "reserved": job.reserved,
            "cost": job.cost,
            "seen_at": job.seen_at.timestamp(),
            "updated_at": job.updated_at.timestamp(),
            "facts": _FACTS.dump_json(job.facts, exclude_defaults=True).decode(),
        }

    def _job(self, row: sa.RowMapping) -> Job:
        inbox = row["inbox"]
        return Job(
            id=row["id"],
            state=State(row["state"]),
            watch=self._inboxes.index(inbox) if inbox in self._inboxes else -1,
            path=row["path"],
            target=row["target"],
            urgent=row["urgent"],
            size=row["size"],
            mtime_ns=row["mtime_ns"],
            inode=int(row["inode"]),
            sha256=row["sha256"],
            hold=Hold(row["hold"]) if row["hold"] else None,
            reason=row["reason"],
            due_at=_when(row["due_at"]) if row["due_at"] is not None else None,
            attempts=row["attempts"],
            outages=row["outages"],
            starts=row["starts"],
            reserved=row["reserved"],
            cost=row["cost"],
            seen_at=_when(row["seen_at"]),
            updated_at=_when(row["updated_at"]),
            facts=_FACTS.validate_json(row["facts"]),
        )


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _put(link: sa.Connection, key: str, value: str) -> None:
    link.execute(_meta.delete().where(_meta.c.key == key))
    link.execute(_meta.insert(), {"key": key, "value": value})


def _spend_row(job_id: str, at: float, one: PassDone) -> dict[str, Any]:
    return {
        "job": job_id,
        "at": at,
        "micros": one.cost,
        "endpoint": one.endpoint,
        "model": one.model,
        "request_id": one.request_id,
        "billed": one.billed,
    }


def _set_pragmas(link: Any, _record: object) -> None:
    # WAL lets the command line read while the daemon writes; FULL survives a pulled plug.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        link.execute(f"PRAGMA {pragma}")
