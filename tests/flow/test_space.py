"""Room on the disks: kept for what is under way, held with its reason, resumed by itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.test_space import job as planned
from model_fal import ModelFal
from paying import Corridor, Hand, hushed, settings_of
from upscaled.core.space import need
from upscaled.errors import Outage
from upscaled.flow.space import Space
from upscaled.nouns import Fidelity, Hold, Job, Room, State

WORK, OUTBOX, REVIEW = Path("/state/work"), Path("/outbox"), Path("/review")
ROOTS = {"outbox": OUTBOX, "review": REVIEW}


class Disks:
    """Free bytes by place; each place its own file system unless said."""

    def __init__(self) -> None:
        self.free = {WORK: 10**12, OUTBOX: 10**12, REVIEW: 10**12}
        self.devices = {WORK: 1, OUTBOX: 2, REVIEW: 2}
        self.lost = False

    def __call__(self, place: Path) -> Room:
        """Return a place's room as the test says it."""
        if self.lost:
            raise Outage(f"{place} is not there")
        return Room(device=self.devices[place], free=self.free[place], total=0)


@pytest.fixture
def disks() -> Disks:
    return Disks()


@pytest.fixture
def space(disks: Disks) -> Space:
    made = Space(WORK, [ROOTS], disks)
    made.looked(0, made.look(0))
    return made


def named(job_id: str, state: State = State.PLANNED) -> Job:
    return replace(planned(state), id=job_id)


ALL = need(planned(State.PLANNED))


def test_what_others_have_reserved_counts_until_they_are_done(space: Space, disks: Disks) -> None:
    disks.free[WORK] = ALL.work * 3 // 2

    assert space.ask(named("first")) is None
    held = space.ask(named("second"))
    assert held is not None
    assert held.hold is Hold.DISK
    assert str(WORK) in (held.reason or "")
    assert list(space.fitting()) == []

    space.note(named("first", State.DONE))
    assert [job.id for job in space.fitting()] == ["second"]
    assert space.ask(named("second")) is None


def test_a_full_outbox_holds_before_anything_is_paid_and_a_tenth_more_lifts_it(
    space: Space, disks: Disks
) -> None:
    def look(free: int) -> None:
        disks.free[OUTBOX] = free
        space.looked(0, space.look(0))

    look(ALL.outbox - 1)
    held = space.ask(named("a"))
    assert held is not None
    assert str(OUTBOX) in (held.reason or "")

    look(ALL.outbox + ALL.outbox // 20)
    assert list(space.fitting()) == [], "it would be full again at once"
    assert space.ask(named("b")) is None, "who was never held needs no more than it needs"
    space.note(named("b", State.WITHDRAWN))
    look(ALL.outbox + ALL.outbox // 10)
    assert [job.id for job in space.fitting()] == ["a"]


def test_places_on_one_file_system_are_counted_together(space: Space, disks: Disks) -> None:
    disks.devices[OUTBOX] = 1
    disks.free[WORK] = disks.free[OUTBOX] = ALL.work + ALL.outbox - 1
    space.looked(0, space.look(0))

    assert space.ask(named("a")) is not None


def test_who_is_nearest_to_its_end_goes_first(space: Space, disks: Disks) -> None:
    disks.free[WORK] = 0
    assert space.ask(named("new")) is not None
    assert space.ask(named("nearly", State.FETCHED)) is not None

    disks.free[WORK] = 10**12
    assert [job.id for job in space.fitting()] == ["nearly", "new"]


def test_a_job_held_for_something_else_keeps_no_room(space: Space, disks: Disks) -> None:
    disks.free[WORK] = ALL.work
    assert space.ask(named("a")) is None

    space.note(replace(named("a", State.PREPARED), hold=Hold.WINDOW))
    assert space.ask(named("b")) is None


def test_what_may_have_been_sent_is_looked_up_on_a_full_disk_too(
    space: Space, disks: Disks
) -> None:
    disks.free[WORK] = 0

    assert space.ask(replace(named("a", State.SUBMITTING), starts=1)) is None
    assert space.ask(named("a", State.SUBMITTED)) is None


def test_where_nothing_can_be_measured_nothing_is_held(disks: Disks) -> None:
    disks.lost = True
    space = Space(WORK, [ROOTS], disks)
    space.looked(0, space.look(0))

    assert space.ask(named("a")) is None


def test_a_lost_share_forgets_what_was_free_there(space: Space, disks: Disks) -> None:
    disks.free[OUTBOX] = 0
    space.looked(0, space.look(0))
    assert space.ask(named("a")) is not None
    disks.lost = True
    space.looked(0, space.look(0))
    disks.lost = False

    assert space.ask(named("a")) is None, "the share's own trouble is told elsewhere"


def test_a_slow_share_is_not_measured_twice_at_once(space: Space) -> None:
    assert space.begin(0)
    assert not space.begin(0)
    space.looked(0, {})
    assert space.begin(0)


def test_a_result_for_review_needs_room_there(space: Space, disks: Disks) -> None:
    job = planned(State.FINISHED)
    result = replace(job.facts, fidelity=Fidelity(verdict="review"))
    assert need(replace(job, facts=result)).outbox == 0
    disks.free[REVIEW] = 0
    space.looked(0, space.look(0))

    assert space.ask(named("a", State.FETCHED)) is None, "it is not known yet that it goes there"


@pytest.fixture
def corridor(tmp_path: Path) -> Iterator[Corridor]:
    fal = ModelFal(Hand())
    with hushed():
        made = Corridor(tmp_path, fal, settings_of(tmp_path))
        fal.clock = made.clock
        yield made
        made.close()


def test_nothing_is_paid_for_what_could_not_be_stored_and_it_goes_on_by_itself(
    corridor: Corridor,
) -> None:
    disks = Disks()
    disks.free[WORK] = 1_000
    corridor.conductor.door.space = Space(WORK, [ROOTS], disks)
    name = corridor.drop()
    fal = corridor.engine
    assert isinstance(fal, ModelFal)

    corridor.advance(600.0)

    job = corridor.job(name)
    assert (job.state, job.hold, job.reserved) == (State.PLANNED, Hold.DISK, 0)
    assert (job.reason or "").startswith("Needs 62 kB in /state/work, 1 kB are free")
    assert fal.submits == 0

    disks.free[WORK] = 10**9
    corridor.conductor.look_for_room()
    corridor.settle()

    assert corridor.job(name).state is State.SUBMITTED
    assert fal.submits == 1
