"""From sightings to jobs, on a real ledger."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from upscaled.core.folders import Grammar
from upscaled.core.settle import Settling
from upscaled.edge.ledger import Ledger
from upscaled.edge.watch.looking import Look
from upscaled.flow.book import MOVING, PLACEHOLDERS, Book
from upscaled.flow.intake import Intake, Moment, Seen
from upscaled.nouns import Hold, Sighting, State

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FILE = Sighting(watch=0, path="4k/a.png", size=10, mtime_ns=5, inode=7)


class Round:
    """An intake with a clock that the test pushes on."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.sqlite", ["/inbox"])
        self.ledger.create()
        self.book = Book(self.ledger)
        self.done: set[str] = set()
        self.intake = Intake(0, Grammar({}), Settling(1.0), self.book, lambda _: self.done)
        self.now = 0.0
        self._ids = count(1)

    def scan(self, *sightings: Sighting) -> Seen:
        """Look into every folder once, half a second later."""
        self.now += 0.5
        by_folder: dict[str, list[Sighting]] = {folder: [] for folder in self.intake.folders}
        for one in sightings:
            by_folder.setdefault(one.path.rpartition("/")[0], []).append(one)
        every = Seen()
        for folder, some in by_folder.items():
            seen = self.took(Look(folder=folder, sightings=some))
            every.quiet += seen.quiet
            every.left += seen.left
            every.replaced += seen.replaced
        return every

    def took(self, look: Look) -> Seen:
        """Take in one look, now."""
        moment = Moment(now=NOW, monotonic=self.now, new_id=lambda: f"j{next(self._ids):06}")
        return self.intake.took(look, moment)


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Round]:
    """Open an intake over a fresh ledger."""
    made = Round(tmp_path)
    yield made
    made.ledger.close()


def test_a_file_is_in_the_ledger_from_the_first_look_and_quiet_later(rounds: Round) -> None:
    assert rounds.scan(FILE).quiet == []
    known = rounds.ledger.job("j000001")
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
    assert rounds.book.jobs["j000001"].hold is Hold.NOT_READY

    rounds.scan(FILE)

    assert rounds.book.jobs["j000001"].hold is None


def test_what_was_tried_and_is_unchanged_is_not_tried_again(rounds: Round) -> None:
    rounds.scan(FILE)
    tried = replace(rounds.book.jobs["j000001"], hold=Hold.NOT_READY, sha256="aa", reason="half")
    rounds.book.save(tried)

    assert [len(rounds.scan(FILE).quiet) for _ in range(5)] == [0] * 5
    rounds.scan(replace(FILE, size=11))
    assert rounds.book.jobs["j000001"].hold is None
    assert [len(rounds.scan(replace(FILE, size=11)).quiet) for _ in range(3)] == [0, 1, 0]


def test_a_file_that_is_being_worked_on_is_not_watched_any_more(rounds: Round) -> None:
    rounds.scan(FILE)
    rounds.book.save(replace(rounds.book.jobs["j000001"], state=State.TAKEN))

    rounds.scan(FILE)

    assert rounds.intake.settling.paths() == ()


def test_what_is_not_in_a_whole_scan_has_left_and_another_size_was_replaced(rounds: Round) -> None:
    other = replace(FILE, path="4k/b.png")
    rounds.scan(FILE, other)
    rounds.book.save(replace(rounds.book.jobs["j000002"], state=State.PLANNED))

    seen = rounds.scan(replace(other, size=99))

    assert [job.id for job in seen.left] == ["j000001"]
    assert [job.id for job in seen.replaced] == ["j000002"]


def test_an_original_left_in_place_is_no_new_arrival(rounds: Round) -> None:
    rounds.done = {FILE.path}
    rounds.scan(FILE)
    rounds.done = set()

    rounds.scan(FILE)

    assert rounds.ledger.jobs() == [], "it is asked for once"
    rounds.scan(replace(FILE, mtime_ns=6))
    assert [job.path for job in rounds.ledger.jobs()] == [FILE.path]


def test_a_folder_is_concluded_from_only_after_its_last_part(rounds: Round) -> None:
    rounds.scan(FILE, replace(FILE, path="4k/b.png"))

    first = rounds.took(Look(folder="4k", sightings=[FILE], last=False))
    second = rounds.took(Look(folder="4k", last=True))

    assert first.left == []
    assert [job.path for job in second.left] == ["4k/b.png"]


def test_nothing_is_concluded_from_a_folder_that_may_not_be_read(rounds: Round) -> None:
    rounds.scan(FILE)

    assert rounds.took(Look(folder="4k", closed=True)).left == []
    assert [stray.path for stray in rounds.intake.strays] == ["4k"]


def test_a_folder_that_left_takes_all_below_it_along(rounds: Round) -> None:
    deep = replace(FILE, path="4k/x/y/a.png")
    tree = {"": ["4k"], "4k": ["4k/x"], "4k/x": ["4k/x/y"]}
    entered = [
        rounds.took(Look(folder=folder, inside=inside)).enter for folder, inside in tree.items()
    ]
    rounds.took(Look(folder="4k/x/y", sightings=[deep]))
    assert entered == [["4k"], ["4k/x"], ["4k/x/y"]]

    seen = rounds.took(Look(folder="4k"))

    assert [job.path for job in seen.left] == [deep.path]
    assert set(rounds.intake.folders) == {"", "4k"}


def many(folder: str, number: int, first: int = 0) -> list[Sighting]:
    return [
        replace(FILE, path=f"{folder}/{one:05}.png", inode=one, mtime_ns=one)
        for one in range(first, first + number)
    ]


def test_beyond_what_may_move_at_once_files_wait_and_are_rows_all_the_same(rounds: Round) -> None:
    rounds.scan(*many("4k", MOVING + 100))

    assert len(rounds.book.jobs) == MOVING
    assert len(rounds.book.backlog) == 100
    assert len(rounds.ledger.jobs()) == MOVING + 100
    assert rounds.book.refill() == ()


def test_what_waits_comes_in_when_there_is_room_oldest_first(rounds: Round) -> None:
    rounds.scan(*many("4k", MOVING + 100))
    for job in list(rounds.book.jobs.values())[:10]:
        rounds.book.save(replace(job, state=State.DONE))

    roused = rounds.book.refill()

    assert [job.path for job in roused][:2] == [f"4k/{MOVING:05}.png", f"4k/{MOVING + 1:05}.png"]


def test_folders_take_turns_and_urgent_ones_come_first(rounds: Round) -> None:
    rounds.scan(*many("4k", MOVING + 200))
    rounds.scan(*many("4k", MOVING + 200), *many("8k", 40), *many("hd-urgent", 40))
    for job in list(rounds.book.jobs.values()):
        rounds.book.save(replace(job, state=State.DONE))

    turns = [rounds.book.refill()[0].path.split("/")[0] for _ in range(5)]

    assert turns == ["hd-urgent", "hd-urgent", "4k", "8k", "4k"]


def test_a_folder_whose_pictures_are_held_lets_no_more_in_and_others_go_on(rounds: Round) -> None:
    rounds.scan(*many("4k", MOVING + 100))
    for job in list(rounds.book.jobs.values()):
        held = replace(job, state=State.PLANNED, sha256=job.id, hold=Hold.BUDGET, reason="cap")
        rounds.book.save(held)

    assert rounds.book.has_room
    assert rounds.book.refill() == ()
    seen = rounds.scan(*many("4k", MOVING + 100), *many("8k", 1))
    assert rounds.book.at(0, "8k/00000.png") is not None
    assert seen.left == []


def test_what_left_while_it_waited_leaves_no_row(rounds: Round) -> None:
    rounds.scan(*many("4k", MOVING + 100))

    rounds.scan(*many("4k", MOVING + 90))

    assert len(rounds.book.backlog) == 90
    assert len(rounds.ledger.jobs()) == MOVING + 90


def test_after_a_restart_what_was_never_read_waits_again(rounds: Round) -> None:
    rounds.scan(*many("4k", MOVING + 100))

    again = Book(rounds.ledger)
    again.load()

    assert (len(again.jobs), len(again.backlog)) == (MOVING, 100)


def test_who_is_asked_for_by_name_need_not_wait(rounds: Round) -> None:
    rounds.scan(*many("4k", MOVING + 100))
    (last,) = rounds.ledger.alive_at(0, [f"4k/{MOVING + 99:05}.png"])

    rounds.book.rouse(last)

    assert rounds.book.jobs[last.id] == last
    assert len(rounds.book.backlog) == 99


def test_a_folder_that_holds_openexr_is_named_while_it_does(rounds: Round) -> None:
    light = replace(FILE, path="4k/beauty.0001.EXR")
    rounds.scan(FILE, light, replace(FILE, path="loose/a.exr"))
    named = [rounds.intake.linear]

    rounds.scan(FILE)

    assert [*named, rounds.intake.linear] == [("4k",), ()]


def empties(number: int) -> list[Sighting]:
    return [replace(one, size=0) for one in many("4k", number)]


def test_of_many_placeholders_only_the_names_are_kept_and_what_is_filled_settles(
    rounds: Round,
) -> None:
    crowd = empties(PLACEHOLDERS + 100)
    rounds.scan(*crowd)
    rounds.scan(*crowd)
    assert len(rounds.book.jobs) == len(rounds.intake.settling.paths()) == PLACEHOLDERS
    assert {job.hold for job in rounds.ledger.jobs()} == {Hold.NOT_READY}

    last = replace(crowd[-1], size=10)
    quiet = [rounds.scan(*crowd[:-1], last).quiet for _ in range(3)]

    assert [job.path for jobs in quiet for job in jobs] == [last.path]
    assert len(rounds.ledger.jobs()) == len(crowd), "none became another job"


def test_a_placeholder_of_many_that_left_leaves_no_row_and_a_restart_keeps_the_others(
    rounds: Round,
) -> None:
    crowd = empties(PLACEHOLDERS + 100)
    for _ in range(2):
        rounds.scan(*crowd)

    rounds.scan(*crowd[:-1])

    assert len(rounds.ledger.jobs()) == len(crowd) - 1
    again = Book(rounds.ledger)
    again.load()
    assert len(again.jobs) == PLACEHOLDERS
    assert sum(map(len, again.asleep.values())) == 99
    (known,) = rounds.ledger.alive_at(0, [crowd[-2].path])
    again.rouse(known)
    assert again.at(0, known.path) == known


def test_what_stays_where_it_is_keeps_its_order_whichever_folder_is_looked_into(
    rounds: Round,
) -> None:
    for folder in ("4k", "8k"):
        rounds.took(Look(folder=folder, odd=[f"{folder}/x: a link"]))
    rounds.took(Look(folder="4k", odd=["4k/x: a link"]))

    assert list(rounds.intake.odd) == ["4k/x: a link", "8k/x: a link"]
    rounds.took(Look(folder="4k"))
    assert list(rounds.intake.odd) == ["8k/x: a link"]
