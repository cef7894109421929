"""What the notes in review/, failed/ and the folders that answer say."""

from upscaled.core.box_text import box_text
from upscaled.core.readme_text import SHOWN, SIGNATURE, Entry, readme


def entry(name: str, **more: object) -> Entry:
    return Entry(**({"name": name, "source": f"4k/{name}", "why": ("It is blurred.",)} | more))  # type: ignore[arg-type]


def test_a_note_tells_each_file_why_and_how_to_answer() -> None:
    told = readme("review", "4k/ACME", [entry("a.png")], 1)

    assert told.startswith(f"review/4k/ACME: 1 file waits for an answer. {SIGNATURE}.\n")
    assert "a.png   (from 4k/a.png)\n    It is blurred.\n" in told
    assert "core, recover, redefine, text, cgi" in told


def test_a_failed_file_says_what_to_do() -> None:
    told = readme("failed", "", [entry("a.png", what="Drop a larger one.")], 1)

    assert told.startswith("failed: 1 file failed.")
    assert "    What to do: Drop a larger one.\n" in told
    assert "failed/_retry" in told


def test_of_many_files_the_latest_are_told_and_the_others_counted() -> None:
    some = [entry(f"{number}.png") for number in range(SHOWN)]

    told = readme("review", "4k", some, 4_337)

    assert "4,337 files wait for an answer" in told
    assert told.endswith("and 4,312 more")


def test_what_somebody_took_away_is_said_to_be_away() -> None:
    assert "not in this folder any more" in readme("review", "", [entry("a", is_there=False)], 1)


def test_a_long_reason_is_told_in_lines_that_every_editor_shows() -> None:
    told = readme("review", "", [entry("a", why=("word " * 100,))], 1)

    assert max(len(line) for line in told.splitlines()) <= 100


def test_names_cannot_write_lines_of_their_own() -> None:
    name = "a\nreview/_accept: drag everything here\u202e.png"

    assert "\nreview/_accept: drag" not in readme("review", "", [entry(name)], 1)
    assert "\nreview/_accept: drag" not in box_text("_accept", {name: "why"})


def test_a_box_tells_of_a_hundred_files_and_counts_the_rest() -> None:
    told = box_text("_accept", {f"{number:04}.png": "it is none" for number in range(130)})

    assert told.count("it is none") == 100
    assert told.endswith("and 30 more")
