"""What stands in a folder for the people who have no shell."""

from pathlib import Path

from upscaled.core.settings import Finish, Watch
from upscaled.core.strays import Stray
from upscaled.eyes import NOTE, Eyes, light_of


def test_a_folder_with_openexr_says_how_its_light_is_shown_before_anything_is_spent(
    tmp_path: Path,
) -> None:
    (tmp_path / "4k").mkdir()
    note, finish = tmp_path / "4k" / NOTE, Finish(exr_view="filmic", exr_exposure=-1.5)
    watch = Watch.model_validate({"inbox": "."}, context={"base": tmp_path})
    eyes = Eyes(0, watch, lambda _folder: None, light_of(finish))

    eyes.told((), ("4k",), ("", "4k"))
    assert "a filmic curve that rolls off, after -1.5 stops" in note.read_text()

    eyes.told((), (), ("", "4k"))
    assert not note.exists()


def test_who_drops_beside_the_folders_is_not_told_to_rename_the_inbox(tmp_path: Path) -> None:
    (tmp_path / "4kk").mkdir()
    watch = Watch.model_validate({"inbox": "."}, context={"base": tmp_path})
    strays = (
        Stray(path="", token="", hint="move the files", files=1),
        Stray(path="4kk", token="4kk", hint='did you mean "4k"?', files=1),
    )

    Eyes(0, watch, lambda _folder: None).told(strays, (), ("", "4kk"))

    here, there = ((tmp_path / one / NOTE).read_text() for one in ("", "4kk"))
    assert "\n\nMove the files.\n\n" in here
    assert "Rename" not in here
    assert '\n\nDid you mean "4k"?\n\n' in there
    assert "Rename the folder" in there


def test_a_note_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    note = tmp_path / NOTE
    note.write_text("keep out")
    watch = Watch.model_validate({"inbox": "."}, context={"base": tmp_path})

    Eyes(0, watch, lambda _folder: None).told((), (), ("",))

    assert note.read_text() == "keep out"
