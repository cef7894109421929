"""
What a report asks of the ledger: ends, arrivals, waits and money of a span of time. Reads only.

Rows are handed on one by one: a night may have ten thousand ends.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter

from upscaled.core.life import ENDS
from upscaled.core.money import Kind
from upscaled.core.report.figures import End, Gist
from upscaled.edge.ledger.rows import Row, job_of, when
from upscaled.edge.ledger.tables import jobs, money
from upscaled.nouns import Hold, Job, Micros, State

_Link = Callable[[], AbstractContextManager[sa.Connection]]
_JOBS, _ROWS = jobs.c, money.c
_SPENT = _ROWS.kind.in_([Kind.SETTLE.value, Kind.CORRECT.value])
_GISTS = TypeAdapter(Gist)
_AT_ONCE, _BRIEF_AT_ONCE = 50, 500
"""Rows of jobs held at a time."""
_BRIEF = ("id", "state", "seen_at", "updated_at", "cost", "facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A span of time, and the inboxes (real paths) that it is asked about; none are all."""

    since: datetime
    until: datetime
    inboxes: tuple[str, ...] = ()

    def of(self, at: sa.Column[float], inbox: sa.Column[str]) -> tuple[sa.ColumnElement[bool], ...]:
        """Return the conditions on a row: `since` belongs to the span, `until` does not."""
        span = (at >= self.since.timestamp(), at < self.until.timestamp())
        return (*span, *self.here(inbox))

    def here(self, inbox: sa.Column[str]) -> tuple[sa.ColumnElement[bool], ...]:
        """Return the condition on the inbox alone."""
        return (inbox.in_(self.inboxes),) if self.inboxes else ()


class Nights:
    """The questions of a report."""

    def __init__(self, inboxes: Sequence[str], reading: _Link) -> None:
        self._inboxes = tuple(inboxes)
        self._reading = reading

    def ends(self, within: Within) -> Iterator[End]:
        """Yield all that came to their end within the span, in brief and in no order."""
        states = [state.value for state in ENDS]
        query = sa.select(*(_JOBS[name] for name in _BRIEF)).where(
            _JOBS.state.in_(states), *within.of(_JOBS.updated_at, _JOBS.inbox)
        )
        with self._reading() as link:
            rows = link.execution_options(yield_per=_BRIEF_AT_ONCE).execute(query).mappings()
            yield from map(_end, rows)

    def ended(self, within: Within, state: State, most: int) -> Iterator[Job]:
        """Yield the jobs that came to this end within the span, the latest first."""
        query = (
            sa.select(jobs)
            .where(_JOBS.state == state.value, *within.of(_JOBS.updated_at, _JOBS.inbox))
            .order_by(_JOBS.updated_at.desc(), _JOBS.id)
            .limit(most)
        )
        yield from self._jobs(query)

    def came(self, within: Within) -> int:
        """Return how many files came in within the span; what is done again did not."""
        query = sa.select(sa.func.count()).where(
            _JOBS.away.is_(False), *within.of(_JOBS.seen_at, _JOBS.inbox)
        )
        with self._reading() as link:
            return int(link.execute(query).scalar_one())

    def in_review_before(self, within: Within) -> int:
        """Return how many wait in review since before the span."""
        query = sa.select(sa.func.count()).where(
            _JOBS.state == State.REVIEW.value,
            _JOBS.updated_at < within.since.timestamp(),
            *within.here(_JOBS.inbox),
        )
        with self._reading() as link:
            return int(link.execute(query).scalar_one())

    def unfinished(self, within: Within) -> list[tuple[State, Hold | None, int]]:
        """Return how many have not ended now, by state and hold; the span does not matter."""
        query = (
            sa.select(_JOBS.state, _JOBS.hold, sa.func.count())
            .where(_JOBS.ended.is_(False), *within.here(_JOBS.inbox))
            .group_by(_JOBS.state, _JOBS.hold)
        )
        with self._reading() as link:
            return [
                (State(state), Hold(hold) if hold else None, number)
                for state, hold, number in link.execute(query)
            ]

    def held(self, within: Within, hold: Hold, most: int) -> list[Job]:
        """Return the first few of one hold: those that are looked at soonest."""
        query = (
            sa.select(jobs)
            .where(_JOBS.ended.is_(False), _JOBS.hold == hold.value, *within.here(_JOBS.inbox))
            .order_by(_JOBS.due_at.is_(None), _JOBS.due_at, _JOBS.seen_at, _JOBS.id)
            .limit(most)
        )
        return list(self._jobs(query))

    def paid(self, within: Within) -> Iterator[tuple[float, Micros]]:
        """Yield what was settled or corrected within the span: seconds since 1970, and how much."""
        query = sa.select(_ROWS.at, _ROWS.micros).where(_SPENT, *within.of(_ROWS.at, _ROWS.inbox))
        with self._reading() as link:
            for at, micros in link.execution_options(yield_per=1000).execute(query):
                yield at, int(micros)

    def spent(self, within: Within) -> Micros:
        """Return the sum of it."""
        whole = sa.func.coalesce(sa.func.sum(_ROWS.micros), 0)
        query = sa.select(whole).where(_SPENT, *within.of(_ROWS.at, _ROWS.inbox))
        with self._reading() as link:
            return int(link.execute(query).scalar_one())

    def _jobs(self, query: sa.Select[tuple[object, ...]]) -> Iterator[Job]:
        with self._reading() as link:
            rows = link.execution_options(yield_per=_AT_ONCE).execute(query).mappings()
            for row in rows:
                yield job_of(row, self._inboxes)


def _end(row: Row) -> End:
    """Return a row of an ended job in brief."""
    return End(
        job=row["id"],
        state=State(row["state"]),
        seen_at=when(row["seen_at"]),
        at=row["updated_at"],
        cost=row["cost"],
        gist=_GISTS.validate_json(row["facts"]),
    )
