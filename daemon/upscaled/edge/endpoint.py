"""A small HTTP door, only ever on loopback: fixed paths, each answered by a function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from socketserver import TCPServer
from threading import Thread
from typing import ClassVar

import structlog

from upscaled.errors import Outage

log = structlog.get_logger()

IDLE_SECONDS = 10.0
"""A caller that says nothing for so long is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is answered."""

    status: int
    type: str
    text: str


Answers = Mapping[str, Callable[[], Page]]
_MISSING = Page(status=404, type="text/plain; charset=utf-8", text="not found\n")
_BROKEN = Page(status=500, type="text/plain; charset=utf-8", text="a fault of ours; see the log\n")


class Endpoint:
    """Listens from its creation until `stop`; raises `Outage` where it cannot."""

    def __init__(self, host: str, port: int, answers: Answers) -> None:
        handler = type("_Bound", (_Handler,), {"answers": answers})
        try:
            self._server = _Server((host, port), handler)
        except OSError as error:
            raise Outage(f"cannot listen on {host}:{port}: {error.strerror}") from error
        Thread(target=self._serve, name="endpoint", daemon=True).start()

    @property
    def port(self) -> int:
        """Return where it listens; a configured 0 lets the system choose."""
        return int(self._server.server_address[1])

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are: it may not answer for a minute."""
        TCPServer.server_bind(self)
        host, self.server_port = self.server_address[:2]
        self.server_name = str(host)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a caller went away."""


class _Handler(BaseHTTPRequestHandler):
    answers: ClassVar[Answers] = {}
    timeout = IDLE_SECONDS
    server_version = "upscaled"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        page = self._page(self.path.partition("?")[0])
        content = page.text.encode()
        self.send_response(HTTPStatus(page.status))
        self.send_header("Content-Type", page.type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _page(self, path: str) -> Page:
        answer = self.answers.get(path)
        if answer is None:
            return _MISSING
        try:
            return answer()
        except Exception:
            # A page that fails is an answer too; the thread that serves goes on.
            log.exception("endpoint_failed", path=path)
            return _BROKEN

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing: a line every fifteen seconds helps nobody."""
