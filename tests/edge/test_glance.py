"""A glance at the ledger says what the whole ledger says, and makes nothing."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from long_ledgers import fill, job_id
from upscaled.cli.jobs import job_json, line_json
from upscaled.core.life import word_of
from upscaled.edge.ledger import SCHEMA_VERSION, Ledger, standing
from upscaled.edge.ledger.glance import Glance, glanced
from upscaled.edge.ledger.rows import event_of, job_of, moved_of
from upscaled.errors import Fatal, LedgerUnwritable
from upscaled.nouns import State

INBOX = "/in"
DONE, UNFINISHED = 120, 8


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Ledger]:
    """Make a ledger in which every kind of end and of waiting is."""
    made = fill(tmp_path / "ledger.sqlite", INBOX, done=DONE, unfinished=UNFINISHED)
    yield made
    made.close()


@pytest.fixture
def glance(whole: Ledger) -> Iterator[Glance]:
    """Glance at it."""
    with glanced(whole.path) as made:
        assert made is not None
        yield made


def test_both_list_the_same_jobs_in_the_same_order(whole: Ledger, glance: Glance) -> None:
    listed = [line_json(line) for line in glance.lines()]
    assert listed == [job_json(job) for job in whole.jobs()]
    assert len(listed) == DONE + UNFINISHED
    assert {one["state"] for one in listed} == {"waiting", "held", "done", "review", "failed"}
    failed = [line_json(line) for line in glance.lines([State.FAILED])]
    assert failed == [job_json(job) for job in whole.jobs([State.FAILED])]
    assert failed[0]["reason"] == "fal was in trouble"


def test_a_job_its_history_and_its_money_are_the_same(whole: Ledger, glance: Glance) -> None:
    for number in (0, 1, 2):
        row = glance.row(job_id(number))
        assert row is not None
        assert job_of(row, [INBOX]) == whole.job(job_id(number))
        assert [event_of(one) for one in glance.history(job_id(number))] == whole.history(
            job_id(number)
        )
        assert [moved_of(one) for one in glance.moved(job_id(number))] == whole.moved(
            job_id(number)
        )
    assert glance.row("nobody") is None


def test_counts_and_sums_are_the_same(whole: Ledger, glance: Glance) -> None:
    def by_word(counts: list[tuple[State, bool, int]]) -> dict[str, int]:
        words: dict[str, int] = {}
        for state, held, number in counts:
            word = word_of(state, held=held).value
            words[word] = words.get(word, 0) + number
        return words

    assert by_word(glance.counts()) == by_word(whole.counts())
    since = datetime.now(UTC) - timedelta(hours=1)
    assert glance.spent(since) == whole.spent(since) > 0
    assert glance.reserved() == whole.reserved() > 0
    whole.put("paused", "1")
    assert glance.get("paused") == "1"
    assert glance.id == whole.id
    assert not glance.has_series(since)


def test_a_series_stands_alike_in_both(whole: Ledger, glance: Glance) -> None:
    numbered = {"series": "8k/tonight/picture #.png 640x480", "run": "8k/tonight/picture #.png"}
    with sqlite3.connect(whole.path) as link:
        link.execute(
            "UPDATE jobs SET series = :series, run = :run, frame = rowid * 2, state = 'judged'"
            " WHERE state = 'seen'",
            numbered,
        )
    link.close()
    since = datetime.now(UTC) - timedelta(days=1)
    assert glance.has_series(since)
    keys = standing.latest(glance.ask, [INBOX], since)
    assert keys == whole.standings.latest(since) == [(0, numbered["series"])]
    seen = standing.progress(glance.ask, [INBOX], keys[0])
    assert seen == whole.standings.progress(*keys[0])
    assert sum(seen.words.values()) == UNFINISHED
    assert seen.gone == UNFINISHED - 1  # every other number


@pytest.mark.parametrize(
    ("question", "along"),
    [
        ("history", "USING INDEX ix_history_job"),
        ("moved", "USING INDEX ix_money_job"),
        ("row", "USING INDEX sqlite_autoindex_jobs_1"),
        ("counts", "USING COVERING INDEX jobs_by_state"),
        ("reserved", "INDEX jobs_reserved"),
        ("spent", "USING INDEX money_by_time"),
        ("has_series", "jobs_by_series"),
    ],
)
def test_what_is_asked_of_a_long_ledger_goes_along_an_index(
    glance: Glance, question: str, along: str
) -> None:
    plans = _plans_of(glance, question)
    assert along in plans, plans
    assert "SCAN jobs\n" not in f"{plans}\n"


def _plans_of(glance: Glance, question: str) -> str:
    asked: list[str] = []
    link = glance._link  # noqa: SLF001 - SQLite itself is asked how it would look
    link.set_trace_callback(asked.append)
    method = getattr(glance, question)
    if question in {"history", "moved", "row"}:
        method(job_id(1))
    elif question in {"spent", "has_series"}:
        method(datetime.now(UTC))
    else:
        method()
    link.set_trace_callback(None)
    plans = [row[3] for one in asked for row in link.execute(f"EXPLAIN QUERY PLAN {one}")]
    return "\n".join(plans)


def test_a_list_that_is_left_halfway_is_left_in_peace(whole: Ledger) -> None:
    with glanced(whole.path) as made:
        assert made is not None
        lines = made.lines()
        assert next(lines).path
    lines.close()  # type: ignore[attr-defined] # a generator, left where it stood


def test_a_glance_makes_and_writes_nothing(tmp_path: Path) -> None:
    with glanced(tmp_path / "ledger.sqlite") as none:
        assert none is None
    assert list(tmp_path.iterdir()) == []
    fill(tmp_path / "ledger.sqlite", INBOX, done=3, unfinished=1).close()
    before = {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()}
    with glanced(tmp_path / "ledger.sqlite") as glance:
        assert glance is not None
        with pytest.raises(LedgerUnwritable, match="readonly"):
            glance._all("DELETE FROM jobs")  # noqa: SLF001 - nothing public writes
    assert {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()} == before


def test_a_ledger_of_another_version_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, INBOX, done=1, unfinished=0).close()
    for schema, hint in (("2", "start the daemon of this version"), ("99", "run the version")):
        with sqlite3.connect(path) as link:
            link.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (schema,))
        link.close()
        with (
            pytest.raises(Fatal, match=f"schema {schema}.*{SCHEMA_VERSION}") as caught,
            glanced(path),
        ):
            pass
        assert hint in caught.value.hint


def test_what_is_no_ledger_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(LedgerUnwritable, match=str(path)), glanced(path):
        pass
