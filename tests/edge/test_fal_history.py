"""fal's list of past requests: doubt resolved, forgotten results found, absence never guessed."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.fal_bench import ONE, Bench, bench_in, ended, failing, outcome
from standin import Options
from upscaled.errors import Outage, Void
from upscaled.nouns import Ticket

VOID_TYPES = [
    "request_timeout",
    "startup_timeout",
    "runner_scheduling_failure",
    "runner_connection_timeout",
    "runner_disconnected",
    "runner_connection_refused",
    "runner_connection_error",
    "runner_incomplete_response",
    "runner_server_error",
    "internal_error",
]
ASIDE_TYPES = ["client_disconnected", "client_cancelled", "bad_request"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with bench_in(tmp_path, request_timeout_seconds=0.4) as one:
        yield one


def test_an_untyped_500_is_void_only_because_the_history_confirms_it(bench: Bench) -> None:
    assert isinstance(outcome(bench, failing(500, {"detail": "oops"})), Void)


def test_what_the_queue_has_forgotten_is_found_in_the_history(bench: Bench) -> None:
    ticket = ended(bench, [])
    bench.fal.advance(7200)
    standing = bench.door.poll(ONE, ticket)
    assert standing.state == "ready"
    assert standing.result_url.startswith(bench.fal.cdn_url)
    assert standing.billable_units is None


def test_a_result_that_expires_between_two_calls_is_found_in_the_history(bench: Bench) -> None:
    ticket = ended(bench, [])
    bench.fal.script([{"on": "result", "do": "not_found"}])
    assert bench.door.poll(ONE, ticket).state == "ready"
    bench.clean(faults=1)


def test_a_request_nobody_knows_is_waited_for_never_paid_again(bench: Bench) -> None:
    unknown = Ticket(request_id="0", status_url="", response_url="", cancel_url="")
    with pytest.raises(Outage, match="does not show it"):
        bench.door.poll(ONE, unknown)


def test_a_running_request_the_queue_denies_is_still_running(bench: Bench) -> None:
    bench.fal.script([{"on": "run", "do": "endless"}])
    ticket = bench.submit()
    while not bench.fal.ledger()["faults"]:
        time.sleep(0.01)
    bench.fal.script([{"on": "status", "do": "not_found"}])
    assert bench.door.poll(ONE, ticket).state == "running"


def test_the_history_is_read_page_by_page_to_its_end(tmp_path: Path) -> None:
    with bench_in(tmp_path, Options(page=2)) as bench:
        since = datetime.now(UTC)
        first = bench.submit()
        for n in range(4):
            bench.door.submit(ONE, f"{bench.fal.cdn_url}/files/other-{n}")
        found = bench.door.look_up(ONE, bench.image_url, since)
        assert found
        assert found.request_id == first.request_id
        assert bench.door.look_up(ONE, "https://v3.fal.media/none", since) is None


def test_two_matches_give_the_earlier_one(bench: Bench) -> None:
    since = datetime.now(UTC)
    first, _ = bench.submit(), bench.submit()
    found = bench.door.look_up(ONE, bench.image_url, since)
    assert found == first
    assert bench.fal.ledger()["duplicates"] == {bench.image_url: 2}


def test_a_late_listing_is_absent_first_and_found_later(tmp_path: Path) -> None:
    with bench_in(tmp_path, Options(listing_delay=60)) as bench:
        since = datetime.now(UTC)
        ticket = bench.submit()
        assert bench.door.look_up(ONE, bench.image_url, since) is None
        bench.fal.advance(61)
        assert bench.door.look_up(ONE, bench.image_url, since) == ticket
        later = datetime.now(UTC) + timedelta(hours=1)
        assert bench.door.look_up(ONE, bench.image_url, later) is None


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop"},
        {"do": "bad_gateway"},
        {"do": "not_json"},
        {"do": "merge", "json": {"items": 3}},
    ],
)
def test_an_unreadable_list_is_an_outage_never_an_absence(
    bench: Bench, fault: dict[str, Any]
) -> None:
    bench.fal.script([{"on": "list", **fault}])
    with pytest.raises(Outage):
        bench.door.look_up(ONE, bench.image_url, datetime.now(UTC))
    bench.clean(faults=1)


def test_an_endless_list_is_an_outage_never_an_absence(bench: Bench) -> None:
    endless = {"has_more": True, "next_cursor": "0"}
    bench.fal.script([{"on": "list", "do": "merge", "times": 0, "json": endless}])
    with pytest.raises(Outage, match="pages"):
        bench.door.look_up(ONE, bench.image_url, datetime.now(UTC))
    bench.clean(faults=100)


@pytest.mark.parametrize("word", ["unauthorized", "forbidden"])
def test_a_key_that_may_not_list_is_told_as_a_doubt(bench: Bench, word: str) -> None:
    bench.fal.script([{"on": "list", "do": word}])
    with pytest.raises(Outage, match="does not let this key list") as caught:
        bench.door.look_up(ONE, bench.image_url, datetime.now(UTC))
    assert caught.value.hold == "doubt"
    bench.clean(faults=1)
