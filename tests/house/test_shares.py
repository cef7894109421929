"""Shares under the running daemon: taken away, returned empty, hung, failing; and what is left."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from mounted import Mounted
from place import REPOSITORY, Place, photo, sha256
from standin import Options, Standin

FOLDERS = ("inbox", "outbox", "archive", "failed", "review")
ENDS_SECONDS = 10.0
ANSWERS_SECONDS = 2.0
USUAL_START_SECONDS = 0.15
"""What `upscaled --help` takes on a machine that does nothing else."""


def watch(at: str, **keys: Any) -> dict[str, Any]:
    """Return a [[watch]] whose folders all lie in one place."""
    return {name: f"{at}/{name}" for name in FOLDERS} | {"settle_seconds": 0.3} | keys


def configured(place: Place, *watches: dict[str, Any], **tables: Any) -> None:
    values = {
        "watch": list(watches),
        "engine": {"name": "local"},
        "retry": {"first_seconds": 0.1, "max_seconds": 1.0},
    }
    place.config.write_text(tomli_w.dumps(values | tables))


@pytest.fixture
def share(place: Place) -> Iterator[Mounted]:
    """Mount a share at `share`; it is gone again after the test, whatever hangs."""
    made = Mounted(place.path("behind"), place.path("share"))
    yield made
    with suppress(Exception):
        made.go_on()
    place.end()
    made.take_away()


def drop(place: Place, to: str, seed: int) -> str:
    """Put a picture somewhere under another name and move it in whole; return its hash."""
    made = photo(place.path(f"drawn/{seed}.jpg"), (960, 720), seed=seed, quality=96)
    final = place.path(to)
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.with_name(f".{final.name}.part")
    part.write_bytes(made.read_bytes())
    part.rename(final)
    return sha256(made)


def originals(place: Place, at: str) -> Counter[str]:
    """Return how often each hash lies in inbox, archive and failed, as whoever looks there sees."""
    folders = [place.path(f"{at}/{name}") for name in ("inbox", "archive", "failed")]
    files = [one for folder in folders for one in folder.rglob("*.jpg")]
    return Counter(map(sha256, files))


def watches(place: Place) -> list[dict[str, Any]]:
    return list(place.ask("status")["watches"])


def answered(place: Place, verb: str, code: int = 0) -> Any:
    """Ask, and hold the answer to its time; on a busy machine, beside what a start costs."""
    spans = []
    for _ in range(3):
        began = time.monotonic()
        said = place.ask(verb, code=code)
        spans.append(time.monotonic() - began)
        if spans[-1] < ANSWERS_SECONDS:
            return said
    began = time.monotonic()
    place.run("--help")
    idle = time.monotonic() - began
    assert min(spans) < ANSWERS_SECONDS * max(1.0, idle / USUAL_START_SECONDS), (verb, spans, idle)
    return said


def ended(place: Place) -> float:
    """End the daemon as systemd does; return the seconds that it took."""
    began = time.monotonic()
    assert place.stop(ENDS_SECONDS) == 0
    return time.monotonic() - began


def is_done(place: Place, at: str, number: int) -> bool:
    done = list(place.path(f"{at}/archive").rglob("*.jpg"))
    told = list(place.path(f"{at}/outbox").rglob("*.png.json"))
    return len(done) == len(told) == number


def delivered_once(place: Place, at: str, hashes: list[str]) -> None:
    """Hold what lies there to: every original once, in the archive, and one result each."""
    assert originals(place, at) == Counter(hashes)
    assert not list(place.path(f"{at}/failed").rglob("*.jpg"))
    told = [json.loads(one.read_text()) for one in place.path(at).rglob("outbox/**/*.png.json")]
    assert sorted(one["source"]["sha256"] for one in told) == sorted(hashes)
    assert {one["status"] for one in told} <= {"done"}
    states = Counter(job["step"] for job in place.ask("jobs"))
    assert states == {"done": len(hashes)}


# ---- without a mount


def test_a_root_that_is_moved_away_holds_its_files_and_comes_back_by_itself(place: Place) -> None:
    configured(place, watch("a", settle_seconds=4.0), watch("b"))
    place.start()
    place.wait_for(lambda: place.path("a/review/.upscaled-root").exists(), "the markers")
    hashes = [drop(place, f"a/inbox/hd/{number}.jpg", number) for number in range(2)]
    place.wait_for(lambda: len(place.ask("jobs")) == 2, "both jobs")

    place.path("a").rename(place.path("away"))
    place.path("a/inbox/hd").mkdir(parents=True)  # an empty mount point, with a folder in it
    place.wait_for(lambda: not watches(place)[0]["healthy"], "the outage")
    other = drop(place, "b/inbox/hd/9.jpg", 9)
    place.wait_for(lambda: is_done(place, "b", 1), "the other watch")
    held = place.ask("jobs", "--state", "held")
    assert {(one["hold"], "without its marker" in one["reason"]) for one in held} == {
        ("share", True)
    }
    assert len(held) == 2
    assert [path.name for path in place.path("a").rglob("*")] == ["inbox", "hd"]

    place.path("a").rename(place.path("empty"))
    place.path("away").rename(place.path("a"))
    place.wait_for(lambda: is_done(place, "a", 2), "the return")
    assert watches(place)[0]["healthy"]
    assert ended(place) < ENDS_SECONDS
    assert originals(place, "a") == Counter(hashes)
    assert originals(place, "b") == Counter([other])
    assert Counter(job["step"] for job in place.ask("jobs")) == {"done": 3}


def test_a_root_that_is_not_there_at_the_start_stops_nobody_and_is_met_later(place: Place) -> None:
    configured(place, watch("a"), watch("b"))
    place.run("run", "--until-idle")
    place.path("a").rename(place.path("away"))
    here = drop(place, "b/inbox/hd/1.jpg", 1)
    late = drop(place, "away/inbox/hd/2.jpg", 2)

    place.start()
    place.wait_for(lambda: is_done(place, "b", 1), "the other watch")
    first, second = watches(place)
    assert (first["healthy"], second["healthy"]) == (False, True)
    assert "not there" in first["reason"]
    assert not place.path("a").exists()  # nothing is made where a root is known and gone

    place.path("away").rename(place.path("a"))
    place.wait_for(lambda: is_done(place, "a", 1), "the late one")
    assert place.stop() == 0
    assert originals(place, "a") == Counter([late])
    assert originals(place, "b") == Counter([here])


def test_a_root_that_cannot_be_made_is_said_and_the_other_watch_works(place: Place) -> None:
    place.path("a").write_text("a file where a folder should be")
    configured(place, watch("a"), watch("b"))
    drop(place, "b/inbox/hd/1.jpg", 1)

    assert "cannot be made ours" in place.until_idle(code=3)
    assert is_done(place, "b", 1)

    configured(place, watch("a"))
    alone = place.run("run", "--until-idle")
    assert alone.returncode == 1
    assert "cannot be made ours" in alone.stderr


class Failing(Place):
    """A place whose daemon meets an error at every first touch of its folders."""

    def command(self, *words: str) -> list[str]:
        """Return the command line of one verb; the daemon's own goes through the faults."""
        usual = super().command(*words)
        if words[0] != "run" or not self.path("a/inbox/.upscaled-root").exists():
            return usual
        script = str(REPOSITORY / "tests" / "house" / "failing.py")
        log = str(self.path("struck"))
        return [sys.executable, script, str(self.path("a")), log, "--", *usual[3:]]


def test_every_first_touch_of_a_share_fails_and_all_is_delivered_once(tmp_path: Path) -> None:
    place = Failing(tmp_path)
    configured(place, watch("a"))
    place.until_idle()
    hashes = [drop(place, f"a/inbox/hd/{number}.jpg", number) for number in range(2)]

    try:
        place.start()
        place.wait_for(lambda: is_done(place, "a", 2), "both pictures", 60)
        assert place.stop() == 0
    finally:
        place.end()

    struck = [line.split() for line in place.path("struck").read_text().splitlines()]
    assert {kind for _, kind, _ in struck} >= {"open", "os.mkdir"}
    assert len({name for name, _, _ in struck}) >= 10
    assert {Path(path).parts[len(tmp_path.parts) + 1] for *_, path in struck} >= {
        *("inbox", "outbox", "archive")
    }
    delivered_once(place, "a", hashes)


# ---- with one


@pytest.mark.system
@pytest.mark.timeout(180)
def test_a_share_whose_server_hangs_keeps_its_own_watch_and_nothing_else(
    place: Place, share: Mounted
) -> None:
    configured(place, watch("share"), watch("b"))
    share.mount()
    place.start()
    hashes = [drop(place, "share/inbox/hd/0.jpg", 0)]
    place.wait_for(lambda: is_done(place, "behind", 1), "the first")
    assert watches(place)[0]["observer"] == "polling"
    hashes += [drop(place, f"share/inbox/hd/{number}.jpg", number) for number in range(1, 4)]
    place.wait_for(lambda: len(place.ask("jobs")) >= 2, "the next ones")

    share.hang()
    began = time.monotonic()
    answered(place, "status")
    other = [drop(place, "b/inbox/hd/9.jpg", 9)]
    place.wait_for(lambda: is_done(place, "b", 1), "the other watch's picture")
    assert time.monotonic() - began < 15
    place.wait_for(lambda: not answered(place, "status")["watches"][0]["healthy"], "a silence", 40)
    first, second = answered(place, "status")["watches"]
    assert "share/inbox has not answered for " in first["reason"]
    assert second["healthy"]
    waiting = [job for job in answered(place, "jobs") if job["state"] != "done"]
    assert {job["hold"] for job in waiting} == {"share"}, waiting
    assert "does not answer" in json.dumps(place.ask("check", code=2)["faults"])
    assert ended(place) < ENDS_SECONDS

    first = answered(place, "status")["watches"][0]
    assert not first["healthy"]
    assert "does not answer" in first["reason"]
    place.start()  # while it hangs
    other.append(drop(place, "b/inbox/hd/10.jpg", 10))
    place.wait_for(lambda: is_done(place, "b", 2), "a picture after a start while it hangs")
    assert "answered" in answered(place, "status")["watches"][0]["reason"]

    share.go_on()
    place.wait_for(lambda: is_done(place, "behind", 4), "the rest", 60)
    place.wait_for(lambda: watches(place)[0]["healthy"], "health")
    assert ended(place) < ENDS_SECONDS
    assert originals(place, "behind") == Counter(hashes)
    assert originals(place, "b") == Counter(other)
    assert Counter(job["step"] for job in place.ask("jobs")) == {"done": 6}


@pytest.mark.system
@pytest.mark.timeout(180)
def test_an_outbox_that_hangs_by_itself_is_named_and_nothing_is_read_meanwhile(
    place: Place, share: Mounted
) -> None:
    configured(place, watch("a", outbox="share/out"), watch("b"))
    share.mount()
    place.start()
    hashes = [drop(place, "a/inbox/hd/0.jpg", 0)]
    place.wait_for(lambda: place.path("a/archive/hd/0.jpg").exists(), "the first")

    share.hang()
    hashes.append(drop(place, "a/inbox/hd/1.jpg", 1))
    drop(place, "b/inbox/hd/9.jpg", 9)
    place.wait_for(lambda: is_done(place, "b", 1), "the other watch's picture")
    place.wait_for(lambda: not answered(place, "status")["watches"][0]["healthy"], "a silence", 40)
    assert "share/out has not answered" in answered(place, "status")["watches"][0]["reason"]
    assert ended(place) < ENDS_SECONDS

    share.go_on()
    place.start()
    place.wait_for(lambda: place.path("a/archive/hd/1.jpg").exists(), "the second", 60)
    assert place.stop() == 0
    assert originals(place, "a") == Counter(hashes)
    assert len(list(place.path("behind/out").rglob("*.png"))) == 2


@pytest.mark.system
@pytest.mark.timeout(180)
def test_a_share_that_goes_comes_back_empty_and_comes_back_full_loses_and_doubles_nothing(
    place: Place, share: Mounted, tmp_path: Path
) -> None:
    with Standin(tmp_path / "standin", Options(concurrency=2, latency=2.0)) as fal:
        names = ("queue_url", "rest_url", "cdn_url", "api_url")
        place.use_fal({name: getattr(fal, name) for name in names})
        tables = {"fal": {name: getattr(fal, name) for name in names} | {"poll_seconds": 0.05}}
        configured(place, watch("share"), watch("b"), engine={"name": "fal"}, **tables)
        share.mount()
        place.start()
        hashes = [drop(place, f"share/inbox/hd/{number}.jpg", number) for number in range(6)]
        place.wait_for(lambda: fal.ledger()["accepted"] >= 2, "two requests")

        share.take_away()
        place.wait_for(lambda: not watches(place)[0]["healthy"], "the outage")
        share.source.rename(place.path("full"))
        share.source.mkdir()
        share.mount()  # another, empty share answers at the same place
        time.sleep(7)
        assert not watches(place)[0]["healthy"]
        assert not any(share.source.iterdir())
        drop(place, "b/inbox/hd/9.jpg", 9)
        place.wait_for(lambda: is_done(place, "b", 1), "the other watch")

        share.take_away()
        share.source.rmdir()
        place.path("full").rename(share.source)
        share.mount()
        place.wait_for(lambda: is_done(place, "behind", 6), "the rest", 90)
        assert place.stop() == 0
        assert fal.ledger()["accepted"] == 7
    assert originals(place, "behind") == Counter(hashes)
    assert Counter(job["step"] for job in place.ask("jobs")) == {"done": 7}


@pytest.mark.system
@pytest.mark.timeout(240)
def test_whatever_a_share_answers_for_a_while_is_waited_for_and_all_is_delivered(
    place: Place, share: Mounted
) -> None:
    configured(place, watch("share"))
    share.mount()
    place.start()
    hashes: list[str] = []
    errors = ("ESTALE", "EIO", "EHOSTDOWN", "EROFS", "ENOSPC", "EDQUOT", "ETIMEDOUT", "EACCES")
    writes = ("create", "write", "mkdir", "rename", "link", "fsync")
    for number, name in enumerate(errors):
        full = name in {"ENOSPC", "EDQUOT"}
        if full or name == "EROFS":
            share.fail(name, *writes)
        else:
            share.fail(name, "open", "read", below=f"/inbox/hd/{number}.jpg")
        hashes.append(drop(place, f"behind/inbox/hd/{number}.jpg", number))  # past the faults
        path, hold = f"hd/{number}.jpg", "disk" if full else "share"
        place.wait_for(lambda name=name: share.struck(name) > 0, name)
        place.wait_for(
            lambda path=path, hold=hold: place.jobs().get(path, {}).get("hold") == hold,
            f"a hold for {name}",
        )
        assert place.jobs()[path]["reason"]
        share.fail(name)  # and now whatever is asked
        before = share.struck(name)
        place.wait_for(lambda name=name, before=before: share.struck(name) > before, name)
        share.mend()
    place.wait_for(lambda: is_done(place, "behind", len(errors)), "everything", 60)
    assert ended(place) < ENDS_SECONDS
    delivered_once(place, "behind", hashes)
