"""A file that only grows."""

from pathlib import Path

from upscaled.edge.diary import append, last


def test_lines_are_added_and_the_last_ones_read(tmp_path: Path) -> None:
    for number in range(5):
        append(tmp_path / "diary", {"number": number, "word": "Bäume"})

    assert last(tmp_path / "diary", 2) == [
        {"number": 3, "word": "Bäume"},
        {"number": 4, "word": "Bäume"},
    ]
    assert (tmp_path / "diary").stat().st_mode & 0o777 == 0o600
    assert last(tmp_path / "nothing", 2) == []


def test_a_line_that_a_crash_tore_spoils_neither_the_next_nor_the_reading(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text('{"number": 1}\n{"num')
    append(tmp_path / "diary", {"number": 2})

    assert last(tmp_path / "diary", 9) == [{"number": 1}, {"number": 2}]
