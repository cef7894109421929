"""
A series' pilot: one member is paid for and checked, then the rest; through every pulled plug.

Folders, ledger, conductor and orders are real; pixels are words and fal is a model.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from handling import Studio, assert_law, assert_paid_once
from paying import hushed
from upscaled.nouns import Hold, State

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - many fsyncs
FRAMES = [f"4k/shot.{number:04}.png" for number in range(1, 6)]


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


def drop(studio: Studio, *worth: str) -> None:
    """Put frames into the inbox, worth so much each."""
    for path, one in zip(FRAMES, worth, strict=False):
        studio.drop(one, path)


def states(studio: Studio) -> dict[str, str]:
    """Return by path what a person reads: `held`, or the state."""
    return {
        job.path: "held" if job.hold and job.state is State.PLANNED else job.state.value
        for job in sorted(studio.jobs(), key=lambda job: job.path)
    }


def pilot_of(studio: Studio) -> str:
    """Return the one job that is in review."""
    (found,) = {job.id for job in studio.jobs() if job.state is State.REVIEW}
    return found


def rows(studio: Studio, query: str, *values: object) -> list[tuple[str | None, ...]]:
    """Ask the ledger's file itself."""
    with closing(sqlite3.connect(studio.folder / "ledger.sqlite")) as link, link:
        return link.execute(query, values).fetchall()


def proven(studio: Studio) -> str | None:
    """Return the job that the ledger holds for the proof."""
    (found,) = rows(studio, "SELECT proven_by FROM series")
    return found[0]


def begun_before_the_proof(studio: Studio) -> set[str]:
    """Return the jobs whose price was reserved before the proof's result was checked."""
    checked = "SELECT min(id) FROM history WHERE state = 'finished' AND job = ?"
    query = f"SELECT job FROM history WHERE state = 'admitted' AND id < ({checked})"  # noqa: S608
    return {str(found[0]) for found in rows(studio, query, proven(studio))}


def test_only_the_pilot_is_paid_before_its_result_is_checked(studio: Studio) -> None:
    drop(studio, *["pass"] * 5)

    studio.settle()

    assert begun_before_the_proof(studio) == {proven(studio)}
    assert states(studio) == dict.fromkeys(FRAMES, "done")
    assert len(studio.fal.paid) == 5
    assert_paid_once(studio)
    assert_law(studio)


def test_while_the_pilot_is_tried_the_rest_says_whom_it_waits_for(studio: Studio) -> None:
    drop(studio, *["pass"] * 3)
    while not studio.fal.paid:
        studio.turn()

    waiting = [job for job in studio.jobs() if job.state is State.PLANNED]

    assert len(waiting) == 2
    assert {job.hold for job in waiting} == {None}
    (pilot,) = set(states(studio)) - {job.path for job in waiting}
    assert all(f"Waits until {pilot} is checked" in (job.reason or "") for job in waiting)


def test_late_frames_of_a_proven_series_need_no_pilot(studio: Studio) -> None:
    drop(studio, "pass")
    studio.settle()
    studio.restart()
    for number in (7, 8):
        studio.drop("review", f"4k/shot.{number:04}.png")

    studio.settle()

    assert sorted(states(studio).values()) == ["done", "review", "review"]


def test_a_pilot_in_review_holds_the_rest_until_it_is_accepted(studio: Studio) -> None:
    drop(studio, *["review"] * 3)
    studio.settle()
    assert sorted(states(studio).values()) == ["held", "held", "review"]
    assert len(studio.fal.paid) == 1
    held = next(job for job in studio.jobs() if job.hold)
    assert held.hold is Hold.ENDPOINT
    assert f"`upscaled accept {pilot_of(studio)}`" in (held.reason or "")
    assert "`upscaled resume`" in (held.reason or "")
    studio.restart()
    studio.settle()
    assert len(studio.fal.paid) == 1  # nor does a restart let them go

    studio.told("accept", pilot_of(studio))

    assert sorted(states(studio).values()) == ["done", "review", "review"]
    assert_paid_once(studio)
    assert_law(studio)


def test_resume_tries_the_next_one_and_only_that(studio: Studio) -> None:
    drop(studio, *["review"] * 4)
    studio.settle()

    for tried in (2, 3):
        resume(studio)
        assert len(studio.fal.paid) == tried
        studio.restart()
        studio.settle()
        assert len(studio.fal.paid) == tried

    assert sorted(states(studio).values()) == ["held", *["review"] * 3]


def resume(studio: Studio) -> None:
    studio.conductor.gathering.pilots.resume(studio.clock.now())
    studio.conductor.wake_held()
    studio.settle()


def test_a_rejected_pilot_holds_the_rest_and_says_so(studio: Studio) -> None:
    drop(studio, "review", "review")
    studio.settle()

    studio.told("reject", pilot_of(studio))

    assert sorted(states(studio).values()) == ["failed", "held"]
    assert "was rejected" in next(job.reason or "" for job in studio.jobs() if job.hold)
    resume(studio)
    assert sorted(states(studio).values()) == ["failed", "review"]
    assert_law(studio)


def test_a_pilot_redone_as_another_family_is_followed_by_the_next_one(studio: Studio) -> None:
    drop(studio, "review", "review")
    studio.settle()

    studio.told("redo", pilot_of(studio), "text")

    ends = sorted(job.state for job in studio.jobs())
    assert ends == [State.DONE, State.REVIEW, State.SUPERSEDED]
    assert_law(studio)


@pytest.mark.parametrize("deed", ["cancel", "taken away"])
def test_a_pilot_that_leaves_is_followed_by_the_next_one(studio: Studio, deed: str) -> None:
    drop(studio, "pass", "pass", "pass")
    while not studio.fal.paid:
        studio.turn()
    (pilot,) = [job for job in studio.jobs() if job.state is not State.PLANNED]
    if deed == "cancel":
        studio.told("cancel", pilot.id)
    else:
        (studio.folder / "inbox" / pilot.path).unlink()
        del studio.dropped[pilot.sha256 or ""]
        studio.settle()

    assert sorted(states(studio).values())[:2] == ["done", "done"]
    assert states(studio)[pilot.path] in {"failed", "withdrawn"}
    assert proven(studio) is not None
    assert_law(studio)


def test_a_black_frame_is_no_pilot_while_others_show_something(studio: Studio) -> None:
    drop(studio, "pass black", "review", "pass black", "review")
    studio.settle()

    assert len(studio.fal.paid) == 1
    assert [states(studio)[path] for path in FRAMES[:3:2]] == ["held", "held"]


def test_where_all_are_black_one_of_them_is_the_pilot(studio: Studio) -> None:
    drop(studio, "pass black", "pass black")
    studio.settle()

    assert list(states(studio).values()) == ["done", "done"]


def test_what_was_under_way_before_goes_on(studio: Studio) -> None:
    drop(studio, *["pass"] * 4)
    while len(studio.fal.paid) < 3:
        studio.turn()
    rows(studio, "UPDATE series SET proven_by = NULL")  # as before there were pilots

    studio.restart()
    studio.settle()

    assert set(states(studio).values()) == {"done"}
    assert_paid_once(studio)


@pytest.mark.parametrize("worth", ["pass", "review"])
def test_the_plug_pulled_anywhere_the_pilot_is_paid_alone_and_nothing_twice(
    worth: str,
) -> None:
    with opened() as whole:
        drop(whole, *[worth] * 3)
        whole.settle()
        writes = whole.fuse.counted
        alone = len(whole.fal.paid)
    assert alone == (3 if worth == "pass" else 1)
    for left in range(3, writes - 3, 11):
        with opened() as studio:
            studio.fuse.left = left
            drop(studio, *[worth] * 3)
            studio.settle()

            assert studio.fuse.blown == 1
            studio.clock.at += timedelta(hours=2)  # a submit that was cut off is looked up by then
            studio.settle()
            assert len(studio.fal.paid) == alone
            assert_paid_once(studio)
            if worth == "review":
                studio.told("accept", pilot_of(studio))
            assert begun_before_the_proof(studio) == {proven(studio)}
            assert len(studio.fal.paid) == 3
            assert_law(studio)
