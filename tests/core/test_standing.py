"""The sentence of `systemctl status`."""

from dataclasses import replace
from datetime import UTC, datetime

from upscaled.core.standing import sentence
from upscaled.nouns import Hold, Job, State

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job(
    id="1",
    state=State.SEEN,
    watch=0,
    path="4k/a.png",
    target="4k",
    urgent=False,
    size=1,
    mtime_ns=1,
    inode=1,
    seen_at=AT,
    updated_at=AT,
)


def test_an_empty_place_has_nothing_to_do() -> None:
    assert sentence([], 0) == "Nothing to do"


def test_what_works_waits_and_is_held_is_counted_with_its_reasons() -> None:
    jobs = [
        JOB,
        replace(JOB, state=State.SUBMITTED),
        replace(JOB, state=State.PLANNED, hold=Hold.BUDGET),
        replace(JOB, state=State.PLANNED, hold=Hold.BUDGET),
        replace(JOB, state=State.PREPARED, hold=Hold.LOCKED),
    ]

    said = sentence(jobs, 1000, paused=True)

    assert said == "Paused: 1 working, 1001 waiting, 3 held (budget 2, locked 1)"


def test_troubles_of_whole_folders_follow_and_many_are_counted() -> None:
    said = sentence([], 0, troubles=["/a is gone", "/b is gone", "/c is gone", "/d is gone"])

    assert said == "Nothing to do; /a is gone; /b is gone; and 2 more in trouble"
