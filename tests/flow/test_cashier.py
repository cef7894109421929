"""Caps on a real ledger, through every order of admissions, ends, crashes and days."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from core.test_money import done, plan
from upscaled.core.budget import SeriesCost
from upscaled.core.folders import Grammar, drop_folder
from upscaled.core.gate import Closed, Conditions, to_admit
from upscaled.core.outcome import Next, Outcome, Patience, PutAside, advance
from upscaled.core.series import Group
from upscaled.core.settings import Settings, parse_settings
from upscaled.edge.ledger import Ledger
from upscaled.flow import steps
from upscaled.flow.book import Book
from upscaled.flow.cashier import Cashier
from upscaled.flow.series_costs import SeriesCosts
from upscaled.flow.sums import Days
from upscaled.nouns import Facts, Hold, Job, State, Trouble

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
"""The day before a clock change, a week before a month's turn."""
PATIENCE = Patience(first_seconds=1, max_seconds=1, attempts=3, die=0.5)
TROUBLE = Trouble(code="refused", message="no", hint="")


def config(**budget: Any) -> Settings:
    """Return settings with small caps, a day that begins at 22:00 in Berlin."""
    mapping = {
        "watch": [{"inbox": "inbox"}],
        "budget": {"daily_usd": 1.0, "monthly_usd": 3.0, "per_job_usd": 0.5} | budget,
        "schedule": {"timezone": "Europe/Berlin"},
    }
    return parse_settings(mapping, source=Path("/place/config.toml"))


@dataclass
class Desk:
    """The conductor's desk alone: the gate, the row, the book; the ledger is real."""

    path: Path
    config: Settings
    now: datetime = START
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Start anew from what the ledger holds, as after a crash."""
        self.ledger = Ledger(self.path, ["/in"])
        self.ledger.create()
        self.days = Days(zone=BERLIN, starts=self.config.day_starts)
        self.book = Book(self.ledger)
        self.book.load()
        self.costs = SeriesCosts(partial(drop_folder, Grammar({})))
        self.cashier = Cashier(self.ledger, self.config, self.days, ["/in"], self.costs)

    def drop(self, *costs: int, folder: str = "4k") -> Job:
        """Put a planned picture on the desk."""
        number = next(self.numbers)
        job = Job(
            id=f"j{number}",
            state=State.PLANNED,
            watch=0,
            path=f"{folder}/{number}.png",
            size=1,
            mtime_ns=1,
            inode=number,
            seen_at=self.now,
            updated_at=self.now,
            facts=Facts(engine="fal", plan=plan(*costs)),
        )
        self.book.add([job])
        return job

    def seen(self, job: Job, series: SeriesCost | None = None) -> Conditions:
        """Return what the gate looks at."""
        return Conditions(
            now=self.now,
            zone=BERLIN,
            paused=False,
            has_key=True,
            window=None,
            stops={},
            spend=self.cashier.spend_of(job, self.now),
            caps=self.cashier.caps,
            day_starts=self.config.day_starts,
            series=series,
        )

    def admit(self, job: Job, series: SeriesCost | None = None) -> Closed | None:
        """Ask the gate and write down what came of it, as the conductor does."""
        outcome = steps.admit(job)
        closed = to_admit(job, outcome.reserved, self.seen(job, series))
        if closed:
            self.book.save(replace(job, hold=closed.hold, reason=closed.reason))
        else:
            self.apply(job, outcome)
        return closed

    def apply(self, job: Job, outcome: Outcome) -> Job:
        """Move a job on, its money with it."""
        moved = advance(job, outcome, self.now, PATIENCE)
        paid = outcome.paid if isinstance(outcome, Next | PutAside) else ()
        assert self.book.save(moved, "", paid)
        return moved

    def settle(self, job: Job, billed: int) -> None:
        """Let the running pass end at what was billed for it."""
        one = done(billed)
        made = replace(job.facts, passes=(*job.facts.passes, one))
        released = plan_cost(job)
        job = replace(job, state=State.SUBMITTED)
        said = Next(to=State.READY, facts=made, said="", paid=(one,), released=released)
        ready = self.apply(job, said)
        if job.facts.plan and job.facts.pass_index + 1 < len(job.facts.plan.passes):
            more = replace(ready.facts, pass_index=job.facts.pass_index + 1)
            self.apply(ready, Next(to=State.ADMITTED, facts=more, said=""))
        else:
            self.apply(ready, PutAside(trouble=TROUBLE))

    def running(self) -> list[Job]:
        """Return the jobs whose pass is under way."""
        return [job for job in self.book.jobs.values() if job.state is State.ADMITTED]

    def planned(self) -> list[Job]:
        """Return the jobs that wait for the gate."""
        return [job for job in self.book.jobs.values() if job.state is State.PLANNED]

    def act(self, act: str, how: Any) -> None:
        """Do one thing of a history; `how` chooses among what there is."""
        here = self.running() if act in {"settle", "fail"} else self.planned()
        one = here[how % len(here)] if here and isinstance(how, int) else None
        if act == "drop":
            self.drop(*how)
        elif act == "crash":
            self.ledger.close()
            self.open()
        elif act == "wait":
            self.now += timedelta(hours=how)
        elif one is not None:
            self.move(act, one, how)

    def move(self, act: str, one: Job, how: int) -> None:
        """Admit a picture, or let its pass end well or badly."""
        if act == "admit":
            self.admit(one)
        elif act == "settle":
            self.settle(one, plan_cost(one) * (how % 3) // 2)
        else:
            self.apply(one, PutAside(trouble=TROUBLE))

    def check(self) -> None:
        """Assert that no cap is passed and every reserved cent has its movement."""
        spend, caps = self.cashier.spend(self.now), self.cashier.caps
        assert spend.today + spend.reserved <= caps.daily
        assert spend.month + spend.reserved <= caps.monthly
        assert self.ledger.open() == self.ledger.reserved() == spend.reserved
        assert sum(job.reserved for job in self.book.jobs.values()) == spend.reserved


def plan_cost(job: Job) -> int:
    assert job.facts.plan is not None
    return job.facts.plan.passes[job.facts.pass_index].cost


prices = st.integers(1, 6).map(lambda blocks: blocks * 80_000)
acts = st.one_of(
    st.tuples(st.sampled_from(["admit", "admit", "admit", "settle", "fail"]), st.integers(0, 30)),
    st.tuples(st.just("drop"), st.lists(prices, min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["crash", "wait"]), st.integers(1, 20)),
)


@settings(
    max_examples=15,
    deadline=None,
    # Without shrinking: on a real disk that takes minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(acts, min_size=20, max_size=30))
def test_no_order_of_things_passes_a_cap(
    history: list[tuple[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk") / "ledger.sqlite", config(day_starts_at="22:00"))
    for number in range(8):
        desk.drop(*[80_000 * (1 + number % 3)] * (1 + number % 2))
    for act, how in history:
        desk.act(act, how)
        desk.check()
    desk.ledger.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Set up a desk without a brake or a folder's cap."""
    made = Desk(tmp_path / "ledger.sqlite", config())
    yield made
    made.ledger.close()


def test_two_hundred_at_once_stop_at_the_last_cent_that_fits(desk: Desk) -> None:
    jobs = [desk.drop(80_000) for _ in range(200)]
    answers = [desk.admit(job) for job in jobs]

    assert answers.count(None) == 12  # of 1.00 USD a day; a thirteenth would make 1.04
    assert {closed.hold for closed in answers if closed} == {Hold.BUDGET}
    desk.check()


def test_a_hold_lifts_by_itself_when_the_day_turns(desk: Desk) -> None:
    for _ in range(12):
        desk.admit(desk.drop(80_000))
    for job in desk.running():
        desk.settle(job, 80_000)
    held = desk.drop(80_000)
    closed = desk.admit(held)
    assert closed is not None
    assert closed.until is not None
    desk.now = closed.until - timedelta(seconds=1)
    assert desk.admit(held) is not None

    desk.now = closed.until

    assert desk.admit(held) is None


def test_a_hold_lifts_when_the_cap_is_raised(desk: Desk) -> None:
    held = desk.drop(480_000, 480_000)  # over the cap of one picture
    assert desk.admit(held) is not None

    desk.config = config(per_job_usd=1.0)
    desk.open()

    assert desk.admit(desk.book.jobs[held.id]) is None


def test_the_day_that_loses_an_hour_has_one_budget(desk: Desk) -> None:
    desk.now = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)  # 00:30 of the short day in Berlin
    desk.admit(desk.drop(480_000))
    desk.settle(desk.running()[0], 480_000)

    desk.now = datetime(2027, 3, 28, 21, 59, tzinfo=UTC)  # 23:59 of the same day
    assert desk.admit(desk.drop(480_000)) is None
    assert desk.admit(desk.drop(80_000)) is not None
    desk.now += timedelta(minutes=1)
    assert desk.cashier.spend(desk.now).today == 0


def test_reserved_money_of_yesterday_counts_today(desk: Desk) -> None:
    for _ in range(12):
        desk.admit(desk.drop(80_000))
    desk.now += timedelta(days=1)

    assert desk.admit(desk.drop(80_000)) is not None


def test_a_folders_cap_holds_that_folder_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite", config(folder_usd=0.2))
    assert desk.admit(desk.drop(80_000)) is None
    desk.settle(desk.running()[0], 80_000)
    assert desk.admit(desk.drop(80_000, folder="4k/below")) is None

    closed = desk.admit(desk.drop(80_000))

    assert closed is not None
    assert "the folder 4k has had $0.16 today" in closed.reason
    assert desk.admit(desk.drop(80_000, folder="8k")) is None
    desk.ledger.close()


def test_a_series_begins_whole_or_not_at_all(desk: Desk) -> None:
    desk.admit(desk.drop(320_000))
    series = [desk.drop(160_000, folder="film") for _ in range(5)]

    closed = desk.admit(series[0], SeriesCost(count=5, cost=800_000, dearest=160_000))

    assert closed is not None
    assert "The series needs $0.80 for 5 pictures at once" in closed.reason
    assert "$0.68 are left" in closed.reason
    assert desk.admit(series[0], SeriesCost(count=4, cost=640_000, dearest=160_000)) is None


def busy_days(desk: Desk, days: int, *, pictures: int) -> None:
    """Let a folder have so many pictures a day."""
    for _ in range(days):
        for _ in range(pictures):
            assert desk.admit(desk.drop(80_000)) is None
            desk.settle(desk.running()[0], 80_000)
        desk.now += timedelta(days=1)


BRAKED = {"daily_usd": 50.0, "monthly_usd": 500.0, "brake_times": 5.0, "brake_floor_usd": 0.1}


def test_the_brake_holds_a_flood_until_resume_and_only_that_folder(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite", config(**BRAKED))
    busy_days(desk, 4, pictures=2)  # 0.16 a day; five times that are ten pictures
    flood = [desk.drop(80_000) for _ in range(14)]
    answers = [desk.admit(job) for job in flood]

    assert answers.count(None) == 10
    assert "`upscaled resume`" in (answers[-1].reason if answers[-1] else "")
    assert desk.admit(desk.drop(80_000, folder="8k")) is None

    desk.cashier.release(desk.book.jobs.values(), desk.now)
    desk.ledger.close()
    desk.open()  # and a restart does not forget it
    assert [desk.admit(job) for job in desk.planned()] == [None] * 4
    assert desk.admit(desk.drop(80_000)) is None, "the folder is free until the day turns"

    for job in desk.running():
        desk.settle(job, 80_000)
    desk.now += timedelta(days=1)
    answers = [desk.admit(desk.drop(80_000)) for _ in range(20)]
    assert answers.count(None) == 10, "one busy day is not yet its usual"
    desk.ledger.close()


def test_the_brake_holds_a_series_before_its_first_picture_until_resume(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite", config(**BRAKED))
    busy_days(desk, 4, pictures=2)
    flood = [desk.drop(80_000) for _ in range(14)]
    for job in flood:
        desk.costs.note((0, Group(folder="4k")), job)

    closed = desk.admit(flood[0], desk.cashier.series_of(flood[0]))
    assert closed is not None
    assert "`upscaled resume`" in closed.reason

    desk.cashier.release(desk.book.jobs.values(), desk.now)
    assert [desk.admit(job, desk.cashier.series_of(job)) for job in flood] == [None] * 14
    desk.ledger.close()


def test_settled_money_is_added_up_anew_only_after_more_was_settled(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite", config(daily_usd=0.40))
    desk.ledger.close()
    desk.ledger = counted = Counted(desk.path)
    desk.book = Book(counted)
    desk.cashier = Cashier(counted, desk.config, desk.days, ["/in"], desk.costs)

    answers = [desk.admit(desk.drop(80_000)) for _ in range(100)]
    assert answers.count(None) == 5
    assert counted.sums == 2

    for number, job in enumerate(desk.running(), start=2):
        desk.settle(job, 40_000)
        assert desk.cashier.spend(desk.now).today == (number - 1) * 40_000
        assert counted.sums == 2 * number
    desk.now += timedelta(days=1)
    assert desk.cashier.spend(desk.now).today == 0
    counted.close()


class Counted(Ledger):
    """A ledger that remembers which folders it added up, and how often all."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ["/in"])
        self.added: list[str] = []
        self.sums = 0

    def spent(self, since: datetime) -> int:
        """Note it, and add up."""
        self.sums += 1
        return super().spent(since)

    def reserved_in(self, inbox: str, folder: str) -> int:
        """Note it, and add up."""
        self.added.append(folder)
        return super().reserved_in(inbox, folder)


def test_resume_adds_up_each_folder_once_however_much_it_holds(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite", config(**BRAKED))
    busy_days(desk, 4, pictures=2)
    flood = [desk.drop(80_000) for _ in range(30)]
    assert [desk.admit(job) for job in flood].count(None) == 10
    counted = Counted(desk.path)

    again = Cashier(counted, desk.config, desk.days, ["/in"], desk.costs)
    again.release(desk.book.jobs.values(), desk.now)

    assert counted.added == ["4k"]
    assert [desk.admit(job) for job in desk.planned()] == [None] * 20
    counted.close()
    desk.ledger.close()


def test_it_warns_once_a_day_and_once_a_month_even_after_a_restart(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite", config(monthly_usd=2.0))

    def warned() -> list[str]:
        with capture_logs() as told:
            for _ in range(3):
                desk.cashier.look(desk.now, next(desk.numbers) * 10.0)
        return [one["cap"] for one in told if one["event"] == "budget_nearly_spent"]

    for _ in range(10):
        desk.admit(desk.drop(80_000))
    assert warned() == ["daily_usd"]
    desk.open()
    assert warned() == []
    for job in desk.running():
        desk.settle(job, 80_000)
    desk.now += timedelta(days=1)
    assert warned() == []
    for _ in range(10):
        desk.admit(desk.drop(80_000))
    assert warned() == ["daily_usd", "monthly_usd"]
    assert warned() == []
    desk.ledger.close()


def test_the_drop_folder_is_the_one_that_names_the_target() -> None:
    grammar = Grammar({})

    assert drop_folder(grammar, "ACME/print-a2/faces/a.png") == "ACME/print-a2"
    assert drop_folder(grammar, "4k/+jpg/a.png") == "4k"
    assert drop_folder(grammar, "nobody knows/a.png") == "nobody knows"
