"""Frames by their numbers, and which of them are missing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.frames import count, frame_of, missing, missing_of, parse_span, said
from upscaled.errors import UsageError

NUMBERS = st.sets(st.integers(0, 300), max_size=60)


def test_a_frame_has_a_folder_a_stem_a_number_and_a_type() -> None:
    frame = frame_of("4k/ACME/shot.v2.0117.EXR")

    assert frame is not None
    assert (frame.run, frame.number) == ("4k/ACME/shot.v2.#.exr", 117)
    assert frame_of("4k/IMG_0001.jpg") is None


def test_a_number_that_nobody_counts_is_none() -> None:
    frame = frame_of(f"4k/shot.{'9' * 40}.png")

    assert frame is not None
    assert frame.number is None


@pytest.mark.parametrize(
    ("digits", "may_be"),
    [("2024", True), ("1900", True), ("1899", False), ("02024", False), ("1001", False)],
)
def test_four_digits_of_a_year_may_be_one(digits: str, may_be: bool) -> None:  # noqa: FBT001 - a table
    frame = frame_of(f"4k/holiday.{digits}.jpg")

    assert frame is not None
    assert frame.may_be_a_year is may_be


def test_what_is_missing_lies_between_the_first_and_the_last() -> None:
    present = [*range(100, 117), *range(118, 240), *range(244, 251)]

    assert said(missing(present)) == ("0117", "0240-0243")
    assert missing([7]) == missing([]) == ()


def test_a_stated_range_makes_the_ends_provable() -> None:
    assert missing([1003, 1004, 1006], (1001, 1007)) == ((1001, 1002), (1005, 1005), (1007, 1007))
    assert missing([], (5, 9)) == ((5, 9),)
    assert missing([1, 900], (5, 9)) == ((5, 9),)
    assert missing(range(5, 10), (5, 9)) == ()


def test_files_are_held_against_a_range_by_their_names() -> None:
    names = ["shot.0001.png", "shot.0003.png", "holiday.png"]

    assert missing_of(names, (1, 5)) == ("0002", "0004-0005")
    assert missing_of(names[:1], (1, 1)) == ()
    assert missing_of([], (1, 2)) == ("0001-0002",)


def test_the_files_of_each_sequence_are_held_against_the_range_by_themselves() -> None:
    names = ["a.1001.exr", "a.1002.exr", "b.1002.exr", "b.1003.exr", "c.1.png", "holiday.png"]

    assert missing_of(names, (1001, 1003)) == (
        "a.1003.exr", "b.1001.exr", "c.1001-1003.png",
    )  # fmt: skip
    assert missing_of(["a.1.exr", "b.1.exr", "a.2.EXR", "b.2.exr"], (1, 2)) == ()


def test_ranges_have_the_names_width() -> None:
    assert said([(3, 3), (10, 12)], 2) == ("03", "10-12")


@given(present=NUMBERS, low=st.integers(0, 150), more=st.integers(0, 150))
def test_every_number_of_a_range_is_there_or_missing(
    present: set[int], low: int, more: int
) -> None:
    ranges = missing(present, (low, low + more))
    gone = {one for first, last in ranges for one in range(first, last + 1)}

    assert gone == set(range(low, low + more + 1)) - present
    assert count(ranges) == len(gone)
    assert all(later[0] - earlier[1] > 1 for earlier, later in pairwise(ranges))


@pytest.mark.parametrize(("text", "span"), [("1001-1100", (1001, 1100)), (" 7 ", (7, 7))])
def test_a_range_is_read(text: str, span: tuple[int, int]) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "a-b", "9-3", "-3", "3-", "1-2-3", "9" * 40])
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="range of frames") as caught:
        parse_span(text)

    assert "1001-1100" in (caught.value.hint or "")
