"""How a series is told to people and to scripts."""

from datetime import UTC, datetime

from core.test_series import CORE, judged, members
from upscaled.core.life import Word
from upscaled.core.progress import NAME, Progress, Run, Unrest, body, line, page, progress_json

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
SHOT = Progress(
    watch=0,
    key="4k/ACME/shot_010.#.png 960x540",
    words={Word.DONE: 237, Word.WORKING: 2, Word.FAILED: 1},
    first=100,
    last=344,
    missing=((117, 117), (240, 243)),
    gone=5,
    width=4,
    recipe=judged(members((CORE, 0.8), (CORE, 0.8))),
    pilot="4k/ACME/shot_010.0100.png",
    cost=19_200_000,
)


def test_a_person_reads_what_is_done_what_is_missing_why_and_what_it_cost() -> None:
    told = page([SHOT], NOW, UTC)

    assert NAME == "_SERIES.txt"
    assert "shot_010, frames 0100-0344" in told
    assert "240 here: 237 done, 2 working, 1 failed." in told
    assert "Missing between the first and the last: 0117, 0240-0243." in told
    assert "Judged once for the series shot on 2 of 2 frames: core" in told
    assert "shot_010.0100.png passed;" in told
    assert "Cost so far: $19.20." in told
    assert "As of 2026-11-22 07:00 (UTC)." in told
    assert "07:00" not in body([SHOT], UTC)


def test_a_script_reads_the_same() -> None:
    told = progress_json(SHOT, "/in")

    assert (told["watch"], told["folder"], told["name"]) == ("/in", "4k/ACME", "shot_010")
    assert (told["members"], told["done"], told["held"]) == (240, 237, 0)
    assert (told["first"], told["last"], told["missing"]) == (100, 344, ["0117", "0240-0243"])
    assert (told["model"], told["flicker"], told["cost_usd"]) == ("core", None, 19.2)
    assert line(SHOT) == (
        "4k/ACME/shot_010, frames 0100-0344: 237 done, 2 working, 1 failed; missing: 0117,"
        " 0240-0243"
    )


def test_what_is_whole_re_opened_or_not_judged_yet_says_so() -> None:
    whole = Progress(watch=0, key="4k/a.#.png 1x1", words={Word.DONE: 2}, first=1, last=2)
    late = Progress(watch=0, key="4k/a.#.png 1x1", words={Word.DONE: 2}, reopened_at=NOW)

    assert "No frame is missing between the first and the last." in body([whole], UTC)
    assert "Re-opened 2026-11-22 07:00: late frames" in body([late], UTC)
    assert "Not judged yet" in body([late], UTC)


def test_a_whole_folder_is_called_by_its_name() -> None:
    folder = Progress(watch=0, key="4k-series/ACME/*", words={Word.DONE: 2})

    assert (folder.folder, folder.name) == ("4k-series/ACME", "4k-series/ACME")
    assert line(folder) == "4k-series/ACME: 2 done"


def test_of_several_sequences_each_tells_what_is_missing_by_whole_names() -> None:
    runs = (
        Run(run="4k-series/x/a.#.png", first=1, last=3),
        Run(run="4k-series/x/b.#.png", first=1, last=9, missing=((2, 3), (5, 5)), gone=3, width=3),
    )
    some = Progress(watch=0, key="4k-series/x/*", words={Word.DONE: 9}, gone=3, runs=runs)

    told = progress_json(some, "/in")
    assert (told["missing"], told["missing_count"]) == (["b.002-003.png", "b.005.png"], 3)
    assert line(some).endswith(", 2 sequences: 9 done; missing: b.002-003.png, b.005.png")
    assert "the last: b.002-003.png, b.005.png." in body([some], UTC)
    assert some.gaps(1) == ("b.002-003.png",)
    whole = Progress(watch=0, key="4k-series/x/*", words={Word.DONE: 3}, runs=runs[:1])
    assert "No frame is missing between the first and the last." in body([whole], UTC)


def test_flicker_is_told_with_its_place_only_where_there_is_something_to_see() -> None:
    def said(over: int) -> str:
        found = Unrest(compared=239, worst=3.26, frame="4k/shot.0007.png", over=over)
        return body([Progress(watch=0, key="4k/a.#.png 1x1", words={}, flicker=found)], UTC)

    assert "as honest enlargement does" in said(0)
    assert "3.3 grey levels, at 4k/shot.0007.png, more than its source. 4 beyond" in said(4)


def test_a_name_that_would_steer_a_terminal_is_harmless() -> None:
    evil = Progress(watch=0, key="4k/a\n\x1b[31m.#.png 1x1", words={Word.DONE: 1}, first=1, last=1)

    assert "\x1b" not in body([evil], UTC) + line(evil)
    assert "\n" not in line(evil)
