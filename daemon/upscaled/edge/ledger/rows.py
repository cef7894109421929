"""
Rows of the ledger from values, and back.

What checks a job's facts is loaded when it is first asked for: who only shows reads them without.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from upscaled.core.frames import frame_of
from upscaled.core.life import ENDS
from upscaled.core.money import Movement
from upscaled.nouns import Dragged, Facts, Hold, Job, Micros, State

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # noqa: PLC0415 - see above

    return TypeAdapter(kind)


def facts_of(text: str) -> Facts:
    """Return a job's facts, checked."""
    found: Facts = _adapter(Facts).validate_json(text)
    return found


class Row(Protocol):
    """A row as any of our ways of asking returns it."""

    def __getitem__(self, column: str, /) -> Any:
        """Return what stands in a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a job's history."""

    at: datetime
    state: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One movement as it was written."""

    at: datetime
    kind: str
    number: int
    """The pass, from 0."""
    micros: Micros
    endpoint: str
    model: str
    request_id: str | None
    billed: bool


def row_of(job: Job, inboxes: Sequence[str]) -> dict[str, Any]:
    """Return a job as its row."""
    result, frame = job.facts.result, frame_of(job.path)
    return {
        "id": job.id,
        "state": job.state.value,
        "ended": job.state in ENDS,
        "inbox": inboxes[job.watch],
        "path": job.path,
        "target": job.target,
        "urgent": job.urgent,
        "size": job.size,
        "mtime_ns": job.mtime_ns,
        "inode": str(job.inode),
        "sha256": job.sha256,
        "result_sha256": result.sha256 if result else None,
        "hold": job.hold.value if job.hold else None,
        "reason": job.reason,
        "due_at": job.due_at.timestamp() if job.due_at else None,
        "attempts": job.attempts,
        "outages": job.outages,
        "starts": job.starts,
        "reserved": job.reserved,
        "cost": job.cost,
        "seen_at": job.seen_at.timestamp(),
        "updated_at": job.updated_at.timestamp(),
        "away": job.facts.away,
        "series": job.facts.series,
        "run": frame and frame.run,
        "frame": frame and frame.number,
        "facts": _adapter(Facts).dump_json(job.facts, exclude_defaults=True).decode(),
    }


def job_of(row: Row, inboxes: Sequence[str], facts: Callable[[str], Facts] = facts_of) -> Job:
    """Return a row as its job; its watch is -1 where the inbox left the config."""
    inbox = row["inbox"]
    return Job(
        id=row["id"],
        state=State(row["state"]),
        watch=inboxes.index(inbox) if inbox in inboxes else -1,
        path=row["path"],
        target=row["target"],
        urgent=bool(row["urgent"]),
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        inode=int(row["inode"]),
        sha256=row["sha256"],
        hold=Hold(row["hold"]) if row["hold"] else None,
        reason=row["reason"],
        due_at=when(row["due_at"]) if row["due_at"] is not None else None,
        attempts=row["attempts"],
        outages=row["outages"],
        starts=row["starts"],
        reserved=row["reserved"],
        cost=row["cost"],
        seen_at=when(row["seen_at"]),
        updated_at=when(row["updated_at"]),
        facts=facts(row["facts"]),
    )


def event_of(row: Row) -> Event:
    """Return a row of the history as what it says."""
    return Event(at=when(row["at"]), state=row["state"], said=row["said"])


def moved_of(row: Row) -> Moved:
    """Return a row of the money as its movement."""
    return Moved(
        at=when(row["at"]),
        kind=row["kind"],
        number=row["number"],
        micros=row["micros"],
        endpoint=row["endpoint"],
        model=row["model"],
        request_id=row["request_id"],
        billed=bool(row["billed"]),
    )


def money_row(job: Job, inbox: str, one: Movement) -> dict[str, Any]:
    """Return a movement as its row."""
    return {
        "at": job.updated_at.timestamp(),
        "kind": one.kind.value,
        "job": job.id,
        "inbox": inbox,
        "path": job.path,
        "number": one.number,
        "micros": one.micros,
        "endpoint": one.endpoint,
        "model": one.model,
        "request_id": one.request_id,
        "billed": one.billed,
    }


def packed(argument: str | None, dragged: Dragged | None) -> str | None:
    """Return an order's argument as it is stored: with what was dragged, as JSON."""
    if dragged is None:
        return argument
    return json.dumps([argument, _adapter(Dragged).dump_python(dragged, exclude_defaults=True)])


def unpacked(stored: str | None) -> tuple[str | None, Dragged | None]:
    """Return what an order was given beside its verb."""
    if stored is None or not stored.startswith("["):
        return stored, None
    argument, dragged = json.loads(stored)
    found: Dragged = _adapter(Dragged).validate_python(dragged)
    return argument, found


def when(seconds: float) -> datetime:
    """Return a stored second as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
