"""The ledger's table of series: one row each, written once, never changed."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.sqlite import insert

from upscaled.edge.ledger.tables import METADATA
from upscaled.nouns import Recipe

_RECIPE = TypeAdapter(Recipe)
_Link = Callable[[], AbstractContextManager[sa.Connection]]

TABLE = sa.Table(
    "series",
    METADATA,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("decided_at", sa.Float, nullable=False),
)


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
