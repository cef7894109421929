"""The ledger's tables, and what every connection to them is set to."""

from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()
meta = sa.Table(
    "meta",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
jobs = sa.Table(
    "jobs",
    METADATA,
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
    # Its original is not taken from the inbox, so another file may be there under its path.
    sa.Column("away", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("series", sa.Text),  # whose recipe it has, once it is judged
    sa.Column("run", sa.Text),  # of a frame: its path with # for the digits
    sa.Column("frame", sa.BigInteger),
    sa.Index("jobs_by_series", "inbox", "series", "state", sqlite_where=sa.text("series NOTNULL")),
    sa.Index("jobs_by_run", "inbox", "run", "frame", "state", sqlite_where=sa.text("run NOTNULL")),
    sa.Index("jobs_by_state", "state", "updated_at"),
    sa.Index("jobs_by_result", "result_sha256"),
    # One living job an arrival: a second row for the same file would be a second payment.
    sa.Index(
        "jobs_alive", "inbox", "path", unique=True, sqlite_where=sa.text("ended = 0 AND away = 0")
    ),
    sa.Index("jobs_by_path", "inbox", "path", "updated_at"),
    sa.Index("jobs_reserved", "reserved", sqlite_where=sa.text("reserved > 0")),
)
history = sa.Table(
    "history",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
)
# One row a movement, never changed: what stands reserved and what was spent are sums over it.
money = sa.Table(
    "money",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),  # the moment it counts for
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("job", sa.Text, nullable=False, index=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # of the pass
    sa.Column("micros", sa.BigInteger, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("billed", sa.Boolean, nullable=False),
    sa.Index("money_by_time", "kind", "at"),
    sa.Index("money_by_folder", "inbox", "path"),
)
orders = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False, index=True),
    sa.Column("answer", sa.Text),
    sa.Column("argument", sa.Text),  # of a redo: the family asked for
)


def set_pragmas(link: Any, _record: object) -> None:
    """Set up one connection."""
    # WAL lets the command line read while the daemon writes; FULL survives a pulled plug.
    # Pages that are let go of are given back bit by bit; only a file that is new takes this up.
    link.execute("PRAGMA auto_vacuum=INCREMENTAL")
    link.execute("PRAGMA journal_size_limit=67108864")  # what a long reader made the log grow to
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        link.execute(f"PRAGMA {pragma}")
