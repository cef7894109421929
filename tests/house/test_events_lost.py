"""Events that were lost, or never came: the looks are the truth, and nothing hangs on a hint."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from mounted import Mounted
from place import Place, photo

REAL = 6
"""Pictures among what comes in while nobody listens."""


def hold_still(place: Place) -> None:
    """Stop every thread of the daemon."""
    os.kill(place.pid, signal.SIGSTOP)
    status = Path(f"/proc/{place.pid}/status")
    place.wait_for(lambda: "\nState:\tT" in status.read_text(), "it to stand still")


def rows(place: Place) -> int:
    """Return how many files the ledger has a row for."""
    with closing(sqlite3.connect(place.path("state/ledger.sqlite"))) as link:
        return int(link.execute("SELECT count(DISTINCT path) FROM jobs").fetchone()[0])


def named(place: Place, *folders: str) -> int:
    """Return how many files lie in these roots, our own words not counted."""
    files = place.files(*folders)
    return sum(not Path(one).name.startswith("_") and not one.endswith(".json") for one in files)


@pytest.mark.parametrize(
    "number", [6_000, pytest.param(60_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_what_was_made_while_the_daemon_stood_still_is_found_though_events_were_lost(
    place: Place, number: int
) -> None:
    for folder in (*(f"hd/{one}" for one in range(number // 6000)), "hd-urgent"):
        place.path(f"inbox/{folder}").mkdir(parents=True)
    apart = [photo(place.path(f"apart/{one}.jpg"), (320, 240), seed=one) for one in range(REAL)]
    place.start()
    place.wait_for(lambda: "listens" in place.path("daemon.log").read_text(), "the observer")
    assert place.ask("status")["watches"][0]["observer"] == "native"

    hold_still(place)
    for one in range(number):
        place.path(f"inbox/hd/{one // 6000}/{one:05}.jpg").write_bytes(b"x")
    for made in apart:
        made.rename(place.path(f"inbox/hd-urgent/{made.name}"))
    os.kill(place.pid, signal.SIGCONT)

    place.wait_for(lambda: rows(place) == number + REAL, "a row for each file", 300)
    archived = place.path("archive/hd-urgent")
    place.wait_for(lambda: len(list(archived.glob("*.jpg"))) == REAL, "the urgent pictures", 90)
    assert "events_lost" in place.path("daemon.log").read_text(), "no queue ran over"
    place.stop(30)
    assert named(place, "inbox", "archive", "failed") == number + REAL


@pytest.fixture
def share(place: Place) -> Iterator[Mounted]:
    """Mount a share at `share`, with an inbox that nobody has written to yet."""
    made = Mounted(place.path("behind"), place.path("share"))
    (made.source / "inbox" / "hd").mkdir(parents=True)
    made.mount()
    yield made
    with suppress(Exception):
        made.go_on()
    place.end()
    made.take_away()


@pytest.mark.system
def test_a_watch_that_hears_nothing_at_all_still_finds_every_file(
    place: Place, share: Mounted
) -> None:
    """What another machine writes raises no event here, whatever the configuration believes."""
    place.configure(watch={"inbox": "share/inbox", "observer": "native"})
    place.start()
    place.wait_for(lambda: "listens" in place.path("daemon.log").read_text(), "the observer")
    place.wait_for((share.source / "inbox/.upscaled-root").exists, "the marker")

    made = photo(place.path("apart/a.jpg"), (320, 240))
    made.rename(share.source / "inbox" / "hd" / "a.jpg")

    place.wait_for(lambda: place.path("archive/hd/a.jpg").exists(), "the picture", 90)
    assert place.ask("status")["watches"][0]["observer"] == "native"
