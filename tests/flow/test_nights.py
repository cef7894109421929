"""A night is told once, whatever happens to the ledger, the writer or the daemon in between."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from queue import SimpleQueue
from zoneinfo import ZoneInfo

import pytest

from paying import Hand, hushed
from upscaled.core.nights import Night
from upscaled.edge.ledger import Ledger
from upscaled.errors import LedgerUnwritable, Outage
from upscaled.flow.nights import AGAIN_SECONDS, LOOK_SECONDS, MARK, Nights

EVENING = datetime(2026, 11, 30, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


class Words(dict[str, str]):
    """What a ledger would remember; a crash may come before it does."""

    crash = False

    def put(self, key: str, value: str) -> None:
        """Remember a value."""
        if self.crash:
            raise LedgerUnwritable("no power")
        self[key] = value


class Place:
    """A ledger, a clock, and a daemon that may die and start again."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.sqlite", ["/inbox"])
        self.ledger.create()
        self.clock = Hand(EVENING)
        self.written: list[Night] = []
        self.told: list[date] = []
        self.posts: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.nights = self.start()

    def start(self) -> Nights:
        """Start once more, with what the ledger remembers."""
        nights = Nights(self.ledger, self.clock, self.posts.put, lambda: (BERLIN, time(6)))
        nights.write = self._write
        nights.told = lambda night, _said: self.told.append(night.date)
        self.nights = nights
        return nights

    def _write(self, night: Night) -> str:
        self.written.append(night)
        return "said"

    def after(self, hours: float = 0) -> None:
        """Let time pass and the loop turn until nothing is under way."""
        self.clock.at += timedelta(hours=hours, seconds=LOOK_SECONDS)
        with hushed():
            self.nights.turn()
            while self.nights.busy:
                self.posts.get(timeout=10)()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    one = Place(tmp_path)
    yield one
    one.nights.stop()
    one.ledger.close()


def test_the_first_start_tells_nothing_and_the_next_morning_does(place: Place) -> None:
    place.after()
    assert place.written == []

    for _ in range(48):
        place.after(0.5)

    assert [night.date for night in place.written] == place.told == [date(2026, 12, 1)]


def test_a_restart_tells_no_night_twice_and_skips_none(place: Place) -> None:
    place.after()
    for _ in range(10):
        place.start()
        place.after(8)

    assert place.told == [date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)]


def test_a_report_that_cannot_be_written_is_tried_again_and_covers_what_was_missed(
    place: Place,
) -> None:
    place.after()
    failed = []

    def fail(night: Night) -> str:
        failed.append(night.date)
        raise Outage("the outbox is not there", "mount it")

    place.nights.write = fail
    place.after(12)
    place.after(AGAIN_SECONDS / 3600)
    place.after(24)
    assert failed == [date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 2)]

    place.nights.write = place._write  # noqa: SLF001 - the share is back
    place.after(1)

    (night,) = place.written
    assert (night.date, night.ends - night.begins) == (date(2026, 12, 2), timedelta(days=2))


def test_a_crash_before_the_mark_writes_the_same_night_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.after()
    with monkeypatch.context() as patch:

        def full(_key: str, _value: str) -> None:
            raise LedgerUnwritable("the disk is full")

        patch.setattr(place.ledger, "put", full)
        place.after(12)
    assert len(place.written) == 1
    assert place.told == []

    place.start()
    place.after(1)

    assert [night.date for night in place.written] == [date(2026, 12, 1)] * 2
    assert place.told == [date(2026, 12, 1)]


@pytest.mark.long
@pytest.mark.parametrize("name", ["Europe/Berlin", "US/Pacific", "Australia/Lord_Howe"])
def test_two_years_of_ticks_restarts_and_crashes_tell_every_night_once(name: str) -> None:
    """Every five minutes, with gaps; one turn in a hundred ends it, some before the mark."""
    chance, words, clock = random.Random(name), Words(), Hand(EVENING)
    posts: SimpleQueue[Callable[[], None]] = SimpleQueue()
    zone, told, written = ZoneInfo(name), list[date](), set[date]()

    def write(night: Night) -> str:
        written.add(night.date)
        return "said"

    def start() -> Nights:
        nights = Nights(words, clock, posts.put, lambda: (zone, time(2, 30)))
        nights.write, nights.told = write, lambda night, _said: told.append(night.date)
        return nights

    nights, crashes = start(), 0
    with hushed():
        while clock.at < EVENING + timedelta(days=731):
            clock.at += timedelta(minutes=5 if chance.random() < 0.99 else 300)
            words.crash = chance.random() < 0.01
            nights.turn()
            while nights.busy:
                posts.get(timeout=10)()
                crashes += words.crash
            if chance.random() < 0.01:
                nights.stop()
                nights = start()
    nights.stop()

    assert crashes > 0
    assert told == [told[0] + timedelta(days=n) for n in range(len(told))]
    assert len(told) in {730, 731}
    assert written == set(told)


def test_a_night_that_is_written_while_the_config_is_reloaded_is_told_by_who_comes_after(
    place: Place,
) -> None:
    place.after()
    place.clock.at += timedelta(hours=12)
    with hushed():
        place.nights.turn()
        came_back = place.posts.get(timeout=10)
        place.nights.stop()
        place.start()
        came_back()
    assert place.told == []

    place.after(1)

    assert place.told == [date(2026, 12, 1)]
    assert [night.date for night in place.written] == [date(2026, 12, 1)] * 2


def test_a_mark_of_a_wrong_clock_does_not_silence_the_nights_until_then(place: Place) -> None:
    place.ledger.put(MARK, "2038-01-19")
    place.after()
    place.after(24)

    assert place.told == [date(2026, 12, 1)]
