"""Where a request stands: odd statuses, passing faults, results that are none."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.fal_bench import (
    ONE,
    Bench,
    artifact_of,
    bench_in,
    changed,
    door_to,
    ended,
    picture,
    still,
)
from standin import Options
from upscaled.errors import Aside, Outage, Stop, Void
from upscaled.nouns import Ticket


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with bench_in(tmp_path, request_timeout_seconds=0.4) as one:
        yield one


def test_a_finished_request_tells_address_length_price_and_time(bench: Bench) -> None:
    standing = bench.until_ended(bench.submit())
    assert standing.result_url.startswith(f"{bench.fal.cdn_url}/files/")
    assert standing.result_bytes
    assert standing.billable_units == 8
    assert standing.seconds is not None
    assert bench.clean()["billed_usd"] == 0.08


def test_queued_and_running_requests_say_so(tmp_path: Path) -> None:
    with bench_in(tmp_path, Options(concurrency=1)) as bench:
        bench.fal.script([{"on": "run", "do": "endless"}])
        tickets = [bench.submit(), bench.submit()]
        bench.fal.script(
            [
                {"on": "status", "do": "merge", "nth": n + 1, "json": {"status": word}}
                for n, word in enumerate(["IN_QUEUE", "IN_PROGRESS", "PONDERING", "IN_QUEUE"])
            ]
        )
        states = [bench.door.poll(ONE, tickets[0]).state for _ in range(4)]
        assert states == ["queued", "running", "running", "queued"]
        bench.clean(faults=4)


def test_a_status_without_any_field_counts_as_running(bench: Bench) -> None:
    ticket = bench.submit()
    bench.fal.script([{"on": "status", "do": "answer", "status": 200, "json": {"new": 1}}])
    assert bench.door.poll(ONE, ticket).state == "running"
    bench.clean(faults=1)


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "answer", "status": 500, "json": {"detail": "oops"}},
        {"do": "bad_gateway"},
        {"do": "slow_down", "headers": {"Retry-After": "3"}},
        {"do": "drop"},
        {"do": "hang", "seconds": 3},
        {"do": "not_json"},
        {"do": "truncate"},
        {"do": "answer", "status": 200, "json": ["no", "object"]},
        {"do": "answer", "status": 302, "json": {}, "headers": {"Location": "http://127.0.0.1:1/"}},
    ],
)
@pytest.mark.parametrize("on", ["status", "result"])
def test_a_passing_fault_of_a_look_is_an_outage_and_the_next_look_succeeds(
    bench: Bench, on: str, fault: dict[str, Any]
) -> None:
    ticket = ended(bench, [])
    bench.fal.script([{"on": on, **fault}])
    if on == "result" and isinstance(fault.get("json"), list):
        with pytest.raises(Aside):
            bench.door.poll(ONE, ticket)
    elif on == "result" and (fault.get("status") == 500 or fault["do"] == "bad_gateway"):
        # The history knows better: the request went well.
        assert bench.door.poll(ONE, ticket).state == "ready"
    else:
        with pytest.raises(Outage):
            bench.door.poll(ONE, ticket)
    assert bench.door.poll(ONE, ticket).state == "ready"
    assert bench.clean(faults=1)["accepted"] == 1


@pytest.mark.parametrize("on", ["status", "result"])
@pytest.mark.parametrize("word", ["unauthorized", "locked"])
def test_a_refused_key_stops_the_engine_and_the_job_goes_on_later(
    bench: Bench, on: str, word: str
) -> None:
    ticket = ended(bench, [])
    bench.fal.script([{"on": on, "do": word}])
    with pytest.raises(Stop) as caught:
        bench.door.poll(ONE, ticket)
    assert caught.value.hold == "locked"
    assert ".;" not in str(caught.value)  # fal's own words end with a mark
    assert bench.door.poll(ONE, ticket).state == "ready"
    bench.clean(faults=1)


def test_the_stand_in_itself_refuses_a_field_the_model_does_not_know(bench: Bench) -> None:
    one = changed(params={"creativity": 3})
    ticket = bench.submit(one)
    bench.settle(ticket.request_id)
    with pytest.raises(Stop, match="creativity"):
        bench.door.poll(one, ticket)
    assert bench.clean()["billed"] == 0


@pytest.mark.parametrize(
    "result",
    [
        {"image": None},
        {"image": {}},
        {"images": []},
        {"video": {"url": "https://v3.fal.media/x.mp4"}},
    ],
)
def test_a_result_without_a_picture_is_set_aside_with_its_price(
    bench: Bench, result: dict[str, Any]
) -> None:
    ticket = ended(bench, [])
    bench.fal.script(
        [
            {
                "on": "result",
                "do": "merge",
                "json": result,
                "remove": [] if "image" in result else ["image"],
            }
        ]
    )
    with pytest.raises(Aside) as caught:
        bench.door.poll(ONE, ticket)
    assert (caught.value.code, caught.value.billed_units) == ("bad_result", 8)
    bench.clean(faults=1)


def test_a_list_of_images_is_taken_as_well(bench: Bench) -> None:
    ticket = ended(bench, [])
    url = f"{bench.fal.cdn_url}/files/x.png"
    laid = {"images": [{"url": url, "content_type": 7}]}
    bench.fal.script([{"on": "result", "do": "merge", "json": laid, "remove": ["image"]}])
    assert bench.door.poll(ONE, ticket).result_url == url
    bench.clean(faults=1)


def test_a_start_timeout_ends_a_waiting_request_unbilled(tmp_path: Path) -> None:
    options = Options(concurrency=1, latency=0.2)
    with bench_in(tmp_path, options, start_timeout_seconds=600) as bench:
        first, second = bench.submit(), bench.submit()
        bench.fal.advance(700)
        bench.settle(first.request_id)
        bench.settle(second.request_id)
        with pytest.raises(Void):
            bench.door.poll(ONE, second)
        assert bench.clean()["billed"] <= 1


def test_cancelling_drops_a_queued_request_and_is_calm_about_the_rest(tmp_path: Path) -> None:
    with bench_in(tmp_path, Options(concurrency=1, latency=0.2)) as bench:
        first, second = bench.submit(), bench.submit()
        bench.door.cancel(second)
        with pytest.raises(Aside):
            bench.door.poll(ONE, second)
        bench.settle(first.request_id)
        bench.door.cancel(first)
        nothing = first.cancel_url.replace(first.request_id, "0")
        bench.door.cancel(
            Ticket(request_id="0", status_url="", response_url="", cancel_url=nothing)
        )
        with pytest.raises(Outage):
            bench.door.cancel(
                Ticket(
                    request_id="0",
                    status_url="",
                    response_url="",
                    cancel_url="http://127.0.0.1:1/requests/0/cancel",
                )
            )
        assert bench.clean()["billed"] == 1


def test_an_upload_that_is_no_picture_is_set_aside(bench: Bench) -> None:
    path = bench.folder / "noise.png"
    path.write_bytes(b"no picture at all")

    url = bench.door.upload(artifact_of(path), still)
    ticket = bench.door.submit(ONE, url)
    bench.settle(ticket.request_id)
    with pytest.raises(Aside, match="could not read"):
        bench.door.poll(ONE, ticket)
    assert picture(bench.folder).bytes


def test_a_status_is_asked_at_the_backup_host_where_the_first_cannot_be_reached(
    bench: Bench,
) -> None:
    ticket = ended(bench, [])
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/queue"
    away = Ticket(
        request_id=ticket.request_id,
        status_url=ticket.status_url.replace(bench.fal.queue_url, nowhere),
        response_url=ticket.response_url.replace(bench.fal.queue_url, nowhere),
    )
    with door_to(bench.fal, queue_url=nowhere, backup_queue_url=bench.fal.queue_url) as door:
        assert door.poll(ONE, away).state == "ready"
    with door_to(bench.fal, queue_url=nowhere) as door, pytest.raises(Outage, match="connection"):
        door.poll(ONE, away)
