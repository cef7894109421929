"""What waits for a person: where results in review/ and originals in failed/ stand."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from upscaled.edge.ledger import tables
from upscaled.edge.ledger.rows import job_of
from upscaled.nouns import Job, State

_ROWS = tables.jobs.c
_SOME = 50
"""Equal pictures in equal plans have equal results; more of them nobody drags at once."""
_WAITING = (State.REVIEW.value, State.FAILED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One file that waits for a person."""

    job: str
    root: str
    """`review` or `failed`."""
    path: str
    """Relative to that root."""
    at: float
    """When what is known of it changed last, in seconds since 1970."""


class People:
    """Read-only; cheap to be asked often, whatever the number of ended jobs."""

    def __init__(
        self,
        inboxes: Sequence[str],
        reading: Callable[[], AbstractContextManager[sa.Connection]],
    ) -> None:
        self._inboxes = inboxes
        self._reading = reading

    def mark(self, watch: int) -> tuple[int, float]:
        """Return what changes whenever anything here does: a count, and the latest change."""
        query = sa.select(sa.func.count(), sa.func.max(_ROWS.updated_at)).where(
            _ROWS.state.in_(_WAITING), self._of(watch)
        )
        with self._reading() as link:
            count, latest = link.execute(query).one()
        return count, latest or 0.0

    def standing(self, watch: int) -> list[Standing]:
        """Return every file that waits, the latest first; what left no file is not there."""
        set_aside = sa.func.json_extract(_ROWS.facts, "$.set_aside")
        delivered = sa.func.json_extract(_ROWS.facts, "$.delivery.path")
        paths = set_aside.label("aside"), delivered.label("path")
        query = (
            sa.select(_ROWS.id, _ROWS.state, _ROWS.updated_at, *paths)
            .where(_ROWS.state.in_(_WAITING), self._of(watch))
            .order_by(_ROWS.updated_at.desc(), _ROWS.id.desc())
        )
        found = []
        with self._reading() as link:
            for row in link.execute(query):
                root = "review" if row.state == State.REVIEW.value else "failed"
                path = row.path if root == "review" else row.aside
                if path:
                    found.append(Standing(job=row.id, root=root, path=path, at=row.updated_at))
        return found

    def results(self, sha256: str) -> list[Job]:
        """Return the jobs whose result has these bytes, those in review first."""
        query = sa.select(tables.jobs).where(_ROWS.result_sha256 == sha256)
        found = self._jobs(query.order_by(_ROWS.updated_at.desc()).limit(_SOME))
        return sorted(found, key=lambda job: job.state is not State.REVIEW)

    def failed(self, sha256: str, size: int) -> list[Job]:
        """Return the failed jobs with this original; those that were never read by its size."""
        unread = _ROWS.sha256.is_(None) & (_ROWS.size == size)
        query = sa.select(tables.jobs).where(
            _ROWS.state == State.FAILED.value, (_ROWS.sha256 == sha256) | unread
        )
        found = self._jobs(query.order_by(_ROWS.updated_at.desc()).limit(_SOME))
        return sorted(found, key=lambda job: job.sha256 is None)

    def compared(self, sha256: str) -> list[Job]:
        """Return the jobs in review whose comparison has these bytes."""
        told = sa.func.json_extract(_ROWS.facts, "$.delivery.compare_sha256")
        query = sa.select(tables.jobs).where(_ROWS.state == State.REVIEW.value, told == sha256)
        return self._jobs(query.order_by(_ROWS.updated_at.desc()).limit(_SOME))

    def recent(self, limit: int) -> list[Job]:
        """Return the latest jobs that ended well, the latest first."""
        query = (
            sa.select(tables.jobs)
            .where(_ROWS.state.in_((State.DONE.value, State.REVIEW.value)))
            .order_by(_ROWS.updated_at.desc())
            .limit(limit)
        )
        return self._jobs(query)

    def _of(self, watch: int) -> sa.ColumnElement[bool]:
        """
        Ask for one inbox, but find the rows by their state.

        Left to itself SQLite goes by the inbox and reads all of 50,000 placeholders to find that
        none waits for a person; `likely` tells it that an inbox rules out little.
        """
        return sa.func.likely(_ROWS.inbox == self._inboxes[watch])

    def _jobs(self, query: sa.Select[Any]) -> list[Job]:
        with self._reading() as link:
            return [job_of(row, self._inboxes) for row in link.execute(query).mappings()]
