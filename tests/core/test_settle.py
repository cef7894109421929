"""When a file is quiet."""

from dataclasses import replace
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.settle import LOOKS, SLOWEST_SECONDS, Settling
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
            assert now >= changed + quiet
            assert looks >= LOOKS


def looked_at(settling: Settling, until: float) -> dict[str, list[float]]:
    """Look at what is due, always just when it is, until a second; return who was quiet when."""
    quiet: dict[str, list[float]] = {}
    while (now := settling.next_at()) <= until:
        for path in settling.due(now):
            if settling.observe(replace(SEEN, path=path), now):
                settling.forget(path)
                quiet.setdefault(path, []).append(now)
    return quiet


@given(came=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=20), quiet=st.floats(0.1, 5.0))
def test_each_file_is_quiet_at_the_very_end_of_its_own_quiet_time(
    came: list[float], quiet: float
) -> None:
    settling = Settling(quiet)
    found: dict[str, list[float]] = {}
    for number, at in enumerate(sorted(came)):
        found |= looked_at(settling, at)
        settling.observe(replace(SEEN, path=f"4k/{number}.png"), at)

    found |= looked_at(settling, 100.0)

    ends = [round(found[f"4k/{number}.png"][0] - at, 6) for number, at in enumerate(sorted(came))]
    assert ends == [round(quiet, 6)] * len(came)
    assert settling.next_at() == inf


def test_a_look_that_never_came_back_is_asked_for_again() -> None:
    settling = Settling(3.0)
    settling.observe(SEEN, 0.0)

    assert settling.due(0.5) == ()
    assert [settling.due(at) for at in (1.0, 1.5, 2.0)] == [(SEEN.path,), (), (SEEN.path,)]


def test_who_is_expected_is_looked_at_at_once_and_who_left_never() -> None:
    settling = Settling(3.0)
    settling.expect("4k/b.png")
    settling.observe(SEEN, 0.0)
    settling.forget(SEEN.path)

    assert settling.due(10.0) == ("4k/b.png",)


def test_a_placeholder_is_looked_at_less_often_the_longer_it_stands() -> None:
    settling, looks = Settling(3.0), []
    empty = replace(SEEN, size=0)
    settling.observe(empty, 0.0)
    while (now := settling.next_at()) < 600.0:
        looks.append(now)
        settling.due(now)
        assert not settling.observe(empty, now)

    assert looks[:3] == [1.0, 2.0, 3.0]
    assert looks[-1] - looks[-2] == SLOWEST_SECONDS
    assert len(looks) < 60
    assert not settling.observe(SEEN, 600.0)
    assert settling.next_at() == 601.0, "once it is filled it settles as fast as any other"


def test_what_was_tried_as_it_is_is_looked_at_seldom_and_settles_anew_once_it_changed() -> None:
    settling = Settling(3.0)
    settling.expect("half.jpg")
    assert settling.due(0.0) == ("half.jpg",)
    settling.rests("half.jpg", 0.0)
    assert settling.due(SLOWEST_SECONDS - 0.1) == ()
    assert settling.due(SLOWEST_SECONDS) == ("half.jpg",)
