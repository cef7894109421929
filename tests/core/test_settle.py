"""When a file is quiet."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.settle import LOOKS, Settling
from upscaled.nouns import Sighting

SEEN = Sighting(watch=0, path="4k/a.png", size=10, mtime_ns=5, inode=7)


def test_a_file_is_quiet_after_several_equal_looks_over_the_quiet_time() -> None:
    settling = Settling(3.0)

    assert [settling.observe(SEEN, at) for at in (0.0, 1.0, 2.9, 3.0)] == [
        False,
        False,
        False,
        True,
    ]


def test_two_looks_are_not_enough_however_far_apart() -> None:
    settling = Settling(3.0)

    assert [settling.observe(SEEN, at) for at in (0.0, 100.0)] == [False, False]


def test_any_change_begins_the_quiet_time_anew() -> None:
    settling = Settling(3.0)
    for changed in (replace(SEEN, size=11), replace(SEEN, mtime_ns=6), replace(SEEN, inode=8)):
        for at in (0.0, 1.0, 2.0):
            settling.observe(SEEN, at)
        assert not settling.observe(changed, 4.0)
        settling.forget(SEEN.path)


def test_an_empty_file_is_never_quiet() -> None:
    settling = Settling(0.1)
    empty = replace(SEEN, size=0)

    assert not any(settling.observe(empty, float(at)) for at in range(1000))


@given(
    steps=st.lists(st.tuples(st.integers(1, 3), st.floats(0.01, 2.0)), min_size=1, max_size=30),
    quiet=st.floats(0.1, 5.0),
)
def test_no_file_is_quiet_that_changed_within_the_quiet_time(
    steps: list[tuple[int, float]], quiet: float
) -> None:
    settling, now, changed, last, looks = Settling(quiet), 0.0, 0.0, None, 0
    for size, pause in steps:
        now += pause
        if size != last:
            last, changed, looks = size, now, 0
        looks += 1
        if settling.observe(replace(SEEN, size=size), now):
            assert now - changed >= quiet
            assert looks >= LOOKS
