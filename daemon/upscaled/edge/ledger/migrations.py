"""
From an older ledger to this one, step by step, each in the transaction that also says so.

A step never changes what a job or a cent means; what an older version cannot read is refused by it,
because the schema's number stands in the ledger.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa

from upscaled.core.frames import frame_of
from upscaled.core.money import Kind, movements
from upscaled.edge.ledger import series, tables
from upscaled.edge.ledger.rows import job_of, money_row

_LATER = ("away", "series", "run", "frame")
"""Columns of jobs that the first schema did not have."""


_OF_SERIES = ("proven_by", "excused_at", "told_at", "flicker")


def _spend_to_money(link: sa.Connection) -> None:
    """Turn settled passes into movements, and every open reservation with them."""
    _settled(link)
    known = [column for column in tables.jobs.c if column.name not in _LATER]
    for row in link.execute(sa.select(*known).where(tables.jobs.c.reserved > 0)).mappings():
        job = job_of(row, [row["inbox"]])
        rows = [money_row(job, row["inbox"], one) for one in movements({}, job)]
        link.execute(tables.money.insert(), rows)
    link.execute(sa.text("DROP TABLE spend"))


def _settled(link: sa.Connection) -> None:
    old = sa.text(
        "SELECT s.at, s.job, j.inbox, j.path, s.micros, s.endpoint, s.model, s.request_id, s.billed"
        " FROM spend s LEFT JOIN jobs j ON j.id = s.job ORDER BY s.id"
    )
    numbers: dict[str, int] = {}
    rows = []
    for row in link.execute(old).mappings():
        number = numbers[row["job"]] = numbers.get(row["job"], -1) + 1
        place = {"inbox": row["inbox"] or "", "path": row["path"] or ""}
        billed = {"billed": bool(row["billed"])}
        rows.append({**row, **place, **billed, "kind": Kind.SETTLE.value, "number": number})
    if rows:
        link.execute(tables.money.insert(), rows)


def _hands(link: sa.Connection) -> None:
    """Give orders an argument, and let a job be at work beside another file of its path."""
    _add_columns(link, (tables.orders, "argument"), (tables.jobs, "away"))
    (alive,) = (index for index in tables.jobs.indexes if index.name == "jobs_alive")
    alive.drop(link, checkfirst=True)
    alive.create(link)


def _series(link: sa.Connection) -> None:
    """Let jobs be found by their series and by their frame, and series have a proof."""
    _add_columns(link, *((tables.jobs, name) for name in ("series", "run", "frame")))
    _add_columns(link, *((series.TABLE, name) for name in _OF_SERIES))
    rows = link.execute(sa.select(tables.jobs.c.id, tables.jobs.c.path, tables.jobs.c.facts)).all()
    found = []
    for job_id, path, facts in rows:
        name, frame = json.loads(facts).get("series"), frame_of(path)
        if name or frame:
            numbered = {"run": frame and frame.run, "frame": frame and frame.number}
            found.append({"key": job_id, "series": name, **numbered})
    if found:
        link.execute(tables.jobs.update().where(tables.jobs.c.id == sa.bindparam("key")), found)
    for index in tables.jobs.indexes:
        if index.name in {"jobs_by_series", "jobs_by_run"}:
            index.create(link, checkfirst=True)


def _add_columns(link: sa.Connection, *wanted: tuple[sa.Table, str]) -> None:
    """Add what is not there: SQLite may keep a change of a table that broke off later."""
    for table, column in wanted:
        known = {one["name"] for one in sa.inspect(link).get_columns(table.name)}
        if column not in known:
            told = sa.schema.CreateColumn(table.c[column]).compile(link)
            link.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {told}"))


STEPS: dict[str, tuple[str, Callable[[sa.Connection], None]]] = {
    "1": ("2", _spend_to_money),
    "2": ("3", _hands),
    "3": ("4", _series),
}
"""By the schema that is found: the one it becomes, and how."""


def bring_up(link: sa.Connection, schema: str) -> None:
    """Take every step from a schema to the newest."""
    while schema in STEPS:
        schema, step = STEPS[schema]
        step(link)
