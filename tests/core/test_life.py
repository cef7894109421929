"""The table of a picture's life."""

import pytest

from upscaled.core.life import ENDS, LIFE, IllegalMoveError, check_move, word_of
from upscaled.nouns import State


def test_every_state_has_its_row_and_every_end_is_reachable_from_the_first_look() -> None:
    reached, new = set[State](), {State.SEEN}
    while new:
        reached |= new
        new = {there for here in new for there in LIFE[here].leads_to} - reached

    assert set(State) == set(LIFE) == reached


def test_every_state_reaches_an_end() -> None:
    finite = set(ENDS)
    for _ in LIFE:
        finite |= {here for here, stage in LIFE.items() if finite & set(stage.leads_to)}

    assert finite == set(State)


def test_past_the_first_visible_byte_nothing_leads_to_failed() -> None:
    for state in (State.DELIVERING, State.RECEIPTING, State.ARCHIVING):
        assert State.FAILING not in LIFE[state].leads_to
        assert LIFE[state].patient


def test_an_illegal_move_is_refused() -> None:
    with pytest.raises(IllegalMoveError, match="done does not lead to seen"):
        check_move(State.DONE, State.SEEN)


def test_a_hold_is_shown_only_until_the_end() -> None:
    assert word_of(State.PLANNED, held=True) == "held"
    assert word_of(State.DONE, held=True) == "done"
