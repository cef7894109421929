"""Looking at many pictures starts one process, not one a picture."""

from pathlib import Path

from edge.count_processes import started_by_classify


def test_a_hundred_pictures_in_one_call_start_one_worker(tmp_path: Path) -> None:
    assert started_by_classify(tmp_path, 100) == 1
