"""Submits that die, meet one another, or come again: one job, and never half a file."""

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from place import REPOSITORY, Place, photo, sha256
from standin import Options, Standin
from upscaled import submitting
from upscaled.core.folders import Grammar
from upscaled.core.tickets import submitted_id
from upscaled.endings import Roots
from upscaled.errors import Aside, UpscaledError
from upscaled.nouns import Wishes
from upscaled.submitting import Asked, Handed

DYING = str(REPOSITORY / "tests" / "house" / "dying_submit.py")


@pytest.fixture
def farm(place: Place) -> Place:
    """Give a place whose inbox is there, as a share's is."""
    place.path("inbox").mkdir()
    return place


def dies(place: Place, step: int, *words: str) -> bool:
    """Submit and pull the plug at a step; say whether it came that far."""
    done = subprocess.run(
        [sys.executable, DYING, str(step), "--", "--config", str(place.config), "submit", *words],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode != 0


def seen(place: Place) -> dict[str, str]:
    """Return the hash of each picture that whoever looks into the inbox may take."""
    shown = place.files("inbox")
    return {name: sha256(place.root / name) for name in shown if not name.endswith(".job.toml")}


def dies_at_each(farm: Place, steps: Iterator[int]) -> list[tuple[bool, bool]]:
    """Die at these steps, and submit again each time; say what was there: ticket, picture."""
    left = []
    for step in steps:
        source = photo(farm.path(f"farm/{step}.png"), (640, 480), seed=step)
        wanted = {f"inbox/hd/{step}.png": sha256(source)}
        before = seen(farm)
        if not dies(farm, step, str(source), "--target", "hd"):
            break
        assert before.items() <= seen(farm).items() <= (before | wanted).items()
        ticket = farm.path(f"inbox/hd/{step}.png.job.toml")
        left.append((ticket.exists(), wanted.keys() <= seen(farm).keys()))
        handed = submitting.Counter(roots(farm), asked(), lambda _id: None).hand_in(source)
        assert seen(farm) == before | wanted
        said = tomllib.loads(ticket.read_text())
        assert (said["id"], said["sha256"]) == (handed.id, sha256(source))
    return left


BETWEEN = 9
"""The step before which the ticket is there, and the picture is not yet."""


def test_a_submit_that_dies_between_ticket_and_picture_is_finished_by_the_next(
    farm: Place,
) -> None:
    assert dies_at_each(farm, iter([BETWEEN])) == [(True, False)]


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_submit_that_dies_at_any_step_leaves_nothing_half_and_the_next_one_finishes(
    farm: Place,
) -> None:
    left = dies_at_each(farm, iter(range(1, 60)))
    assert len(left) >= 10
    assert set(left) == {(False, False), (True, False), (True, True)}

    farm.until_idle()

    jobs = farm.ask("jobs")
    assert {job["state"] for job in jobs} == {"done"}
    assert max(Counter(job["path"] for job in jobs).values()) == 1


def asked(target: str = "hd", **words: Any) -> Asked:
    grammar = Grammar({})
    folder, order = submitting.read_target(grammar, target)
    return Asked(folder=folder, order=order, grammar=grammar, **words)


def roots(place: Place) -> Roots:
    paths = {name: place.path(name) for name in ("inbox", "outbox", "archive", "review", "failed")}
    return Roots(watch=0, **paths)


def test_many_machines_that_hand_in_the_same_pictures_at_once_agree(farm: Place) -> None:
    files = [photo(farm.path(f"farm/{number}.png"), (64, 48), seed=number) for number in range(3)]

    def hand_in(file: Path) -> Handed:
        return submitting.Counter(roots(farm), asked(), lambda _id: None).hand_in(file)

    with ThreadPoolExecutor(12) as pool:
        handed = list(pool.map(hand_in, files * 12))

    assert len({one.id for one in handed}) == 3
    assert Counter(one.path for one in handed) == {f"hd/{number}.png": 12 for number in range(3)}
    assert seen(farm) == {f"inbox/hd/{file.name}": sha256(file) for file in files}
    assert len(farm.files("inbox")) == 6
    assert list(farm.path("inbox/hd").glob(".*")) == []


@pytest.mark.long
@pytest.mark.timeout(400)
def test_fifty_submits_of_ten_files_beside_a_working_daemon_are_ten_jobs(farm: Place) -> None:
    files = [photo(farm.path(f"farm/{one}.png"), (640, 480), seed=one) for one in range(10)]
    words = ["--target", "hd", "--wait", "--timeout", "300"]
    farm.start()

    def hand_in(turn: int) -> set[str]:
        turned = files[turn % 10 :] + files[: turn % 10]
        if turn % 8:
            counter = submitting.Counter(roots(farm), asked(), lambda _id: None)
            return {counter.hand_in(file).id for file in turned}
        done = farm.run("submit", *map(str, turned), *words, seconds=320)
        assert done.returncode == 0, done.stderr
        return set(done.stdout.split())

    with ThreadPoolExecutor(10) as pool:
        each = list(pool.map(hand_in, range(50)))

    (ids,) = {frozenset(one) for one in each}
    assert len(ids) == 10
    farm.wait_for(lambda: not farm.files("inbox"), "an empty inbox", 60)
    assert farm.stop() == 0
    assert {(job["id"], job["state"]) for job in farm.ask("jobs")} == {(id_, "done") for id_ in ids}
    assert len(farm.ask("jobs")) == 10
    assert len(farm.files("archive")) == 20


def test_a_target_spelled_otherwise_is_the_same_job(farm: Place) -> None:
    source = photo(farm.path("farm/a.png"), (64, 48))

    def hand_in(target: str) -> Handed:
        return submitting.Counter(roots(farm), asked(target), lambda _id: None).hand_in(source)

    handed = [hand_in(one) for one in ("print-a2-jpg", "Print JPG_a2", "PRINT-A2-JPG")]
    others = [hand_in(one) for one in ("print-a2", "print-a3-jpg", "ACME/print-a2-jpg")]

    assert {(one.id, one.path) for one in handed} == {(handed[0].id, "print-a2-jpg/a.png")}
    assert [one.new for one in handed] == [True, False, False]
    assert len({one.id for one in (handed[0], *others)}) == 4
    assert len(seen(farm)) == 4


def test_a_ticket_whose_id_was_made_of_the_target_as_typed_is_still_known(farm: Place) -> None:
    source = photo(farm.path("farm/a.png"), (64, 48))
    counter = submitting.Counter(roots(farm), asked("HD png"), lambda _id: None)
    fresh = counter.hand_in(source)
    ticket = farm.path("inbox/HD png/a.png.job.toml")
    old = submitted_id(sha256(source), Wishes(ticket="", target="HD png"))
    ticket.write_text(ticket.read_text().replace(fresh.id, old))

    again = counter.hand_in(source)

    assert old != fresh.id
    assert (again.id, again.path, again.new) == (old, "HD png/a.png", False)
    assert len(seen(farm)) == 1


def test_two_pictures_of_one_name_get_two_places_and_a_frame_keeps_its_own(farm: Place) -> None:
    one = photo(farm.path("x/a.png"), (64, 48), seed=1)
    other = photo(farm.path("y/a.png"), (64, 48), seed=2)
    counter = submitting.Counter(roots(farm), asked(), lambda _id: None)

    assert [counter.hand_in(file).path for file in (one, other, one, other)] == [
        "hd/a.png", "hd/a-2.png", "hd/a.png", "hd/a-2.png",
    ]  # fmt: skip

    frames = [one.rename(one.with_name("a.0001.png")), other.rename(other.with_name("a.0001.png"))]
    assert counter.hand_in(frames[0]).path == "hd/a.0001.png"
    with pytest.raises(Aside, match="keeps its name"):
        counter.hand_in(frames[1])
    held = frames[0].with_name("a.0002.png")
    held.write_bytes(frames[0].read_bytes())
    assert counter.hand_in(held).path == "hd/a.0002.png", "two frames may be alike"


def test_a_picture_that_somebody_put_there_by_hand_is_left_alone(farm: Place) -> None:
    by_hand = photo(farm.path("inbox/hd/a.png"), (64, 48), seed=1)
    before = sha256(by_hand)
    mine = photo(farm.path("farm/a.png"), (64, 48), seed=2)

    handed = submitting.Counter(roots(farm), asked(), lambda _id: None).hand_in(mine)

    assert handed.path == "hd/a-2.png"
    assert sha256(by_hand) == before
    assert not farm.path("inbox/hd/a.png.job.toml").exists()


def test_what_machines_that_died_have_left_goes_after_a_day(farm: Place) -> None:
    source = photo(farm.path("farm/a.png"), (64, 48))
    folder = farm.path("inbox/hd")
    folder.mkdir(parents=True)
    old, new = folder / ".upscaled-submit-1", folder / ".upscaled-submit-2"
    for path in (old, new):
        path.write_bytes(b"half")
    day = old.stat().st_mtime - 2 * submitting.STALE_SECONDS
    os.utime(old, (day, day))

    submitting.Counter(roots(farm), asked(), lambda _id: None).hand_in(source)

    assert (old.exists(), new.exists()) == (False, True)


def test_one_call_lists_the_folder_once_however_many_pictures_it_brings(
    farm: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [photo(farm.path(f"farm/{number}.png"), (64, 48), seed=number) for number in range(5)]
    listed, scandir = list[Any](), os.scandir

    def noted(place: Any) -> Any:
        listed.append(place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", noted)
    counter = submitting.Counter(roots(farm), asked(), lambda _id: None)

    for file in files:
        counter.hand_in(file)

    assert listed.count(farm.path("inbox/hd")) == 1


def test_what_lies_under_the_target_already_is_not_copied_beside_itself(farm: Place) -> None:
    there = photo(farm.path("inbox/hd/a.png"), (64, 48))
    counter = submitting.Counter(roots(farm), asked(), lambda _id: None)

    with pytest.raises(Aside, match="for this target already"):
        counter.hand_in(there)

    assert farm.files("inbox") == ["inbox/hd/a.png"]
    other = submitting.Counter(roots(farm), asked("4k"), lambda _id: None)
    put = other.hand_in(there)
    again = other.hand_in(farm.path("inbox/4k/a.png"))
    assert (put.path, put.new, again.id, again.new) == ("4k/a.png", True, put.id, False)


def test_a_link_in_the_inbox_is_not_written_through(farm: Place) -> None:
    source = photo(farm.path("farm/a.png"), (64, 48))
    farm.path("elsewhere").mkdir()
    farm.path("inbox/hd").symlink_to(farm.path("elsewhere"))

    with pytest.raises(UpscaledError, match="is no folder"):
        submitting.Counter(roots(farm), asked(), lambda _id: None).hand_in(source)

    assert list(farm.path("elsewhere").iterdir()) == []


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    """Run a stand-in of fal for one test."""
    with Standin(tmp_path / "standin", Options(concurrency=4)) as server:
        yield server


@pytest.mark.long
def test_the_same_submit_from_machines_that_know_nothing_is_paid_once(
    farm: Place, fal: Standin
) -> None:
    urls = {name: getattr(fal, name) for name in ("queue_url", "rest_url", "cdn_url", "api_url")}
    farm.use_fal(urls)
    source = photo(farm.path("farm/a.png"), (1200, 800))
    ids = []
    for _ in range(3):
        handed = submitting.Counter(roots(farm), asked(), lambda _id: None).hand_in(source)
        ids.append((handed.id, handed.new))
        farm.until_idle()
        for made in farm.path("outbox/hd").iterdir():
            made.rename(farm.path(made.name))  # a hot folder behind us took it

    assert ids == [(ids[0][0], True)] * 3
    told = fal.ledger()
    assert (told["accepted"], told["billed"], told["duplicates"]) == (1, 1, {}), told
    (job,) = farm.ask("jobs")
    assert (job["id"], job["state"]) == (ids[0][0], "done")
    assert json.loads(farm.path("a.png.json").read_text())["cost_usd"] > 0
    assert farm.files("inbox") == []
