"""How many bytes a job will yet write, and whether they fit."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import probe
from upscaled.core.space import ASKED, Need, free_for, need, sentence, too_little
from upscaled.nouns import (
    Artifact,
    Facts,
    Family,
    Fidelity,
    Format,
    Job,
    Pass,
    Plan,
    Room,
    Standing,
    State,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ONE = Pass(endpoint="x", model="m", factor=4.0, width=8000, height=6000)
PLAN = Plan(
    model=Family.CORE,
    passes=(ONE,),
    width=8000,
    height=6000,
    target_width=8000,
    target_height=6000,
    scaled_width=8000,
    scaled_height=6000,
    format=Format.TIFF,
    ppi=300.0,
)
RAW = 8000 * 6000 * 3
PACKED = round(RAW * 0.75)
UPLOAD = round(2000 * 1500 * 3 * 0.75)
RESULT = Artifact(path="r", sha256="", bytes=777, width=1, height=1, format="TIFF")


def job(state: State, **facts: Any) -> Job:
    given: dict[str, Any] = {"engine": "fal", "plan": PLAN, "probe": probe(2000, 1500)}
    return Job(
        id="j",
        state=state,
        watch=0,
        path="print-a1/a.png",
        size=5_000_000,
        mtime_ns=1,
        inode=1,
        seen_at=NOW,
        updated_at=NOW,
        facts=Facts(**(given | facts)),
    )


def test_a_new_file_needs_its_own_size_in_the_private_folder() -> None:
    assert need(job(State.SEEN)) == Need(work=5_000_000)


def test_a_redo_needs_its_private_copy_and_an_accepted_result_its_copy_in_the_outbox() -> None:
    assert need(job(State.ASKED)) == Need(work=5_000_000)
    assert need(job(State.ACCEPTING, result=RESULT)) == Need(outbox=777)
    assert {State.ASKED, State.ACCEPTING} <= ASKED


def test_what_is_written_already_is_not_needed_any_more() -> None:
    needs = {state: need(job(state)) for state in ASKED - {State.SEEN, State.FINISHED}}

    assert needs[State.PLANNED] == needs[State.ADMITTED]
    assert needs[State.ADMITTED] == Need(work=UPLOAD + PACKED + PACKED, outbox=PACKED)
    assert needs[State.PREPARED] == needs[State.SUBMITTING] == needs[State.READY]
    assert needs[State.READY] == Need(work=PACKED + PACKED, outbox=PACKED)
    assert needs[State.FETCHED] == Need(work=PACKED, outbox=PACKED)
    assert need(job(State.RECEIPTING)) == need(job(State.DONE)) == Need()


def test_the_staged_copy_is_known_to_the_byte_and_goes_where_the_verdict_says() -> None:
    passed = Fidelity(verdict="pass")
    asked = Fidelity(verdict="review")

    assert need(job(State.FINISHED, result=RESULT, fidelity=passed)) == Need(outbox=777)
    assert need(job(State.FINISHED, result=RESULT, fidelity=asked)) == Need(review=777)
    assert need(job(State.FETCHED, plan=replace(PLAN, review=True))).review == PACKED


def test_what_fal_says_of_its_result_counts_for_what_was_expected() -> None:
    said = Standing(state="ready", result_bytes=1_000)

    assert need(job(State.READY, standing=said)).work == 1_000 + PACKED


def test_local_pixels_and_unpacked_tiffs_are_as_large_as_they_are() -> None:
    assert need(job(State.READY, engine="local")).work == RAW + PACKED
    assert need(job(State.FETCHED), packed=False) == Need(work=RAW, outbox=RAW)


def test_where_the_finish_enlarges_its_scratch_counts() -> None:
    reached = replace(ONE, width=7000, height=5250)

    assert need(job(State.FETCHED, plan=replace(PLAN, passes=(reached,)))).work == RAW + PACKED


def test_depth_alpha_and_the_format_count() -> None:
    whole = replace(PLAN, passes=(), format=Format.PNG)
    deep = need(job(State.FETCHED, plan=whole, probe=probe(8000, 6000, bits=16)))
    clear = need(job(State.FETCHED, plan=whole, probe=probe(8000, 6000, alpha=True)))
    jpeg = need(job(State.FETCHED, plan=replace(PLAN, format=Format.JPEG)))

    assert deep.outbox == 2 * PACKED
    assert clear.outbox == round(RAW / 3 * 4 * 0.75)
    assert jpeg.work == jpeg.outbox == round(RAW * 0.35)


def test_it_says_how_much_is_missing_where_and_that_it_goes_on_by_itself() -> None:
    room = Room(device=1, free=1_264_000_000, total=10**12)

    assert too_little(3_100_000_000, room, 0, held=False)
    assert sentence(3_100_000_000, free_for(room, 0), Path("/srv/outbox")) == (
        "Needs 3.1 GB in /srv/outbox, 1.2 GB are free beside what is under way;"
        " it goes on by itself when there is room."
    )


@pytest.mark.parametrize(
    ("number", "free", "held", "short"),
    [
        (1_000, 1_000, False, False),
        (1_001, 1_000, False, True),
        (1_000, 1_000, True, True),
        (1_000, 1_100, True, False),
        (50_000_000_000, 51_000_000_000, True, False),
        (0, 0, True, False),
    ],
)
def test_who_was_held_waits_for_a_tenth_more_and_at_most_a_gigabyte(
    number: int, free: int, *, held: bool, short: bool
) -> None:
    room = Room(device=1, free=free, total=0)

    assert too_little(number, room, 0, held=held) is short


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_what_others_keep_is_never_promised_twice(number: int, free: int, others: int) -> None:
    room = Room(device=1, free=free, total=10**12)

    if not too_little(number, room, others, held=False):
        assert number + others + 64_000_000 <= free
