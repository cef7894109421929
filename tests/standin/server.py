"""Sockets, routes, and faults around them."""

import re
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from standin import billing_api, queue_api, storage_api
from standin.book import Book
from standin.checks import keyless
from standin.faults import Script
from standin.jobs import Jobs
from standin.spoil import changed, scripted
from standin.talk import CHUNK, Call, Reply, refuse
from standin.world import Options, World

Handle = Callable[[World, Jobs, Call], Reply]

ROUTES: list[tuple[str, str, str, Handle]] = [
    ("status", "GET", r"/queue/(.+)/requests/([^/]+)/status", queue_api.status),
    ("cancel", "PUT", r"/queue/(.+)/requests/([^/]+)/cancel", queue_api.cancel),
    ("result", "GET", r"/queue/(.+)/requests/([^/]+?)(?:/response)?", queue_api.result),
    ("submit", "POST", r"/queue/(.+)", queue_api.submit),
    ("token", "POST", r"/rest/storage/auth/token", storage_api.token),
    ("initiate", "POST", r"/rest/storage/upload/initiate", storage_api.initiate),
    ("list", "GET", r"/api/v1/models/requests/by-endpoint", queue_api.listing),
    ("billing", "GET", r"/api/v1/models/billing-events", billing_api.events),
    ("forget", "DELETE", r"/api/v1/models/requests/([^/]+)/payloads", queue_api.forget),
    ("models", "GET", r"/api/v1/models", queue_api.models),
    ("pricing", "GET", r"/api/v1/models/pricing", queue_api.pricing),
    ("upload", "POST", r"/cdn/files/upload", storage_api.upload),
    ("begin", "POST", r"/cdn/files/upload/multipart", storage_api.begin),
    ("part", "PUT", r"/cdn/files/([^/]+)/multipart/([^/]+)/(\d+)", storage_api.part),
    ("complete", "POST", r"/cdn/files/([^/]+)/multipart/([^/]+)/complete", storage_api.complete),
    ("download", "GET", r"/cdn/files/([^/]+)", storage_api.download),
    ("put", "PUT", r"/bucket/([^/]+)", storage_api.put),
]
"""The name a fault script uses, the method, the path, and who answers."""


class Standin:
    """
    A fal of one's own: `with Standin(folder) as fal: ... fal.url, fal.ledger(), fal.script([...])`.

    `queue_url`, `rest_url`, `cdn_url` and `api_url` are what goes into `[fal]`.
    """

    def __init__(self, folder: Path, options: Options | None = None, port: int = 0) -> None:
        files = folder / "files"
        files.mkdir(parents=True, exist_ok=True)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.world = self._server.world = World(
            url=self.url,
            options=options or Options(),
            folder=files,
            book=Book(folder / "ledger.jsonl"),
            script=Script(),
        )
        self.queue_url, self.rest_url = f"{self.url}/queue", f"{self.url}/rest"
        self.cdn_url, self.api_url = f"{self.url}/cdn", f"{self.url}/api/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._server.jobs = Jobs(self.world)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything; calls under way are cut."""
        self.world.stopping.set()
        self._server.jobs.close()
        self._server.shutdown()
        self._server.cut_all()
        self._server.server_close()
        self._thread.join()
        self.world.script.load([])
        self.world.book.close()

    def ledger(self) -> dict[str, Any]:
        """Return what was asked, accepted, billed and injected so far."""
        return {**self.world.book.summary(), "pending": self.world.script.pending()}

    def script(self, faults: list[dict[str, Any]]) -> None:
        """Replace the faults still to come; see `standin.faults`."""
        self.world.script.load(faults)

    def advance(self, seconds: float) -> None:
        """Push the stand-in's clock on."""
        self.world.skew += seconds

    def lock(self, *, locked: bool = True) -> None:
        """Lock the account, or lift the lock."""
        self.world.locked = locked


class _Server(ThreadingHTTPServer):
    """A thread a connection, all of them joined at the end."""

    daemon_threads = False
    request_queue_size = 128
    world: World
    jobs: Jobs

    def __init__(self, address: tuple[str, int], handler: type["_Handler"]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        """Cut every connection that is still open, so that its thread ends."""
        for request in list(self._open):
            _cut(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 (as inherited)
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError | ValueError):
            self.world.violation("the stand-in itself failed", error=repr(error))


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = CHUNK
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing: the ledger is the log."""

    def do_GET(self) -> None:
        """Answer."""
        self._answer()

    def do_POST(self) -> None:
        """Answer."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer."""
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        call = Call(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers=self.headers,
            stream=self.rfile,
            length=int(self.headers.get("Content-Length") or 0),
        )
        if parts.path.startswith("/_standin/"):
            self._send(_control(self.server, call))
            return
        reply = self._reply(call)
        if reply is None:
            self._hang_up()
        else:
            self._send(reply)

    def _reply(self, call: Call) -> Reply | None:
        """Return the answer, changed by a fault; None where the connection just ends."""
        world, jobs = self.server.world, self.server.jobs
        name, handle, args = _route(call)
        if name == "download" and "X-Standin-Runner" in call.headers:
            name = "input"
        if name in {"download", "upload", "begin", "part", "complete", "put"}:
            keyless(world, call)
        fault = world.script.take(name) or {}
        if fault:
            about = {"do": fault["do"], "path": call.path}
            world.book.write("fault", on=name, nth=fault.get("nth", 1), **about)
        if fault.get("do") in {"drop", "hang"}:
            world.stopping.wait(fault.get("seconds", 30) if fault["do"] == "hang" else 0)
            return None
        if fault.get("do") == "answer":
            return scripted(fault)
        keyed = call.path.startswith(("/queue/", "/rest/", "/api/"))
        refused = queue_api.admitted(world, call) if keyed else None
        found = Call(**{**_fields(call), "args": args})
        return changed(refused or handle(world, jobs, found), fault)

    def _send(self, reply: Reply) -> None:
        if reply.cut in {"drop", "hang"}:
            self.server.world.stopping.wait(reply.seconds if reply.cut == "hang" else 0)
            self._hang_up()
            return
        body = reply.body()
        size = reply.file.stat().st_size - reply.start if reply.file else len(body)
        size -= 1 if reply.cut == "wrong_length" else 0
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(size + (10 if reply.cut == "truncate" else 0)))
        for name, text in reply.headers.items():
            self.send_header(name, text)
        if self.command != "GET":
            # The body may not have been read: what is left of it is no next request.
            self.send_header("Connection", "close")
        self.end_headers()
        if reply.file:
            self._send_file(reply, size)
        else:
            self.wfile.write(body)
        self.wfile.flush()
        if reply.cut == "truncate":
            self._hang_up()

    def _send_file(self, reply: Reply, size: int) -> None:
        assert reply.file
        part = size // 2 if reply.cut in {"short", "stall"} else size
        with reply.file.open("rb") as file:
            file.seek(reply.start)
            while part and (chunk := file.read(min(CHUNK, part))):
                part -= len(chunk)
                self.wfile.write(bytes(len(chunk)) if reply.cut == "corrupt" else chunk)
        if reply.cut in {"short", "stall"}:
            self.wfile.flush()
            self.server.world.stopping.wait(reply.seconds if reply.cut == "stall" else 0)
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        _cut(self.connection)


def _route(call: Call) -> tuple[str, Handle, tuple[str, ...]]:
    for name, method, pattern, handle in ROUTES:
        found = re.fullmatch(pattern, call.path)
        if found and method == call.method:
            return name, handle, found.groups()
    return "unknown", _unknown, ()


def _unknown(_world: World, _jobs: Jobs, call: Call) -> Reply:
    return refuse(404, f"Path {call.path} not found")


def _fields(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in Call.__slots__}


def _control(server: _Server, call: Call) -> Reply:
    """Answer a test in another process."""
    world, asked = server.world, call.json() if call.method == "POST" else None
    what = call.path.removeprefix("/_standin/")
    if what == "ledger":
        return Reply(json={**world.book.summary(), "pending": world.script.pending()})
    if what == "script" and isinstance(asked, list):
        world.script.load(asked)
    elif what == "advance" and isinstance(asked, dict):
        world.skew += float(asked["seconds"])
    elif what == "lock" and isinstance(asked, dict):
        world.locked = bool(asked["locked"])
    else:
        return refuse(404, "ledger, script, advance and lock are what a test may ask")
    return Reply(json={"ok": True})


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is cut already
