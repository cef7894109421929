"""`_STATUS.txt` in an inbox: on real folders and a real ledger, with a clock that is pushed on."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from handling import RICH, AtOnce, Studio
from paying import PRICE, hushed, settings_of
from upscaled.core.budget import Spend
from upscaled.core.gate import Conditions
from upscaled.core.life import Lane
from upscaled.core.status_text import RENEWED
from upscaled.flow.boards import STARTING_SECONDS, WRITE_SECONDS, Boards, _pages
from upscaled.flow.census import Office
from upscaled.nouns import Job

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - many fsyncs


def boards_of(studio: Studio, stop: str = "") -> Boards:
    office = Office(
        engine=lambda: ("fal", stop),
        spend=lambda: Spend(today=1_250_000),
        caps=RICH,
        zone=UTC,
        people=studio.ledger.people,
        settle_seconds=[0.1],
    )
    lanes = [studio.roads[Lane.ROOT, 0]]
    return Boards(studio.conductor, studio.patrol, lanes, office)


@contextmanager
def opened(**watch: str) -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Studio(Path(folder), **watch)
        try:
            yield studio
        finally:
            studio.close()


@pytest.fixture
def studio() -> Iterator[Studio]:
    with opened() as made:
        yield made


def turned(studio: Studio, boards: Boards, seconds: float = WRITE_SECONDS) -> str:
    """Let time pass, and return what stands in the inbox then."""
    studio.clock.at += timedelta(seconds=seconds)
    boards.turn()
    studio.conductor.turn(0)
    path = studio.folder / "inbox/_STATUS.txt"
    return path.read_text() if path.exists() else ""


def without_time(told: str) -> str:
    return re.sub(r"As of \S+ \S+", "", told)


def test_a_status_stands_in_the_inbox_and_is_never_taken(studio: Studio) -> None:
    boards = boards_of(studio)
    studio.drop("review", "4k/ACME/a.png")
    studio.settle()

    told = turned(studio, boards)

    assert "1 for a person to look at" in told
    assert "review/4k/ACME: 1 file" in told
    assert "Spent today $1.25" in told
    (studio.folder / "inbox/4k/_STATUS (Anna's conflicted copy 2026-03-01).txt").write_text(told)
    (studio.folder / "inbox/4k/_STATUS-DESKTOP-7QK.txt").write_text(told)
    studio.settle()
    assert len(studio.jobs()) == 1


def test_it_is_written_at_most_once_a_minute_and_only_where_something_changed(
    studio: Studio,
) -> None:
    boards = boards_of(studio)
    studio.settle()
    first = turned(studio, boards)
    assert "everything was done" in first
    path = studio.folder / "inbox/_STATUS.txt"
    born = path.stat().st_ino

    assert turned(studio, boards) == first  # not even its age: nothing changed
    studio.drop("review")
    studio.settle()
    turned(studio, boards)
    changed = path.stat().st_ino
    studio.shares.lost = True
    (studio.folder / "inbox/.upscaled-root").write_text("")
    studio.turn()
    early, late = turned(studio, boards, 50.0), turned(studio, boards, 8.0)

    assert changed != born
    assert "TROUBLE" not in early
    assert "TROUBLE" in late


def test_a_lost_share_is_told_where_the_inbox_itself_is_there(studio: Studio) -> None:
    boards = boards_of(studio)
    studio.settle()
    turned(studio, boards)
    studio.shares.lost = True
    for _ in range(3):
        studio.turn()

    assert "TROUBLE" not in turned(studio, boards)  # no marker: it may be an empty mount point
    (studio.folder / "inbox/.upscaled-root").write_text("")
    assert "TROUBLE: the share is not there" in turned(studio, boards)

    studio.shares.lost = False
    for _ in range(3):
        studio.turn()
    assert "TROUBLE" not in turned(studio, boards)


def test_a_folder_that_cannot_be_written_in_is_asked_again_later(studio: Studio) -> None:
    boards = boards_of(studio)
    studio.settle()
    in_the_way = studio.folder / "inbox/_STATUS.txt"
    (in_the_way / "folder").mkdir(parents=True)
    studio.clock.at += timedelta(seconds=60)
    boards.turn()
    studio.conductor.turn(0)
    (in_the_way / "folder").rmdir()
    in_the_way.rmdir()

    assert turned(studio, boards, 30.0) == ""
    assert "everything was done" in turned(studio, boards, 31.0)


def test_an_inbox_that_is_left_as_it_is_has_its_status_in_review() -> None:
    with opened(originals="leave") as studio:
        boards = boards_of(studio)
        studio.settle()

        assert turned(studio, boards) == ""

        assert "everything was done" in (studio.folder / "review/_STATUS.txt").read_text()


def test_a_status_does_not_stay_where_it_stood_under_another_configuration(
    tmp_path: Path,
) -> None:
    with hushed():
        studio = Studio(tmp_path)
        studio.settle()
        assert turned(studio, boards_of(studio)) != ""
        studio.close()
        studio = Studio(tmp_path, originals="leave")
        studio.settle()

        assert turned(studio, boards_of(studio)) == ""

        assert (tmp_path / "review/_STATUS.txt").exists()
        studio.close()


def test_inboxes_that_leave_originals_and_share_one_review_have_one_status(tmp_path: Path) -> None:
    rooms = {"review": "review", "originals": "leave"}
    watches = [{"inbox": name, "archive": f"archive-{name}", **rooms} for name in ("a", "b")]
    tables: dict[str, Any] = {"watch": watches}
    lane = AtOnce()

    (page,) = _pages(settings_of(tmp_path, **tables), [lane, lane])

    assert (page.folder, page.elsewhere) == (tmp_path / "review", tmp_path / "a")
    assert (page.watches, page.names) == ([0, 1], ["a", "b"])


def test_it_says_how_to_see_that_nobody_writes_it_any_more_and_is_renewed_in_time(
    studio: Studio,
) -> None:
    """A daemon that is killed leaves it as it was, saying that all is well."""
    boards = boards_of(studio)
    studio.settle()
    first = turned(studio, boards)
    minutes = RENEWED // timedelta(minutes=1)
    assert f"Renewed at least every {minutes} minutes while upscaled runs" in first

    quiet = [turned(studio, boards) for _ in range(minutes - 2)]

    assert set(quiet) == {first}
    renewed = turned(studio, boards)
    assert renewed != first
    assert without_time(renewed) == without_time(first)

    studio.restart()  # killed: nobody said that it stops
    studio.settle()
    studio.clock.at += timedelta(minutes=1)
    again = turned(studio, boards_of(studio), 0.0)
    assert again != renewed
    assert without_time(again) == without_time(first)


def test_a_start_whose_first_look_takes_long_renews_what_a_killed_daemon_left(
    studio: Studio,
) -> None:
    """An inbox of a hundred thousand files on a share is looked through for minutes."""
    left = studio.folder / "inbox/_STATUS.txt"
    left.write_text("as it was left")
    boards = boards_of(studio)

    assert turned(studio, boards, 5.0) == "as it was left"  # most are through by then

    told = turned(studio, boards, STARTING_SECONDS)
    assert (
        "This folder is just being looked through; there may be more in it than is told here.\n"
        in told
    )
    assert "everything was done" not in told
    studio.settle()
    assert "Nothing waits; everything was done." in turned(studio, boards)


def test_at_the_end_it_says_that_nobody_works_here(studio: Studio) -> None:
    boards = boards_of(studio)
    studio.settle()
    turned(studio, boards)

    boards.stop()

    told = (studio.folder / "inbox/_STATUS.txt").read_text()
    assert "NOT RUNNING since 20" in told
    assert "Renewed" not in told


def test_what_was_done_lately_is_known_after_a_restart(studio: Studio) -> None:
    for _ in range(8):
        studio.drop("pass")
        studio.settle()
    studio.restart()
    boards = boards_of(studio, stop="The account is locked.")
    studio.fal.down = True
    studio.drop("pass")
    for _ in range(10):
        studio.turn()

    told = turned(studio, boards)

    assert "STOPPED: The account is locked." in told
    assert "If it goes on as lately" in told


def test_what_a_new_day_lifts_is_told_apart_from_what_only_a_higher_cap_lifts(
    studio: Studio,
) -> None:
    """One folder, both caps: no day is named for the picture that no day helps."""
    boards = boards_of(studio)
    conditions = studio.conductor.door.conditions

    def poor(job: Job) -> Conditions:
        per_job = PRICE - 1 if job.path == "4k/dear.png" else RICH.per_job
        return replace(conditions(job), caps=replace(RICH, per_job=per_job, daily=2 * PRICE - 1))

    studio.conductor.door.conditions = poor
    for name in ("first", "dear", "late"):
        studio.drop("pass", f"4k/{name}.png")
        studio.settle()

    told = turned(studio, boards)

    assert re.search(
        r"  4k: 1 file, waiting for money until the cap is raised\. .*budget\.per_job_usd.*\n"
        r"      dear\.png\n",
        told,
    )
    assert re.search(
        r"  4k: 1 file, waiting for money until \w{3} \d\d \w{3} 00:00\. .*budget\.daily_usd.*\n"
        r"      late\.png\n",
        told,
    )


def test_what_a_new_month_lifts_is_told_apart_from_what_a_new_day_does(studio: Studio) -> None:
    boards = boards_of(studio)
    conditions = studio.conductor.door.conditions
    caps = {"4k/day.png": {"daily": PRICE}, "4k/month.png": {"monthly": PRICE}}

    def poor(job: Job) -> Conditions:
        spend = Spend(today=PRICE, month=PRICE)
        return replace(conditions(job), spend=spend, caps=replace(RICH, **caps[job.path]))

    studio.conductor.door.conditions = poor
    for path in caps:
        studio.drop("pass", path)
        studio.settle()

    told = turned(studio, boards)

    assert "waiting for money until Mon 23 Nov 00:00. " in told
    assert "waiting for money until Tue 01 Dec 00:00. " in told


def test_waiting_files_are_told_by_their_number(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upscaled.flow.book.MOVING", 4)
    boards = boards_of(studio)
    for number in range(40):
        studio.drop("pass", f"4k/{number:04}.png")
    studio.patrol.soon(0)
    for _ in range(3):
        studio.patrol.turn()
        studio.conductor.turn(0)

    told = turned(studio, boards)

    assert "  4k: 36 files. In the queue of this folder.\n" in told
    assert " and 31 more\n" in told
    assert "40 waiting" in told
