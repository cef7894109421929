"""The doors that messages leave by: a real command, Apprise to a real socket, a heartbeat."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
from apprise import Apprise

from upscaled.core.notice_kinds import Kind
from upscaled.core.notices import Message
from upscaled.edge import heartbeat, notify
from upscaled.errors import Fatal, Outage

imports_apprise = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""Its hundred services bring what Python is about to drop."""
TOKEN = "T0KEN-5ecret"
MESSAGE = Message(
    kind=Kind.PROBLEM,
    title="2 pictures failed",
    text="4k/a.png: truncated\n4k/$(touch oops) `touch oops`; touch oops.png: no picture",
    count=2,
    over=False,
    at=datetime(2026, 12, 1, 5, tzinfo=UTC),
)
KEEP = """
import json, os, sys
said = {key: value for key, value in os.environ.items() if "UPSCALED" in key or "FAL" in key}
with open(sys.argv[1], "w") as file:
    json.dump([json.load(sys.stdin), said, sys.argv[2:]], file)
"""


class Receiver(ThreadingHTTPServer):
    """Keeps what is sent to it, and answers as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.got: list[tuple[str, Any]] = []
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def place(self) -> str:
        """Return host and port."""
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(json.loads(body))

    def do_GET(self) -> None:
        self._answer(None)

    def _answer(self, body: Any) -> None:
        self.server.got.append((self.path, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


def script(folder: Path, text: str) -> list[str]:
    path = folder / "told.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def test_a_command_gets_the_message_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FAL_KEY", "FAL_ADMIN_KEY", "UPSCALED_NOTIFY_URLS", "UPSCALED_HEARTBEAT_URL"):
        monkeypatch.setenv(name, TOKEN)
    kept = tmp_path / "kept.json"

    notify.run_command([*script(tmp_path, KEEP), str(kept), "as; it $IS"], MESSAGE)

    told, environment, arguments = json.loads(kept.read_text())
    assert told == MESSAGE.as_json() | {"host": notify.host()}
    assert (told["event"], told["count"], told["over"]) == ("problem", 2, False)
    assert environment["UPSCALED_EVENT"] == "problem"
    assert environment["UPSCALED_TEXT"] == MESSAGE.text
    assert environment["UPSCALED_TITLE"].endswith(": 2 pictures failed")
    assert TOKEN not in str(environment)
    assert arguments == ["as; it $IS"]
    assert not Path("oops").exists()


def test_a_command_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "SECONDS", 1.0)
    pids = tmp_path / "pids"
    hangs = f"""
import os, subprocess, time
child = subprocess.Popen(["sleep", "60"])
with open({str(pids)!r}, "w") as file:
    file.write(f"{{os.getpid()}} {{child.pid}}")
time.sleep(60)
"""

    with pytest.raises(Outage, match="took more than"):
        notify.run_command(script(tmp_path, hangs), MESSAGE)

    until = time.monotonic() + 5
    alive = [int(pid) for pid in pids.read_text().split()]
    assert len(alive) == 2
    while any(_runs(pid) for pid in alive):
        assert time.monotonic() < until
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["/there/is/no/such/program"], "cannot be started"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "ended with 3"),
        ([sys.executable, "-c", "import os; os.close(0)"], ""),
    ],
)
def test_a_command_that_fails_says_so_and_one_that_does_not_listen_is_fine(
    words: list[str], says: str
) -> None:
    if not says:
        notify.run_command(words, MESSAGE)
        return
    with pytest.raises(Outage, match=says):
        notify.run_command(words, MESSAGE)


@imports_apprise
def test_apprise_delivers_as_plain_text(receiver: Receiver) -> None:
    notify.send_by_apprise(f"json://{receiver.place}/{TOKEN}", MESSAGE)

    ((path, body),) = receiver.got
    assert path == f"/{TOKEN}"
    assert body["message"] == MESSAGE.text
    assert body["title"].endswith(MESSAGE.title)
    assert body["type"] == "warning"


@imports_apprise
@pytest.mark.parametrize("place", ["json://127.0.0.1:9/{}", "json://{}", "nonsense://{}", "{}"])
def test_an_address_that_takes_nothing_is_a_fault_without_the_address(
    place: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Outage) as raised:
        notify.send_by_apprise(place.format(TOKEN), MESSAGE)

    said = capfd.readouterr()
    assert TOKEN.lower() not in (str(raised.value) + said.out + said.err + caplog.text).lower()


@imports_apprise
def test_addresses_that_are_none_are_counted_and_nothing_is_sent(receiver: Receiver) -> None:
    assert notify.unknown([f"json://{receiver.place}", "nonsense://x", "words"]) == 2
    assert receiver.got == []


@imports_apprise
def test_a_service_that_refuses_is_a_fault(receiver: Receiver) -> None:
    receiver.status = 500

    with pytest.raises(Outage, match="could not deliver"):
        notify.send_by_apprise(f"json://{receiver.place}/{TOKEN}", MESSAGE)
    assert len(receiver.got) >= 1


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notify.has_apprise()
    assert Apprise is not None
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(Outage, match="install the extra notify"):
        notify.send_by_apprise("json://localhost", MESSAGE)


def test_addresses_come_from_the_environment_a_credential_and_a_file(tmp_path: Path) -> None:
    file, credentials = tmp_path / "urls", tmp_path / "credentials"
    credentials.mkdir()
    file.write_text("# the studio's\n\ntgram://1/2\n  json://a  \n")
    (credentials / "notify_urls").write_text("slack://x\n")
    environ = {
        "UPSCALED_NOTIFY_URLS": "mailto://a:b@c xmpp://d",
        "CREDENTIALS_DIRECTORY": str(credentials),
    }

    found = notify.find_urls(file, environ)

    assert found == ("mailto://a:b@c", "xmpp://d", "slack://x", "tgram://1/2", "json://a")
    assert notify.schemes(found) == ["mailto", "xmpp", "slack", "tgram", "json"]
    assert notify.schemes(["T0KEN"]) == ["?"]
    assert notify.find_urls(None, {}) == ()
    with pytest.raises(Fatal, match="cannot be read"):
        notify.find_urls(tmp_path / "missing", {})


def test_a_heartbeat_arrives_with_its_query(receiver: Receiver) -> None:
    heartbeat.ping(f"http://{receiver.place}/{TOKEN}?status=up")

    assert receiver.got == [(f"/{TOKEN}?status=up", None)]


def test_a_heartbeat_that_does_not_arrive_is_told_without_its_address(receiver: Receiver) -> None:
    receiver.status = 404
    with pytest.raises(Outage, match="answered with 404") as refused:
        heartbeat.ping(f"http://{receiver.place}/{TOKEN}")
    with pytest.raises(Outage, match="did not arrive") as silent:
        heartbeat.ping(f"http://127.0.0.1:9/{TOKEN}")

    for raised in (refused, silent):
        assert TOKEN not in str(raised.value)
        assert raised.value.__cause__ is None


def test_the_heartbeats_address_comes_from_the_environment_first(tmp_path: Path) -> None:
    (tmp_path / "heartbeat_url").write_text("https://b\n")
    credentials = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    assert heartbeat.find_url("https://c", {"UPSCALED_HEARTBEAT_URL": "https://a"}) == "https://a"
    assert heartbeat.find_url("https://c", credentials) == "https://b"
    assert heartbeat.find_url("https://c", {}) == "https://c"
    for bad in (f"http://example.com/{TOKEN}", f"ftp://{TOKEN}", TOKEN, f"https://[{TOKEN}"):
        with pytest.raises(Fatal, match="is no good") as raised:
            heartbeat.find_url("", {"UPSCALED_HEARTBEAT_URL": bad})
        assert TOKEN not in str(raised.value)
