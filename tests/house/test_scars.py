"""One test for each way in which money, an original or a delivery was once nearly lost."""

import os
import shutil
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from PIL import Image

from dying import Fact, die_at
from place import Place, photo, sha256
from standin import Options, Standin


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    """Run a stand-in of fal for one test."""
    with Standin(tmp_path / "standin", Options(concurrency=4)) as server:
        yield server


@pytest.fixture
def deaf_fal(tmp_path: Path) -> Iterator[Standin]:
    """Run a stand-in that lists what it accepted only after a long while."""
    with Standin(tmp_path / "standin", Options(concurrency=4, listing_delay=1000)) as server:
        yield server


def at_fal(place: Place, server: Standin, **tables: dict[str, Any]) -> str:
    """Drop one picture at a place that works through fal; return its hash."""
    urls = {name: getattr(server, name) for name in ("queue_url", "rest_url", "cdn_url", "api_url")}
    place.use_fal(urls, **tables)
    return sha256(photo(place.path("inbox/hd/0.jpg"), (1200, 800), quality=97))


def edit(place: Place, change: Callable[[dict[str, Any]], Any]) -> None:
    values = tomllib.loads(place.config.read_text())
    change(values)
    place.config.write_text(tomli_w.dumps(values))


def in_doubt(place: Place) -> bool:
    return place.jobs().get("hd/0.jpg", {}).get("hold") == "doubt"


def delivered_once(place: Place, before: str) -> None:
    assert place.files("inbox", "outbox", "archive", "failed") == [
        "outbox/hd/0.png",
        "outbox/hd/0.png.json",
        "archive/hd/0.jpg",
    ]
    assert sha256(place.path("archive/hd/0.jpg")) == before


@pytest.mark.long
def test_the_age_of_a_doubt_is_that_of_its_own_submit_not_of_an_earlier_refusal(
    place: Place, tmp_path: Path
) -> None:
    with Standin(tmp_path / "standin", Options(listing_delay=4)) as fal:
        at_fal(place, fal, fal={"start_timeout_seconds": 4}, retry={"first_seconds": 0.3})
        refusals = {"on": "submit", "nth": 1, "times": 12, "do": "slow_down"}
        fal.script([refusals, {"on": "submit", "nth": 13, "do": "accept_then_drop"}])
        edit(place, lambda values: values["retry"].update(max_seconds=0.6))
        place.start()
        place.wait_for(lambda: place.path("archive/hd/0.jpg").exists(), "the archive", 60)

        assert place.stop() == 0
        assert fal.ledger()["accepted"] == 1
        assert len(fal.ledger()["faults"]) == 13


@pytest.mark.long
@pytest.mark.parametrize("fact", [Fact.TAKEN, Fact.SUBMITTED, Fact.FETCHED, Fact.FINISHED])
def test_a_lost_work_folder_costs_no_second_payment(place: Place, fal: Standin, fact: Fact) -> None:
    before = at_fal(place, fal)
    die_at(place, fact)
    shutil.rmtree(place.path("state/work"))

    place.until_idle()

    delivered_once(place, before)
    assert fal.ledger()["accepted"] == 1


@pytest.mark.long
def test_a_watch_that_leaves_the_config_for_a_while_keeps_its_paid_work(
    place: Place, fal: Standin
) -> None:
    before = at_fal(place, fal)
    die_at(place, Fact.FINISHED)
    kept = place.config.read_text()
    edit(place, lambda values: values["watch"][0].update(inbox="other"))
    place.until_idle()
    place.config.write_text(kept)

    place.until_idle()

    delivered_once(place, before)
    assert fal.ledger()["accepted"] == 1


def test_the_same_inbox_by_another_path_is_the_same_inbox(
    place: Place, fal: Standin, tmp_path: Path
) -> None:
    before = at_fal(place, fal)
    die_at(place, Fact.SUBMITTED)
    (tmp_path / "link").symlink_to(place.root)
    place.config = tmp_path / "link" / "config.toml"

    place.until_idle()

    delivered_once(place, before)
    assert fal.ledger()["accepted"] == 1


def test_a_crash_between_link_and_unlink_delivers_once(place: Place, fal: Standin) -> None:
    before = at_fal(place, fal)
    die_at(place, Fact.DELIVERING)
    (staged,) = place.path("outbox/.upscaled-staging").glob("*.png")
    place.path("outbox/hd").mkdir()
    os.link(staged, place.path("outbox/hd/0.png"))

    place.until_idle()

    delivered_once(place, before)


def test_a_crash_between_copy_and_unlink_archives_once(place: Place, fal: Standin) -> None:
    before = at_fal(place, fal)
    die_at(place, Fact.ARCHIVING)
    place.path("archive/hd").mkdir(parents=True)
    shutil.copy(place.path("inbox/hd/0.jpg"), place.path("archive/hd/0.jpg"))

    place.until_idle()

    delivered_once(place, before)


@pytest.mark.long
def test_a_name_in_the_archive_that_was_taken_meanwhile_is_not_waited_for(
    place: Place, fal: Standin
) -> None:
    before = at_fal(place, fal)
    die_at(place, Fact.ARCHIVING)
    photo(place.path("archive/hd/0.jpg"), (90, 60))

    place.until_idle()

    assert sha256(place.path("archive/hd/0-2.jpg")) == before


def test_a_crash_while_setting_aside_leaves_one_file_with_its_reason(place: Place) -> None:
    place.path("inbox/hd").mkdir(parents=True)
    place.path("inbox/hd/x.jpg").write_text("not a picture")
    die_at(place, 3)
    assert place.files("failed") == []
    place.path("failed/hd").mkdir(parents=True)
    shutil.copy(place.path("inbox/hd/x.jpg"), place.path("failed/hd/x.jpg"))

    place.until_idle(3)

    assert place.files("inbox", "failed") == ["failed/hd/x.jpg", "failed/hd/x.jpg.json"]


@pytest.mark.long
def test_cancelling_a_doubtful_submit_counts_its_price_as_spent(
    place: Place, deaf_fal: Standin
) -> None:
    at_fal(place, deaf_fal)
    deaf_fal.script([{"on": "submit", "do": "accept_then_drop"}])
    place.start()
    place.wait_for(lambda: in_doubt(place), "the doubt")

    place.ask("cancel", place.jobs()["hd/0.jpg"]["id"])

    place.wait_for(lambda: place.files("failed"), "failed/")
    spend = place.ask("status")["spend"]
    assert (spend["today_usd"], spend["reserved_usd"]) == (0.08, 0)


def test_cancelling_without_the_key_does_not_end_the_daemon(
    place: Place, deaf_fal: Standin
) -> None:
    at_fal(place, deaf_fal)
    die_at(place, Fact.SUBMITTED)
    del place.environment["FAL_KEY"]
    daemon = place.start()
    place.wait_for(lambda: place.ask("status")["running"], "the daemon")

    place.ask("cancel", place.jobs()["hd/0.jpg"]["id"])

    place.wait_for(lambda: place.files("failed"), "failed/")
    assert daemon.poll() is None


def test_an_order_for_an_inbox_that_left_the_config_is_answered(place: Place) -> None:
    place.path("inbox/hd").mkdir(parents=True)
    place.path("inbox/hd/x.jpg").write_text("not a picture")
    place.until_idle(3)
    failed = place.jobs()["hd/x.jpg"]["id"]
    edit(place, lambda values: values["watch"][0].update(inbox="other"))

    place.ask("retry", failed)

    assert "order_done" in place.until_idle()
    assert place.files("failed") == ["failed/hd/x.jpg", "failed/hd/x.jpg.json"]


@pytest.mark.long
def test_a_list_that_does_not_show_payloads_proves_nothing(place: Place, fal: Standin) -> None:
    at_fal(place, fal, fal={"start_timeout_seconds": 2})
    item = {"request_id": "abc", "sent_at": "2026-11-22T23:30:00Z", "json_input": None}
    listed = {"items": [item], "has_more": False, "next_cursor": None}
    blind = {"on": "list", "times": 0, "do": "answer", "status": 200, "json": listed}
    fal.script([{"on": "submit", "do": "accept_then_drop"}, blind])
    place.start()
    place.wait_for(lambda: in_doubt(place), "the doubt")
    time.sleep(4)  # longer than start_timeout and max_seconds: real time, on both sides

    assert in_doubt(place)
    assert fal.ledger()["accepted"] == 1


@pytest.mark.long
def test_a_raised_cap_lets_work_go_on_at_the_next_start(place: Place, fal: Standin) -> None:
    before = at_fal(place, fal, budget={"daily_usd": 0.01})
    place.until_idle(3)
    assert place.jobs()["hd/0.jpg"]["hold"] == "budget"
    edit(place, lambda values: values["budget"].update(daily_usd=5.0))

    place.until_idle()

    delivered_once(place, before)


@pytest.mark.long
def test_a_consumer_that_leaves_the_old_receipt_does_not_block_the_next_result(
    place: Place,
) -> None:
    place.configure(watch={"collision": "replace"})
    photo(place.path("inbox/hd/0.jpg"), (1200, 800), quality=97)
    place.until_idle()
    place.path("outbox/hd/0.png").unlink()
    photo(place.path("inbox/hd/0.jpg"), (1200, 800), seed=2, quality=97)

    place.until_idle()

    assert place.path("outbox/hd/0.png").exists()
    assert place.path("archive/_superseded/hd/0.png.json").exists()


@pytest.mark.long
def test_one_picture_in_doubt_does_not_keep_the_others_waiting(
    place: Place, deaf_fal: Standin
) -> None:
    at_fal(place, deaf_fal, fal={"max_in_flight": 1})
    deaf_fal.script([{"on": "submit", "do": "accept_then_drop"}])
    place.until_idle(3)
    photo(place.path("inbox/hd/1.jpg"), (1200, 800), seed=2, quality=97)

    place.until_idle(3)

    jobs = place.jobs()
    assert jobs["hd/0.jpg"]["hold"] == "doubt"
    assert jobs["hd/1.jpg"]["state"] == "done"


def test_a_result_that_arrives_damaged_is_downloaded_again_not_bought_again(
    place: Place, fal: Standin
) -> None:
    before = at_fal(place, fal)
    fal.script([{"on": "download", "nth": 1, "do": "corrupt"}])

    place.until_idle()

    delivered_once(place, before)
    told = fal.ledger()
    assert (told["accepted"], len(told["faults"])) == (1, 1)


def test_files_taken_away_from_the_queue_do_not_stall_the_rest(place: Place, fal: Standin) -> None:
    at_fal(place, fal, fal={"max_in_flight": 1})
    for number in range(1, 6):
        photo(place.path(f"inbox/hd/{number}.jpg"), (1200, 800), seed=number, quality=97)
    place.start()
    place.wait_for(lambda: fal.ledger()["accepted"], "a first submit")
    for number in range(1, 5):
        place.path(f"inbox/hd/{number}.jpg").unlink(missing_ok=True)

    place.wait_for(lambda: place.path("archive/hd/5.jpg").exists(), "the last one")
    place.wait_for(lambda: place.path("archive/hd/0.jpg").exists(), "the first one")


@pytest.mark.long
def test_a_paid_request_whose_address_is_asked_again_is_never_bought_again(
    place: Place, fal: Standin
) -> None:
    before = at_fal(place, fal, budget={"daily_usd": 0.10})
    edit(place, lambda values: values["retry"].update(first_seconds=0.05, max_seconds=0.1))
    away = {"on": "download", "nth": 1, "times": 12, "do": "unavailable"}
    broken = {"detail": [{"loc": ["body"], "msg": "x", "type": "internal_server_error"}]}
    once = {"on": "result", "nth": 2, "do": "answer", "status": 500, "json": broken}
    fal.script([away, once])
    place.start()

    place.wait_for(lambda: place.path("archive/hd/0.jpg").exists(), "the archive", 60)

    assert place.stop() == 0
    delivered_once(place, before)
    assert fal.ledger()["accepted"] == 1
    assert place.ask("status")["spend"]["today_usd"] == 0.08
    assert len(fal.ledger()["faults"]) >= 11


@pytest.mark.long
def test_a_work_folder_lost_between_two_passes_costs_no_second_payment(
    place: Place, fal: Standin
) -> None:
    at_fal(place, fal)
    place.path("inbox/hd/0.jpg").unlink()
    chart = Image.new("RGB", (700, 500), "white")
    for number in range(6):
        left, top = 60 + 100 * number, 400 - 60 * number
        chart.paste((200, 30 * number, 90), (left, top, left + 70, 450))
    place.path("inbox/4k").mkdir()
    chart.save(place.path("inbox/4k/chart.png"))
    die_at(place, Fact.FETCHED)  # of the first pass: the second is admitted
    shutil.rmtree(place.path("state/work"))

    place.until_idle()

    assert place.path("outbox/4k/chart.png").exists()
    passes = place.ask("show", place.jobs()["4k/chart.png"]["id"])["requests"]
    assert len(passes) == fal.ledger()["accepted"] == 2


@pytest.mark.long
def test_a_file_replaced_by_its_owner_is_taken_anew_in_the_same_run(
    place: Place, fal: Standin
) -> None:
    at_fal(place, fal, budget={"daily_usd": 0.0})
    place.until_idle(3)
    photo(place.path("inbox/hd/0.jpg"), (1100, 700), seed=5, quality=97)

    place.until_idle(3)

    held = [job for job in place.ask("jobs") if job["path"] == "hd/0.jpg"]
    assert sorted((job["state"], job["code"]) for job in held) == [
        ("failed", "withdrawn"),
        ("held", None),
    ]
