"""Counts over many jobs, for measures and messages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from upscaled.edge.ledger import tables
from upscaled.nouns import State


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

    def ended(self, since: datetime, until: datetime) -> dict[State, int]:
        """Return how many jobs came to each end after `since` and no later than `until`."""
        rows = tables.jobs.c
        query = (
            sa.select(rows.state, sa.func.count())
            .where(
                rows.ended.is_(True),
                rows.state.in_([State.DONE.value, State.REVIEW.value, State.FAILED.value]),
                rows.updated_at > since.timestamp(),
                rows.updated_at <= until.timestamp(),
            )
            .group_by(rows.state)
        )
        with self._reading() as link:
            return {State(state): count for state, count in link.execute(query)}
