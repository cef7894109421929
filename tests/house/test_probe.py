"""What is tried in a watch's folders, and that it leaves nothing there."""

import os
import time
from pathlib import Path

import pytest

from place import Place
from upscaled.core.footing import sentences
from upscaled.core.settings import Watch, parse_settings
from upscaled.edge.disk.probe import PREFIX, Footing, probe
from upscaled.edge.watch.hints import Watcher
from upscaled.errors import Gone
from upscaled.eyes import Eyes
from upscaled.nouns import ANYHOW, Access

WELL = {
    "rename": "noreplace",
    "owner": "studio",
    "group": "press",
    "mode": "0664",
    "error": "",
    "refused": [],
    "skew_seconds": 0.0,
}


def watch_in(folder: Path, **keys: object) -> Watch:
    """Return a watch whose folders all stand in one folder."""
    config = parse_settings({"watch": [keys]}, source=folder / "config.toml").watch[0]
    for role in ("inbox", "outbox", "archive", "failed", "review"):
        getattr(config, role).mkdir()
    return config


def left(folder: Path) -> list[str]:
    return [str(one) for one in folder.rglob("*") if one.is_file()]


def test_a_probe_says_what_a_folder_is_good_for_and_leaves_nothing(tmp_path: Path) -> None:
    found = probe(tmp_path, Access(file_mode=0o640))

    assert (found.error, found.rename, found.mode, found.refused) == ("", "noreplace", "0640", ())
    assert found.owner
    assert abs(found.skew_seconds or 0.0) < 2
    assert left(tmp_path) == []


def test_what_a_crash_has_left_is_taken_away_and_what_is_just_being_tried_is_not(
    tmp_path: Path,
) -> None:
    old, young = tmp_path / f"{PREFIX}dead", tmp_path / f"{PREFIX}living-e"
    for path in (old, young, tmp_path / "picture.png"):
        path.touch()
    os.utime(old, (time.time() - 3600,) * 2)

    probe(tmp_path, ANYHOW)

    assert sorted(one.name for one in tmp_path.iterdir()) == [young.name, "picture.png"]


def test_a_folder_in_which_nothing_can_be_tried_says_why(tmp_path: Path) -> None:
    assert probe(tmp_path / "nothing", ANYHOW).error == "No such file or directory"


def test_a_new_files_event_is_heard_and_names_no_file_to_look_at(tmp_path: Path) -> None:
    hints: list[str | None] = []
    ear = Watcher(tmp_path, hints.append)
    ear.start()
    try:
        heard = ear.test(10.0)
    finally:
        ear.stop()

    assert heard is not None
    assert heard < 10
    assert set(hints) <= {""}  # the folder's own time moved


def test_where_a_new_file_raises_no_event_it_is_polled_and_heard_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes = Eyes(0, watch_in(tmp_path), lambda _folder: None)
    with monkeypatch.context() as deaf:
        deaf.setattr(Watcher, "test", lambda _self: None)
        assert "no event" in eyes.listen()
        assert (eyes.observer, "no event" in eyes.reason) == ("polling", True)
        assert eyes.probe is not None
        assert eyes.probe["events"] is False
        eyes.listen()
        assert eyes.observer == "polling"

    eyes.listen()
    assert (eyes.observer, eyes.probe["events"]) == ("native", True)
    eyes.stop()
    assert left(tmp_path) == []


def test_nothing_is_tried_in_folders_that_are_not_ours_just_now(tmp_path: Path) -> None:
    eyes = Eyes(0, watch_in(tmp_path, observer="polling"), lambda _folder: None)
    lost = [True, False, False, True, False]
    """At each listening; after an outage another server may answer."""

    def require() -> None:
        if lost.pop(0):
            raise Gone

    eyes.require = require
    probes = []
    while lost:
        eyes.listen()
        probes.append(eyes.probe)

    assert probes[0] is None
    assert probes[1] is probes[2] is probes[3]
    assert probes[1] is not None
    assert probes[1]["events"] is None
    assert probes[4] is not probes[3]


def test_a_render_folder_that_may_not_be_touched_is_not_written_to(tmp_path: Path) -> None:
    config = watch_in(tmp_path, originals="leave")
    config.inbox.chmod(0o555)
    before = config.inbox.stat().st_mtime_ns
    eyes = Eyes(0, config, lambda _folder: None)

    eyes.listen()

    assert eyes.probe is not None
    assert "inbox" not in eyes.probe["roots"]
    assert config.inbox.stat().st_mtime_ns == before
    eyes.stop()


def test_a_probe_is_told_in_words_and_what_is_as_it_should_be_is_short() -> None:
    well = {"events": True, "events_ms": 0.4, "roots": {"outbox": WELL, "archive": WELL}}
    assert list(sentences(well)) == ["events arrive in 0.4 ms", "results are studio:press 0664"]

    late = WELL | {"rename": "check", "skew_seconds": -7.5, "refused": ["group", "mode"]}
    gone = WELL | {"error": "it is mounted read-only"}
    assert list(
        sentences({"events": None, "events_ms": None, "roots": {"archive": late, "review": gone}})
    ) == [
        "events: not asked for, it is polled",
        "archive: a taken name is only looked for before the rename",
        "archive: takes no group and no mode of ours",
        "archive: its clock is 7.5 s behind",
        "review: it is mounted read-only",
    ]
    assert list(sentences(None)) == []
    assert Footing(error="x").rename == "none"


def test_status_and_check_show_what_was_tried(place: Place) -> None:
    place.until_idle()
    (checked,) = place.ask("check")["watches"]
    assert checked["healthy"]
    assert checked["probe"]["events"] is True
    assert checked["probe"]["roots"]["outbox"]["rename"] in {"noreplace", "link"}
    assert "events arrive in" in place.run("check").stdout

    place.start()
    shown = place.wait_for(lambda: place.ask("status")["watches"][0].get("probe"), "a probe")
    assert shown["events"] is True
    assert set(shown["roots"]) == {"inbox", "outbox", "archive", "failed", "review"}
    assert "results are" in place.run("status").stdout
    assert place.stop() == 0
    assert not list(place.root.rglob(f"{PREFIX}*"))
