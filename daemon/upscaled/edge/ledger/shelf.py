"""What a person leafs through: parts of long lists, what changed at all, which rule decided."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from upscaled.core.life import ENDS, LIFE, Word
from upscaled.edge.ledger.rows import job_of, when
from upscaled.edge.ledger.tables import history, jobs, meta, orders
from upscaled.nouns import Job

_Link = Callable[[], AbstractContextManager[sa.Connection]]
_TOLD = ("daemon", "paused", "look_again", "paused_models")
"""Remembered values that pages show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How often a rule decided."""

    rule: str
    family: str
    count: int
    last_at: datetime


class Shelf:
    """Lists over all jobs; every query reads a bounded part, along an index where it is long."""

    def __init__(self, inboxes: Sequence[str], reading: _Link) -> None:
        self._inboxes = inboxes
        self._reading = reading

    def mark(self) -> int:
        """Return a number that changes with whatever a page may show."""
        said = sa.select(sa.func.coalesce(sa.func.group_concat(meta.c.value), "")).where(
            meta.c.key.in_(_TOLD)
        )
        asked = (
            sa.select(sa.func.max(history.c.id)),
            sa.select(sa.func.max(orders.c.id)),
            sa.select(sa.func.count()).select_from(orders).where(orders.c.done.is_(False)),
            sa.select(sa.func.max(jobs.c.updated_at)).where(jobs.c.ended.is_(False)),
            sa.select(sa.func.count()).select_from(jobs).where(jobs.c.ended.is_(False)),
            said,
        )
        with self._reading() as link:
            return hash(tuple(link.execute(one).scalar() for one in asked))

    def page(self, word: Word | None, search: str, after: int, limit: int) -> tuple[list[Job], int]:
        """Return jobs of a word whose path holds some letters, unfinished first, and how many."""
        such = _such(word, search)
        order = jobs.c.ended, jobs.c.updated_at.desc()
        # Ids first: whole rows are large, and sorting ten thousand of them for fifty is slow.
        ids = sa.select(jobs.c.id).where(*such).order_by(*order).offset(after).limit(limit)
        query = sa.select(jobs).where(jobs.c.id.in_(ids)).order_by(*order)
        total = sa.select(sa.func.count()).select_from(jobs).where(*such)
        with self._reading() as link:
            rows = link.execute(query).mappings()
            return [job_of(row, self._inboxes) for row in rows], link.execute(total).scalar() or 0

    def members(self, watch: int, series: str, limit: int) -> list[Job]:
        """Return a series' members in the order of their frames; the latest of each path."""
        query = (
            sa.select(jobs)
            .where(jobs.c.inbox == self._inboxes[watch], jobs.c.series == series)
            .order_by(jobs.c.frame, jobs.c.path, jobs.c.updated_at)
            .limit(limit)
        )
        with self._reading() as link:
            rows = link.execute(query).mappings()
            return list({row["path"]: job_of(row, self._inboxes) for row in rows}.values())

    def decided(self) -> list[Decided]:
        """Return how often each rule decided, the most frequent first."""
        rule = sa.func.json_extract(jobs.c.facts, "$.verdict.rule")
        family = sa.func.json_extract(jobs.c.facts, "$.verdict.model")
        query = (
            sa.select(rule, family, sa.func.count().label("n"), sa.func.max(jobs.c.updated_at))
            .where(rule.is_not(None))
            .group_by(rule, family)
            .order_by(sa.desc("n"))
        )
        with self._reading() as link:
            return [
                Decided(rule=name, family=kind, count=number, last_at=when(at))
                for name, kind, number, at in link.execute(query)
            ]


def _such(word: Word | None, search: str) -> list[sa.ColumnElement[bool]]:
    such: list[sa.ColumnElement[bool]] = []
    if word is Word.HELD:
        such += [jobs.c.ended.is_(False), jobs.c.hold.is_not(None)]
    elif word is not None:
        states = [state for state, stage in LIFE.items() if stage.word == word]
        such.append(jobs.c.state.in_([state.value for state in states]))
        if not ENDS.issuperset(states):
            such.append(jobs.c.hold.is_(None))
    if search:
        such.append(jobs.c.path.icontains(search, autoescape=True))
    return such
