"""A series and its money: begun whole or not at all, and nobody eats what it still needs."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from model_fal import ModelFal
from paying import BEGIN, DONE, PRICE, Corridor, hushed, plan_of, settings_of
from upscaled.core.budget import SeriesCost
from upscaled.core.folders import Grammar, drop_folder
from upscaled.core.gate import Conditions
from upscaled.core.outcome import Leave
from upscaled.core.series import group_of
from upscaled.flow.series_costs import SeriesCosts
from upscaled.nouns import Facts, Fit, Hold, Job, Order, State

ORDER = Order(name="4k", kind="digital", fit=Fit.LONG_EDGE)
FREE = 0.40
"""Five pictures."""


def member(number: int, state: State = State.PLANNED, stem: str = "shot") -> Job:
    known = state in {State.PLANNED, State.ADMITTED}
    return Job(
        id=f"{stem}{number:05}",
        state=state,
        watch=0,
        path=f"4k/{stem}.{number:05}.png",
        size=1,
        mtime_ns=1,
        inode=number,
        seen_at=BEGIN,
        updated_at=BEGIN,
        facts=Facts(engine="fal", plan=plan_of()) if known else Facts(),
    )


def noted(costs: SeriesCosts, *jobs: Job) -> None:
    for job in jobs:
        group = group_of(job.path, ORDER)
        assert group
        costs.note((0, group), job)


@pytest.fixture
def costs() -> SeriesCosts:
    return SeriesCosts(partial(drop_folder, Grammar({})))


def test_who_is_not_planned_yet_counts_with_the_price_of_a_planned_one(costs: SeriesCosts) -> None:
    first, second, third = member(1), member(2, State.JUDGED), member(3, State.SEEN)
    noted(costs, first, second, third, member(4, stem="other"))

    assert costs.cost_of(first) == SeriesCost(count=3, cost=3 * PRICE, dearest=PRICE)

    noted(costs, replace(third, hold=Hold.NOT_READY))

    assert costs.cost_of(first) == SeriesCost(count=2, cost=2 * PRICE, dearest=PRICE)
    assert costs.promised_to_others(first) == 0


def test_what_a_begun_series_still_needs_is_promised_to_it_alone(costs: SeriesCosts) -> None:
    shot, other = [member(number) for number in range(3)], member(1, stem="other")
    noted(costs, *shot, other, replace(shot[0], state=State.ADMITTED))

    assert costs.cost_of(shot[1]) is None
    assert costs.promised_to_others(shot[1]) == 0
    assert costs.promised_to_others(other) == 2 * PRICE
    assert costs.promised_in_folder(other, "4k") == 2 * PRICE
    assert costs.promised_in_folder(other, "8k") == 0

    noted(costs, replace(shot[1], hold=Hold.BUDGET))

    assert costs.promised_to_others(other) == PRICE
    assert costs.freed()


def test_a_series_whose_pilot_does_not_do_keeps_no_money_and_is_priced_whole_again(
    costs: SeriesCosts,
) -> None:
    shot, other = [member(number) for number in range(3)], member(1, stem="other")
    noted(costs, *shot, other, replace(shot[0], state=State.ADMITTED))
    group = group_of(shot[0].path, ORDER)
    assert group
    costs.left((0, group), replace(shot[0], state=State.REVIEW))
    assert costs.promised_to_others(other) == 2 * PRICE
    costs.freed()

    noted(costs, replace(shot[1], hold=Hold.ENDPOINT))

    assert costs.promised_to_others(other) == 0
    assert costs.freed()
    assert costs.cost_of(shot[1]) == SeriesCost(count=2, cost=2 * PRICE, dearest=PRICE)


def test_ten_thousand_members_are_each_looked_at_a_few_times(costs: SeriesCosts) -> None:
    """One scan of the others a member would be fifty million looks."""
    members, looks = [member(number) for number in range(10_000)], 0
    for one in members:
        noted(costs, replace(one, state=State.SEEN))
        noted(costs, one)
        looks += len(costs.stirred())
    for one in members:
        noted(costs, replace(one, hold=Hold.BUDGET))
        noted(costs, replace(one, state=State.FAILING))
        looks += len(costs.stirred())

    assert 10_000 <= looks <= 120_000
    assert costs.promised_to_others(member(1, stem="other")) == 0


def calls(members: int) -> int:
    """Return how many functions are called while so many members are noted and asked for."""
    costs, counted = SeriesCosts(partial(drop_folder, Grammar({}))), 0

    def count(_frame: object, event: str, _value: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    shot = [member(number) for number in range(members)]
    sys.setprofile(count)
    try:
        for state in (State.SEEN, State.JUDGED, State.PLANNED, State.ADMITTED):
            for one in shot:
                noted(costs, replace(one, state=state))
                costs.cost_of(one)
                costs.promised_to_others(one)
                costs.promised_in_folder(one, "4k")
    finally:
        sys.setprofile(None)
    return counted


def test_ten_times_the_members_are_ten_times_the_work() -> None:
    assert calls(1000) <= 10.5 * calls(100)


class Shot:
    """A sequence of planned frames in the real corridor, under a daily cap."""

    def __init__(self, folder: Path, daily: float, frames: int) -> None:
        config = settings_of(folder, budget={"daily_usd": daily, "per_job_usd": 1.0})
        self.corridor = Corridor(folder, ModelFal(None), config)  # type: ignore[arg-type]
        self.fal = self.corridor.engine = ModelFal(self.corridor.clock)
        self.corridor.restart()
        self.open()
        self.frames = [self.corridor.drop(path=f"4k/shot.{one:04}.png") for one in range(frames)]

    def open(self) -> None:
        """Tell the gate of series, as the daemon does."""
        corridor, plain = self.corridor, self.corridor.conductor.door.conditions
        costs = corridor.conductor.gathering.costs

        def conditions(job: Job) -> Conditions:
            seen = plain(job)
            spend = replace(seen.spend, promised=costs.promised_to_others(job))
            return replace(seen, spend=spend, series=costs.cost_of(job))

        corridor.conductor.door.conditions = conditions

    def restart(self, daily: float) -> None:
        """Start again under another cap."""
        self.corridor.settings = settings_of(
            self.corridor.folder, budget={"daily_usd": daily, "per_job_usd": 1.0}
        )
        self.corridor.restart()
        self.open()

    def done(self) -> int:
        """Return how many frames are through."""
        return sum(self.corridor.job(name).state in DONE for name in self.frames)


@pytest.fixture
def quiet() -> Iterator[None]:
    with hushed():
        yield


@pytest.mark.usefixtures("quiet")
def test_a_held_series_begins_by_itself_when_it_has_shrunk_enough(tmp_path: Path) -> None:
    shot = Shot(tmp_path, FREE, frames=7)
    shot.corridor.advance(60.0)
    assert shot.fal.submits == 0
    held = [shot.corridor.job(name) for name in shot.frames]
    assert {job.hold for job in held} == {Hold.BUDGET}
    assert all("The series needs $0.56 for 7 pictures" in (job.reason or "") for job in held)
    assert all("so $0.40 are left" in (job.reason or "") for job in held)

    for name in shot.frames[:2]:
        shot.corridor.conductor.apply(shot.corridor.job(name), Leave(reason="taken away"))
    shot.corridor.advance(600.0)

    assert shot.fal.submits == 5
    shot.corridor.close()


@pytest.mark.usefixtures("quiet")
def test_a_single_picture_does_not_eat_what_a_begun_series_needs(tmp_path: Path) -> None:
    shot = Shot(tmp_path, FREE, frames=5)
    shot.corridor.conductor.turn(0)
    single = shot.corridor.drop()
    shot.corridor.advance(600.0)

    assert shot.done() == 5
    assert shot.corridor.job(single).hold is Hold.BUDGET
    assert len(shot.fal.billed()) == 5
    shot.corridor.advance(13 * 3600.0)
    assert shot.corridor.job(single).state is State.FETCHED
    shot.corridor.close()


@pytest.mark.usefixtures("quiet")
def test_a_held_series_begins_by_itself_when_the_day_turns(tmp_path: Path) -> None:
    shot = Shot(tmp_path, FREE + 0.2, frames=7)
    early = [shot.corridor.drop() for _ in range(2)]
    for name in early:
        shot.corridor.conductor.wake(shot.corridor.job(name), at_once=True)
    shot.restart(0.16)
    shot.corridor.advance(600.0)
    assert {shot.corridor.job(name).state for name in early} == {State.FETCHED}
    assert shot.done() == 0

    shot.restart(FREE + 0.2)
    shot.corridor.advance(600.0)
    assert shot.done() == 0
    shot.corridor.advance(13 * 3600.0)

    assert shot.done() == 7
    shot.corridor.close()
