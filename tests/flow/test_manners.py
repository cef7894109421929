"""How the corridor behaves towards fal: who is asked again, when, and how many at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from model_fal import Fate, ModelFal
from paying import Corridor, Hand, hushed, settings_of
from upscaled.core.pace import SPARE
from upscaled.nouns import Hold, Pass, Standing, State, Ticket


class Hall:
    """A corridor onto a model of fal."""

    def __init__(self, folder: Path, *, in_flight: int = 8) -> None:
        config = settings_of(
            folder,
            fal={"max_in_flight": in_flight},
            budget={"daily_usd": 100.0, "monthly_usd": 100.0},
        )
        self.fal = ModelFal(Hand())
        self.corridor = Corridor(folder, self.fal, config)
        self.fal.clock = self.corridor.clock

    def states(self) -> list[State]:
        """Return where every job is."""
        return sorted(job.state for job in self.corridor.jobs())


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with hushed():
        made = Hall(tmp_path)
        yield made
        made.corridor.close()


def test_a_locked_account_is_tried_by_one_job_a_minute_and_lifted_for_all(hall: Hall) -> None:
    hall.fal.answers.extend(["locked"] * 11)
    for _ in range(6):
        hall.corridor.drop()
    hall.corridor.settle()
    assert {job.hold for job in hall.corridor.jobs()} == {Hold.LOCKED}
    first = hall.fal.submits

    hall.corridor.advance(61.0)
    assert hall.fal.submits - first == 1
    hall.corridor.advance(1200.0)

    assert hall.states() == [State.FETCHED] * 6
    assert hall.fal.happened["locked"] == 11
    assert len(hall.fal.requests) == 6


def test_a_probe_that_is_lost_on_the_way_does_not_keep_the_others_waiting(hall: Hall) -> None:
    hall.fal.answers.extend(["locked"] * 4 + ["unreachable", "never"])
    for _ in range(4):
        hall.corridor.drop()

    hall.corridor.advance(600.0)

    assert hall.fal.happened["never"] == 1
    assert sorted(job.state for job in hall.corridor.jobs() if job.hold is None) == (
        [State.FETCHED] * 3
    )


def test_the_first_look_at_a_doubt_comes_after_first_seconds_then_ever_later(hall: Hall) -> None:
    hall.fal.answers.append("never")
    hall.corridor.drop()

    hall.corridor.advance(5000.0)

    looks = hall.fal.looks
    pauses = [late - early for early, late in pairwise([0.0, *looks])]
    assert pauses[:8] == [2, 4, 8, 16, 32, 64, 128, 256]
    assert max(pauses) == 600
    assert 3600 + 600 < looks[-1] < 3600 + 600 + 601
    assert len(hall.fal.requests) == 1, "it is sent again once it is surely absent, and once only"
    assert hall.states() == [State.FETCHED]


def test_a_wall_clock_set_forward_does_not_make_a_submit_surely_absent(hall: Hall) -> None:
    hours = timedelta(hours=2)
    hall.fal.answers.append("lost")
    hall.fal.fates.append(Fate(listed_after=hours.total_seconds() + 200.0))
    name = hall.corridor.drop()
    hall.corridor.advance(10.0)
    assert hall.corridor.job(name).hold is Hold.DOUBT

    hall.corridor.clock.set_forward(hours)
    hall.corridor.restart()
    hall.corridor.advance(2000.0)

    assert hall.fal.submits == 1
    assert hall.corridor.job(name).state is State.FETCHED


def test_the_look_that_decides_survives_a_clock_that_was_wrong(hall: Hall) -> None:
    hall.fal.answers.append("lost")
    hall.corridor.drop()
    hall.corridor.settle()
    ahead = timedelta(hours=3)  # so far our clock was before fal's when it was sent
    (sent,) = hall.fal.requests
    hall.fal.requests[0] = replace(
        sent, accepted_at=sent.accepted_at - ahead, listed_at=sent.listed_at - ahead
    )

    hall.corridor.advance(6000.0)

    assert len(hall.fal.requests) == 1
    assert hall.states() == [State.FETCHED]


class Slow(ModelFal):
    """An account that works on two requests at once, a minute each; the rest is queued."""

    at_once, takes = 2, 60.0

    def __init__(self, clock: Hand) -> None:
        super().__init__(clock)
        self._free = [clock.now()] * self.at_once

    def submit(self, one: Pass, image_url: str) -> Ticket:
        """Accept; it begins when one of the places is free."""
        begins = max(self.clock.now(), min(self._free))
        self._free.remove(min(self._free))
        self._free.append(begins + timedelta(seconds=self.takes))
        wait = (begins - self.clock.now()).total_seconds()
        self.fates.append(Fate(takes=wait + self.takes))
        return super().submit(one, image_url)

    def poll(self, one: Pass, ticket: Ticket) -> Standing:
        """Tell who works and who is queued."""
        standing = super().poll(one, ticket)
        (found,) = (each for each in self.requests if each.id == ticket.request_id)
        begun = found.ends_at - timedelta(seconds=self.takes) <= self.clock.now()
        return standing if begun else Standing(state="queued")

    def unfinished(self) -> int:
        """Return how many are queued or worked on."""
        return sum(each.ends_at > self.clock.now() for each in self.requests)


def test_what_the_account_works_on_at_once_bounds_what_is_sent(tmp_path: Path) -> None:
    with hushed():
        hall = Hall(tmp_path)
        slow = Slow(hall.corridor.clock)
        hall.corridor.engine = slow
        hall.corridor.restart()
        for _ in range(20):
            hall.corridor.drop()
        hall.corridor.settle()
        assert slow.unfinished() == 8

        counts = list[int]()
        while slow.unfinished() and len(counts) < 200:
            hall.corridor.advance(10.0)
            counts.append(slow.unfinished())

        later = counts[counts.index(slow.at_once + SPARE) :]
        assert max(later) <= slow.at_once + SPARE
        assert min(later[:-20]) >= slow.at_once, "no place of the account stood empty"
        hall.corridor.advance(600.0)
        assert hall.states() == [State.FETCHED] * 20
        assert len(slow.requests) == 20
        hall.corridor.close()


def test_a_missing_result_is_given_some_minutes_twice_then_a_person_is_told(hall: Hall) -> None:
    hall.fal.media = "missing"
    job_id = hall.corridor.drop()

    hall.corridor.advance(3600.0)

    job = hall.corridor.job(job_id)
    assert job.state is State.FAILING
    assert job.facts.error is not None
    assert "paid for" in job.facts.error.message
    assert 600 <= hall.fal.fetches[-1] - hall.fal.fetches[0] <= 1500
    assert len(hall.fal.requests) == 1
    assert hall.corridor.spend().today == job.cost == 80_000


def test_an_outage_of_the_media_host_is_waited_for_however_long_it_lasts(hall: Hall) -> None:
    hall.fal.media = "broken"
    hall.corridor.drop()
    hall.corridor.advance(100_000.0)
    (job,) = hall.corridor.jobs()
    assert job.state in {State.READY, State.SUBMITTED}
    hall.fal.media = ""

    hall.corridor.advance(1000.0)

    assert hall.states() == [State.FETCHED]
    assert len(hall.fal.requests) == 1
