"""Shares that do not answer: who is asked hangs, and nothing else does."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from handling import Studio
from paying import Hand
from upscaled.edge.bounded import ask
from upscaled.errors import Gone, Outage
from upscaled.flow.lanes import Lane, within
from upscaled.flow.silence import EVERY_SECONDS, SILENT_SECONDS, Silence, told
from upscaled.nouns import Hold, State


class Server:
    """Answers at once, or, for one root, when it is let go on."""

    def __init__(self) -> None:
        self.hung: Path | None = None
        self.goes_on = threading.Event()
        self.asked = 0

    def ask(self, root: Path) -> None:
        """Answer."""
        self.asked += 1
        if root == self.hung:
            assert self.goes_on.wait(20)


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve, and let go of whoever hangs when the test is over."""
    made = Server()
    yield made
    made.goes_on.set()


def wait_until(what: object, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_root_that_does_not_answer_is_named_and_the_other_watch_is_well(server: Server) -> None:
    clock, watches = Hand(), [[Path("/a/in"), Path("/a/out")], [Path("/b/in")]]
    silence = Silence(watches, server.ask, clock)
    server.hung = Path("/a/out")

    silence.turn()
    wait_until(lambda: server.asked == 3)
    assert silence.of(0) == ""
    clock.at += timedelta(seconds=SILENT_SECONDS)
    assert silence.of(0) == "/a/out has not answered for 15 s"
    clock.at += timedelta(seconds=600)
    silence.turn()
    wait_until(lambda: server.asked == 4)
    assert silence.of(0) == "/a/out has not answered for 10 min"
    assert silence.of(1) == ""

    server.hung = None
    server.goes_on.set()
    wait_until(lambda: silence.of(0) == "")
    clock.at += timedelta(seconds=EVERY_SECONDS)
    silence.turn()
    wait_until(lambda: server.asked == 7)
    silence.stop()


def test_a_silence_is_told_in_steps_since_each_new_number_is_written_down() -> None:
    assert [told(one) for one in (15, 19.9, 119, 120, 7300)] == [
        *("15 s", "15 s", "115 s", "2 min", "121 min")
    ]


def test_what_does_not_answer_in_time_is_left_behind(server: Server) -> None:
    server.hung = Path("/a")

    began = time.monotonic()
    heard = ask({one: partial(server.ask, Path(one)) for one in ("/a", "/b")}, 0.2)

    assert list(heard) == ["/b"]
    assert time.monotonic() - began < 5
    with pytest.raises(Gone):
        ask({1: _gone}, 5.0)


def _gone() -> None:
    raise Gone


def test_a_pixel_worker_waits_for_a_hung_share_only_so_long(server: Server) -> None:
    lane = Lane("root", 1)
    server.hung = Path("/a")

    with pytest.raises(Outage, match="have not answered") as said:
        within(lane, lambda: server.ask(Path("/a")), seconds=0.1)
    server.goes_on.set()

    assert said.value.hold == "share"
    assert within(lane, lambda: 7, seconds=10) == 7
    with pytest.raises(Gone):
        within(lane, _gone, seconds=10)
    lane.stop()


def test_a_silent_watch_holds_what_would_hang_there_and_goes_on_by_itself(tmp_path: Path) -> None:
    studio, reason = Studio(tmp_path), "/share has not answered for 20 s"
    studio.drop("pass")
    for _ in range(3):
        studio.turn()
    (job,) = studio.book.jobs.values()
    assert job.state is not State.DONE
    studio.conductor.door.silent = studio.patrol.silent
    studio.patrol.silence = lambda _watch: reason

    for _ in range(20):
        studio.turn()
    (job,) = studio.book.jobs.values()
    before = job.state
    assert job.hold is Hold.SHARE
    assert job.reason == reason
    assert studio.patrol.wrong(0) == reason
    assert studio.patrol.settled()
    assert studio.conductor.idle()

    studio.patrol.silence = lambda _watch: ""
    studio.settle()
    assert before is not State.DONE
    assert [one.state for one in studio.jobs()] == [State.DONE]
    assert len(studio.fal.paid) == 1
    assert studio.patrol.wrong(0) == ""
