"""
What a person leafs through: parts of long lists, what changed at all, which rule decided.

Asked through a glance: every question reads a bounded part, along an index where the whole is long.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from upscaled.core.life import ENDS, LIFE, Word
from upscaled.core.shaped import shaped
from upscaled.edge.ledger.glance import Glance, Line
from upscaled.edge.ledger.rows import job_of, when
from upscaled.nouns import Facts, Job

_TOLD = json.dumps(["daemon", "paused", "look_again", "paused_models", "reload", "restored"])
"""Remembered values that pages show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How often a rule decided."""

    rule: str
    family: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of a list is asked for."""

    after: int = 0
    limit: int = 100


def mark(ledger: Glance) -> int:
    """Return a number that changes with whatever a page may show."""
    query = (
        "SELECT (SELECT max(id) FROM history), (SELECT max(id) FROM orders),"
        " (SELECT count(*) FROM orders WHERE done = 0),"
        " (SELECT max(updated_at) FROM jobs WHERE ended = 0),"
        " (SELECT count(*) FROM jobs WHERE ended = 0),"
        " (SELECT group_concat(value) FROM meta WHERE key IN (SELECT value FROM json_each(:told)))"
    )
    return hash(tuple(ledger.ask(query, {"told": _TOLD})[0]))


def page(ledger: Glance, word: Word | None, search: str, part: Part) -> tuple[list[Line], int]:
    """Return jobs of a word whose path holds some letters, unfinished first, and how many."""
    clause, values = _such(word, search)
    order = "ORDER BY ended, updated_at DESC"
    # Ids first: whole rows are large, and sorting ten thousand of them for fifty is slow.
    ids = f"SELECT id FROM jobs WHERE {clause} {order} LIMIT :limit OFFSET :after"  # noqa: S608
    bounds: dict[str, object] = {"limit": part.limit, "after": part.after}
    found = list(ledger.listed(f"id IN ({ids}) {order}", values | bounds))
    ((total,),) = ledger.ask(f"SELECT count(*) FROM jobs WHERE {clause}", values)  # noqa: S608
    return found, total


def job(ledger: Glance, inboxes: Sequence[str], job_id: str) -> Job | None:
    """Return one job."""
    row = ledger.row(job_id)
    return job_of(row, inboxes, _facts) if row else None


def _facts(text: str) -> Facts:
    return shaped(Facts, json.loads(text))


def members(ledger: Glance, inbox: str, series: str, part: Part) -> tuple[list[Line], int]:
    """Return a series' members by their frames, the latest job of each path, and how many."""
    values: dict[str, object] = {"inbox": inbox, "series": series}
    such = "inbox = :inbox AND series = :series"
    latest = f"SELECT id, max(updated_at), frame, path FROM jobs WHERE {such} GROUP BY path"  # noqa: S608
    ids = f"SELECT id FROM ({latest}) ORDER BY frame, path LIMIT :limit OFFSET :after"  # noqa: S608
    bounds: dict[str, object] = {"limit": part.limit, "after": part.after}
    found = list(ledger.listed(f"id IN ({ids}) ORDER BY frame, path", values | bounds))
    ((total,),) = ledger.ask(f"SELECT count(DISTINCT path) FROM jobs WHERE {such}", values)  # noqa: S608
    return found, total


def decided(ledger: Glance) -> list[Decided]:
    """Return how often each rule decided, the most frequent first."""
    query = (
        "SELECT json_extract(facts, '$.verdict.rule'), json_extract(facts, '$.verdict.model'),"
        " count(*), max(updated_at) FROM jobs"
        " WHERE json_extract(facts, '$.verdict.rule') IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC"
    )
    return [
        Decided(rule=name, family=kind, count=number, last_at=when(at))
        for name, kind, number, at in ledger.ask(query, {})
    ]


def _such(word: Word | None, search: str) -> tuple[str, dict[str, object]]:
    clauses, values = ["1"], dict[str, object]()
    if word is Word.HELD:
        clauses += ["ended = 0", "hold IS NOT NULL"]
    elif word is not None:
        states = [state for state, stage in LIFE.items() if stage.word == word]
        clauses.append("state IN (SELECT value FROM json_each(:states))")
        values["states"] = json.dumps([state.value for state in states])
        if not ENDS.issuperset(states):
            clauses.append("hold IS NULL")
    if search:
        clauses.append("path LIKE :search ESCAPE '\\'")
        values["search"] = f"%{_escaped(search)}%"
    return " AND ".join(clauses), values


def _escaped(search: str) -> str:
    for sign in "\\%_":
        search = search.replace(sign, f"\\{sign}")
    return search
