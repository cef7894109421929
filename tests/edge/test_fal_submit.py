"""The paid request: sent once, and every way in which its answer can fail to come."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.fal_bench import KEY, ONE, UNIFIED, Bench, bench_in, changed, door_to
from upscaled.errors import Aside, Doubt, Outage, Stop, UpscaledError
from upscaled.flow.ports import Engine

FOREIGN = {
    "status_url": "https://evil.example/requests/x/status",
    "response_url": "http://127.0.0.1:1/queue/requests/x",
    "cancel_url": "ftp://127.0.0.1/requests/x",
}
AT_IMAGE = {"detail": [{"loc": ["body", "image_url"], "msg": "bad", "type": "value_error"}]}
AT_MODEL = {"detail": [{"loc": ["body", "model"], "msg": "no such", "type": "literal_error"}]}


def answer(status: int, body: object = None, **more: Any) -> dict[str, Any]:
    return {"do": "answer", "status": status, "json": body or {"detail": "no"}, **more}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with bench_in(tmp_path, request_timeout_seconds=0.4) as one:
        yield one


def test_an_accepted_submit_carries_what_fal_wants_to_know(bench: Bench) -> None:
    ticket = bench.submit(changed(factor=1.5))
    ledger = bench.clean()
    job = ledger["jobs"][0]
    assert job["request_id"] == ticket.request_id
    assert job["asked"] == {
        "image_url": bench.image_url,
        "model": "Standard V2",
        "upscale_factor": 1.5,
        "output_format": "png",
        "face_enhancement": False,
    }
    headers = {
        name.lower(): text for name, text in bench.fal.world.book.of("submit")[0]["headers"].items()
    }
    assert headers["x-fal-request-timeout"] == "3600"
    assert headers["x-app-fal-disable-fallback"] == "true"
    assert "expiration_duration_seconds" in headers["x-fal-object-lifecycle-preference"]
    assert "x-fal-no-retry" not in headers
    assert (
        ticket.status_url
        == f"{bench.fal.queue_url}/fal-ai/topaz/requests/{ticket.request_id}/status"
    )


def test_the_door_fits_the_port(bench: Bench) -> None:
    engine: Engine = bench.door
    assert engine.name == "fal"


def test_an_endpoint_without_a_factor_is_not_sent_one(bench: Bench) -> None:
    bench.submit(changed(endpoint="topaz/restore/image", model="Recover 3", params={}))
    assert set(bench.clean()["jobs"][0]["asked"]) == {"image_url", "model"}


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        ({"do": "drop"}, 0),
        ({"do": "accept_then_drop"}, 1),
        ({"do": "accept_then_hang", "seconds": 5}, 1),
        ({"do": "accept_then_502"}, 1),
        ({"do": "truncate", "without_id": True}, 1),
        ({"do": "empty", "without_id": True}, 1),
        ({"do": "not_json", "without_id": True}, 1),
        ({"do": "merge", "remove": ["request_id"], "without_id": True}, 1),
        ({"do": "bad_gateway"}, 0),
        ({"do": "unavailable"}, 0),
        (answer(408), 0),
        (answer(409), 0),
        (answer(500), 0),
        (answer(302, headers={"Location": "http://127.0.0.1:1/"}), 0),
        ({"do": "answer", "status": 403, "text": "<html>blocked</html>"}, 0),
    ],
)
def test_a_doubtful_answer_is_a_doubt_and_is_never_asked_twice(
    bench: Bench, fault: dict[str, Any], accepted: int
) -> None:
    bench.fal.script([{"on": "submit", **fault}])
    with pytest.raises(Doubt) as caught:
        bench.submit()
    ledger = bench.clean(faults=1)
    assert ledger["accepted"] == accepted
    assert len(ledger["faults"]) == 1
    assert KEY not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("do", ["truncate", "empty", "not_json"])
def test_a_spoilt_answer_with_the_id_in_its_header_is_a_ticket(bench: Bench, do: str) -> None:
    bench.fal.script([{"on": "submit", "do": do}])
    ticket = bench.submit()
    assert bench.clean(faults=1)["jobs"][0]["request_id"] == ticket.request_id
    assert bench.until_ended(ticket).state == "ready"


def test_foreign_addresses_in_the_answer_are_rebuilt_not_called(bench: Bench) -> None:
    bench.fal.script([{"on": "submit", "do": "merge", "json": FOREIGN}])
    ticket = bench.submit()
    base = f"{bench.fal.queue_url}/fal-ai/topaz/requests/{ticket.request_id}"
    assert ticket.status_url == f"{base}/status"
    assert ticket.response_url == base
    assert ticket.cancel_url == f"{base}/cancel"
    assert bench.until_ended(ticket).state == "ready"
    bench.clean(faults=1)


def test_missing_addresses_in_the_answer_are_rebuilt(bench: Bench) -> None:
    gone = ["status_url", "response_url", "cancel_url", "queue_position"]
    bench.fal.script([{"on": "submit", "do": "merge", "remove": gone}])
    assert bench.until_ended(bench.submit()).state == "ready"
    bench.clean(faults=1)


REFUSALS: list[tuple[dict[str, Any], type[UpscaledError], str]] = [
    ({"do": "unauthorized"}, Stop, "locked"),
    ({"do": "locked"}, Stop, "locked"),
    ({"do": "forbidden"}, Stop, "locked"),
    ({"do": "not_found"}, Stop, "endpoint"),
    (answer(400), Stop, "endpoint"),
    (answer(413), Stop, "endpoint"),
    (answer(422, AT_MODEL), Stop, "endpoint"),
    (answer(422, AT_IMAGE), Aside, "refused"),
    ({"do": "slow_down"}, Outage, ""),
]


@pytest.mark.parametrize(("fault", "kind", "word"), REFUSALS)
def test_a_sure_refusal_says_what_to_do_and_nothing_is_accepted(
    bench: Bench, fault: dict[str, Any], kind: type[UpscaledError], word: str
) -> None:
    bench.fal.script([{"on": "submit", **fault}])
    with pytest.raises(kind) as caught:
        bench.submit()
    error = caught.value
    assert word in {getattr(error, "hold", None), getattr(error, "code", None), ""}
    if word == "endpoint":
        assert getattr(error, "endpoint", "") == UNIFIED
    assert error.message
    assert error.hint
    assert bench.clean(faults=1)["accepted"] == 0


def test_an_exhausted_account_is_told_in_one_sentence_until_it_is_lifted(bench: Bench) -> None:
    bench.fal.lock()
    with pytest.raises(Stop, match="Exhausted balance") as caught:
        bench.submit()
    assert "billing" in caught.value.hint
    bench.fal.lock(locked=False)
    bench.submit()
    assert bench.clean()["accepted"] == 1


def test_an_endpoint_fal_does_not_have_pauses_that_endpoint(bench: Bench) -> None:
    with pytest.raises(Stop) as caught:
        bench.submit(changed(endpoint="fal-ai/topaz/upscale/nothing"))
    assert (caught.value.hold, caught.value.endpoint) == (
        "endpoint",
        "fal-ai/topaz/upscale/nothing",
    )


@pytest.mark.parametrize(
    ("text", "least", "most"), [("7", 7, 7), ("", None, None), ("soon", None, None)]
)
def test_retry_after_is_honoured_where_it_is_said(
    bench: Bench, text: str, least: float | None, most: float | None
) -> None:
    headers = {"Retry-After": text} if text else {}
    bench.fal.script([{"on": "submit", "do": "slow_down", "headers": headers}])
    with pytest.raises(Outage) as caught:
        bench.submit()
    assert caught.value.after_seconds in {least, most}
    bench.clean(faults=1)


def test_a_retry_after_in_the_distance_is_capped(bench: Bench) -> None:
    late = {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}
    bench.fal.script([{"on": "submit", "do": "slow_down", "headers": late}])
    with pytest.raises(Outage) as caught:
        bench.submit()
    assert caught.value.after_seconds == 3600


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_no_connection_is_an_outage_because_nothing_was_sent(bench: Bench) -> None:
    nowhere = f"http://127.0.0.1:{closed_port()}/queue"
    with (
        door_to(bench.fal, queue_url=nowhere) as door,
        pytest.raises(Outage, match="no connection"),
    ):
        door.submit(ONE, bench.image_url)
    assert bench.clean()["submits"] == 0


def test_the_backup_host_is_asked_only_where_no_connection_came_about(bench: Bench) -> None:
    nowhere = f"http://127.0.0.1:{closed_port()}/queue"
    with door_to(bench.fal, queue_url=nowhere, backup_queue_url=bench.fal.queue_url) as door:
        door.submit(ONE, bench.image_url)
    assert bench.clean()["accepted"] == 1


def test_a_lost_answer_is_not_asked_of_the_backup_host(bench: Bench) -> None:
    bench.fal.script([{"on": "submit", "do": "accept_then_drop"}])
    with (
        door_to(bench.fal, backup_queue_url=bench.fal.queue_url) as door,
        pytest.raises(Doubt),
    ):
        door.submit(ONE, bench.image_url)
    assert bench.clean(faults=1)["submits"] == 1


def test_a_server_that_speaks_no_tls_is_an_outage(bench: Bench) -> None:
    plain = bench.fal.queue_url.replace("http://", "https://")
    with door_to(bench.fal, queue_url=plain) as door, pytest.raises(Outage):
        door.submit(ONE, bench.image_url)
    assert bench.clean()["accepted"] == 0


def test_a_connection_cut_in_the_middle_of_the_request_is_a_doubt(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen: list[bytes] = []

        def reset() -> None:
            connection, _ = server.accept()
            with connection:
                seen.append(connection.recv(10))
                # Closing with unread bytes resets the connection.

        thread = threading.Thread(target=reset)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with door_to(bench.fal, queue_url=url) as door, pytest.raises(Doubt):
            door.submit(ONE, bench.image_url)
        thread.join()
    assert seen


def test_without_a_usable_key_nothing_is_sent(bench: Bench) -> None:
    for key in ("", "two\nlines", "schlüssel"):
        with door_to(bench.fal, key=key) as door, pytest.raises(Stop) as caught:
            door.submit(ONE, bench.image_url)
        assert caught.value.hold == "no_key"
        assert key == "" or key not in str(caught.value)
    assert bench.clean()["submits"] == 0


def test_a_doubtful_submit_is_found_by_its_upload_and_adopted(bench: Bench) -> None:
    since = datetime.now(UTC)
    bench.fal.script([{"on": "submit", "do": "accept_then_drop"}])
    with pytest.raises(Doubt):
        bench.submit()
    ticket = bench.door.look_up(ONE, bench.image_url, since)
    assert ticket
    assert ticket.request_id == bench.clean(faults=1)["jobs"][0]["request_id"]
    assert bench.until_ended(ticket).state == "ready"


def test_a_submit_that_never_arrived_is_not_listed(bench: Bench) -> None:
    bench.fal.script([{"on": "submit", "do": "drop"}])
    with pytest.raises(Doubt):
        bench.submit()
    assert bench.door.look_up(ONE, bench.image_url, datetime.now(UTC)) is None
    bench.clean(faults=1)
