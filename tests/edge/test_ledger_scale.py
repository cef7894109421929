"""The ledger with ten thousand rows and more: what is asked all the time reads no whole table."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from upscaled.edge.ledger import Ledger
from upscaled.nouns import Job, State

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ONE = Job(
    id="j",
    state=State.SEEN,
    watch=0,
    path="",
    size=1,
    mtime_ns=1,
    inode=1,
    seen_at=NOW,
    updated_at=NOW,
)
PATHS = [f"4k/{number:05}.png" for number in range(12_000)]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Open a ledger in which two thousand files wait and ten thousand are done."""
    made = Ledger(tmp_path_factory.mktemp("many") / "ledger.sqlite", ["/in"])
    made.create()
    made.add(
        replace(ONE, id=path, path=path, state=State.SEEN if number < 2000 else State.DONE)
        for number, path in enumerate(PATHS)
    )
    yield made
    made.close()


def plans(ledger: Ledger, ask: Callable[[Ledger], Any]) -> list[str]:
    """Return how SQLite goes about each query of a call."""
    asked: list[tuple[str, Any]] = []

    def note(*words: Any) -> None:
        asked.append((words[2], words[3]))

    sa.event.listen(ledger._engine, "before_cursor_execute", note)  # noqa: SLF001 - to listen
    try:
        ask(ledger)
    finally:
        sa.event.remove(ledger._engine, "before_cursor_execute", note)  # noqa: SLF001
    with ledger._engine.connect() as link:  # noqa: SLF001
        return [
            row[3]
            for statement, words in asked
            for row in link.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", words)
        ]


@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger: ledger.alive_at(0, PATHS[:300]),
        lambda ledger: ledger.ends_at(0, PATHS[3000:3300]),
        lambda ledger: ledger.ends(0, PATHS[4000]),
        lambda ledger: ledger.job(PATHS[5]),
        lambda ledger: ledger.made("0" * 64),
        lambda ledger: ledger.history(PATHS[5]),
        lambda ledger: ledger.asked(),
        lambda ledger: ledger.reserved(),
        lambda ledger: ledger.spent(NOW),
        lambda ledger: ledger.jobs([State.FAILED]),
        lambda ledger: ledger.record(replace(ONE, id=PATHS[1], path=PATHS[1]), "said"),
        lambda ledger: ledger.forget([replace(ONE, id="nobody")]),
    ],
    ids=[
        "alive_at", "ends_at", "ends", "job", "made", "history", "asked", "reserved", "spent",
        "jobs", "record", "forget",
    ],
)  # fmt: skip
def test_what_is_asked_all_the_time_goes_by_an_index(
    ledger: Ledger, ask: Callable[[Ledger], Any]
) -> None:
    found = plans(ledger, ask)

    assert found, "it asked nothing"
    assert [step for step in found if step.startswith("SCAN") and "INDEX" not in step] == []


@pytest.mark.parametrize(
    "ask",
    [lambda ledger: ledger.people.mark(0), lambda ledger: ledger.people.standing(0)],
    ids=["mark", "standing"],
)
def test_what_waits_for_people_is_found_by_its_state_not_among_all_of_an_inbox(
    ledger: Ledger, ask: Callable[[Ledger], Any]
) -> None:
    found = [step for step in plans(ledger, ask) if "jobs" in step]

    assert found == ["SEARCH jobs USING INDEX jobs_by_state (state=?)"]


@pytest.mark.parametrize("key", ["4k-series/*", "4k/shot.#.png 1x1", "4k/*Wall 3"])
def test_a_series_is_told_from_its_own_rows_however_many_others_there_are(
    ledger: Ledger, key: str
) -> None:
    found = plans(ledger, lambda ledger: ledger.standings.progress(0, key, (1, 9)))

    jobs = [step for step in found if " jobs " in f"{step} "]
    assert len(jobs) > 5
    own = ("series=?", "run=?", "path=?", "id=?")
    assert [step for step in jobs if not any(one in step for one in own)] == []


def test_a_table_that_is_read_whole_would_be_told(ledger: Ledger) -> None:
    def ask(ledger: Ledger) -> None:
        with ledger._reading() as link:  # noqa: SLF001 - as the ledger itself would
            link.execute(sa.text("SELECT * FROM jobs WHERE size = 1")).all()

    assert plans(ledger, ask) == ["SCAN jobs"]


def test_however_many_rows_there_are_only_so_many_are_returned(ledger: Ledger) -> None:
    found = ledger.jobs(limit=100)

    assert len(found) == 100
    assert {job.state for job in found} == {State.SEEN}, "unfinished first"


def test_it_tells_whether_anybody_else_wrote(ledger: Ledger) -> None:
    other = Ledger(ledger.path, ["/in"])
    ledger.stirred()

    quiet = ledger.stirred()
    other.put("paused", "1")
    told = [ledger.stirred(), ledger.stirred()]
    other.close()

    assert (quiet, told) == (False, [True, False])
