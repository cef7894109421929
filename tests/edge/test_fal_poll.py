"""Where a request stands: odd statuses, every error type, results that are none, lost memory."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.fal_bench import KEY, ONE, UNIFIED, Bench, artifact_of, bench_in, changed, picture, still
from standin import Options
from upscaled.errors import Aside, Outage, Stop, UpscaledError, Void
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


def ended(bench: Bench, script: list[dict[str, Any]]) -> Ticket:
    """Submit under a script and wait until the request has ended at fal."""
    bench.fal.script(script)
    ticket = bench.submit()
    bench.settle(ticket.request_id)
    return ticket


def detail(kind: str, loc: list[str] | None = None, **ctx: object) -> dict[str, Any]:
    entry = {"loc": loc or ["body", "image_url"], "msg": "no", "type": kind, "input": "x" * 999}
    return {"detail": [entry | ({"ctx": ctx} if ctx else {})]}


def failing(status: int, body: object, **more: Any) -> dict[str, Any]:
    return {"on": "run", "do": "fail", "status": status, "json": body, **more}


def outcome(bench: Bench, fault: dict[str, Any]) -> UpscaledError:
    """Return what a poll raises for a request that ended so."""
    ticket = ended(bench, [fault])
    with pytest.raises(UpscaledError) as caught:
        bench.door.poll(ONE, ticket)
    ledger = bench.clean(faults=1)
    assert ledger["accepted"] == 1
    assert KEY not in str(caught.value)
    assert "xxx" not in caught.value.message
    return caught.value


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
    assert bench.door.poll(ONE, ticket).state == "ready"
    bench.clean(faults=1)


@pytest.mark.parametrize("kind", VOID_TYPES)
def test_what_fal_could_not_serve_is_void_and_unbilled(bench: Bench, kind: str) -> None:
    fault = failing(503, {"detail": "gone", "error_type": kind}, error="gone", error_type=kind)
    assert isinstance(outcome(bench, fault), Void)
    assert bench.fal.ledger()["billed"] == 0


@pytest.mark.parametrize("kind", ASIDE_TYPES)
def test_what_the_asker_ended_is_set_aside(bench: Bench, kind: str) -> None:
    fault = failing(400, {"detail": "no"}, error="no", error_type=kind)
    error = outcome(bench, fault)
    assert isinstance(error, Aside)
    assert error.code == "refused"


@pytest.mark.parametrize(
    "kind",
    [
        "content_policy_violation",
        "no_media_generated",
        "image_too_small",
        "image_too_large",
        "image_load_error",
        "file_too_large",
        "face_detection_error",
        "unsupported_image_format",
        "feature_not_supported",
        "a_type_fal_has_added",
    ],
)
def test_what_the_model_refuses_of_the_picture_is_set_aside_in_plain_words(
    bench: Bench, kind: str
) -> None:
    error = outcome(bench, failing(422, detail(kind, max_width=4000), error="422"))
    assert isinstance(error, Aside)
    assert error.code == "refused"
    assert "max width 4000" in error.message
    assert error.billed_units == 0


def test_a_refusal_that_was_billed_says_how_much(bench: Bench) -> None:
    error = outcome(bench, failing(422, detail("image_too_large"), units=8))
    assert isinstance(error, Aside)
    assert error.billed_units == 8
    assert bench.fal.ledger()["billed_usd"] == 0.08


def test_a_failure_that_was_billed_is_never_bought_again_by_itself(bench: Bench) -> None:
    error = outcome(bench, failing(500, detail("internal_server_error"), units=8))
    assert isinstance(error, Aside)
    assert error.billed_units == 8


def test_a_refused_field_of_ours_pauses_the_endpoint(bench: Bench) -> None:
    error = outcome(bench, failing(422, detail("literal_error", ["body", "model"])))
    assert isinstance(error, Stop)
    assert (error.hold, error.endpoint) == ("endpoint", UNIFIED)
    assert "body.model" in error.message


def test_the_stand_in_itself_refuses_a_field_the_model_does_not_know(bench: Bench) -> None:
    one = changed(params={"creativity": 3})
    ticket = bench.submit(one)
    bench.settle(ticket.request_id)
    with pytest.raises(Stop, match="creativity"):
        bench.door.poll(one, ticket)
    assert bench.clean()["billed"] == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, "internal_server_error"),
        (504, "generation_timeout"),
        (500, "downstream_service_unavailable"),
        (422, "file_download_error"),
        (500, "something_new"),
    ],
)
@pytest.mark.parametrize("retry", [{}, {"X-Fal-Needs-Retry": "0"}])
def test_a_failed_model_is_void_whatever_its_gateway_thinks_of_retries(
    bench: Bench, status: int, kind: str, retry: dict[str, str]
) -> None:
    assert isinstance(outcome(bench, failing(status, detail(kind), headers=retry)), Void)


@pytest.mark.parametrize(("word", "kind"), [("", Aside), ("0", Aside), ("1", Void), ("true", Void)])
def test_the_makers_refusal_is_final_unless_fal_asks_for_a_retry(
    bench: Bench, word: str, kind: type[UpscaledError]
) -> None:
    fault = failing(400, detail("downstream_service_error"), headers={"X-Fal-Needs-Retry": word})
    assert isinstance(outcome(bench, fault), kind)


def test_a_refusal_in_one_plain_text_is_set_aside_with_it(bench: Bench) -> None:
    error = outcome(bench, failing(422, {"detail": "too wild a picture"}))
    assert isinstance(error, Aside)
    assert "too wild a picture" in error.message


def test_an_untyped_500_is_void_only_because_the_history_confirms_it(bench: Bench) -> None:
    assert isinstance(outcome(bench, failing(500, {"detail": "oops"})), Void)


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


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a.png",
        "http://v3b.fal.media/a.png",
        "https://fal.media.evil.example/a.png",
        "https://user@v3.fal.media/a.png",
        "https://v3.fal.media:8443/a.png",
        "https://storage.googleapis.com/someone/a.png",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
def test_a_result_at_a_foreign_address_is_never_fetched(bench: Bench, url: str) -> None:
    error = outcome(bench, {"on": "run", "do": "foreign", "url": url})
    assert isinstance(error, Aside)
    assert (error.code, error.billed_units) == ("bad_result", 8)


def test_a_list_of_images_is_taken_as_well(bench: Bench) -> None:
    ticket = ended(bench, [])
    url = f"{bench.fal.cdn_url}/files/x.png"
    laid = {"images": [{"url": url, "content_type": 7}]}
    bench.fal.script([{"on": "result", "do": "merge", "json": laid, "remove": ["image"]}])
    assert bench.door.poll(ONE, ticket).result_url == url
    bench.clean(faults=1)


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


def test_a_model_that_cannot_fetch_the_upload_gives_a_void(bench: Bench) -> None:
    error = outcome(bench, {"on": "input", "do": "not_found"})
    assert isinstance(error, Void)


def test_an_upload_that_is_no_picture_is_set_aside(bench: Bench) -> None:
    path = bench.folder / "noise.png"
    path.write_bytes(b"no picture at all")

    url = bench.door.upload(artifact_of(path), still)
    ticket = bench.door.submit(ONE, url)
    bench.settle(ticket.request_id)
    with pytest.raises(Aside, match="could not read"):
        bench.door.poll(ONE, ticket)
    assert picture(bench.folder).bytes
