"""
Money in the ledger: movements written with the change that caused them, sums read from them.

Decides nothing; what a change moves is said by `core/money`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from upscaled.core.money import Kind, movements
from upscaled.edge.ledger import tables
from upscaled.edge.ledger.rows import Moved, money_row, moved_of, when
from upscaled.edge.ledger.store import Store
from upscaled.nouns import Job, Micros, PassDone

_ROWS = tables.money.c
_SPENT = _ROWS.kind.in_([Kind.SETTLE.value, Kind.CORRECT.value])
_SUM = sa.func.coalesce(sa.func.sum(_ROWS.micros), 0)
_AFTER = chr(ord("/") + 1)
"""Paths below `4k` lie between `4k/` and `4k0`, whatever characters they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A paid request, and what it counts for so far."""

    request_id: str
    at: datetime
    micros: Micros


class Purse(Store):
    """The money table."""

    settlements = 0
    """Rises whenever this very object has written settled money or a correction of it."""

    def spent(self, since: datetime) -> Micros:
        """Return the settled money since a moment."""
        query = sa.select(_SUM).where(_SPENT, _ROWS.at >= since.timestamp())
        with self._reading() as link:
            return int(link.execute(query).scalar_one())

    def reserved(self) -> Micros:
        """Return the money in flight or in doubt."""
        # Each job's row holds the sum of its open reservations, written with them.
        query = sa.select(sa.func.coalesce(sa.func.sum(tables.jobs.c.reserved), 0))
        with self._reading() as link:
            return int(link.execute(query.where(tables.jobs.c.reserved > 0)).scalar_one())

    def spent_in(self, inbox: str, folder: str, since: datetime) -> list[tuple[datetime, Micros]]:
        """Return the settled money of one folder since a moment, with its times."""
        query = sa.select(_ROWS.at, _ROWS.micros).where(
            _ROWS.inbox == inbox, *_below(_ROWS.path, folder), _SPENT, _ROWS.at >= since.timestamp()
        )
        with self._reading() as link:
            return [(when(at), micros) for at, micros in link.execute(query)]

    def reserved_in(self, inbox: str, folder: str) -> Micros:
        """Return what one folder has in flight or in doubt."""
        jobs = tables.jobs.c
        query = sa.select(sa.func.coalesce(sa.func.sum(jobs.reserved), 0)).where(
            jobs.reserved > 0, jobs.inbox == inbox, *_below(jobs.path, folder)
        )
        with self._reading() as link:
            return int(link.execute(query).scalar_one())

    def moved(self, job_id: str) -> list[Moved]:
        """Return every movement of a job, oldest first."""
        query = sa.select(tables.money).where(_ROWS.job == job_id).order_by(_ROWS.id)
        with self._reading() as link:
            return [moved_of(row) for row in link.execute(query).mappings()]

    def open(self) -> Micros:
        """Return what stands reserved by the movements themselves; always what `reserved` says."""
        more = sa.case(
            (_ROWS.kind == Kind.RESERVE.value, _ROWS.micros),
            (_ROWS.kind == Kind.RELEASE.value, -_ROWS.micros),
            else_=0,
        )
        with self._reading() as link:
            return int(link.execute(sa.select(sa.func.coalesce(sa.func.sum(more), 0))).scalar_one())

    # ---- bills that come later

    def settled(self, since: datetime) -> list[Settled]:
        """Return the paid requests since a moment whose cost has never been corrected by a bill."""
        bills = sa.select(_ROWS.request_id).where(
            _ROWS.kind == Kind.CORRECT.value, _ROWS.request_id.is_not(None)
        )
        query = sa.select(_ROWS.request_id, _ROWS.at, _ROWS.micros).where(
            _ROWS.kind == Kind.SETTLE.value,
            _ROWS.at >= since.timestamp(),
            _ROWS.request_id.is_not(None),
            _ROWS.request_id.not_in(bills),
        )
        with self._reading() as link:
            return [
                Settled(request_id=request_id, at=when(at), micros=micros)
                for request_id, at, micros in link.execute(query)
            ]

    def bill(self, request_id: str, total: Micros) -> Micros | None:
        """
        Write what a request was really billed; return the difference, None where it is known.

        It counts for the moment at which the request was settled, so that each day's sum is right.
        """
        rows = sa.select(tables.money).where(_ROWS.request_id == request_id)
        with self._writing() as link:
            known = link.execute(rows).mappings().all()
            settled = [row for row in known if row["kind"] == Kind.SETTLE.value]
            if not settled or len(settled) != len(known):
                return None
            more = total - sum(int(row["micros"]) for row in settled)
            last = {key: value for key, value in settled[-1].items() if key != "id"}
            row = last | {"kind": Kind.CORRECT.value, "micros": more, "billed": True}
            link.execute(tables.money.insert(), row)
        self.settlements += 1
        return more


def move(link: sa.Connection, job: Job, inbox: str, paid: Sequence[PassDone] = ()) -> None:
    """Write what a job's new row moves, before that row itself is written."""
    before = sa.select(tables.jobs.c.reserved).where(tables.jobs.c.id == job.id)
    if not paid and (link.execute(before).scalar() or 0) == job.reserved:
        return
    rows = [money_row(job, inbox, one) for one in movements(_standing(link, job.id), job, paid)]
    if rows:
        link.execute(tables.money.insert(), rows)


def _standing(link: sa.Connection, job_id: str) -> dict[int, Micros]:
    """Return what stands reserved for a job, by pass."""
    query = sa.select(_ROWS.number, _ROWS.kind, _ROWS.micros).where(_ROWS.job == job_id)
    standing: dict[int, Micros] = {}
    for number, kind, micros in link.execute(query):
        sign = {Kind.RESERVE.value: 1, Kind.RELEASE.value: -1}.get(kind, 0)
        standing[number] = standing.get(number, 0) + sign * micros
    return standing


def _below(path: sa.Column[str], folder: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (path >= f"{folder}/", path < f"{folder}{_AFTER}") if folder else (sa.true(),)
