"""Counts over many jobs, for measures and messages."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from upscaled.edge.ledger import tables


class Tallies:
    """Counted in the database: nothing of the jobs is read."""

    def __init__(self, reading: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._reading = reading

    def holds(self) -> dict[str, int]:
        """Return how many living jobs wait for what."""
        rows = tables.jobs.c
        query = (
            sa.select(rows.hold, sa.func.count().label("number"))
            .where(rows.ended.is_(False), rows.hold.is_not(None))
            .group_by(rows.hold)
        )
        with self._reading() as link:
            return {str(row.hold): int(row.number) for row in link.execute(query)}
