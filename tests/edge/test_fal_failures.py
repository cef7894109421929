"""Requests that ended badly: every error type of fal, and what may be done next."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.fal_bench import (
    UNIFIED,
    Bench,
    bench_in,
    detail,
    failing,
    outcome,
)
from upscaled.errors import Aside, Stop, UpscaledError, Void

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


def test_a_model_that_cannot_fetch_the_upload_gives_a_void(bench: Bench) -> None:
    error = outcome(bench, {"on": "input", "do": "not_found"})
    assert isinstance(error, Void)
