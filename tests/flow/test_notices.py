"""Messages leave in a lane of their own, survive a restart, and harm nothing when they cannot."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest
import structlog

from paying import Hand
from upscaled.core.notice_kinds import Kind
from upscaled.core.notices import Board, Message
from upscaled.edge.ledger import Ledger
from upscaled.errors import Outage
from upscaled.flow.notices import SETTLED_SECONDS, Notices, Send, Standing

EVENING = datetime(2026, 12, 1, 20, tzinfo=UTC)


class Place:
    """A clerk on a real ledger, with a sender that may be out of order."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.sqlite", ["/inbox"])
        self.ledger.create()
        self.clock = Hand(EVENING)
        self.sent: list[Message] = []
        self.tried = 0
        self.broken: Exception | None = None
        self.stands: Standing = {}
        self.senders: dict[str, Send] = {"command": self._send}
        self.posts: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.notices = self.start()

    def start(self) -> Notices:
        """Start once more, with what the ledger remembers."""
        board = Board(quiet=timedelta(minutes=30))
        self.notices = Notices(self.ledger, self.clock, self.posts.put, board)
        self.notices.senders = lambda: self.senders
        self.notices.standing = lambda: self.stands
        self.notices.load()
        return self.notices

    def _send(self, message: Message) -> None:
        self.tried += 1
        if self.broken is not None:
            raise self.broken
        self.sent.append(message)

    def after(self, minutes: float) -> None:
        """Let time pass; turn, and take in what comes back."""
        self.clock.at += timedelta(minutes=minutes)
        tried = -1
        while tried != self.tried:
            tried = self.tried
            self.notices.turn()
            while self.notices._under_way:  # noqa: SLF001 - what the conductor would wait for
                self.posts.get(timeout=10)()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    one = Place(tmp_path)
    with structlog.testing.capture_logs():
        yield one
    one.notices.stop()
    one.ledger.close()


def test_a_burst_is_one_message(place: Place) -> None:
    for number in range(400):
        place.notices.happened(Kind.PROBLEM, f"4k/{number}.png: truncated")
    place.after(0.1)
    place.after(1)

    assert [message.count for message in place.sent] == [400]


def test_a_crash_loop_is_no_flood(place: Place) -> None:
    for _ in range(20):
        place.start().happened(Kind.UNCLEAN, "it did not end in order")
        place.after(0.5)

    assert len(place.sent) == 1
    place.after(25)
    assert [message.count for message in place.sent] == [1, 19]


def test_what_was_not_sent_before_a_stop_is_sent_after_it(place: Place) -> None:
    place.broken = Outage("it is down")
    place.notices.happened(Kind.NIGHT, "31 done")
    place.after(0.1)
    place.notices.stop()
    assert place.tried == 1

    place.broken = None
    place.start()
    place.after(2)

    assert [message.text for message in place.sent] == ["31 done"]


def test_a_sender_that_fails_is_logged_once_and_tried_less_and_less(place: Place) -> None:
    place.broken = Outage("it is down")
    with structlog.testing.capture_logs() as logs:
        place.notices.happened(Kind.NIGHT, "31 done")
        for _ in range(12 * 60):
            place.after(1)
        place.broken = None
        for _ in range(61):
            place.after(1)

    told = [line["event"] for line in logs]
    assert told == ["message_not_sent", "messages_arrive_again"]
    assert 10 <= place.tried <= 22
    assert [message.text for message in place.sent] == ["31 done"]


def test_a_message_of_yesterday_is_given_up_and_said_so(place: Place) -> None:
    place.broken = Outage("it is down")
    with structlog.testing.capture_logs() as logs:
        place.notices.happened(Kind.NIGHT, "31 done")
        for _ in range(26):
            place.after(60)

    assert [line["event"] for line in logs] == ["message_not_sent", "message_given_up"]
    tried = place.tried
    place.after(600)
    assert place.tried == tried


def test_a_fault_of_the_library_is_told_without_its_words(place: Place) -> None:
    place.broken = ValueError("https://hooks.example/T0/SECRET is wrong")
    with structlog.testing.capture_logs() as logs:
        place.notices.happened(Kind.NIGHT, "31 done")
        place.after(1)

    assert "SECRET" not in str(logs)
    assert logs[0]["reason"] == "ValueError in the sender"


def test_what_stood_before_a_restart_is_not_over_before_anybody_looked(place: Place) -> None:
    place.stands = {(Kind.UNREACHABLE, "/inbox"): "gone"}
    place.after(SETTLED_SECONDS / 60)
    assert [message.over for message in place.sent] == [False]

    place.stands = {}
    place.start()
    place.after(0.1)
    place.stands = {(Kind.UNREACHABLE, "/inbox"): "gone"}
    place.after(SETTLED_SECONDS / 60)
    assert len(place.sent) == 1

    place.stands = {}
    place.after(1)
    place.after(1)
    assert [message.over for message in place.sent] == [False, True]


def test_a_run_that_ends_by_itself_does_not_wait_for_the_burst(place: Place) -> None:
    place.notices.happened(Kind.PROBLEM, "4k/a.png: truncated")
    place.notices.hurry()
    assert place.notices.pending()
    place.after(0)

    assert len(place.sent) == 1
    assert not place.notices.pending()


def test_without_anybody_to_tell_nothing_is_gathered_or_kept(place: Place) -> None:
    place.senders = {}
    place.notices.happened(Kind.PROBLEM, "4k/a.png: truncated")
    place.after(1)

    assert place.ledger.get("notices") is None


def test_kinds_that_nobody_wants_are_not_told(place: Place) -> None:
    place.notices.wanted = lambda: frozenset({Kind.NIGHT})
    place.notices.happened(Kind.PROBLEM, "4k/a.png: truncated")
    place.stands = {(Kind.LOCKED, ""): "no money"}
    place.after(1)
    place.after(1)

    assert place.sent == []
