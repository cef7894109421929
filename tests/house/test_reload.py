"""SIGHUP on a living daemon: what is faulty changes nothing, what is good loses no job."""

import json
import os
import random
import signal
import sqlite3
import time
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import tomli_w

from manager import Ear
from place import Place, photo, sha256
from standin import Options, Standin


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    """Run a stand-in of fal whose models take their time."""
    with Standin(tmp_path / "standin", Options(concurrency=4, latency=6.0)) as server:
        yield server


def urls(fal: Standin) -> dict[str, str]:
    return {name: getattr(fal, name) for name in ("queue_url", "rest_url", "cdn_url", "api_url")}


def reload(place: Place) -> dict[str, Any]:
    """Ask for a reload as systemd does, and return what is said of it once it has ended."""
    before = said(place)
    os.kill(place.pid, signal.SIGHUP)
    place.wait_for(lambda: said(place) != before, "the reload")
    return json.loads(said(place))  # type: ignore[no-any-return]


def said(place: Place) -> str:
    """Return what `status` will tell of the last reload; read here, since that is quicker."""
    with closing(sqlite3.connect(place.path("state/ledger.sqlite"))) as link:
        (found,) = link.execute("SELECT value FROM meta WHERE key = 'reload'").fetchone()
    return str(found)


@contextmanager
def every_text_of(path: Path) -> Iterator[set[str]]:
    """Read a file again and again from a thread of its own; return every text that stood there."""
    found, enough = {path.read_text()}, Event()

    def read() -> None:
        while not enough.wait(0.002):
            found.add(path.read_text())

    thread = Thread(target=read)
    thread.start()
    try:
        yield found
    finally:
        enough.set()
        thread.join()


def done(place: Place, path: str) -> None:
    place.wait_for(lambda: place.path(f"archive/{path}").exists(), f"{path} in the archive")


def told_of(place: Place, result: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(place.path(f"outbox/{result}.json").read_text())
    return told


def test_what_is_faulty_is_refused_whole_and_says_why_and_the_old_one_holds(place: Place) -> None:
    good = place.config.read_text()
    rules = place.path("rules")
    rules.mkdir()
    faulty = {
        "fal.max_in_fligth": good + "\n[fal]\nmax_in_fligth = 3\n",
        "budget.daily_usd": good + "\n[budget]\ndaily_usd = -1\n",
        "line 1, column 5": "not toml = at all\n" + good,
        "rules.directory": good + f'\n[rules]\ndirectory = "{place.path("nowhere")}"\n',
        "evidence": good + f'\n[rules]\ndirectory = "{rules}"\n',
    }
    (rules / "judge.toml").write_text("[gate]\ntau = 'much'\n")
    place.path("inbox/hd").mkdir(parents=True)
    with Ear.below(place.root) as ear:
        place.environment["NOTIFY_SOCKET"] = ear.address
        place.start()
        ear.until("READY", "1")

        for key, text in faulty.items():
            place.config.write_text(text)
            told = reload(place)

            assert told["ok"] is False
            assert any(key in fault["key"] for fault in told["faults"]), (key, told)
            ear.until("RELOADING", "1")
            assert key in ear.until("READY", "1")["STATUS"]

        photo(place.path("a.png"), (960, 720)).rename(place.path("inbox/hd/a.png"))
        done(place, "hd/a.png")
        assert place.ask("status")["reload"] == told  # however faulty the file is just then
        assert "config_refused" in (place.root / "daemon.log").read_text()
        assert "refused at" in place.run("status").stdout
        # Once it is mended the words are gone.
        place.config.write_text(good)
        log = place.root / "daemon.log"
        with every_text_of(place.path("inbox/_STATUS.txt")) as texts:
            assert reload(place)["ok"] is True
            # The one before has said its last words by then.
            place.wait_for(lambda: log.read_text().count('"event": "started"') == 2, "the heir")
        assert not any("NOT RUNNING" in text for text in texts)
        ear.until("RELOADING", "1")
        assert "refused" not in ear.until("READY", "1")["STATUS"]
    assert place.stop() == 0


@pytest.mark.long
def test_a_good_one_holds_at_once_and_what_was_changed_is_noted(place: Place) -> None:
    place.configure(watch={"assume": "photo"})
    photo(place.path("inbox/wall/a.png"), (960, 720))
    photo(place.path("second/hd/b.png"), (960, 720))
    pid = place.start().pid
    place.wait_for(lambda: (told := place.ask("status"))["running"] and told, "the daemon")
    assert place.ask("status")["unknown_folders"]

    roles = ("outbox", "archive", "failed", "review")
    second = {"inbox": "second", **{role: f"second-{role}" for role in roles}}
    text = place.config.read_text()
    whole = tomllib.loads(text)
    whole["watch"].append(second | {"settle_seconds": 0.15})
    whole |= {"target": {"wall": {"like": "hd"}}, "budget": {"daily_usd": 7.5}}
    place.config.write_text(tomli_w.dumps(whole))
    told = reload(place)

    assert told["ok"] is True, told
    changed = {change["key"]: (change["from"], change["to"]) for change in told["changes"]}
    assert changed["budget.daily_usd"] == (20.0, 7.5)
    assert changed["target.wall.like"] == (None, "hd")
    done(place, "wall/a.png")
    place.wait_for(lambda: place.path("second-archive/hd/b.png").exists(), "the second watch")
    lines = place.path("state/config-changes.jsonl").read_text().splitlines()
    noted = [json.loads(line) for line in lines]
    assert [line["by"] for line in noted] == ["reload"]
    assert noted[0]["changes"] == told["changes"]
    assert place.pid == pid

    # A watch whose files have all ended may leave, and a start tells what was changed before it.
    place.config.write_text(text)
    assert reload(place)["ok"] is True
    assert len(place.ask("status")["watches"]) == 1
    assert "NOT RUNNING since" in place.path("second/_STATUS.txt").read_text()
    assert "NOT RUNNING" not in place.path("inbox/_STATUS.txt").read_text()
    assert place.stop() == 0
    place.configure(watch={"assume": "scan"})
    place.until_idle()
    last = json.loads(place.path("state/config-changes.jsonl").read_text().splitlines()[-1])
    assert last["by"] == "start"
    assert last["changes"] == [
        {"key": f"watch[{place.path('inbox')}].assume", "from": "photo", "to": "scan"}
    ]


@pytest.mark.long
def test_what_needs_a_restart_is_refused_and_names_the_key(place: Place) -> None:
    place.path("inbox/hd").mkdir(parents=True)
    place.path("inbox/hd/empty.png").touch()  # waits for ever
    place.start()
    place.wait_for(place.jobs, "the job")
    good = place.config.read_text()

    place.config.write_text(good.replace('name = "local"', 'name = "auto"'))
    (fault,) = reload(place)["faults"]
    assert fault["key"] == "engine.name"
    assert "restart" in fault["hint"]

    place.config.write_text(good.replace('inbox = "inbox"', 'inbox = "other"'))
    faults = reload(place)["faults"]
    assert [fault["key"] for fault in faults] == [f"watch[{place.path('inbox')}]"]
    assert "1 file" in faults[0]["expected"]
    assert not place.path("other").exists()

    # Another ledger's folder is never taken over.
    place.path("foreign").mkdir()
    place.path("foreign/.upscaled-root").write_text("another\n")
    place.config.write_text(good.replace('inbox = "inbox"', 'inbox = "inbox", outbox = "foreign"'))
    told = reload(place)
    assert "belongs to another upscaled ledger" in told["faults"][0]["value"]
    assert place.path("foreign/.upscaled-root").read_text() == "another\n"
    assert place.stop() == 0


def test_a_job_in_flight_is_fetched_with_its_old_plan_and_paid_once(
    place: Place, fal: Standin
) -> None:
    place.use_fal(urls(fal))
    before = sha256(photo(place.path("inbox/wall-tif/a.png"), (640, 480)))
    text = place.config.read_text()
    place.config.write_text(text + '\n[target.wall]\nlike = "hd"\n')
    place.start()
    place.wait_for(lambda: fal.ledger()["accepted"] == 1, "the submit")

    # From here on the name means something else, and nothing more may be spent.
    place.config.write_text(
        text + '\n[target.wall]\nlike = "4k"\n[budget]\ndaily_usd = 0\nper_job_usd = 0\n'
    )
    assert reload(place)["ok"] is True
    assert not place.path("archive/wall-tif/a.png").exists()  # it was in flight
    photo(place.path("b.png"), (640, 480), seed=2).rename(place.path("inbox/wall-tif/b.png"))
    done(place, "wall-tif/a.png")

    told = told_of(place, "wall-tif/a.tif")
    assert (told["result"]["width"], told["result"]["format"]) == (1920, "TIFF")
    assert sha256(place.path("archive/wall-tif/a.png")) == before
    held = place.wait_for(
        lambda: (job := place.jobs()["wall-tif/b.png"])["hold"] and job, "the hold"
    )
    assert held["hold"] == "budget"
    assert place.stop() == 0
    ledger = fal.ledger()
    assert (ledger["accepted"], ledger["billed"], ledger["duplicates"]) == (1, 1, {})


@pytest.mark.long
def test_a_local_step_under_way_is_not_lost_nor_done_twice(place: Place) -> None:
    photo(place.path("inbox/8k-core/a.png"), (4000, 2500))
    place.start()
    place.wait_for(lambda: place.ask("jobs", "--state", "working"), "the work")

    for _ in range(3):
        os.kill(place.pid, signal.SIGHUP)
        time.sleep(0.3)
    done(place, "8k-core/a.png")

    assert place.files("outbox") == ["outbox/8k-core/a.png", "outbox/8k-core/a.png.json"]
    told = told_of(place, "8k-core/a.png")
    assert len(told["passes"]) == 1
    place.wait_for(lambda: place.ask("jobs")[0]["state"] == "done", "the end")
    states = [event["state"] for event in place.ask("show", place.ask("jobs")[0]["id"])["history"]]
    assert states.count("ready") == states.count("finished") == states.count("done") == 1, states
    assert place.stop() == 0


@pytest.mark.long
def test_a_hang_up_in_the_middle_of_the_start_is_no_end(place: Place) -> None:
    place.start()
    place.wait_for(place.path("state/lock").exists, "the lock, long before the first turn")
    for _ in range(200):
        os.kill(place.pid, signal.SIGHUP)
        time.sleep(0.005)
    place.wait_for(lambda: place.ask("status")["running"], "the daemon")
    assert place.stop() == 0


@pytest.mark.long
@pytest.mark.timeout(300)
def test_two_dozen_pictures_under_a_hail_of_reloads_are_each_paid_once(
    place: Place, tmp_path: Path
) -> None:
    with Standin(tmp_path / "standin", Options(concurrency=8, latency=1.0)) as fal:
        hail(place, fal)


def hail(place: Place, fal: Standin) -> None:
    """Reload at random while two dozen pictures come through."""
    chance = random.Random(5)
    place.use_fal(urls(fal), fal={"max_in_flight": 16}, budget={"daily_usd": 100.0})
    sources = {}
    for seed in range(24):
        path = f"{'4k' if seed % 2 else 'hd'}/{seed}.png"
        sources[path] = sha256(photo(place.path(f"inbox/{path}"), (640, 480), seed=seed))
    place.start()
    place.wait_for(lambda: fal.ledger()["accepted"], "the first submit")
    hails = 0
    until = time.monotonic() + 200
    while len(place.files("archive")) < 24 and time.monotonic() < until:
        flight = {"max_in_flight": chance.choice([4, 16, 24])}
        budget = {"daily_usd": chance.choice([90.0, 100.0])}
        place.use_fal(urls(fal), fal=flight, budget=budget)
        if chance.random() < 0.2:
            place.config.write_text("faulty")
        os.kill(place.pid, signal.SIGHUP)
        hails += 1
        assert place.ask("status")["running"]
        time.sleep(chance.uniform(0.05, 2.5))

    assert {path: sha256(place.path(f"archive/{path}")) for path in sources} == sources
    place.use_fal(urls(fal))
    assert place.stop() == 0
    log = (place.root / "daemon.log").read_text()
    assert log.count("config_reloaded") >= 3, hails
    ledger = fal.ledger()
    assert (ledger["accepted"], ledger["billed"], ledger["duplicates"]) == (24, 24, {})
    assert ledger["violations"] == []
    results = [path for path in place.files("outbox", "review") if path.endswith(".png.json")]
    assert len(results) == 24
    assert place.ask("status")["spend"]["reserved_usd"] == 0
