"""The ledger's table of series: a recipe each, never changed, and what its pilots proved."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.sqlite import insert

from upscaled.core.pilot import Proof
from upscaled.edge.ledger.rows import job_of, when
from upscaled.edge.ledger.tables import METADATA, jobs
from upscaled.nouns import Job, Recipe, State

_RECIPE = TypeAdapter(Recipe)
_Link = Callable[[], AbstractContextManager[sa.Connection]]

TABLE = sa.Table(
    "series",
    METADATA,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("decided_at", sa.Float, nullable=False),
    sa.Column("proven_by", sa.Text),  # the job whose result showed that the recipe does
    sa.Column("excused_at", sa.Float),  # doubts that are older hold nobody
    sa.Column("told_at", sa.Float),  # when people were last told how it goes
    sa.Column("flicker", sa.Text),  # what was told of it then
)
_DOUBTS = 20
"""The latest are enough to hold a series."""


class Series:
    """The recipes of all series, by their watch and key."""

    def __init__(self, inboxes: Sequence[str], reading: _Link, writing: _Link) -> None:
        self._inboxes = inboxes
        self._reading = reading
        self._writing = writing

    def recipe(self, watch: int, series: str) -> Recipe | None:
        """Return what a series was judged as, None while it was not."""
        query = sa.select(TABLE.c.recipe).where(
            TABLE.c.inbox == self._inboxes[watch], TABLE.c.key == series
        )
        with self._reading() as link:
            found = link.execute(query).scalar()
        return None if found is None else _RECIPE.validate_json(found)

    def decided(self, watch: int, recipe: Recipe, at: datetime) -> None:
        """Write a recipe down, durable before this returns; the first one of a series stays."""
        row = {
            "inbox": self._inboxes[watch],
            "key": recipe.series,
            "recipe": _RECIPE.dump_json(recipe).decode(),
            "decided_at": at.timestamp(),
        }
        with self._writing() as link:
            link.execute(insert(TABLE).values(row).on_conflict_do_nothing())

    # ---- pilots

    def proof(self, watch: int, series: str) -> Proof:
        """Return what is remembered of a series' pilots."""
        query = sa.select(TABLE.c.proven_by, TABLE.c.excused_at).where(self._is(watch, series))
        with self._reading() as link:
            found = link.execute(query).first()
        by, at = found or (None, None)
        return Proof(by=by, excused_at=None if at is None else when(at))

    def prove(self, watch: int, series: str, job_id: str) -> None:
        """Write down which member proved its series' recipe; the first one stays."""
        first = TABLE.c.proven_by.is_(None)
        self._set(self._is(watch, series) & first, {"proven_by": job_id})

    def excuse(self, watch: int, series: str, at: datetime) -> None:
        """Write down that a person lets the next one be tried."""
        self._set(self._is(watch, series), {"excused_at": at.timestamp()})

    def unproven(self, watch: int, series: str) -> list[Job]:
        """Return the latest members in review or failed after they cost something, oldest first."""
        rows = jobs.c
        came_to_something = (rows.cost > 0) | rows.result_sha256.is_not(None)
        query = (
            sa.select(jobs)
            .where(
                rows.inbox == self._inboxes[watch],
                rows.series == series,
                rows.state.in_([State.REVIEW.value, State.FAILED.value]),
                (rows.state == State.REVIEW.value) | came_to_something,
            )
            .order_by(rows.updated_at.desc())
            .limit(_DOUBTS)
        )
        with self._reading() as link:
            found = [job_of(row, self._inboxes) for row in link.execute(query).mappings()]
        return found[::-1]

    # ---- inside

    def _is(self, watch: int, series: str) -> sa.ColumnElement[bool]:
        return (TABLE.c.inbox == self._inboxes[watch]) & (TABLE.c.key == series)

    def _set(self, which: sa.ColumnElement[bool], values: dict[str, str | float]) -> None:
        with self._writing() as link:
            link.execute(TABLE.update().where(which), values)
