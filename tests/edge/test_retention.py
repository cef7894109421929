"""Old rows of a real ledger: what goes, what stays, and that files stay small."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from upscaled.edge.ledger import Ledger
from upscaled.edge.ledger.backup import COPIED_AT, copy
from upscaled.edge.ledger.retention import Pruned
from upscaled.errors import LedgerUnwritable
from upscaled.nouns import Artifact, Facts, Job, PassDone, Redo, State

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=500)
INBOX = "/srv/inbox"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.sqlite", [INBOX])
    made.create()
    yield made
    made.close()


def job(number: int, state: State, at: datetime = OLD, **changes: Any) -> Job:
    artifact = Artifact(path="x", width=1, height=1, bytes=1, sha256=f"{number:064x}", format="PNG")
    facts = Facts(image_url="https://v3.fal.media/files/upload", result=artifact)
    if state in {State.FAILED, State.WITHDRAWN}:
        facts = Facts(image_url="https://v3.fal.media/files/upload")
    made = Job(
        id=f"job-{number}",
        state=State.SEEN,
        watch=0,
        path=f"4k/{number}.png",
        target="4k",
        size=1,
        mtime_ns=1,
        inode=1,
        seen_at=at,
        updated_at=at,
        facts=facts,
    )
    return replace(made, **({"state": state} | changes))


def keep(ledger: Ledger, one: Job, paid: tuple[PassDone, ...] = ()) -> None:
    ledger.add([replace(one, state=State.SEEN)])
    ledger.record(one, "said something", paid)


def test_what_ended_long_ago_goes_but_its_result_is_known_as_ours_for_ever(ledger: Ledger) -> None:
    keep(ledger, job(1, State.DONE))
    keep(ledger, job(2, State.FAILED))
    keep(ledger, job(3, State.WITHDRAWN))
    before = NOW - timedelta(days=400)

    would = ledger.retention.would(before, NOW)
    gone = ledger.retention.prune(before, NOW)

    assert would == gone == Pruned(jobs=2, slimmed=1, history=3)
    assert ledger.made(f"{1:064x}") == "job-1"
    kept = ledger.job("job-1")
    assert kept is not None
    assert (kept.facts.image_url, kept.facts.result is not None) == (None, True)
    assert ledger.history("job-1") == []
    assert ledger.job("job-2") is None
    assert ledger.retention.prune(before, NOW) == Pruned()


def test_what_somebody_still_needs_stays_whole(ledger: Ledger) -> None:
    keep(ledger, job(1, State.REVIEW))
    keep(ledger, job(2, State.PLANNED))
    keep(ledger, job(3, State.FAILED))
    ledger.ask("retry", "job-3", NOW)
    keep(ledger, job(4, State.DONE))
    redo = Redo(of="job-4", family=None, root="archive", path="4k/4.png", review=None)
    keep(ledger, job(5, State.TAKEN, facts=Facts(redo=redo, away=True)))
    keep(ledger, job(6, State.FAILED, NOW - timedelta(days=399)))

    assert ledger.retention.prune(NOW - timedelta(days=400), NOW) == Pruned()
    assert [len(ledger.history(f"job-{number}")) for number in range(1, 7)] == [1] * 6


@pytest.mark.parametrize("stays", [False, True])
def test_what_was_set_aside_is_still_known_by_its_path(ledger: Ledger, stays: bool) -> None:  # noqa: FBT001
    facts = Facts(set_aside="4k/1.png", stays=stays)
    keep(ledger, job(1, State.FAILED, facts=facts))

    assert ledger.retention.prune(NOW - timedelta(days=1), NOW).jobs == 0
    assert ledger.job("job-1") is not None


@pytest.mark.parametrize("age", [0, 1, 60])
def test_money_that_a_cap_or_the_brake_looks_at_is_never_let_go_of(
    ledger: Ledger, age: int
) -> None:
    def paid(number: int) -> tuple[PassDone, ...]:
        return (
            PassDone(
                engine="fal",
                endpoint="e",
                model="m",
                params={},
                factor=2.0,
                width=1,
                height=1,
                request_id=f"r{number}",
                seconds=1.0,
                cost=80_000,
                billed=True,
            ),
        )

    for number, days in enumerate((0, 20, 95, 500)):
        keep(ledger, job(number, State.DONE, NOW - timedelta(days=days), cost=80_000), paid(number))

    gone = ledger.retention.prune(NOW - timedelta(days=age), NOW)

    assert gone.money == 1  # of the one of 500 days ago
    assert ledger.spent(NOW - timedelta(days=100)) == 3 * 80_000


def test_a_file_gives_back_what_was_let_go_of_and_its_log_is_emptied(ledger: Ledger) -> None:
    with ledger._writing() as link:  # noqa: SLF001 - a quick way to many rows
        rows = [{"j": "x", "s": "y" * 2000} for _ in range(4000)]
        text = "INSERT INTO history (job, at, state, said) VALUES (:j, 0, 'done', :s)"
        link.exec_driver_sql(text, rows)
    with ledger._writing() as link:  # noqa: SLF001
        link.exec_driver_sql("DELETE FROM history")
    full = ledger.path.stat().st_size

    ledger.shrink()

    assert full > 8_000_000
    assert ledger.path.stat().st_size < 2_000_000
    assert ledger.path.with_name("ledger.sqlite-wal").stat().st_size == 0


def test_a_ledger_of_an_older_version_learns_to_give_back_its_pages(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as link:
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("CREATE TABLE other (x)")
        link.commit()
    ledger = Ledger(tmp_path / "ledger.sqlite", [INBOX])
    ledger.create()
    ledger.reshape()
    ledger.close()

    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as link:
        assert link.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_a_copy_is_whole_says_what_it_is_and_is_made_beside_a_writer(
    ledger: Ledger, tmp_path: Path
) -> None:
    keep(ledger, job(1, State.DONE))
    to = tmp_path / "backups" / "ledger-2026-06-15.sqlite"

    with ledger._writing() as link:  # noqa: SLF001 - somebody is in the middle of a change
        link.exec_driver_sql("DELETE FROM history")
        copy(ledger.path, to, NOW)

    again = Ledger(to, [INBOX])
    assert again.get(COPIED_AT) == NOW.isoformat()
    assert again.id == ledger.id
    assert len(again.history("job-1")) == 1  # the change was not made yet
    again.close()
    assert ledger.get(COPIED_AT) is None
    assert (to.stat().st_mode & 0o777, [one.name for one in to.parent.iterdir()][:1]) == (
        0o600,
        [to.name],
    )


def test_a_copy_of_a_damaged_ledger_is_none_and_the_old_one_stays(tmp_path: Path) -> None:
    broken, to = tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite"
    broken.write_bytes(b"no database at all" * 1000)
    to.write_bytes(b"yesterday's")

    with pytest.raises(LedgerUnwritable):
        copy(broken, to, NOW)

    assert to.read_bytes() == b"yesterday's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.sqlite", "ledger.sqlite"]


def test_facts_that_only_a_job_under_way_needs_are_those_of_its_requests() -> None:
    from upscaled.edge.ledger.retention import BULKY  # noqa: PLC0415 - named where it is meant

    assert set(BULKY) <= set(Facts.__dataclass_fields__)
    assert json.dumps(BULKY)
