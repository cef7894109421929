"""Equal pictures to be enlarged in the same way: one is paid for at a time, the others wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model_fal import Fate, ModelFal
from paying import Corridor, hushed, settings_of
from upscaled.core.fingerprint import kept_name
from upscaled.flow.orders import Orders
from upscaled.nouns import Hold, State

EQUAL = f"{7:064}"


@pytest.fixture
def corridor(tmp_path: Path) -> Iterator[Corridor]:
    with hushed():
        made = Corridor(tmp_path, ModelFal(None), settings_of(tmp_path))  # type: ignore[arg-type]
        made.engine = ModelFal(made.clock)
        made.restart()
        yield made
        made.close()


def fal_of(corridor: Corridor) -> ModelFal:
    assert isinstance(corridor.engine, ModelFal)
    return corridor.engine


def keep(corridor: Corridor, name: str) -> None:
    """Keep a fetched picture's pixels, as the finish does, which is parked here."""
    job = corridor.job(name)
    assert job.facts.plan is not None
    assert job.facts.raw is not None
    kept = corridor.tools.paid / kept_name(EQUAL, job.facts.plan.passes)
    corridor.tools.disk.lend(Path(job.facts.raw.path), kept)
    corridor.conductor.running.pop(name)


def cancel(corridor: Corridor, name: str) -> None:
    corridor.ledger.ask("cancel", name, corridor.clock.now())
    Orders(corridor.conductor, corridor.ledger, corridor.roads).turn()
    corridor.settle()


def test_an_equal_picture_waits_for_the_one_that_is_being_paid_for(corridor: Corridor) -> None:
    first = corridor.drop(sha256=EQUAL, path="4k/first.png")
    second = corridor.drop(sha256=EQUAL)

    corridor.advance(600.0)

    assert corridor.job(first).state is State.FETCHED
    waiting = corridor.job(second)
    assert (waiting.state, waiting.hold) == (State.PLANNED, None)
    assert "4k/first.png" in (waiting.reason or "")
    assert fal_of(corridor).submits == 1


def test_once_its_pixels_are_kept_they_serve_the_others_for_nothing(corridor: Corridor) -> None:
    first = corridor.drop(sha256=EQUAL)
    others = [corridor.drop(sha256=EQUAL) for _ in range(2)]
    corridor.advance(600.0)
    keep(corridor, first)

    cancel(corridor, first)

    for name in others:
        job = corridor.job(name)
        assert (job.state, job.facts.reused, job.reserved) == (State.FETCHED, True, 0)
    assert fal_of(corridor).submits == 1


def test_what_waits_still_waits_after_a_restart(corridor: Corridor) -> None:
    fal_of(corridor).fates.append(Fate(takes=1000.0))
    corridor.drop(sha256=EQUAL)
    second = corridor.drop(sha256=EQUAL)
    corridor.advance(10.0)

    corridor.restart()
    corridor.advance(100.0)

    assert corridor.job(second).state is State.PLANNED
    assert fal_of(corridor).submits == 1


def test_where_the_first_comes_to_nothing_the_next_is_paid_for_alone(corridor: Corridor) -> None:
    fal_of(corridor).fates.append(Fate(takes=1000.0))
    names = [corridor.drop(sha256=EQUAL) for _ in range(3)]
    corridor.advance(10.0)

    cancel(corridor, names[0])
    corridor.advance(60.0)

    assert [corridor.job(name).state for name in names[1:]] == [State.FETCHED, State.PLANNED]
    assert fal_of(corridor).submits == 2


def test_a_larger_result_is_waited_for_and_a_smaller_one_is_not(corridor: Corridor) -> None:
    fal_of(corridor).fates.extend([Fate(takes=1000.0), Fate(takes=1000.0)])
    corridor.drop(1, sha256=EQUAL)
    corridor.drop(2, sha256=EQUAL)

    corridor.advance(10.0)

    assert fal_of(corridor).submits == 2


def test_where_paid_pixels_are_not_kept_nobody_waits(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, state={"keep_paid_days": 0.0})
    with hushed():
        corridor = Corridor(tmp_path, ModelFal(None), settings)  # type: ignore[arg-type]
        corridor.engine = ModelFal(corridor.clock)
        corridor.restart()
        names = [corridor.drop(sha256=EQUAL) for _ in range(2)]

        corridor.advance(60.0)

        assert [corridor.job(name).state for name in names] == [State.FETCHED, State.FETCHED]
        assert fal_of(corridor).submits == 2
        corridor.close()


def test_who_waits_is_told_what_the_one_that_pays_waits_for(corridor: Corridor) -> None:
    fal_of(corridor).answers.append("locked")
    corridor.drop(sha256=EQUAL, path="4k/first.png")
    second = corridor.drop(sha256=EQUAL)

    corridor.advance(1.0)

    assert fal_of(corridor).happened["locked"] == 1
    told = corridor.job(second).reason or ""
    assert "4k/first.png" in told
    assert "locked" in told
    assert corridor.job(second).hold is None
    corridor.conductor.door.stops.clear()
    corridor.conductor.wake_held(Hold.LOCKED)
    corridor.advance(1.0)
    assert "locked" not in (corridor.job(second).reason or "")
