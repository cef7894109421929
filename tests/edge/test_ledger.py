"""The ledger on real SQLite files."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from upscaled.edge.ledger import Ledger
from upscaled.errors import Fatal, LedgerUnwritable
from upscaled.nouns import (
    Artifact,
    Facts,
    Family,
    Fidelity,
    Hold,
    Job,
    PassDone,
    Probe,
    State,
    Verdict,
)

NOW = datetime(2026, 11, 22, 3, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open a fresh ledger with two inboxes."""
    made = Ledger(tmp_path / "ledger.sqlite", ["/in/a", "/in/b"])
    made.create()
    yield made
    made.close()


def job(job_id: str = "j1", path: str = "4k/ä b.png", **more: object) -> Job:
    made = Job(
        id=job_id,
        state=State.SEEN,
        watch=1,
        path=path,
        size=10,
        mtime_ns=2**62,
        inode=2**64 - 1,
        seen_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **more)  # type: ignore[arg-type] # the test's own words


def paid(micros: int) -> PassDone:
    return PassDone(
        engine="fal",
        endpoint="e",
        model="Standard V2",
        params={"sharpen": 0.2},
        factor=2.0,
        width=20,
        height=10,
        request_id="r-1",
        seconds=1.5,
        cost=micros,
        billed=True,
    )


def test_a_job_comes_back_exactly_as_it_was_written(ledger: Ledger) -> None:
    facts = Facts(
        engine="fal",
        probe=Probe(format="JPEG", width=4, height=3, mode="RGB", features={"noise": 1.25}),
        verdict=Verdict(model=Family.CORE, confidence=0.9, rule="points", reasons=("crisp",)),
        passes=(paid(80_000),),
        result=Artifact(path="/x", sha256="aa", bytes=5, width=4, height=3, format="PNG"),
        fidelity=Fidelity(verdict="pass", figures={"ssim": 0.99}),
        times={"taken": NOW},
    )
    first = job()
    whole = replace(
        first,
        state=State.FINISHED,
        facts=facts,
        hold=Hold.BUDGET,
        reason="full",
        due_at=NOW + timedelta(hours=1),
        reserved=1,
        cost=80_000,
        sha256="bb",
    )
    ledger.add([first])

    ledger.record(whole, "finished", [paid(80_000)])

    assert ledger.job("j1") == whole
    assert list(ledger.unfinished()) == [whole]
    assert [event.said for event in ledger.history("j1")] == ["finished"]
    assert ledger.made("aa") == "j1"


def test_one_file_has_one_living_job(ledger: Ledger) -> None:
    ledger.add([job("j1")])

    with pytest.raises(LedgerUnwritable):
        ledger.add([job("j2")])

    ledger.record(job("j1", state=State.DONE))
    ledger.add([job("j2")])
    paths = ["4k/ä b.png", "4k/other.png"]
    assert ledger.ends_at(1, paths) == {paths[0]: job("j1", state=State.DONE)}
    assert ledger.alive_at(1, paths) == [job("j2")]


def test_money_is_summed_by_the_time_it_was_settled(ledger: Ledger) -> None:
    ledger.add([job("j1"), job("j2", "4k/b.png", reserved=30_000)])
    ledger.record(job("j1"), paid=[paid(80_000)])
    ledger.record(job("j1", updated_at=NOW + timedelta(days=1)), paid=[paid(160_000)])

    assert ledger.spent(NOW - timedelta(days=1)) == 240_000
    assert ledger.spent(NOW + timedelta(hours=1)) == 160_000
    assert ledger.reserved() == 30_000


def test_orders_outlive_the_command_that_gave_them(ledger: Ledger, tmp_path: Path) -> None:
    number = ledger.ask("cancel", "j1", NOW)
    again = Ledger(tmp_path / "ledger.sqlite", ["/in/a", "/in/b"])

    assert [(order.verb, order.job) for order in again.asked()] == [("cancel", "j1")]
    again.answer(number, "cancelled")
    assert again.asked() == []
    assert again.answered(number) == "cancelled"
    again.close()


def test_its_files_survive_a_pulled_plug(ledger: Ledger) -> None:
    engine = sa.create_engine(f"sqlite:///{ledger.path}")
    with engine.connect() as link:
        assert link.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
    with ledger._engine.connect() as link:  # noqa: SLF001 - what its own connections are set to
        assert link.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_ledger_that_cannot_be_written_says_so(ledger: Ledger) -> None:
    ledger.add([job("j1")])
    blocker = sa.create_engine(f"sqlite:///{ledger.path}")
    with blocker.connect() as link:
        link.exec_driver_sql("DROP TABLE history")
        link.commit()
    blocker.dispose()

    with pytest.raises(LedgerUnwritable, match="cannot be written"):
        ledger.record(job("j1", state=State.TAKEN), "taken")

    known = ledger.job("j1")
    assert known is not None
    assert known.state is State.SEEN


def test_a_ledger_of_another_schema_is_refused(ledger: Ledger) -> None:
    ledger.put("schema", "99")

    with pytest.raises(Fatal, match="schema 99"):
        ledger.create()


def test_a_ledger_that_is_just_being_made_is_none_yet(tmp_path: Path) -> None:
    young = Ledger(tmp_path / "ledger.sqlite", ["/in/a"])
    assert not young.exists()
    young.path.touch()
    assert not young.exists()
    young.create()
    assert young.exists()
    young.close()


def test_a_damaged_ledger_says_so(tmp_path: Path) -> None:
    damaged = Ledger(tmp_path / "ledger.sqlite", ["/in/a"])
    damaged.path.write_bytes(b"no database at all" * 1000)

    with pytest.raises(LedgerUnwritable, match="cannot be read"):
        damaged.exists()
    damaged.close()
