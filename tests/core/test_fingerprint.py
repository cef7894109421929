"""What was paid for before serves again where it is the same picture, done alike, large enough."""

from dataclasses import replace

from upscaled.core.fingerprint import kept_name, serves, size_of
from upscaled.nouns import Pass

ONE = Pass(endpoint="e", model="Standard V2", factor=4.0, width=400, height=300, params={"a": 1})
KEPT = kept_name("5" * 64, [ONE])


def asked(**changes: object) -> str | None:
    """Return what serves a pass that differs from the kept one so."""
    return serves([KEPT, "odd"], "5" * 64, [replace(ONE, **changes)])  # type: ignore[arg-type] # the test's own words


def test_the_same_and_smaller_sizes_are_served() -> None:
    assert size_of(KEPT) == (400, 300)
    assert asked() == asked(factor=2.0, width=200, height=150) == KEPT


def test_a_larger_size_or_another_way_is_bought() -> None:
    assert asked(width=401) is None
    assert asked(height=301) is None
    assert asked(model="Redefine") is None
    assert asked(endpoint="f") is None
    assert asked(params={"a": 2}) is None
    assert serves([KEPT], "6" * 64, [ONE]) is None
    assert serves([KEPT], "5" * 64, [ONE, ONE]) is None


def test_of_several_the_smallest_that_is_large_enough_serves() -> None:
    sizes = [replace(ONE, width=width, height=width) for width in (500, 1000, 700, 300)]
    names = [kept_name("5" * 64, [one]) for one in sizes]

    assert serves(names, "5" * 64, [ONE]) == names[0]


def test_the_words_beside_a_kept_picture_are_no_picture() -> None:
    assert size_of(f"{KEPT}.json") == (0, 0)
    assert serves([f"{KEPT}.json"], "5" * 64, [ONE]) is None
