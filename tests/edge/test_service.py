"""The door to the service manager, against real datagram sockets."""

import os
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from manager import Ear
from upscaled.edge.service import WORDS_CHARS, Service


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_a_message_arrives_whole_under_a_path_and_under_an_abstract_name(
    kind: str, tmp_path: Path
) -> None:
    ear = Ear.below(tmp_path) if kind == "path" else Ear(f"@upscaled-test-{os.getpid()}")
    with ear:
        Service(ear.address).ready("2 working")

        assert ear.next() == {"READY": "1", "STATUS": "2 working"}


def test_a_line_break_in_the_words_is_no_assignment(tmp_path: Path) -> None:
    with Ear.below(tmp_path) as ear:
        Service(ear.address).says("a\nWATCHDOG=trigger\0" + "x" * 1000)

        (key, words), *more = ear.next().items()

    assert key == "STATUS"
    assert words.startswith("a WATCHDOG=trigger x")
    assert len(words) == WORDS_CHARS
    assert not more


def test_a_reload_carries_the_time_that_it_began(tmp_path: Path) -> None:
    with Ear.below(tmp_path) as ear:
        before = time.monotonic_ns() // 1000
        Service(ear.address).reloading()

        said = ear.next()

    assert said["RELOADING"] == "1"
    assert before <= int(said["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000


def test_a_long_start_asks_for_more_time(tmp_path: Path) -> None:
    with Ear.below(tmp_path) as ear:
        Service(ear.address).starting("Opens the ledger.", 90.5)

        assert ear.next() == {"STATUS": "Opens the ledger.", "EXTEND_TIMEOUT_USEC": "90500000"}


def test_what_systemd_left_in_the_environment_is_taken_out_of_it() -> None:
    environment = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000", "PATH": "/bin"}

    service = Service.of(environment)

    assert service.watchdog_seconds == 30.0
    assert environment == {"PATH": "/bin"}


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}])
def test_a_watchdog_of_another_process_is_not_answered(watchdog: dict[str, str]) -> None:
    environment = {"NOTIFY_SOCKET": "/run/x", **watchdog}
    if "WATCHDOG_PID" in watchdog:
        environment["WATCHDOG_USEC"] = "30000000"

    assert Service.of(environment).watchdog_seconds is None


def test_where_nobody_listens_nothing_is_said() -> None:
    with capture_logs() as lines:
        Service.of({}).ready("well")
        Service.of({"WATCHDOG_USEC": "30000000"}).alive()

    assert lines == []


def test_a_manager_that_is_gone_is_told_of_once_and_again_after_it_was_back(
    tmp_path: Path,
) -> None:
    with Ear.below(tmp_path) as ear:
        service = Service(ear.address)
        service.alive()
    (tmp_path / "notify").unlink()
    with capture_logs() as lines:
        service.alive()
        service.alive()

    assert [line["event"] for line in lines] == ["service_manager_deaf"]


def test_an_address_of_a_kind_that_is_not_spoken_is_said_and_left() -> None:
    with capture_logs() as lines:
        Service.of({"NOTIFY_SOCKET": "vsock:2:1234"}).ready("well")

    assert [line["event"] for line in lines] == ["service_manager_not_told"]
