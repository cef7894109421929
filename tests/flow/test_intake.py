"""From sightings to jobs, on a real ledger."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from upscaled.core.folders import Grammar
from upscaled.core.settle import Settling
from upscaled.edge import watch
from upscaled.edge.ledger import Ledger
from upscaled.flow.book import Book
from upscaled.flow.intake import Intake, Seen
from upscaled.nouns import Hold, Sighting, State

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FILE = Sighting(watch=0, path="4k/a.png", size=10, mtime_ns=5, inode=7)


class Round:
    """An intake with a clock that the test pushes on."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.sqlite", ["/inbox"])
        self.ledger.create()
        self.book = Book(self.ledger)
        self.intake = Intake(0, Grammar({}), Settling(1.0), self.book)
        self.now = 0.0
        self._ids = count(1)

    def scan(self, *sightings: Sighting, left: bool = False) -> Seen:
        """Look once, half a second later."""
        self.now += 0.5
        return self.intake.scanned(
            watch.Scan(sightings=sightings, folders=()),
            now=NOW,
            monotonic=self.now,
            new_id=lambda: f"j{next(self._ids)}",
            left_in_place=lambda _sighting: left,
        )


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Round]:
    """Open an intake over a fresh ledger."""
    made = Round(tmp_path)
    yield made
    made.ledger.close()


def test_a_file_is_in_the_ledger_from_the_first_look_and_quiet_later(rounds: Round) -> None:
    assert rounds.scan(FILE).quiet == []
    known = rounds.ledger.job("j1")
    assert known is not None
    assert (known.path, known.state, known.target) == ("4k/a.png", State.SEEN, "4k")

    quiet = [len(rounds.scan(FILE).quiet) for _ in range(3)]

    assert quiet == [0, 1, 0]


def test_a_file_without_a_target_is_no_job_and_its_folder_is_named(rounds: Round) -> None:
    loose, wrong = replace(FILE, path="a.png"), replace(FILE, path="4k-fitt/a.png")

    rounds.scan(loose, wrong, replace(wrong, path="4k-fitt/b.png"))

    assert rounds.ledger.jobs() == []
    strays = [(stray.path, stray.token, stray.files) for stray in rounds.intake.strays]
    assert strays == [("", "", 1), ("4k-fitt", "fitt", 2)]


def test_an_empty_file_is_held_until_it_is_filled(rounds: Round) -> None:
    empty = replace(FILE, size=0)
    for _ in range(5):
        assert rounds.scan(empty).quiet == []
    assert rounds.book.jobs["j1"].hold is Hold.NOT_READY

    rounds.scan(FILE)

    assert rounds.book.jobs["j1"].hold is None


def test_what_was_tried_and_is_unchanged_is_not_tried_again(rounds: Round) -> None:
    rounds.scan(FILE)
    tried = replace(rounds.book.jobs["j1"], hold=Hold.NOT_READY, sha256="aa", reason="half")
    rounds.book.save(tried)

    assert [len(rounds.scan(FILE).quiet) for _ in range(5)] == [0] * 5
    rounds.scan(replace(FILE, size=11))
    assert rounds.book.jobs["j1"].hold is None
    assert [len(rounds.scan(replace(FILE, size=11)).quiet) for _ in range(3)] == [0, 1, 0]


def test_a_file_that_is_being_worked_on_is_not_watched_any_more(rounds: Round) -> None:
    rounds.scan(FILE)
    rounds.book.save(replace(rounds.book.jobs["j1"], state=State.TAKEN))

    rounds.scan(FILE)

    assert rounds.intake.settling.paths() == ()


def test_what_is_not_in_a_whole_scan_has_left_and_another_size_was_replaced(rounds: Round) -> None:
    other = replace(FILE, path="4k/b.png")
    rounds.scan(FILE, other)
    rounds.book.save(replace(rounds.book.jobs["j2"], state=State.PLANNED))

    seen = rounds.scan(replace(other, size=99))

    assert [job.id for job in seen.left] == ["j1"]
    assert [job.id for job in seen.replaced] == ["j2"]


def test_an_original_left_in_place_is_no_new_arrival(rounds: Round) -> None:
    rounds.scan(FILE, left=True)

    assert rounds.ledger.jobs() == []
