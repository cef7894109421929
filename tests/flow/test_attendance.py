"""What a service manager hears, turn by turn, on a clock that the test pushes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from manager import Ear
from upscaled.edge.service import Service
from upscaled.flow.attendance import Attendance
from upscaled.flow.pulse import Pulse


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    with Ear.below(tmp_path) as made:
        yield made


def test_ready_is_said_after_the_first_turn_and_once(ear: Ear) -> None:
    attendance = Attendance(Service(ear.address), Pulse(0.0))
    assert ear.is_silent()

    attendance.turned(1.0, lambda: "Nothing to do")
    attendance.turned(9.0, lambda: "Nothing to do")

    assert ear.next() == {"READY": "1", "STATUS": "Nothing to do"}
    assert ear.is_silent()


def test_words_are_said_when_they_change_and_at_most_once_a_second(ear: Ear) -> None:
    attendance = Attendance(Service(ear.address), Pulse(0.0))
    for tenth in range(40):
        attendance.turned(tenth / 10, f"{tenth // 15} working".__str__)

    assert [ear.next()["STATUS"] for _ in range(3)] == ["0 working", "1 working", "2 working"]
    assert ear.is_silent()


def test_only_a_turn_gives_a_sign_of_life_so_that_a_stuck_conductor_is_ended(ear: Ear) -> None:
    pulse = Pulse(0.0)
    attendance = Attendance(Service(ear.address, watchdog_seconds=8.0), pulse)
    for second in range(9):
        attendance.turned(float(second), lambda: "Nothing to do")

    signs = 0
    while not ear.is_silent():
        signs += "WATCHDOG" in ear.heard[-1]
    assert signs == 5  # at 0, 2, 4, 6, 8: four within the time, where two are asked for

    # No turn any more: no thread of ours says anything, and the pulse tells since when.
    assert ear.is_silent()
    assert (pulse.turns, pulse.age(100.0)) == (9, 92.0)


def test_the_end_is_said_at_once_and_signs_go_on_until_it_is_reached(ear: Ear) -> None:
    attendance = Attendance(Service(ear.address, watchdog_seconds=4.0), Pulse(0.0))
    attendance.turned(0.0, lambda: "1 working")
    attendance.stopping("Stops")
    attendance.turned(5.0, lambda: "Nothing to do")

    ear.until("STOPPING", "1")
    assert ear.next() == {"WATCHDOG": "1"}
    assert ear.is_silent()
