"""A service of fal that fails again and again is left alone, one class of error at a time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.fal_bench import KEY, ONE, options_of, picture, still
from standin import Standin
from upscaled.edge.fal import Fal
from upscaled.edge.fal.breaker import IN_A_ROW, Breaker, class_of
from upscaled.edge.fal.wire import Dropped
from upscaled.errors import Aside, Doubt, Missing, Outage, Stop, UpscaledError


class Timer:
    """A breaker with a clock that the test pushes on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, tzinfo=UTC)
        self.breaker = Breaker(lambda: self.at)
        self.calls = 0

    def call(self, error: UpscaledError | None = None, service: str = "queue") -> str:
        """Call once; return what was raised, empty where all was well."""
        try:
            with self.breaker.watching(service):
                self.calls += 1
                if error is not None:
                    raise error
        except UpscaledError as raised:
            return raised.message
        return ""

    def passes(self, seconds: float) -> None:
        """Push the clock on."""
        self.at += timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Doubt("lost"), "lost answers"),
        (Dropped("cut"), "broken connections"),
        (Outage("502"), "failures"),
        (Outage("429", after_seconds=3), "pleas to slow down"),
        (Missing("404", after_seconds=15), ""),
        (Outage("full", hold="disk"), ""),
        (Aside("refused", "no"), ""),
        (Stop("locked", "no"), ""),
    ],
)
def test_only_what_speaks_for_a_whole_service_has_a_class(error: UpscaledError, kind: str) -> None:
    assert class_of(error) == kind


def test_after_some_failures_in_a_row_nobody_asks_for_a_while() -> None:
    timer = Timer()
    for _ in range(IN_A_ROW):
        assert timer.call(Outage("502")) == "502"

    assert "left alone" in timer.call()
    assert timer.calls == IN_A_ROW
    timer.passes(5)
    assert timer.call() == ""
    assert timer.call(Outage("502")) == "502"
    assert timer.call() == ""


def test_the_pause_grows_while_the_one_call_that_is_let_through_fails() -> None:
    timer, pauses = Timer(), list[float]()
    for _ in range(IN_A_ROW):
        timer.call(Outage("502"))
    for _ in range(8):
        begun = timer.at
        while "left alone" in timer.call(Outage("502")):
            timer.passes(1)
        pauses.append((timer.at - begun).total_seconds())

    assert pauses == [5, 10, 20, 40, 80, 120, 120, 120]
    assert timer.calls == IN_A_ROW + 8


def test_a_call_that_goes_well_between_failures_begins_the_count_anew() -> None:
    timer = Timer()
    for _ in range(3 * IN_A_ROW):
        for _ in range(IN_A_ROW - 1):
            assert timer.call(Outage("502")) == "502"
        assert timer.call() == ""


def test_services_and_classes_do_not_stop_one_another() -> None:
    timer = Timer()
    for _ in range(IN_A_ROW):
        timer.call(Outage("502"), "storage")
    assert timer.call(Outage("502"), "queue") == "502"
    for error in (Outage("502"), Dropped("cut"), Outage("429", after_seconds=1)):
        assert timer.call(error) == error.message
    assert timer.call() == ""


def test_a_service_that_says_how_long_is_left_alone_as_long() -> None:
    timer = Timer()
    for _ in range(IN_A_ROW):
        timer.call(Outage("429", after_seconds=300))
    timer.passes(299)
    assert "left alone" in timer.call()
    timer.passes(1)
    assert timer.call() == ""


def test_while_one_call_is_let_through_the_others_wait() -> None:
    timer = Timer()
    for _ in range(IN_A_ROW):
        timer.call(Outage("502"))
    timer.passes(5)
    with timer.breaker.watching("queue"):
        assert "left alone" in timer.call()
    assert timer.call() == ""


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    with Standin(tmp_path / "fal") as server:
        yield server


def test_a_queue_that_loses_answers_puts_a_few_submits_in_doubt_and_not_a_whole_nights(
    fal: Standin, tmp_path: Path
) -> None:
    now = [datetime.now(UTC)]
    door = Fal(KEY, options_of(fal), now=lambda: now[0], pause=still)
    fal.script([{"on": "submit", "do": "accept_then_drop", "times": IN_A_ROW}])
    kinds = []
    for _ in range(20):
        url = door.upload(picture(tmp_path), still)
        kinds.append(_kind(lambda url=url: door.submit(ONE, url)))  # type: ignore[misc]
    now[0] += timedelta(seconds=5)
    assert _kind(lambda: door.submit(ONE, url)) == "well"
    door.close()

    assert kinds == ["Doubt"] * IN_A_ROW + ["Outage"] * (20 - IN_A_ROW)
    assert fal.ledger()["submits"] == IN_A_ROW + 1


def _kind(call: Callable[[], object]) -> str:
    try:
        call()
    except UpscaledError as error:
        return type(error).__name__
    return "well"
