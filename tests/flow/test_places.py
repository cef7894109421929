"""Who is next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from upscaled.flow.places import Due, Places
from upscaled.nouns import Facts, Hold, Job, State

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def job(job_id: str, state: State = State.PLANNED, *, urgent: bool = False) -> Job:
    return Job(
        id=job_id,
        state=state,
        watch=0,
        path=job_id,
        urgent=urgent,
        size=1,
        mtime_ns=1,
        inode=1,
        seen_at=NOW,
        updated_at=NOW,
        facts=Facts(engine="fal"),
    )


def test_what_is_due_comes_by_time_and_the_last_word_on_a_job_counts() -> None:
    due = Due()
    due.put(job("late"), 50.0)
    due.put(job("a"), 10.0)
    due.put(job("b"), 5.0)
    due.put(job("a"), 20.0)

    assert due.first() == 5.0
    assert [due.pop(15.0), due.pop(15.0)] == ["b", None]
    assert [due.pop(100.0), due.pop(100.0), due.pop(100.0)] == ["a", "late", None]


def test_urgent_jobs_of_one_moment_come_first() -> None:
    due = Due()
    due.put(job("a"), 0.0)
    due.put(job("b", urgent=True), 0.0)

    assert [due.pop(1.0), due.pop(1.0)] == ["b", "a"]


def test_an_engine_has_so_many_places_and_the_lobby_keeps_its_order() -> None:
    places = Places({"fal": 1})
    first = job("1", State.ADMITTED)
    places.note(first)
    assert places.full("fal")
    later = replace(job("0"), seen_at=NOW + timedelta(seconds=1))
    for waiting in (job("3"), later, job("2"), job("4", urgent=True)):
        places.wait(waiting)
    assert places.next("fal") is None

    places.note(replace(first, state=State.FETCHED))

    assert [places.next("fal") for _ in range(5)] == ["4", "2", "3", "0", None]


def test_a_job_that_loses_its_engine_gives_its_place_back() -> None:
    places = Places({"fal": 1})
    first = job("1", State.SUBMITTED)
    places.note(first)

    places.note(replace(first, state=State.TAKEN, facts=Facts()))

    assert not places.full("fal")


def test_what_is_held_and_what_is_only_downloaded_keeps_nobody_out() -> None:
    places = Places({"fal": 1})

    places.note(replace(job("1", State.SUBMITTING), hold=Hold.DOUBT))
    places.note(job("2", State.READY))

    assert not places.full("fal")
