"""Who of a series is here, and when it is judged, on a real ledger."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from orders import PRISTINE, probe
from upscaled.core.folders import Grammar
from upscaled.core.series import SAMPLE
from upscaled.edge.ledger import Ledger
from upscaled.errors import LedgerUnwritable
from upscaled.flow.book import Book
from upscaled.flow.series import Gathering
from upscaled.nouns import Facts, Family, Hold, Job, State, Verdict

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = "4k/shot.#.png 960x540"
BLACK = {**PRISTINE, "p95": 3.0}


class Round:
    """Living jobs of one inbox, as the conductor would move them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite"
        self.open()

    def open(self) -> None:
        """Start, or start again after a crash."""
        self.ledger = Ledger(self.path, ["/inbox"])
        self.ledger.create()
        self.book = Book(self.ledger)
        self.gathering = Gathering(Grammar({}), self.ledger.series)
        self.book.noted, self.book.left = self.gathering.note, self.gathering.left
        self.book.load()

    def see(self, *paths: str) -> None:
        """Take in files seen for the first time."""
        self.book.add([job(path) for path in paths])

    def move(self, path: str, **more: object) -> None:
        """Save a job's change."""
        known = self.book.jobs[path]
        self.book.save(replace(known, **more))  # type: ignore[arg-type] # the test's own words

    def judge(
        self,
        path: str,
        family: Family = Family.CORE,
        features: dict[str, float] | None = None,
        size: tuple[int, int] = (960, 540),
    ) -> None:
        """Let a job be judged for itself."""
        verdict = Verdict(model=family, confidence=0.9, rule="points", reasons=())
        series = f"4k/shot.#.png {size[0]}x{size[1]}"
        facts = Facts(probe=probe(*size, features), verdict=verdict, series=series)
        self.move(path, state=State.JUDGED, facts=facts)

    def is_decided(self, path: str) -> bool:
        """Ask whether a judged job may be planned."""
        return self.gathering.is_decided(self.book.jobs[path], NOW)

    def recipe(self, key: str = KEY) -> Family | None:
        """Return the family that the ledger holds for a series."""
        found = self.ledger.series.recipe(0, key)
        return found.verdict.model if found else None


def job(path: str) -> Job:
    return Job(
        id=path,
        state=State.SEEN,
        watch=0,
        path=path,
        size=1,
        mtime_ns=1,
        inode=1,
        seen_at=NOW,
        updated_at=NOW,
    )


def frames(count: int) -> list[str]:
    return [f"4k/shot.{number:04}.png" for number in range(1, count + 1)]


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Round]:
    """Open a gathering over a fresh ledger."""
    made = Round(tmp_path)
    yield made
    made.ledger.close()


def test_a_series_is_judged_when_nobody_is_on_the_way_any_more(rounds: Round) -> None:
    first, second, third = frames(3)
    rounds.see(first, second, third)
    rounds.judge(first)
    assert rounds.gathering.ripe() == []
    assert not rounds.is_decided(first)
    rounds.move(second, state=State.TAKEN)
    rounds.judge(third)
    assert rounds.gathering.ripe() == []

    rounds.judge(second)

    assert rounds.gathering.ripe() == [first, third, second]
    assert rounds.recipe() is None
    assert rounds.is_decided(first)
    assert rounds.recipe() is Family.CORE
    assert rounds.gathering.ripe() == []


def test_sixteen_are_enough_however_many_are_on_the_way(rounds: Round) -> None:
    paths = frames(40)
    rounds.see(*paths)
    for path in paths[: SAMPLE - 1]:
        rounds.judge(path)
    assert rounds.gathering.ripe() == []

    rounds.judge(paths[SAMPLE])

    assert len(rounds.gathering.ripe()) == SAMPLE
    assert rounds.is_decided(paths[0])
    found = rounds.ledger.series.recipe(0, KEY)
    assert found
    assert (found.sample, found.known) == (SAMPLE, 40)


def test_black_frames_do_not_count_towards_the_sixteen(rounds: Round) -> None:
    paths = frames(40)
    rounds.see(*paths)
    for path in paths[:30]:
        rounds.judge(path, features=BLACK)

    assert rounds.gathering.ripe() == []
    assert not rounds.is_decided(paths[0])


@pytest.mark.parametrize(
    "trouble", [{"hold": Hold.NOT_READY}, {"outages": 1}, {"attempts": 1}, {"state": State.FAILING}]
)
def test_nobody_waits_for_a_member_in_trouble(rounds: Round, trouble: dict[str, object]) -> None:
    first, second = frames(2)
    rounds.see(first, second)
    rounds.judge(first)
    assert rounds.gathering.ripe() == []

    rounds.move(second, **trouble)

    assert rounds.gathering.ripe() == [first]
    assert rounds.is_decided(first)


def test_nobody_waits_for_a_member_that_its_owner_took_away(rounds: Round) -> None:
    first, second = frames(2)
    rounds.see(first, second)
    rounds.judge(first)

    rounds.book.forget([rounds.book.jobs[second]])

    assert rounds.gathering.ripe() == [first]


def test_other_stems_and_plain_names_keep_nobody_waiting(rounds: Round) -> None:
    first = frames(1)[0]
    rounds.see(first, "4k/other.0001.png", "4k/holiday.png", "8k/shot.0002.png")

    rounds.judge(first)

    assert rounds.gathering.ripe() == [first]


def test_frames_of_another_size_are_another_series(rounds: Round) -> None:
    first, second = frames(2)
    rounds.see(first, second)
    rounds.judge(first)
    rounds.judge(second, Family.TEXT, size=(540, 960))

    assert rounds.is_decided(first)
    assert rounds.is_decided(second)
    assert (rounds.recipe(), rounds.recipe("4k/shot.#.png 540x960")) == (Family.CORE, Family.TEXT)
    found = rounds.ledger.series.recipe(0, KEY)
    assert found
    assert found.known == 1


def test_what_was_decided_once_holds_for_late_members_and_after_a_crash(rounds: Round) -> None:
    first, late, later = frames(3)
    rounds.see(first)
    rounds.judge(first)
    assert rounds.is_decided(first)
    rounds.see(late)
    rounds.judge(late, Family.TEXT)
    assert rounds.is_decided(late)
    rounds.ledger.close()

    rounds.open()
    rounds.see(later)
    rounds.judge(later, Family.TEXT)

    assert rounds.is_decided(later)
    assert rounds.recipe() is Family.CORE


def test_the_first_recipe_of_a_series_stays(rounds: Round) -> None:
    first = frames(1)[0]
    rounds.see(first)
    rounds.judge(first)
    rounds.is_decided(first)
    found = rounds.ledger.series.recipe(0, KEY)
    assert found

    rounds.ledger.series.decided(0, replace(found, safe=99.0), NOW)

    assert rounds.ledger.series.recipe(0, KEY) == found


def test_a_ledger_from_before_series_gets_their_table_and_keeps_its_rows(rounds: Round) -> None:
    first = frames(1)[0]
    rounds.see(first)
    rounds.judge(first)
    drop = sa.create_engine(f"sqlite:///{rounds.path}")
    with drop.begin() as link:
        link.exec_driver_sql("DROP TABLE series")
    drop.dispose()
    with pytest.raises(LedgerUnwritable):
        rounds.is_decided(first)

    rounds.ledger.create()

    assert [known.path for known in rounds.ledger.unfinished()] == [first]
    assert rounds.is_decided(first)
    assert rounds.recipe() is Family.CORE
