"""Neighbours compared by their swatches alone."""

import pytest

from upscaled.core.flicker import BOUND, CELLS, change, compared, packed, sentence
from upscaled.nouns import Flicker

SIZE = CELLS * CELLS


def flat(had: float, has: float, seen: float | None = None) -> str:
    """Return the swatch of an even frame, whose result may be seen otherwise in single points."""
    return packed(
        [[had] * SIZE, [has] * SIZE, [had] * SIZE, [has if seen is None else seen] * SIZE]
    )


def test_a_result_that_follows_its_source_does_not_flicker() -> None:
    found = change(flat(100.0, 101.0), flat(102.5, 103.5))

    assert (found.brightness, found.texture, found.excess) == (0.0, 0.0, 0.0)


def test_a_result_that_changes_alone_does() -> None:
    found = change(flat(100.0, 100.0), flat(100.0, 102.5))

    assert found.brightness == found.excess == 2.5
    assert change(flat(100.0, 102.5), flat(100.0, 100.0)) == found


def test_a_cut_may_be_followed_with_more_contrast() -> None:
    assert change(flat(50.0, 45.0), flat(150.0, 155.0)).excess == 0.0


def test_of_both_neighbours_the_one_that_differs_most_is_told() -> None:
    others = [("a", flat(100, 101)), ("b", flat(100, 104)), ("c", "no swatch"), ("d", "")]

    found = compared(flat(100, 100), others)

    assert found == Flicker(against="b", brightness=4.0, texture=4.0, excess=4.0)
    assert "4.0 grey levels more against b" in (sentence(found) or "")
    assert compared(flat(100, 100), []) is None
    assert compared("no swatch", others) is None


def test_an_honest_frame_is_not_worth_a_sentence() -> None:
    assert sentence(Flicker(against="b", brightness=BOUND, texture=None, excess=BOUND)) is None


@pytest.mark.parametrize("value", [-5.0, 0.0, 127.3, 255.0, 5000.0])
def test_any_light_can_be_kept(value: float) -> None:
    assert len(packed([[value] * SIZE] * 4)) == 1536
