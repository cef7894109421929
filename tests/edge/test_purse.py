"""Money on real SQLite files: every cent has its row, and an older ledger comes along whole."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.test_money import done, job
from upscaled.core.pilot import Proof
from upscaled.edge.ledger import SCHEMA_VERSION, Ledger
from upscaled.errors import Fatal, LedgerUnwritable
from upscaled.nouns import State

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)

SCHEMA_3 = """
DROP INDEX jobs_by_series;
DROP INDEX jobs_by_run;
ALTER TABLE jobs DROP COLUMN series;
ALTER TABLE jobs DROP COLUMN run;
ALTER TABLE jobs DROP COLUMN frame;
ALTER TABLE series DROP COLUMN proven_by;
ALTER TABLE series DROP COLUMN excused_at;
ALTER TABLE series DROP COLUMN told_at;
ALTER TABLE series DROP COLUMN flicker;
UPDATE meta SET value = '3' WHERE key = 'schema'
"""
SCHEMA_2 = (
    SCHEMA_3
    + """;
DROP INDEX jobs_alive;
CREATE UNIQUE INDEX jobs_alive ON jobs (inbox, path) WHERE ended = 0;
ALTER TABLE jobs DROP COLUMN away;
ALTER TABLE orders DROP COLUMN argument;
UPDATE meta SET value = '2' WHERE key = 'schema'
"""
)
SCHEMA_1 = (
    SCHEMA_2
    + """;
CREATE TABLE spend (id INTEGER NOT NULL PRIMARY KEY, job TEXT NOT NULL, at FLOAT NOT NULL,
 micros BIGINT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL, request_id TEXT,
 billed BOOLEAN NOT NULL);
INSERT INTO spend (job, at, micros, endpoint, model, request_id, billed) VALUES
 ('j', {at}, 80000, 'e', 'm', 'r-1', 1), ('j', {at}, 160000, 'e', 'm', 'r-2', 0),
 ('gone', {at} - 86400, 40000, 'e', 'm', NULL, 1);
DELETE FROM money;
UPDATE meta SET value = '1' WHERE key = 'schema'
"""
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open a fresh ledger."""
    made = Ledger(tmp_path / "ledger.sqlite", ["/in"])
    made.create()
    yield made
    made.close()


def run(ledger: Ledger, script: str) -> None:
    engine = sa.create_engine(f"sqlite:///{ledger.path}")
    with engine.begin() as link:
        for statement in script.split(";\n"):
            link.exec_driver_sql(statement)
    engine.dispose()


def test_a_job_of_two_passes_leaves_six_movements_that_add_up(ledger: Ledger) -> None:
    first = job(80_000, 160_000)
    ledger.add([first])
    ledger.record(replace(first, reserved=240_000))
    ledger.record(replace(first, reserved=160_000, cost=70_000), paid=[done(70_000)])
    last = replace(job(80_000, 160_000, index=1), cost=230_000)
    ledger.record(last, paid=[done(160_000)])

    assert [(one.kind, one.number, one.micros) for one in ledger.moved("j")] == [
        ("reserve", 0, 80_000),
        ("reserve", 1, 160_000),
        ("release", 0, 80_000),
        ("settle", 0, 70_000),
        ("release", 1, 160_000),
        ("settle", 1, 160_000),
    ]
    assert ledger.spent(NOW - DAY) == 230_000
    assert ledger.open() == ledger.reserved() == 0


def test_a_folders_money_is_its_own_and_that_of_folders_below(ledger: Ledger) -> None:
    paths = ["4k/a.png", "4k/deep/b.png", "4k-pad/c.png", "4k0/d.png", "4K/e.png", "x/4k/f.png"]
    for number, path in enumerate(paths):
        one = replace(job(80_000), id=str(number), path=path)
        ledger.add([one])
        ledger.record(replace(one, reserved=10**number), paid=[done(10**number)])

    assert sum(micros for _, micros in ledger.spent_in("/in", "4k", NOW - DAY)) == 11
    assert ledger.reserved_in("/in", "4k") == 11
    assert ledger.spent_in("/other", "4k", NOW - DAY) == []
    assert ledger.spent_in("/in", "4k", NOW + DAY) == []


def test_a_bill_that_comes_later_corrects_the_day_it_belongs_to_once(ledger: Ledger) -> None:
    ledger.add([job(80_000)])
    ledger.record(job(80_000), paid=[done(80_000)])

    assert [one.request_id for one in ledger.settled(NOW - DAY)] == ["r"]
    assert ledger.bill("r", 60_000) == -20_000
    assert ledger.bill("r", 60_000) is None
    assert ledger.bill("unknown", 60_000) is None
    assert ledger.spent(NOW) == 60_000
    assert ledger.settled(NOW - DAY) == []
    assert [(one.kind, one.micros, one.at) for one in ledger.moved("j")][-1] == (
        "correct",
        -20_000,
        NOW,
    )


def test_an_older_ledger_comes_along_to_the_cent(ledger: Ledger) -> None:
    ledger.add([job(80_000, 160_000, reserved=160_000)])
    run(ledger, SCHEMA_1.format(at=NOW.timestamp()))

    ledger.create()
    ledger.create()

    assert ledger.spent(NOW) == 240_000
    assert ledger.spent(NOW - 2 * DAY) == 280_000
    assert ledger.open() == ledger.reserved() == 160_000
    assert [(one.kind, one.number, one.micros) for one in ledger.moved("j")] == [
        ("settle", 0, 80_000),
        ("settle", 1, 160_000),
        ("reserve", 1, 160_000),
    ]
    assert ledger.get("schema") == SCHEMA_VERSION


def test_a_ledger_of_the_second_schema_takes_orders_with_an_argument(ledger: Ledger) -> None:
    ledger.add([job(80_000, reserved=80_000)])
    ledger.ask("retry", "j", NOW)
    run(ledger, SCHEMA_2)

    ledger.create()
    ledger.create()

    ledger.ask("redo", "j", NOW, "core")
    assert [(one.verb, one.argument) for one in ledger.asked()] == [
        ("retry", None),
        ("redo", "core"),
    ]
    assert ledger.job("j") == job(80_000, reserved=80_000)
    assert ledger.get("schema") == SCHEMA_VERSION


def test_a_ledger_of_the_third_schema_finds_its_series_and_frames(ledger: Ledger) -> None:
    here = replace(job(80_000), path="4k/shot.0117.PNG")
    series = "4k/shot.#.png 960x540"
    ledger.add([replace(here, facts=replace(here.facts, series=series))])
    ledger.add([replace(job(80_000), id="k", path="4k/a.png")])
    run(ledger, SCHEMA_3)

    ledger.create()
    ledger.create()

    with sa.create_engine(f"sqlite:///{ledger.path}").connect() as link:
        query = sa.text("SELECT id, series, run, frame FROM jobs ORDER BY id")
        assert link.execute(query).all() == [
            ("j", series, "4k/shot.#.png", 117),
            ("k", None, None, None),
        ]
    link.engine.dispose()
    assert ledger.series.proof(0, series) == Proof()


def test_a_job_away_from_the_inbox_lives_beside_a_new_arrival(ledger: Ledger) -> None:
    run(ledger, SCHEMA_2)
    ledger.create()
    here = job(80_000)
    ledger.add([here, replace(here, id="k", facts=replace(here.facts, away=True))])

    with pytest.raises(LedgerUnwritable):
        ledger.add([replace(here, id="l")])
    assert {one.id for one in ledger.unfinished()} == {"j", "k"}


def test_a_migration_that_breaks_off_has_changed_nothing(ledger: Ledger) -> None:
    ledger.add([job(80_000, 160_000, reserved=160_000)])
    script = SCHEMA_1.format(at=NOW.timestamp())
    # The reservations are written last: by then every settled row has been copied.
    run(
        ledger,
        f"{script};\nCREATE TRIGGER stop BEFORE INSERT ON money WHEN new.kind = 'reserve' "
        "BEGIN SELECT RAISE(ABORT, 'pulled plug'); END",
    )

    with pytest.raises(LedgerUnwritable, match="pulled plug"):
        ledger.create()
    assert ledger.get("schema") == "1"
    assert ledger.spent(NOW - 2 * DAY) == 0

    run(ledger, "DROP TRIGGER stop")
    ledger.create()
    assert ledger.spent(NOW - 2 * DAY) == 280_000


def test_who_only_reads_says_what_brings_an_older_ledger_up_to_date(ledger: Ledger) -> None:
    ledger.put("schema", "1")
    with pytest.raises(Fatal, match="schema 1") as old:
        ledger.exists()
    ledger.put("schema", "9")
    with pytest.raises(Fatal, match="schema 9") as newer:
        ledger.exists()

    assert "start the daemon" in old.value.hint
    assert "version of upscaled that made it" in newer.value.hint


def test_an_end_in_the_same_write_leaves_nothing_reserved(ledger: Ledger) -> None:
    ledger.add([job(80_000)])
    ledger.record(replace(job(80_000), reserved=80_000))
    ledger.record(replace(job(80_000), state=State.FAILING), paid=[done(80_000)])

    assert ledger.open() == ledger.reserved() == 0
    assert ledger.spent(NOW) == 80_000
