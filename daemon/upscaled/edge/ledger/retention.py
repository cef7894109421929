"""
What the ledger lets go of once it is old, in short transactions beside a working daemon.

Kept for ever: every row whose result must be known as ours or whose original may still lie in the
inbox, what waits for a person in review/, and what has not ended. Money is kept for as long as a
cap or the brake may ask for it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from upscaled.core.life import ENDS
from upscaled.edge.ledger import tables
from upscaled.nouns import State

Links = Callable[[], AbstractContextManager[sa.Connection]]
MONEY_DAYS = 100.0
"""The brake looks back 90 days and a cap a month: younger money is never let go of."""
AT_ONCE = 200
"""Jobs in one transaction: a conductor that wants to write waits some milliseconds for it."""
BULKY = (
    "probe",
    "upload",
    "image_url",
    "ticket",
    "standing",
    "raw",
    "raw_from",
    "raw_ticket",
    "assessment",
)
"""Facts that only a job under way needs; what was decided, paid and delivered stays."""
_RESTING = tuple(state.value for state in ENDS - {State.REVIEW})
_JOBS = tables.jobs.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many rows went, or would go."""

    jobs: int = 0
    """Of files that failed or were taken away, without a result."""
    slimmed: int = 0
    """Jobs whose bulky facts went; the row stays."""
    history: int = 0
    money: int = 0
    orders: int = 0

    def __add__(self, other: "Pruned") -> "Pruned":
        both = {
            one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)
        }
        return Pruned(**both)


class Retention:
    """Old rows, counted or removed."""

    def __init__(self, reading: Links, writing: Links) -> None:
        self._reading = reading
        self._writing = writing

    def would(self, before: datetime, now: datetime) -> Pruned:
        """Count what `prune` would remove; writes nothing."""
        total = Pruned()
        with self._reading() as link:
            for ids in _old(link, before):
                total += _counted(link, ids)
            orders, money = _count(link, *_answered(before)), _count(link, *_spent(before, now))
        return total + Pruned(orders=orders, money=money)

    def prune(self, before: datetime, now: datetime) -> Pruned:
        """Remove what nothing needs any more of jobs that ended before a moment."""
        with self._reading() as link:
            batches = list(_old(link, before))
        total = Pruned()
        for ids in batches:
            with self._writing() as link:
                # Asked again where nobody else writes: an order may have come for one meanwhile.
                link.exec_driver_sql("BEGIN IMMEDIATE")
                still = next(_old(link, before, ids), [])
                total += _removed(link, still)
        with self._writing() as link:
            orders = link.execute(tables.orders.delete().where(*_answered(before))).rowcount
            money = link.execute(tables.money.delete().where(*_spent(before, now))).rowcount
        return total + Pruned(orders=orders, money=money)


def _old(
    link: sa.Connection, before: datetime, among: Sequence[str] | None = None
) -> Iterator[list[str]]:
    """Yield the jobs that ended before a moment and that no living one or order refers to."""
    redone = sa.select(sa.func.json_extract(_JOBS.facts, "$.redo.of")).where(
        _JOBS.ended.is_(False), sa.func.json_extract(_JOBS.facts, "$.redo.of").is_not(None)
    )
    ordered = sa.select(tables.orders.c.job).where(tables.orders.c.done.is_(False))
    such = [
        _JOBS.state.in_(_RESTING),
        _JOBS.updated_at < before.timestamp(),
        _JOBS.reserved == 0,
        _JOBS.id.not_in(redone),
        _JOBS.id.not_in(ordered),
    ]
    if among is not None:
        such.append(_JOBS.id.in_(among))
    ids = list(link.execute(sa.select(_JOBS.id).where(*such).order_by(_JOBS.id)).scalars())
    for first in range(0, len(ids), AT_ONCE):
        yield ids[first : first + AT_ONCE]


def _gone(ids: Sequence[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """
    Return which of old jobs leave no trace: nothing of theirs was ever delivered or set aside.

    By what was set aside a file in failed/ is known when somebody drags it to _retry, and one that
    stayed in its inbox is no new arrival.
    """
    ends = (State.FAILED.value, State.WITHDRAWN.value)
    aside = sa.func.json_extract(_JOBS.facts, "$.set_aside")
    none_made = (_JOBS.result_sha256.is_(None), aside.is_(None))
    return (_JOBS.id.in_(ids), _JOBS.state.in_(ends), *none_made)


def _bulky(ids: Sequence[str]) -> tuple[sa.ColumnElement[bool], ...]:
    any_of = sa.or_(
        *(sa.func.json_extract(_JOBS.facts, f"$.{name}").is_not(None) for name in BULKY)
    )
    return (_JOBS.id.in_(ids), any_of)


def _counted(link: sa.Connection, ids: Sequence[str]) -> Pruned:
    return Pruned(
        jobs=_count(link, *_gone(ids)),
        slimmed=_count(link, *_bulky(ids), sa.not_(sa.and_(*_gone(ids)))),
        history=_count(link, tables.history.c.job.in_(ids)),
    )


def _count(link: sa.Connection, *such: sa.ColumnElement[bool]) -> int:
    return int(link.execute(sa.select(sa.func.count()).where(*such)).scalar_one())


def _removed(link: sa.Connection, ids: Sequence[str]) -> Pruned:
    jobs = link.execute(tables.jobs.delete().where(*_gone(ids))).rowcount
    slim = sa.func.json_remove(_JOBS.facts, *(f"$.{name}" for name in BULKY))
    slimmed = link.execute(tables.jobs.update().where(*_bulky(ids)).values(facts=slim)).rowcount
    history = link.execute(tables.history.delete().where(tables.history.c.job.in_(ids))).rowcount
    return Pruned(jobs=jobs, slimmed=slimmed, history=history)


def _answered(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    rows = tables.orders.c
    return (rows.done.is_(True), rows.at < before.timestamp())


def _spent(before: datetime, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the money of ended jobs that no cap and no brake looks at any more."""
    rows = tables.money.c
    open_ones = sa.select(_JOBS.id).where(sa.or_(_JOBS.ended.is_(False), _JOBS.reserved > 0))
    floor = min(before, now - timedelta(days=MONEY_DAYS))
    return (rows.at < floor.timestamp(), rows.job.not_in(open_ones))
