"""
For all histories of arrivals, people's deeds, outages and crashes: each file is in exactly one
place, and says why.

Folders, markers, ledger, patrol, conductor and steps are the shipped ones, on real files; pixels
are words, fal is a model, time is the test's. `make fuzz-arrival` runs more and longer histories.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from dice import ROLLS
from handling import ROOTS
from model_fal import MEMORY
from paying import hushed
from sharing import Shared, assert_kept, assert_none_lost

EXAMPLES = int(os.environ.get("UPSCALED_FUZZ_ARRIVAL", "6"))
SHRINK = "UPSCALED_FUZZ_SHRINK" in os.environ


class Deed(NamedTuple):
    """Something that happens: a method of `Shared`, and what it is given."""

    name: str
    words: tuple[object, ...]


def deed(method: Callable[..., None], *words: st.SearchStrategy[object]) -> st.SearchStrategy[Deed]:
    return st.builds(Deed, st.just(method.__name__), st.tuples(*words))


WORTHS = st.sampled_from(["pass", "pass", "pass", "review", "fail"])
NAMES = ("a.png", "b.png", "c.png")
GOOD, BAD = ("4k", "8k", "hd/ACME"), ("4k-fitt", "holiday")
PATHS = st.builds("{}/{}".format, st.sampled_from([*GOOD, *GOOD, *BAD]), st.sampled_from(NAMES))
ANYWHERE = PATHS | st.sampled_from(NAMES)
FOLDERS = st.sampled_from([*GOOD, *BAD])
OTHERS = st.sampled_from(["8k/x", "4k-fitt/y", "holiday/z", "hd"])
WHICH = st.integers(0, 20)
LOST = st.sampled_from(["gone", "empty", "unmarked"])
PARTS = st.sampled_from([ROOTS, ROOTS, ("inbox",), ROOTS[1:]])
WRITES = st.integers(0, 25)

PEOPLE = st.one_of(
    deed(Shared.arrive, WORTHS, PATHS),
    deed(Shared.arrive, WORTHS, PATHS),
    deed(Shared.arrive_by_half, WORTHS, ANYWHERE),
    deed(Shared.place_holder, PATHS),
    deed(Shared.grow, WHICH),
    deed(Shared.replace, WHICH, WORTHS, st.booleans()),
    deed(Shared.take_back, WHICH),
    deed(Shared.rename, WHICH, ANYWHERE),
    deed(Shared.rename_folder, FOLDERS, OTHERS),
)
TROUBLE = st.one_of(
    deed(Shared.lose, LOST, PARTS),
    deed(Shared.lose_at, WRITES, st.booleans(), LOST, PARTS),
    deed(Shared.lose_at, WRITES, st.booleans(), LOST, PARTS),
    deed(Shared.die_at, WRITES, st.booleans()),
    deed(Shared.die_at, WRITES, st.booleans()),
    deed(Shared.restart),
    deed(Shared.turn_fal, st.booleans()),
    deed(Shared.give_back),
    deed(Shared.come_to_rest),
)
WORK = deed(Shared.work, st.sampled_from([1, 2, 3, 5, 8, 13, 21, 34])) | deed(
    Shared.sleep, st.sampled_from([1.0, 60.0, 1000.0])
)
HISTORIES = st.lists(st.one_of(PEOPLE, PEOPLE, WORK, WORK, TROUBLE), min_size=15, max_size=45)


def fuzzed(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.generate) + ((Phase.shrink,) if SHRINK else ()),
        derandomize=not ROLLS,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


ORIGINALS = st.sampled_from(["archive", "archive", "leave"])


# A file that leaves just before an outage was looked for at every turn, and no folder ever again.
HIDDEN = [
    Deed("die_at", (0, False)),
    Deed("take_back", (0,)),
    Deed("lose", ("gone", ROOTS)),
    Deed("die_at", (0, False)),
]
# A note on a file without a target was written under the mount point of a share that had just gone.
NOTED = [Deed("arrive", ("pass", "b.png")), Deed("lose_at", (0, True, "empty", ROOTS))]


@fuzzed(EXAMPLES)
@given(history=HISTORIES, originals=ORIGINALS)
@example(history=HIDDEN, originals="archive")
@example(history=NOTED, originals="archive")
def test_in_all_histories_each_file_is_in_one_place_and_says_why(
    history: list[Deed], originals: str
) -> None:
    live_through(history, originals)


@pytest.mark.long
@pytest.mark.timeout(900)
@fuzzed(max(EXAMPLES, 150))
@given(history=HISTORIES, originals=ORIGINALS)
def test_in_many_more_histories_none_is_lost_or_doubled(
    history: list[Deed], originals: str
) -> None:
    live_through(history, originals)


def live_through(history: list[Deed], originals: str) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Shared(Path(folder), originals=originals)
        try:
            for path in ("4k/a.png", "8k/b.png"):
                studio.arrive("pass", path)
            for one in history:
                getattr(studio, one.name)(*one.words)
                assert_none_lost(studio)
            studio.come_to_rest()
            assert_kept(studio)
        finally:
            studio.close()


@pytest.mark.parametrize(
    ("how", "roots", "step"),
    [("empty", ROOTS[1:], 13), ("gone", ROOTS, 17)]
    + [
        pytest.param(how, roots, 1, marks=[pytest.mark.long, pytest.mark.timeout(600)])
        for how, roots in (("empty", ROOTS), ("empty", ROOTS[1:]), ("gone", ("inbox",)))
    ],
)
def test_a_share_lost_before_any_use_of_a_file_takes_nothing_along(
    how: str, roots: tuple[str, ...], step: int
) -> None:
    number = 0
    while lost_at(number, how, roots):
        number += step
    assert number > 60


def lost_at(number: int, how: str, roots: tuple[str, ...]) -> int:
    """Live through the loss of a share at one use of a file; return whether it came to that."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Shared(Path(folder))
        try:
            studio.arrive("review", "4k/a.png")
            studio.lose_at(number, False, how, roots)  # noqa: FBT003 - before it
            studio.work(32)
            assert_none_lost(studio)
            studio.come_to_rest()
            assert_kept(studio)
            assert len(studio.seen) == 1, "one picture, one result"
            return studio.torn
        finally:
            studio.close()
