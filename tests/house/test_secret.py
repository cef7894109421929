"""fal's key is nowhere but in the environment it came from and in the headers it is meant for."""

import sqlite3
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from edge.fal_bench import artifact_of, changed, door_to, still
from place import Place, photo
from standin import Options, Standin
from upscaled.errors import UpscaledError
from upscaled.nouns import Standing

KEY = "3f0c9a51-5eed-4b1d-9f11-5ec7e7:b0a7c2d4e6f8091a2b3c4d5e6f708192"
HALF = KEY.partition(":")[2]
"""The secret half alone is as bad as the whole."""


def refusing(text: str) -> dict[str, Any]:
    complaint = {"loc": ["body", "image_url"], "msg": text, "type": "value_error"}
    body = {"detail": [complaint | {"input": text}], "key": text}
    return {"on": "run", "nth": 2, "do": "fail", "status": 422, "json": body, "error": text}


@pytest.fixture
def fal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """Run a stand-in that knows this key alone, and is slow enough to be watched."""
    options = Options(keys=(KEY,), latency=0.5, concurrency=1)
    with Standin(tmp_path_factory.mktemp("fal"), options) as server:
        yield server


def leaks(folder: Path) -> list[str]:
    """Return every file below a folder that holds the key, in whatever encoding of ours."""
    words = [HALF.encode(), HALF.encode("utf-16-le"), HALF.encode().hex().encode()]
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and any(word in path.read_bytes() for word in words)
    ]


def seen_processes(daemon: psutil.Process) -> list[str]:
    """Return what the process list shows of the daemon and of every process below it."""
    shown = [" ".join(daemon.cmdline())]
    for child in daemon.children(recursive=True):
        shown += [" ".join(child.cmdline()), str(child.environ()), str(child.open_files())]
    return shown


@pytest.mark.long
def test_the_key_is_in_no_log_file_row_or_process(place: Place, fal: Standin) -> None:
    urls = {name: getattr(fal, name) for name in ("queue_url", "rest_url", "cdn_url", "api_url")}
    place.use_fal(urls)
    place.environment["FAL_KEY"] = KEY
    for number in range(3):
        photo(place.path(f"inbox/hd/{number}.jpg"), (1200, 800), seed=number, quality=97)
    said = {"do": "answer", "status": 500, "json": {"detail": f"bad key {KEY}"}}
    fal.script(
        [
            refusing(KEY),
            {"on": "status", **said},
            {"on": "upload", **said},
            {"on": "submit", "nth": 3, "do": "accept_then_drop"},
            {"on": "list", **said, "json": {"detail": KEY, KEY: KEY}},
        ]
    )
    daemon = psutil.Process(place.start().pid)
    place.wait_for(lambda: fal.ledger()["accepted"], "a first submit")
    shown = seen_processes(daemon)
    assert len(shown) >= 4, "no worker was there to look at"
    place.wait_for(lambda: len(place.files("archive", "failed")) >= 4, "all three ends", 60)
    shown += seen_processes(daemon)
    for verb in (["status"], ["jobs"], ["check"], ["report"]):
        shown.append(place.run(*verb).stdout)
    shown += [str(place.ask("show", job["id"])) for job in place.jobs().values()]
    assert place.stop() == 0
    (failed,) = (name for name in place.files("failed") if name.endswith(".json"))

    told = fal.ledger()
    assert told["pending"] == []
    assert told["violations"] == []
    assert [text for text in shown if HALF in text] == []
    assert "***" in place.path(failed).read_text(), "fal did not echo it"
    assert leaks(place.root) == []
    with sqlite3.connect(place.path("state/ledger.sqlite")) as rows:
        dump = "\n".join(rows.iterdump())
    rows.close()
    assert "INSERT INTO" in dump
    assert HALF not in dump
    assert HALF not in str(told["faults"]) + str(told["uploads"]), "a URL carried it"


def test_the_search_finds_a_key_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 100 + KEY.encode())

    assert leaks(tmp_path) == [str(tmp_path / "log")]


BODY = {"status": 500, "headers": {"X-Fal-Error-Type": KEY, "Retry-After": KEY}}
TROUBLES: tuple[dict[str, Any], ...] = (
    {"do": "unauthorized"},
    {"do": "locked"},
    {"do": "drop"},
    {"do": "answer", "text": f"<p>{KEY}</p>", **BODY},
    {"do": "answer", "json": {"detail": KEY, "error_type": KEY}, **BODY},
)


def test_the_key_is_in_no_exception_of_the_door(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png", (64, 48))
    with Standin(tmp_path / "fal") as fal, door_to(fal, KEY) as door:
        url = door.upload(artifact_of(path), still)
        ticket, one = door.submit(changed(), url), changed()
        there = Standing(state="ready", result_url=url)
        calls: dict[str, Callable[[], object]] = {
            "submit": lambda: door.submit(one, url),
            "status": lambda: door.poll(one, ticket),
            "list": lambda: door.look_up(one, url, fal.world.moment()),
            "upload": lambda: door.upload(artifact_of(path), still),
            "download": lambda: door.fetch(one, there, tmp_path / "r.png", still),
        }
        for on, call in calls.items():
            for trouble in TROUBLES:
                also = [{"on": "initiate", **trouble}] if on == "upload" else []
                fal.script([{"on": on, "times": 0, **trouble}, *also])
                with pytest.raises(UpscaledError) as caught:
                    call()
                shown = "".join(traceback.format_exception(caught.value)) + caught.value.hint
                assert HALF not in shown + repr(caught.value) + str(vars(caught.value))
