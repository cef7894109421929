"""How many requests may be at fal at once."""

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.pace import QUEUED_SECONDS, SPARE, Pace

EIGHT = Pace(most=8, now=8)


def test_a_request_that_stays_queued_narrows_to_what_runs_and_a_few_to_spare() -> None:
    assert EIGHT.queued(QUEUED_SECONDS, running=2).now == 2 + SPARE


def test_a_request_that_was_just_sent_says_nothing() -> None:
    assert EIGHT.queued(QUEUED_SECONDS - 1, running=2) == EIGHT


def test_ends_of_requests_that_never_waited_widen_again_up_to_the_config() -> None:
    pace = Pace(most=8, now=4)

    assert pace.ended(waited=True) == pace
    for _ in range(10):
        pace = pace.ended(waited=False)
    assert pace == EIGHT


@given(
    most=st.integers(1, 256),
    looks=st.lists(st.tuples(st.booleans(), st.floats(0, 1e5), st.integers(0, 300))),
)
def test_the_bound_never_leaves_its_range(most: int, looks: list[tuple[bool, float, int]]) -> None:
    pace = Pace(most=most, now=most)
    for queued, seconds, others in looks:
        pace = pace.queued(seconds, others) if queued else pace.ended(waited=others > 9)
        assert 1 <= pace.now <= most
