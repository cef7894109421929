"""`upscaled corpus`: drawn pictures in label folders in, figures and a sheet out."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest
from PIL import Image

from judge_pictures import A1111, encoded, landscape, noisy, page, png_with
from upscaled.cli.corpus import look_at
from upscaled.cli.corpus_sheet import draw_sheets, sheet_place
from upscaled.cli.main import main
from upscaled.core.settings import parse_settings
from upscaled.edge.labelled import find
from upscaled.edge.pictures.workers import Workers
from upscaled.errors import UsageError
from upscaled.rooms import open_studio

SHEET = "corpus-mistakes.png"
ODD = ("<b>.png", "line\nbreak.png", "n" * 251 + ".png", "half\udcff.png", "a.png[shrink=8]")
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without a configuration."""
    monkeypatch.delenv("UPSCALED_CONFIG", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return what asks with --json for the exit code and what was printed."""

    def asked(*words: str) -> tuple[int, Any]:
        code = main(["corpus", *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return asked


def laid_out(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Lay out four pictures that are judged as labelled, and one that is not."""
    scene = landscape(480, 360)
    return laid_out(
        tmp_path / "drawn",
        {
            "text/screen.png": encoded(page(640, 480)),
            "core/hills.jpg": encoded(landscape(), "JPEG", quality=94),
            "recover/night.jpg": encoded(noisy(scene, 16), "JPEG", quality=30),
            "redefine/fox.png": png_with({"parameters": A1111}, scene),
            "cgi/labelled-wrong.png": encoded(page(640, 480)),
            "manifest.csv": b"path,label\n",
            "text/README.md": b"Where these come from.\n",
            "text/.hidden.png": b"",
        },
    )


def listing(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (root, *root.rglob("*"))}


def test_a_drawn_corpus_is_measured_and_its_one_mistake_drawn(
    drawn: Path, here: Path, ask: Ask
) -> None:
    before = listing(drawn)

    code, told = ask(str(drawn))

    assert code == 0
    assert (told["pictures"], told["errors"], told["warnings"]) == (5, [], [])
    assert (told["accuracy"], told["four"]["accuracy"]) == (0.8, 0.8)
    assert told["confusion"]["cgi"]["text"] == 1
    assert told["recall"]["redefine"] == told["recall"]["recover"] == 1.0
    assert told["photos"] == {"generative": 0.0, "redefine": 0.0}
    assert told["ms_per_megapixel"] > 0
    assert [row["tau"] for row in told["trade"]][::6] == [0.0, 0.8]
    (mistake,) = told["mistakes"]
    assert mistake["path"] == str(drawn / "cgi" / "labelled-wrong.png")
    assert (mistake["label"], mistake["model"]) == ("cgi", "text")
    assert mistake["reasons"]
    assert {one["reason"] for one in told["skipped"]} == {
        "hidden",
        "not in a label's folder",
        "The file is not a picture by its content.",
    }
    assert (told["sheet"], told["sheets"]) == (SHEET, [SHEET])
    with Image.open(here / SHEET) as sheet:
        sheet.load()
        assert sheet.width > 600
    assert listing(drawn) == before, "something was written among the pictures"


def test_the_tables_say_the_same_and_a_second_run_replaces_its_sheet(
    drawn: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("core", "recover", "text"):
        rmtree(drawn / label)
    for _ in range(2):
        assert main(["corpus", str(drawn)]) == 0
    said = capsys.readouterr().out

    assert re.search(r"accuracy +0\.500 +0\.500", said)
    assert "1 mistake, drawn in corpus-mistakes.png" in said
    assert [path.name for path in here.iterdir()] == [SHEET]


def test_without_mistakes_there_is_no_sheet_and_that_is_said(
    drawn: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drawn / "cgi" / "labelled-wrong.png").unlink()

    assert main(["corpus", str(drawn)]) == 0

    assert "No mistakes, so no sheet." in capsys.readouterr().out
    assert list(here.iterdir()) == []


def test_pictures_that_cannot_be_read_are_listed_and_the_others_still_measured(
    tmp_path: Path, ask: Ask
) -> None:
    whole = encoded(landscape(320, 240), "JPEG", quality=94)
    root = laid_out(
        tmp_path / "c",
        {
            "core/whole.jpg": whole,
            "core/half.jpg": whole[: len(whole) // 2],
            "core/words.jpg": b"Dear lab, the pictures follow by post.\n",
            "core/empty.png": b"",
        },
    )
    (root / "core" / "gone.jpg").symlink_to("nowhere.jpg")

    code, told = ask(str(root))

    assert (code, told["pictures"]) == (3, 1)
    assert {Path(one["path"]).name: one["error"]["code"] for one in told["errors"]} == {
        "half.jpg": "truncated",
        "words.jpg": "not_a_picture",
        "empty.png": "truncated",
        "gone.jpg": "unreadable",
    }
    assert all(one["label"] == "core" and one["error"]["message"] for one in told["errors"])


def test_odd_names_are_measured_drawn_and_printed(
    tmp_path: Path, here: Path, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    text = encoded(page(320, 240))
    root = laid_out(tmp_path / "c", {f"core/{name}": text for name in ODD})

    code, told = ask(str(root))

    assert (code, told["pictures"]) == (0, len(ODD))
    assert sorted(Path(one["path"]).name for one in told["mistakes"]) == sorted(ODD)
    with Image.open(here / told["sheet"]) as sheet:
        white = int((np.asarray(sheet) == 255).all(axis=2).sum())
    assert white > len(ODD) * 208 * 156 / 2, "a page is not drawn"
    (root / "core" / "\x1b[31m.jpg").write_bytes(b"")
    assert main(["corpus", str(root)]) == 3
    assert "\x1b[31m" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "no folder named after a label"),
        ({"a.jpg": b""}, "no folder named after a label"),
        ({"photos/a.jpg": b""}, "core, recover, redefine, text, cgi"),
        ({"core/.hidden": b""}, "holds no picture"),
    ],
)
def test_a_folder_without_labelled_pictures_is_wrong_use(
    tmp_path: Path,
    here: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, bytes],
    says: str,
) -> None:
    (tmp_path / "c").mkdir()

    assert main(["corpus", str(laid_out(tmp_path / "c", files))]) == 2

    assert says in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_the_sheet_never_lands_among_the_pictures_nor_on_someone_elses_file(
    tmp_path: Path, here: Path
) -> None:
    root = laid_out(tmp_path / "c", {"core/a.jpg": b""})
    laid_out(here, {"mine.png": encoded(landscape(60, 40))})

    with pytest.raises(UsageError, match="only read"):
        sheet_place(root, root / "core" / "sheet.png")
    with pytest.raises(UsageError, match="no sheet of ours"):
        sheet_place(root, here / "mine.png")
    with pytest.raises(UsageError, match="is not there"):
        sheet_place(root, here / "none" / "sheet.png")
    os.chdir(root)
    place, warnings = sheet_place(root, None)
    assert place is None
    assert "--output" in warnings[0]


def test_many_mistakes_fill_several_sheets(tmp_path: Path) -> None:
    mistake = {
        "path": str(tmp_path / "core" / "gone.jpg"),
        "label": "core",
        "model": "recover",
        "confidence": 0.5,
        "rule": "points",
        "reasons": [],
    }
    (tmp_path / "m-2.png").write_bytes(b"someone else's")
    workers = Workers(2)
    try:
        some = draw_sheets(workers, tmp_path / "m.png", [mistake] * 3, 9, most=2)
        (tmp_path / "m-2.png").unlink()
        both = draw_sheets(workers, tmp_path / "m.png", [mistake] * 3, 9, most=2)
    finally:
        workers.close()

    assert some[0] == [str(tmp_path / "m.png")]
    assert "no sheet of ours" in some[1][0]
    assert both == ([str(tmp_path / "m.png"), str(tmp_path / "m-2.png")], [])
    with Image.open(tmp_path / "m-2.png") as second:
        second.load()


def test_looking_is_timed_by_the_clock_that_is_passed_in(tmp_path: Path) -> None:
    root = laid_out(
        tmp_path / "c", {f"core/{n}.png": encoded(landscape(200, 100)) for n in range(3)}
    )
    seconds = iter(range(100))
    studio, workers = open_studio(parse_settings({"watch": [{}]}, source=root / "config.toml"))
    try:
        looked = look_at(studio, workers, find(root, ("core",)), lambda: float(next(seconds)))
    finally:
        workers.close()

    assert [one.file.path.name for one in looked.seen] == ["0.png", "1.png", "2.png"]
    assert all(1 <= one.seconds <= 5 for one in looked.seen)
    assert next(seconds) == 6
