"""
How series stand, asked of the ledger: `standing` has the questions.

Read-only but for when people were told.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from upscaled.core.flicker import BOUND
from upscaled.core.frames import Range, frame_of
from upscaled.core.progress import Progress, Unrest
from upscaled.edge.ledger import standing
from upscaled.edge.ledger.series import TABLE
from upscaled.edge.ledger.standing import Key
from upscaled.edge.ledger.tables import jobs
from upscaled.nouns import Job, State

_UNREST = TypeAdapter(Unrest)
_Link = Callable[[], AbstractContextManager[sa.Connection]]
_ROWS = jobs.c
_WITHDRAWN = State.WITHDRAWN.value


class Standings:
    """How series stand."""

    def __init__(self, inboxes: Sequence[str], reading: _Link, writing: _Link) -> None:
        self._inboxes = tuple(inboxes)
        self._reading = reading
        self._writing = writing

    def latest(self, since: datetime, limit: int = standing.MOST) -> list[Key]:
        """Return the series that have members under way, or were told since; the latest first."""
        with self._reading() as link:
            return standing.latest(_asks(link), self._inboxes, since, limit)

    def known(self) -> list[Key]:
        """Return every series that was ever judged, the latest first."""
        query = (
            sa.select(TABLE.c.inbox, TABLE.c.key)
            .where(TABLE.c.inbox.in_(self._inboxes))
            .order_by(TABLE.c.decided_at.desc())
        )
        with self._reading() as link:
            return [(self._inboxes.index(inbox), key) for inbox, key in link.execute(query)]

    def within(self, watch: int, folder: str) -> list[str]:
        """Return the series directly in a folder, the latest first."""
        query = (
            sa.select(TABLE.c.key)
            .where(
                TABLE.c.inbox == self._inboxes[watch],
                TABLE.c.key >= f"{folder}/",
                TABLE.c.key < f"{folder}0",  # the character after the slash
            )
            .order_by(TABLE.c.decided_at.desc(), TABLE.c.key)
        )
        with self._reading() as link:
            found = link.execute(query).scalars().all()
        return [key for key in found if key.rpartition("/")[0] == folder]

    def progress(self, watch: int, key: str, span: Range | None = None) -> Progress:
        """Return how one series stands; `span` are the frames that there should be."""
        with self._reading() as link:
            return standing.progress(_asks(link), self._inboxes, (watch, key), span)

    def neighbours(self, job: Job) -> list[tuple[str, str]]:
        """Return path and swatch of the finished frames before and after one, the latest first."""
        frame = frame_of(job.path)
        if frame is None or frame.number is None:
            return []
        seen = sa.func.json_extract(_ROWS.facts, "$.fidelity.swatch")
        query = (
            sa.select(_ROWS.path, seen)
            .where(
                _ROWS.inbox == self._inboxes[job.watch],
                _ROWS.run == frame.run,
                _ROWS.frame.in_([frame.number - 1, frame.number + 1]),
                _ROWS.series == job.facts.series,
                _ROWS.state != _WITHDRAWN,
                seen.is_not(None),
            )
            .order_by(_ROWS.updated_at.desc())
        )
        found: dict[str, str] = {}
        with self._reading() as link:
            for path, swatch in link.execute(query):
                found.setdefault(path, swatch)
        return list(found.items())

    def unrest(self, watch: int, key: str) -> Unrest | None:
        """Return what the comparisons of neighbours came to; reads every member's facts."""
        excess = sa.func.json_extract(_ROWS.facts, "$.flicker.excess")
        each = (
            sa.select(_ROWS.path, excess.label("excess"))
            .where(
                _ROWS.inbox == self._inboxes[watch],
                _ROWS.series == key,
                _ROWS.state.in_([State.DONE.value, State.REVIEW.value]),
                excess.is_not(None),
            )
            .subquery()
        )
        over = sa.func.sum(sa.case((each.c.excess > BOUND, 1), else_=0))
        worst = sa.select(each.c.path, each.c.excess).order_by(each.c.excess.desc(), each.c.path)
        with self._reading() as link:
            first = link.execute(worst.limit(1)).first()
            if first is None:
                return None
            number, many = link.execute(sa.select(sa.func.count(), over)).one()
        return Unrest(compared=number, worst=first.excess, frame=first.path, over=many)

    def told(self, watch: int, key: str, at: datetime, flicker: Unrest | None) -> None:
        """Note when people were told of a series, and what its flicker comes to."""
        values = {
            "told_at": at.timestamp(),
            "flicker": _UNREST.dump_json(flicker).decode() if flicker else None,
        }
        where = (TABLE.c.inbox == self._inboxes[watch]) & (TABLE.c.key == key)
        with self._writing() as link:
            link.execute(TABLE.update().where(where), values)


def _asks(link: sa.Connection) -> standing.Ask:
    def ask(query: str, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        return link.exec_driver_sql(query, dict(values)).all()

    return ask
