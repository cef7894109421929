"""Conditions as boxes: what is told of them without trying values agrees with every value tried."""

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.conditions import Condition, Term, covers, figure, parse_condition, same

terms = st.builds(
    Term,
    name=st.sampled_from("ab"),
    op=st.sampled_from([">=", "<=", ">", "<"]),
    number=st.integers(0, 4).map(float),
)
conditions = st.lists(terms, min_size=1, max_size=4).map(lambda one: Condition(terms=tuple(one)))
VALUES = [half / 2 for half in range(-1, 10)]
GRID = [
    {name: value for name, value in (("a", a), ("b", b)) if value is not None}
    for a in (None, *VALUES)
    for b in (None, *VALUES)
]
"""Every number that tells two conditions over 0..4 apart, and unknown."""


@given(one=conditions)
def test_a_condition_is_possible_exactly_where_some_value_satisfies_it(one: Condition) -> None:
    assert one.possible == any(one.holds(point) for point in GRID)


@given(earlier=st.lists(conditions, max_size=4), one=conditions)
def test_conditions_cover_another_exactly_where_no_value_escapes_them(
    earlier: list[Condition], one: Condition
) -> None:
    escaped = any(
        one.holds(point) and not any(other.holds(point) for other in earlier) for point in GRID
    )

    if one.possible:
        assert covers(earlier, one) is not escaped


@given(one=conditions, other=conditions)
def test_two_conditions_are_the_same_only_where_they_always_agree(
    one: Condition, other: Condition
) -> None:
    if same(one, other):
        assert all(one.holds(point) == other.holds(point) for point in GRID)
    assert same(one, Condition(terms=one.terms[::-1]))


def test_a_condition_reads_as_it_was_written() -> None:
    assert str(parse_condition("a >= 3  and b < -0.50")) == "a >= 3 and b < -0.5"
    assert parse_condition("a >= 3, b < 1") is None


def test_a_measure_is_told_in_three_digits_but_thousands_whole() -> None:
    assert [figure(value) for value in (0.12345, 12.345, 1634.4)] == ["0.123", "12.3", "1634"]
