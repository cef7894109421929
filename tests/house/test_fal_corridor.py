"""The whole job through a stand-in of fal, with the plug pulled at every boundary and at random."""

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import psutil
import pytest
from PIL import Image

from dying import Fact, die_at
from place import PLAY_KEY, REPOSITORY, Place, photo, sha256
from standin import Options, Standin


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    """Run a stand-in of fal for one test."""
    with Standin(tmp_path / "standin", Options(concurrency=4)) as server:
        yield server


def urls(fal: Standin) -> dict[str, str]:
    return {
        "queue_url": fal.queue_url,
        "rest_url": fal.rest_url,
        "cdn_url": fal.cdn_url,
        "api_url": fal.api_url,
    }


def paid_once(fal: Standin, passes: int) -> None:
    """Assert that each pass was accepted and billed once, and no key went where none belongs."""
    told = fal.ledger()
    assert (told["accepted"], told["billed"]) == (passes, passes), told
    assert told["duplicates"] == {}
    assert told["violations"] == []


def whole(place: Place, sources: dict[str, str]) -> None:
    """Assert that every source has its result, its receipt and its unchanged original."""
    receipts = [json.loads(path.read_text()) for path in place.path("outbox").rglob("*.json")]
    schema = json.loads((REPOSITORY / "docs" / "receipt.schema.json").read_text())
    for told in receipts:
        jsonschema.validate(told, schema)
    assert sorted(told["source"]["path"] for told in receipts) == sorted(sources)
    for path, before in sources.items():
        assert sha256(place.path(f"archive/{path}")) == before
    assert place.files("inbox", "failed", "review") == []
    for told in receipts:
        with Image.open(place.path("outbox") / told["result"]["path"]) as result:
            result.load()
            assert result.size == (told["result"]["width"], told["result"]["height"])
            assert result.info["icc_profile"]


SIZES = {"hd": (1200, 800), "print-a5": (1300, 920), "4k": (2000, 1400), "8k": (4000, 2500)}


def drop(place: Place, **numbers: int) -> dict[str, str]:
    """Drop so many pictures into each folder; return their hashes by path."""
    made = {}
    for word, number in numbers.items():
        folder = word.strip("_").replace("_", "-")
        for seed in range(number):
            path = f"{folder}/{seed}.jpg"
            made[path] = sha256(
                photo(place.path(f"inbox/{path}"), SIZES[folder], seed=seed, quality=97)
            )
    return made


def until_done(place: Place) -> None:
    """
    Run until all is done.

    A plug pulled in the instant between a submit's record and its arrival leaves a doubt, which
    lasts until the submit is surely absent: about three seconds of real time in these tests.
    """
    for _ in range(4):
        if place.run("run", "--until-idle", seconds=90.0).returncode == 0:
            return
        assert {job["hold"] for job in place.jobs().values()} <= {None, "doubt"}
        time.sleep(3.1)
    raise AssertionError(f"not done: {place.jobs()}")


@pytest.mark.long
def test_twelve_pictures_come_out_exact_and_are_paid_once(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    sources = drop(place, print_a5=6, _4k=5, _8k=1)

    log = place.until_idle()

    whole(place, sources)
    paid_once(fal, 12)
    for number in range(6):
        with Image.open(place.path(f"outbox/print-a5/{number}.tif")) as result:
            assert (result.format, result.size) == ("TIFF", (2470, 1748))
            assert result.info["dpi"] == (300, 300)
    for number in range(5):
        with Image.open(place.path(f"outbox/4k/{number}.png")) as result:
            assert (result.format, result.size) == ("PNG", (3840, 2688))
    with Image.open(place.path("outbox/8k/0.png")) as result:
        assert (result.format, result.size) == ("PNG", (7680, 4800))
    spend = place.ask("status")["spend"]
    assert spend["today_usd"] == pytest.approx(fal.ledger()["billed_usd"])
    assert spend["reserved_usd"] == 0
    assert PLAY_KEY not in log
    sidecars = "".join(path.read_text() for path in place.path("outbox").rglob("*.json"))
    assert PLAY_KEY not in sidecars


DEAREST = (Fact.SUBMITTING, Fact.SUBMITTED, Fact.FETCHED, Fact.DELIVERING, Fact.ARCHIVING)
"""Where a pulled plug could cost money, half a file or an original; the others take their time."""


@pytest.mark.parametrize(
    ("fact", "when"),
    [(fact, "before") for fact in DEAREST]
    + [pytest.param(fact, "before", marks=pytest.mark.long) for fact in Fact if fact not in DEAREST]
    + [(fact, "after") for fact in (Fact.SUBMITTING, Fact.SUBMITTED, Fact.DONE)],
)
def test_killed_at_every_durable_fact_nothing_is_lost_or_paid_twice(
    place: Place, fal: Standin, fact: Fact, when: str
) -> None:
    place.use_fal(urls(fal), watch={"settle_seconds": 0.1})
    sources = drop(place, hd=1)
    die_at(place, fact, when)

    place.until_idle()

    whole(place, sources)
    paid_once(fal, 1)


@pytest.mark.long
def test_killed_at_random_moments_nothing_is_lost_or_paid_twice(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal), fal={"start_timeout_seconds": 2})
    sources = drop(place, hd=9, print_a5=1)
    chance = random.Random(7)
    for number in range(6):
        place.start()
        time.sleep(chance.uniform(0.8, 2.5))
        children = psutil.Process(place.pid).children(recursive=True)
        place.kill(group=number % 2 == 0)
        psutil.wait_procs(children, timeout=5)
        assert not [child for child in children if child.is_running()], "a child outlived us"

    until_done(place)

    whole(place, sources)
    paid_once(fal, 10)


@pytest.mark.long
def test_a_consumer_that_takes_results_at_once_never_gets_one_twice(
    place: Place, fal: Standin
) -> None:
    place.use_fal(urls(fal), fal={"start_timeout_seconds": 2})
    drop(place, hd=4)
    outbox, taken, end = place.path("outbox"), list[str](), threading.Event()

    def consume() -> None:
        while not end.is_set():
            for path in outbox.glob("hd/*.png"):
                taken.append(path.name)
                path.unlink()

    consumer = threading.Thread(target=consume)
    consumer.start()
    try:
        for _ in range(6):
            place.start()
            time.sleep(1.5)
            place.kill(group=True)
        until_done(place)
    finally:
        end.set()
        consumer.join(10)

    assert sorted(taken) == ["0.png", "1.png", "2.png", "3.png"]
    assert len(list(outbox.glob("hd/*.json"))) == 4
    paid_once(fal, 4)


def test_a_lost_answer_is_looked_up_and_adopted(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    drop(place, hd=1)
    fal.script([{"on": "submit", "nth": 1, "do": "accept_then_drop"}])

    place.until_idle()

    paid_once(fal, 1)
    assert len(fal.ledger()["faults"]) == 1


def test_a_submit_that_nobody_lists_is_held_with_its_price_reserved(
    place: Place, fal: Standin
) -> None:
    place.use_fal(urls(fal))
    drop(place, hd=1)
    fal.script([{"on": "submit", "nth": 1, "do": "drop"}])

    place.until_idle(3)

    job = place.jobs()["hd/0.jpg"]
    assert (job["state"], job["hold"]) == ("held", "doubt")
    assert place.ask("status")["spend"]["reserved_usd"] > 0
    assert fal.ledger()["accepted"] == 0


def test_a_submit_that_is_surely_absent_is_sent_again(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal), fal={"start_timeout_seconds": 2})
    drop(place, hd=1)
    fal.script([{"on": "submit", "nth": 1, "do": "drop"}])
    place.start()

    place.wait_for(lambda: place.path("archive/hd/0.jpg").exists(), "the archive")

    paid_once(fal, 1)


def test_the_cap_holds_from_the_first_submit(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal), budget={"daily_usd": 0.20})
    drop(place, hd=4)

    place.until_idle(3)

    jobs = place.jobs().values()
    assert sorted(job["state"] for job in jobs) == ["done", "done", "held", "held"]
    assert {job["hold"] for job in jobs if job["state"] == "held"} == {"budget"}
    assert all("$0.2" in job["reason"] for job in jobs if job["state"] == "held")
    paid_once(fal, 2)


def test_a_locked_account_holds_everything_and_fails_nothing(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    drop(place, hd=3)
    fal.script([{"on": "submit", "do": "locked", "times": 0}])

    place.until_idle(3)

    assert {job["hold"] for job in place.jobs().values()} == {"locked"}
    assert place.files("failed") == []
    assert fal.ledger()["accepted"] == 0


@pytest.mark.long
def test_a_ledger_that_has_used_fal_never_falls_back(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    text = place.config.read_text().replace('name = "fal"', 'name = "auto"')
    place.config.write_text(text)
    drop(place, hd=1)
    place.until_idle()
    del place.environment["FAL_KEY"]
    photo(place.path("inbox/hd/b.jpg"), (1200, 800), quality=97)

    place.until_idle(3)

    assert place.jobs()["hd/b.jpg"]["hold"] == "no_key"
    assert place.ask("check")["engine"]["state"] == "no_key"


def test_the_same_picture_dropped_again_is_done_again_from_what_was_paid(
    place: Place, fal: Standin
) -> None:
    place.use_fal(urls(fal))
    drop(place, hd=1)
    place.until_idle()
    drop(place, hd=1)

    place.until_idle()

    paid_once(fal, 1)
    told = json.loads(place.path("outbox/hd/0-2.png.json").read_text())
    assert (told["cost_usd"], told["cost_basis"], told["passes"]) == (0, "reused", [])
    assert sha256(place.path("archive/hd/0.jpg")) == sha256(place.path("archive/hd/0-2.jpg"))


def test_equal_pictures_dropped_at_once_are_paid_once(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    for path in ("hd/a.jpg", "hd/b.jpg", "hd/c.jpg"):
        photo(place.path(f"inbox/{path}"), SIZES["hd"], quality=97)

    place.until_idle()

    paid_once(fal, 1)
    told = [json.loads(path.read_text()) for path in place.path("outbox").rglob("*.json")]
    assert sorted(one["cost_usd"] for one in told) == [0, 0, 0.08]
    assert sorted(one["cost_basis"] for one in told) == ["billed", "reused", "reused"]
    assert place.files("inbox") == []


@pytest.mark.long
def test_what_went_to_review_is_not_paid_for_again_either(place: Place, fal: Standin) -> None:
    rules = place.path("rules")
    rules.mkdir()
    band = 'figure = "ssim"\nsays = "never enough"\nbetter = "more"\npass = 1.1\nreview = 0'
    (rules / "fidelity.toml").write_text(f"[[band]]\n{band}\n")
    place.use_fal(urls(fal), rules={"directory": "rules"})
    drop(place, hd=1)
    place.until_idle(3)
    drop(place, hd=1)

    place.until_idle(3)

    paid_once(fal, 1)
    told = json.loads(place.path("review/hd/0-2.png.json").read_text())
    assert (told["status"], told["cost_usd"], told["cost_basis"]) == ("review", 0, "reused")


@pytest.mark.long
def test_a_smaller_size_of_the_same_picture_is_made_from_what_was_paid(
    place: Place, fal: Standin
) -> None:
    place.use_fal(urls(fal))
    photo(place.path("inbox/4k-core/a.jpg"), (1300, 900), quality=97)
    place.until_idle()
    photo(place.path("inbox/hd-core/a.jpg"), (1300, 900), quality=97)

    place.until_idle()

    paid_once(fal, 1)
    told = json.loads(place.path("outbox/hd-core/a.png.json").read_text())
    assert (told["cost_usd"], told["cost_basis"]) == (0, "reused")
    with Image.open(place.path("outbox/hd-core/a.png")) as result:
        assert result.size == (1920, 1329)


@pytest.mark.long
def test_payloads_are_deleted_at_fal_after_delivery_where_that_is_asked_for(
    place: Place, fal: Standin
) -> None:
    place.use_fal(urls(fal), fal={"delete_payloads": True})
    drop(place, hd=2)

    place.until_idle()

    paid_once(fal, 2)
    forgotten = {one["request_id"] for one in fal.world.book.of("forgotten")}
    assert forgotten == {one["request_id"] for one in fal.ledger()["jobs"]}
    assert len(place.files("outbox")) == 4


def test_a_folder_that_says_local_never_uploads(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    photo(place.path("inbox/hd-local/a.jpg"), (1200, 800), quality=97)
    photo(place.path("inbox/ACME/4k/+local/b.jpg"), (2000, 1400), quality=97)

    place.until_idle()

    assert len(place.files("archive")) == 2
    told = fal.ledger()
    assert (told["uploads"], told["submits"]) == ([], 0)
    assert fal.world.keys == set(), "fal was asked something"


@pytest.mark.long
def test_every_upload_and_result_has_a_life_of_days(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    drop(place, hd=1)

    place.until_idle()

    lives = [end - fal.world.clock() for end in fal.world.mortal.values()]
    assert [2 < life / 86_400 < 31 for life in lives] == [True]
    sent = json.dumps(fal.world.book.of("submit")).lower()
    assert "x-fal-object-lifecycle-preference" in sent
    assert "null" not in sent


@pytest.mark.long
def test_what_was_paid_before_and_is_damaged_now_is_bought_anew(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    drop(place, hd=1)
    place.until_idle()
    (kept,) = (one for one in place.path("state/paid").iterdir() if one.suffix != ".json")
    kept.write_bytes(kept.read_bytes()[:5000])
    drop(place, hd=1)

    place.until_idle()

    paid_once(fal, 2)
    assert place.path("outbox/hd/0-2.png").exists()
