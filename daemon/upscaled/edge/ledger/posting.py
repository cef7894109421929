"""
Orders and switches for the conductor, posted through the standard library's SQLite.

What `whole` writes in the same words, for who holds no more of the ledger than a glance.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from upscaled.edge.ledger.glance import Glance
from upscaled.errors import LedgerUnwritable

WAIT_SECONDS = 10.0
"""For whoever else is writing."""


def post(
    path: Path, verb: str, ids: Sequence[str], at: datetime, argument: str | None = None
) -> dict[str, int]:
    """Post one order for each job, all or none; return their numbers by job."""
    query = "INSERT INTO orders (at, verb, job, done, argument) VALUES (?, ?, ?, 0, ?)"
    with _writing(path) as link:
        return {
            one: int(link.execute(query, (at.timestamp(), verb, one, argument)).lastrowid or 0)
            for one in ids
        }


def remember(path: Path, values: Mapping[str, str]) -> None:
    """Remember values under their keys, all or none."""
    query = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = ?"
    with _writing(path) as link:
        for key, value in values.items():
            link.execute(query, (key, value, value))


def known(ledger: Glance, ids: Sequence[str]) -> set[str]:
    """Return those ids that are jobs."""
    query = "SELECT id FROM jobs WHERE id IN (SELECT value FROM json_each(:ids))"
    return {row[0] for row in ledger.ask(query, {"ids": json.dumps(list(ids))})}


def answers(ledger: Glance, orders: Sequence[int]) -> dict[int, str | None]:
    """Return the answers to some orders, None where there is none yet."""
    query = "SELECT id, answer FROM orders WHERE id IN (SELECT value FROM json_each(:orders))"
    return {row[0]: row[1] for row in ledger.ask(query, {"orders": json.dumps(list(orders))})}


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(_linked(path)) as link:
            link.execute("PRAGMA synchronous=FULL")  # survives a pulled plug
            link.execute("BEGIN IMMEDIATE")
            yield link
            link.execute("COMMIT")  # what is raised before it closes the link, and nothing stands
    except sqlite3.DatabaseError as error:
        raise LedgerUnwritable(
            f"the ledger {path} takes nothing: {error}", "look at the disk it lies on"
        ) from error


def _linked(path: Path) -> sqlite3.Connection:
    """Connect to what is there; nothing is made."""
    address = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None)
