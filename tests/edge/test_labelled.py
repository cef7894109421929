"""What lies in a folder laid out as label/file, and what is passed over."""

import os
from pathlib import Path

import pytest

from upscaled.edge.labelled import find
from upscaled.errors import UsageError

LABELS = ("core", "text")


def touched(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def test_files_come_label_by_label_in_the_order_of_their_names(tmp_path: Path) -> None:
    found = find(touched(tmp_path, "text/b.png", "text/a.png", "core/z.jpg"), LABELS)

    assert [(one.label, one.path.name) for one in found.files] == [
        ("core", "z.jpg"),
        ("text", "a.png"),
        ("text", "b.png"),
    ]
    assert (found.skipped, found.warnings) == ((), ())


def test_what_is_no_picture_by_its_place_or_name_is_passed_over_with_a_reason(
    tmp_path: Path,
) -> None:
    touched(tmp_path, "core/.DS_Store", "core/deep/a.jpg", "README.md", ".git/config")
    os.mkfifo(tmp_path / "core" / "pipe.png")  # opening it would wait for ever

    found = find(tmp_path, LABELS)

    assert found.files == ()
    assert {str(one.path.relative_to(tmp_path)): one.reason for one in found.skipped} == {
        ".git": "hidden",
        "README.md": "not in a label's folder",
        "core/.DS_Store": "hidden",
        "core/deep": "a folder inside a label's folder",
        "core/pipe.png": "no regular file",
    }


def test_an_unknown_label_is_a_warning_that_names_the_known_ones(tmp_path: Path) -> None:
    touched(tmp_path, "core/a.jpg", "photos/a.jpg", "photos/b.jpg", "photos/.hidden")
    (tmp_path / "later").mkdir()

    later, photos = find(tmp_path, LABELS).warnings

    assert "later is passed over: it is empty" in later
    assert "photos is passed over with 2 files" in photos
    assert photos.endswith("the known labels are core, text")


def test_links_are_followed_also_to_the_folder_and_to_nowhere(tmp_path: Path) -> None:
    real = touched(tmp_path / "real", "all/a.jpg")
    (real / "core").symlink_to(real / "all")
    (real / "all" / "b.jpg").symlink_to("gone.jpg")
    (tmp_path / "link").symlink_to(real)

    found = find(tmp_path / "link", LABELS)

    assert [one.path.name for one in found.files] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("made", "says"), [("a.jpg", "no folder named after a label"), ("core", "is no folder")]
)
def test_a_folder_without_labels_is_refused(tmp_path: Path, made: str, says: str) -> None:
    touched(tmp_path, made)
    root = tmp_path if made == "a.jpg" else tmp_path / made

    with pytest.raises(UsageError, match=says):
        find(root, LABELS)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        find(tmp_path / "none", LABELS)
