"""The demo, whole, on a narrow terminal: table, live table, report."""

import io
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from upscaled.cli.demo import demo, prepare
from upscaled.cli.report import parse_since, report
from upscaled.edge.samples import SAMPLES
from upscaled.edge.toml import load_settings
from upscaled.errors import UsageError
from upscaled.rooms import open_ledger

KEY = "a-key-that-must-not-be-used"
DONE = sum(sample.ends == "done" for sample in SAMPLES)
PICTURE = "data:image/webp;base64,"


@pytest.mark.long
def test_the_demo_explains_every_picture_and_spends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", KEY)
    out, folder = io.StringIO(), tmp_path / ".demo"
    code = demo(folder, Console(file=out, width=50, force_terminal=True, color_system=None))
    said = out.getvalue()
    assert code == 0, said
    assert os.environ["FAL_KEY"] == KEY
    assert "\x1b[2K" in said, "no live table was drawn"
    _says_what_comes_next(said[said.index(" pictures:") :], folder)
    _spent_nothing(folder)
    _explained(folder)
    pictures = len(list(folder.glob("state/tiles/*/*.webp")))
    assert 3 * DONE <= pictures <= 5 * DONE
    assert (folder / "report.html").read_text().count(PICTURE) == pictures
    _is_told_in_the_outbox_too(folder)
    prepare(folder)
    assert not (folder / "outbox").exists(), "a second demo begins afresh"


def _says_what_comes_next(end: str, folder: Path) -> None:
    for words in ("fal would have asked $0.", str(folder / "report.html"), "make run", "check"):
        assert words in end


def _spent_nothing(folder: Path) -> None:
    sidecars = [json.loads(path.read_text()) for path in folder.glob("outbox/*/*.json")]
    assert len(sidecars) == DONE
    assert {one["engine"] for told in sidecars for one in told["passes"]} == {"local"}
    assert sum(told["cost_usd"] for told in sidecars) == 0


def _explained(folder: Path) -> None:
    for sample in SAMPLES:
        place = {"done": "outbox", "failed": "failed", "inbox": "inbox"}[sample.ends]
        wanted = Path(sample.path)
        assert list((folder / place / wanted.parent).glob(f"{wanted.stem}*")), sample
    assert "fitt" in (folder / "inbox/4k-fitt/_READ-ME.txt").read_text()
    assert "fitt" in (folder / "report.html").read_text()


def _is_told_in_the_outbox_too(folder: Path) -> None:
    shutil.rmtree(next(folder.glob("state/tiles/*")))
    settings = load_settings(folder / "config.toml")
    ledger = open_ledger(settings)
    try:
        (written,), _ = report(settings, ledger, timedelta(hours=1), None)
    finally:
        ledger.close()
    assert list(folder.glob("outbox/_REPORT-*.html")) == [written.page]
    assert list(folder.glob("outbox/_REPORT-*.txt")) == [written.text]
    page = written.page.read_text()
    assert "they are not kept, or not any more" in page
    for sidecar in folder.glob("outbox/*/*.json"):
        result = sidecar.relative_to(folder / "outbox").with_suffix("")
        assert f'href="./{result}"' in page


def test_a_strangers_folder_is_never_wiped(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(UsageError):
        prepare(tmp_path)
    assert (tmp_path / "holiday.jpg").exists()


def test_a_report_is_never_written_into_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[[watch]]\n")
    settings = load_settings(tmp_path / "config.toml")
    ledger = open_ledger(settings)
    try:
        ledger.create()
        with pytest.raises(UsageError):
            report(settings, ledger, timedelta(hours=1), None)
    finally:
        ledger.close()
    assert not (tmp_path / "outbox").exists()


@pytest.mark.parametrize(("text", "hours"), [("90m", 1.5), ("24h", 24), ("7d", 168)])
def test_a_span_of_time_is_read(text: str, hours: float) -> None:
    assert parse_since(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "1w", "-3h", "1.5h"])
def test_a_span_that_is_none_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_since(text)
    assert "24h" in raised.value.hint
