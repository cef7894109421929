"""What `_STATUS.txt` says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from upscaled.core.budget import Caps, Spend
from upscaled.core.forecast import Forecast
from upscaled.core.status_text import Group, Place, Standing, body, text
from upscaled.core.strays import Stray
from upscaled.nouns import Hold

NOW = datetime(2026, 3, 1, 22, 2, tzinfo=UTC)
CAPS = Caps(daily=20_000_000, monthly=200_000_000, per_job=5_000_000)
EMPTY = Standing(alive=True, zone=ZoneInfo("Europe/Berlin"), engine="fal", spend=Spend(), caps=CAPS)


def test_an_inbox_with_nothing_in_it_says_so() -> None:
    told = text(EMPTY, NOW, "inbox")

    assert told.startswith(
        "Status of inbox. As of 2026-03-01 23:02 (CET).\n"
        "Renewed at least every 15 minutes while upscaled runs: if that is longer ago, it does not"
        " run, or cannot write here.\n"
    )
    assert "never taken as a picture" in told
    assert "Nothing waits; everything was done." in told
    assert "Spent today $0.00 of at most $20.00, this month $0.00 of $200.00.\n" in told


def test_what_waits_is_told_by_folder_and_reason_with_the_first_names() -> None:
    names = tuple(f"{number}.png" for number in range(5))
    waiting = (Group(folder="4k", says="In the queue.", files=4317, names=names),)
    until = datetime(2026, 3, 2, 5, tzinfo=UTC)
    held = Group(
        folder="print-a3", says="The cap.", files=2, names=("a", "b"), hold=Hold.BUDGET, until=until
    )

    told = body(replace(EMPTY, waiting=waiting, held=(held,)), NOW)

    assert "0 files in work, 4,317 waiting, 2 held.\n" in told
    assert "  4k: 4,317 files. In the queue.\n" in told
    assert "      0.png, 1.png, 2.png, 3.png, 4.png and 4,312 more\n" in told
    assert (
        "  print-a3: 2 files, waiting for money until Mon 02 Mar 06:00. The cap.\n      a, b\n"
        in told
    )


def test_what_only_a_higher_cap_lifts_names_no_day() -> None:
    why = "It would cost $6.00, over the cap of $5.00 for one picture (budget.per_job_usd)."
    held = Group(folder="print-a0", says=why, files=1, hold=Hold.BUDGET)

    told = body(replace(EMPTY, held=(held,)), NOW)

    said = f"  print-a0: 1 file, waiting for money until the cap is raised. {why}\n"
    assert said in told


@pytest.mark.parametrize("hold", Hold)
def test_every_hold_is_told_in_plain_words(hold: Hold) -> None:
    group = Group(folder="4k", says="Why.", files=1, hold=hold)

    told = body(replace(EMPTY, held=(group,)), NOW)

    assert "  4k: 1 file, " in told
    assert "_" not in told


def test_the_expected_end_is_a_range_and_nothing_where_too_little_is_known() -> None:
    waiting = (Group(folder="4k", says="", files=40),)
    range_ = Forecast(least=timedelta(minutes=42), most=timedelta(minutes=130))

    told = body(replace(EMPTY, waiting=waiting, forecast=range_), NOW)

    assert "takes 40 minutes to 2 hours: done between 23:40 and Mon 02 Mar 01:10." in told
    assert "not known yet" in body(replace(EMPTY, waiting=waiting), NOW)


def test_what_is_not_understood_and_what_is_wrong_is_said() -> None:
    told = body(
        replace(
            EMPTY,
            stop="The balance is exhausted.",
            trouble=("the share is not there",),
            strays=(
                Stray(path="", token="", hint="move them", files=2),
                Stray(path="4kk", token="4kk", hint="did you mean 4k?", files=12),
            ),
            odd=("x is a link",),
        ),
        NOW,
    )

    assert "TROUBLE: the share is not there\nSTOPPED: The balance is exhausted.\n" in told
    assert "everything was done" not in told
    assert "Nothing waits; what is left where it is stands below.\n" in told
    assert "  this folder: 2 files. Move them.\n" in told
    assert '  4kk: 12 files. The word "4kk" is not known; did you mean 4k?\n' in told
    assert "  x is a link\n" in told


def test_what_needs_a_person_is_told_with_its_place() -> None:
    review, failed = (Place(folder="4k/ACME", files=3),), (Place(folder="", files=1),)

    told = body(replace(EMPTY, review=review, failed=failed), NOW)

    assert "0 files in work, 0 waiting, 0 held, 4 for a person to look at.\n" in told
    assert "  review/4k/ACME: 3 files\n" in told
    assert "  failed: 1 file\n" in told


def test_plain_resampling_costs_nothing() -> None:
    assert "costs nothing" in body(replace(EMPTY, engine="local"), NOW)


def test_what_does_not_run_says_since_when() -> None:
    told = text(replace(EMPTY, alive=False), NOW, "inbox")

    assert "NOT RUNNING since 2026-03-01 23:02 (CET)." in told
    assert "waits until it is started again" in told


def test_a_name_cannot_write_lines_of_its_own() -> None:
    group = Group(folder="4k", says="ok", files=1, names=("a\nTROUBLE: pay here\u202e.png",))

    told = body(replace(EMPTY, waiting=(group,)), NOW)

    assert not any(line.startswith("TROUBLE") for line in told.splitlines())
    assert "\u202e" not in told


def test_a_hundred_thousand_files_in_a_thousand_folders_make_a_short_text() -> None:
    names = ("x" * 200,) * 5
    some = tuple(Group(folder=str(n), says="", files=100, names=names) for n in range(1000))
    places = tuple(Place(folder=str(n), files=9) for n in range(1000))

    told = body(replace(EMPTY, waiting=some, held=some, review=places, failed=places), NOW)

    assert len(told) < 100_000
    assert "and 97,000 files in 970 other groups" in told
    assert "and 8,730 files in 970 other folders of review" in told
