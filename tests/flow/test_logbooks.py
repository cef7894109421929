"""`_SERIES.txt` beside the results: on real folders and a real ledger, with a clock pushed on."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from handling import Studio, told_beside
from paying import hushed
from upscaled.core.life import Word
from upscaled.core.progress import NAME, body
from upscaled.flow.logbooks import LOOK_SECONDS, WRITE_SECONDS, Logbooks

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - many fsyncs
KEY = "4k/shot.#.png 1920x1440"


@contextmanager
def opened() -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Studio(Path(folder))
        try:
            yield studio
        finally:
            studio.close()


@pytest.fixture
def studio() -> Iterator[Studio]:
    with opened() as made:
        yield made


def logbooks(studio: Studio) -> Logbooks:
    return Logbooks(studio.conductor, studio.patrol, studio.roads, studio.ledger.standings, UTC)


def frames(studio: Studio, *numbers: int, worth: str = "pass") -> None:
    for number in numbers:
        studio.drop(worth, f"4k/shot.{number:04}.png")


def turned(studio: Studio, books: Logbooks, seconds: float = LOOK_SECONDS) -> str:
    """Let time pass, and return what stands beside the results then."""
    studio.clock.at += timedelta(seconds=seconds)
    books.turn()
    studio.conductor.turn(0)
    path = studio.folder / "outbox/4k" / NAME
    return path.read_text() if path.exists() else ""


def test_it_stands_beside_the_results_and_is_never_taken(studio: Studio) -> None:
    books = logbooks(studio)
    frames(studio, 1, 2, 5)
    studio.settle()

    told = turned(studio, books)

    assert "shot, frames 0001-0005" in told
    assert "3 here: 3 done." in told
    assert "Missing between the first and the last: 0003-0004." in told
    assert "core, Standard V2 2x; 3840 x 2880 PNG" in told
    (studio.folder / "inbox/4k" / NAME).write_text(told)
    studio.settle()
    assert len(studio.jobs()) == 3


def test_it_is_written_once_a_minute_and_at_once_when_all_is_done(studio: Studio) -> None:
    books = logbooks(studio)
    frames(studio, 1, 2, worth="review")
    studio.settle()
    assert "1 held, 1 in review" in turned(studio, books)
    (pilot,) = [job.id for job in studio.jobs() if job.hold is None]
    frames(studio, 3)
    studio.settle()

    assert "3 here" not in turned(studio, books)
    assert "3 here" in turned(studio, books, WRITE_SECONDS)
    studio.told("accept", pilot)
    assert ", 1 in review" in turned(studio, books)


def test_a_lost_share_is_told_later(studio: Studio) -> None:
    books = logbooks(studio)
    frames(studio, 1)
    studio.settle()
    studio.shares.lost = True

    assert turned(studio, books) == ""
    studio.shares.lost = False
    assert "1 here" in turned(studio, books, WRITE_SECONDS)


def test_the_end_has_the_last_word(studio: Studio) -> None:
    books = logbooks(studio)
    frames(studio, 1, 2, worth="review")
    studio.settle()
    turned(studio, books)
    frames(studio, 3)
    studio.settle()

    books.stop()

    assert "3 here" in (studio.folder / "outbox/4k" / NAME).read_text()


def test_a_late_frame_reopens_a_series_and_a_frame_again_counts_once(studio: Studio) -> None:
    frames(studio, 1, 2)
    studio.settle()
    whole = studio.ledger.standings.progress(0, KEY)
    frames(studio, 2)
    studio.settle()
    again = studio.ledger.standings.progress(0, KEY)
    frames(studio, 7)
    studio.turn()
    studio.clock.at += timedelta(seconds=1)
    late = studio.ledger.standings.progress(0, KEY)

    assert (whole.words, whole.reopened_at) == ({Word.DONE: 2}, None)
    assert again.words == {Word.DONE: 2}
    assert again.cost == 3 * whole.cost / 2
    assert late.members == 3
    assert late.missing == ((3, 6),)


def test_late_members_are_said_to_reopen_it(studio: Studio) -> None:
    frames(studio, 1, worth="review")
    studio.settle()
    frames(studio, 2)
    studio.settle()

    late = studio.ledger.standings.progress(0, KEY)

    assert late.words == {Word.REVIEW: 1, Word.HELD: 1}
    assert late.reopened_at == studio.jobs()[-1].seen_at


def test_missing_frames_are_counted_within_a_stated_range(studio: Studio) -> None:
    frames(studio, 3, 4, 9)
    studio.settle()

    found = studio.ledger.standings.progress(0, KEY, (1, 6))

    assert (found.missing, found.gone) == (((1, 2), (5, 6)), 4)
    assert studio.ledger.standings.progress(0, KEY, (3, 4)).gone == 0
    assert studio.ledger.standings.progress(0, KEY, (20, 21)).missing == ((20, 21),)


def test_a_folder_is_found_by_what_lies_in_it(studio: Studio) -> None:
    frames(studio, 1)
    studio.drop("pass", "4k/other.0001.png")
    studio.drop("pass", "4k/ACME/deep.0001.png")
    studio.drop("pass", "4k-series/a.png")
    studio.drop("pass", "4k-series/b.0007.png")
    studio.settle()
    standings = studio.ledger.standings

    assert {key.split(".")[0] for key in standings.within(0, "4k")} == {"4k/shot", "4k/other"}
    folder = standings.progress(0, "4k-series/*")
    assert (folder.words, folder.first) == ({Word.DONE: 2}, 7)
    assert len(standings.latest(studio.clock.now() - timedelta(days=1))) == 4
    assert standings.latest(studio.clock.now() + timedelta(days=1)) == []


def test_a_frame_that_pumps_is_told_in_its_sidecar_and_beside_the_results(studio: Studio) -> None:
    books = logbooks(studio)
    frames(studio, 1, 2, 4)
    studio.settle()
    assert "comparisons of neighbours; the result changes at most 0.0" in turned(studio, books)
    frames(studio, 3, worth="pass bright")
    studio.settle()

    told = turned(studio, books, WRITE_SECONDS)

    assert "10.0 grey levels, at 4k/shot.0003.png, more than its source. 1 beyond" in told
    sidecar = told_beside(studio, "outbox/4k/shot.0003.png")
    assert (sidecar["series"]["name"], sidecar["series"]["frame"]) == ("shot", 3)
    assert sidecar["series"]["flicker"]["excess"] == 10.0
    assert any("It may flicker" in note for note in sidecar["notes"])
    progress = studio.ledger.standings.progress(0, KEY)
    assert progress.flicker is not None
    assert progress.flicker.over == 1


def test_pictures_that_stand_alone_keep_no_swatch(studio: Studio) -> None:
    studio.drop("pass", "4k/a.png")
    studio.settle()

    (job,) = studio.jobs()
    assert job.facts.fidelity is not None
    assert job.facts.fidelity.swatch == ""
    assert told_beside(studio, "outbox/4k/a.png")["series"] is None


def test_each_sequence_of_a_series_folder_is_counted_by_itself(studio: Studio) -> None:
    for name in ("a.0001", "a.0003", "b.0002", "b.0003", "plain"):
        studio.drop("pass", f"4k-series/{name}.png")
    studio.settle()
    standings, key = studio.ledger.standings, "4k-series/*"

    found = standings.progress(0, key)
    assert [(run.run, run.first, run.last) for run in found.runs] == [
        ("4k-series/a.#.png", 1, 3),
        ("4k-series/b.#.png", 2, 3),
    ]
    assert (found.gone, found.gaps(9)) == (1, ("a.0002.png",))

    stated = standings.progress(0, key, (1, 4))
    assert stated.gaps(9) == ("a.0002.png", "a.0004.png", "b.0001.png", "b.0004.png")
    assert stated.gone == 4
    assert "Missing between the first and the last: a.0002.png." in body([found], UTC)
