"""The door for measures and health, on a real socket."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from upscaled.edge.endpoint import Endpoint, Page
from upscaled.errors import Outage


def broken() -> Page:
    raise RuntimeError("a secret of ours")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    answers = {
        "/metrics": lambda: Page(status=200, type="text/plain; version=0.0.4", text="a 1\n"),
        "/readyz": lambda: Page(status=503, type="text/plain", text="watch 0: gone\n"),
        "/broken": broken,
    }
    one = Endpoint("127.0.0.1", 0, answers)
    yield one
    one.stop()


def get(endpoint: Endpoint, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{endpoint.port}{path}", trust_env=False)


def test_each_path_has_its_answer_and_nothing_else_is_there(endpoint: Endpoint) -> None:
    measured = get(endpoint, "/metrics?x=1")

    assert (measured.status_code, measured.text) == (200, "a 1\n")
    assert measured.headers["content-type"] == "text/plain; version=0.0.4"
    assert get(endpoint, "/readyz").status_code == 503
    assert get(endpoint, "/etc/passwd").status_code == 404
    assert httpx.post(f"http://127.0.0.1:{endpoint.port}/metrics").status_code == 501
    head = httpx.head(f"http://127.0.0.1:{endpoint.port}/metrics", trust_env=False)
    assert (head.status_code, head.text) == (200, "")


def test_a_fault_of_ours_is_no_ones_business(endpoint: Endpoint) -> None:
    answer = get(endpoint, "/broken")

    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_caller_that_says_nothing_holds_up_nobody(endpoint: Endpoint) -> None:
    with socket.create_connection(("127.0.0.1", endpoint.port)):
        assert get(endpoint, "/metrics").status_code == 200


def test_a_port_that_is_taken_is_told(endpoint: Endpoint) -> None:
    with pytest.raises(Outage, match="cannot listen on"):
        Endpoint("127.0.0.1", endpoint.port, {})


def test_the_sixth_version_of_loopback_is_one_too() -> None:
    one = Endpoint("::1", 0, {})
    try:
        assert httpx.get(f"http://[::1]:{one.port}/", trust_env=False).status_code == 404
    finally:
        one.stop()
