"""How long to wait."""

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.backoff import delay, poll_delay


def test_the_wait_doubles_until_it_meets_its_maximum() -> None:
    waits = [delay(attempt, 2.0, 600.0, 1.0) for attempt in range(1, 12)]

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]


def test_the_die_takes_away_up_to_half() -> None:
    assert delay(3, 2.0, 600.0, 0.0) == 4.0
    assert delay(3, 2.0, 600.0, 0.5) == 6.0


@given(
    attempt=st.integers(-1, 10**9),
    first=st.floats(0.05, 3600),
    maximum=st.floats(0.05, 3600),
    die=st.floats(0, 1),
)
def test_the_wait_is_always_bounded(attempt: int, first: float, maximum: float, die: float) -> None:
    wait = delay(attempt, first, maximum, die)

    assert min(first, maximum) / 2 <= wait <= maximum


def test_a_young_request_is_looked_at_often_and_an_old_one_seldom() -> None:
    assert poll_delay(0, 2.0, 0.5) == poll_delay(40, 2.0, 0.5) == 2.0
    assert poll_delay(150, 2.0, 0.5) == 5.625
    assert poll_delay(600, 2.0, 0.5) == 45.0
    assert poll_delay(86_400, 2.0, 0.5) == 45.0
    assert poll_delay(86_400, 300.0, 0.5) == 300.0


def test_looks_at_old_requests_are_spread_by_a_fifth_to_either_side() -> None:
    assert [round(poll_delay(3600, 2.0, die), 3) for die in (0.0, 0.5, 1.0)] == [36, 45, 54]


@given(
    age=st.floats(0, 1e7),
    later=st.floats(0, 1e7),
    pace=st.floats(0.05, 300),
    die=st.floats(0, 1),
)
def test_looks_never_grow_denser_with_age(
    age: float, later: float, pace: float, die: float
) -> None:
    assert pace <= poll_delay(age, pace, die) <= poll_delay(age + later, pace, die)
