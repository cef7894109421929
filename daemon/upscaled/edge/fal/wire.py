"""
httpx begins and ends here: one request, one answer, foreign exceptions translated.

The one distinction that money hangs on is made here: `Outage` where no byte can have left,
`Dropped` where one may have. HTTP/1.1 only, because a clean GOAWAY of HTTP/2 kills calls in flight;
redirects are never followed, proxies and .netrc of the environment never consulted.
"""

import json
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx

from upscaled.edge.fal.addresses import Addresses, origin
from upscaled.errors import Outage, Stop
from upscaled.nouns import Hold

MAX_BODY = 1024 * 1024
"""Largest JSON answer that is read, in bytes; most of fal's have a few hundred."""

SECRET_CHARS = 8
"""Shorter keys are play keys, and blanking `test` out of every answer would break answers."""


class Dropped(Outage):
    """The call broke off after something may have been sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request to be sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = None
    content: Iterable[bytes] | None = None
    keyed: bool = True
    """Send the key; refused unless the address is on one of our own bases."""
    paid: bool = False
    """Sent over a connection of its own."""
    max_body: int = MAX_BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = None
    """The JSON, None where `readable` is false."""
    readable: bool = False

    @property
    def ok(self) -> bool:
        """Return whether the status is a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def record(self) -> dict[str, Any]:
        """Return the JSON object; raise `Outage` where the body is none."""
        if self.readable and isinstance(self.body, dict):
            return self.body
        raise Outage(f"fal answered {self.status} with something unreadable", "it is asked again")


def _place(url: str) -> str:
    """Return the host for a message: queries and paths may say more than a log should hold."""
    found = origin(url)
    return found[1] if found else "an address that is none"


@contextmanager
def translated(url: str) -> Iterator[None]:
    """
    Translate httpx's exceptions; the text of most is left out, as it may quote a header.

    Unsent for sure: name, connection and TLS failures, a pool without a free place.
    """
    unsent = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
    )
    try:
        yield
    except unsent as error:
        raise Outage(
            f"no connection to {_place(url)} ({str(error) or type(error).__name__})",
            "it is tried again by itself; if it lasts, check the network and [fal] in the config",
        ) from None
    except httpx.InvalidURL:
        raise Outage(f"{_place(url)} cannot be asked", "check the addresses in [fal]") from None
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise Dropped(
            f"the connection to {_place(url)} broke off ({type(error).__name__})",
            "it is tried again by itself",
        ) from None


@cache
def _tls() -> ssl.SSLContext:
    """Return the verifying context, read once: its certificates take 20 to 70 ms."""
    return httpx.create_ssl_context(trust_env=False)


class Wire:
    """Two pools of connections to fal: one that keeps them, one for what may be sent only once."""

    def __init__(self, key: str, addresses: Addresses) -> None:
        options = addresses.options
        self._key = key.strip()
        self._addresses = addresses
        places = 2 * options.max_in_flight + 4
        timeout = httpx.Timeout(
            options.request_timeout_seconds, connect=min(10.0, options.request_timeout_seconds)
        )
        tls = _tls()
        self._kept = self._client(timeout, tls, places, kept=places)
        # A kept connection may be closed by the other side at the very moment we use it, and then
        # nobody knows whether the request was read. A fresh one cannot be stale.
        self._fresh = self._client(timeout, tls, places, kept=0)

    @staticmethod
    def _client(
        timeout: httpx.Timeout, tls: ssl.SSLContext, places: int, *, kept: int
    ) -> httpx.Client:
        return httpx.Client(
            http1=True,
            http2=False,
            verify=tls,
            trust_env=False,
            follow_redirects=False,
            timeout=timeout,
            limits=httpx.Limits(max_connections=places, max_keepalive_connections=kept),
            headers={"User-Agent": "upscaled", "Accept-Encoding": "identity"},
        )

    def __repr__(self) -> str:
        return "Wire()"

    def close(self) -> None:
        """Close every connection."""
        self._kept.close()
        self._fresh.close()

    def ask(self, ask: Ask) -> Answer:
        """Send one request and read its JSON; `Outage` unsent, `Dropped` where it may have left."""
        client = self._fresh if ask.paid else self._kept
        headers = {"Accept": "application/json", **ask.headers}
        if ask.keyed:
            headers["Authorization"] = self._authorization(ask.url)
        with (
            self._open(client),
            translated(ask.url),
            client.stream(
                ask.method, ask.url, headers=headers, json=ask.json, content=ask.content
            ) as reply,
        ):
            return self._answer(reply, ask.max_body)

    @contextmanager
    def download(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Open a download: without the key, without redirects."""
        with (
            self._open(self._kept),
            translated(url),
            self._kept.stream("GET", url, headers=headers) as reply,
        ):
            yield reply

    @contextmanager
    def _open(self, client: httpx.Client) -> Iterator[None]:
        if client.is_closed:
            raise Outage("the door to fal is closed", "start the daemon again")
        yield

    def _authorization(self, url: str) -> str:
        if not self._addresses.may_hold_key(url):
            raise Outage(f"the key is not for {_place(url)}", "check the addresses in [fal]")
        if not self._key or not self._key.isascii() or not self._key.isprintable():
            raise Stop(Hold.NO_KEY, "there is no usable fal key", "set FAL_KEY, then start again")
        return f"Key {self._key}"

    def _answer(self, reply: httpx.Response, most: int) -> Answer:
        headers = dict(reply.headers)
        try:
            body = json.loads(self._scrubbed(_read(reply, most)))
        except (httpx.HTTPError, ValueError, RecursionError):
            return Answer(status=reply.status_code, headers=headers)
        return Answer(status=reply.status_code, headers=headers, body=body, readable=True)

    def _scrubbed(self, raw: bytes) -> bytes:
        """Return an answer without the key, should it echo one: it is quoted to the person."""
        return raw.replace(self._key.encode(), b"***") if len(self._key) >= SECRET_CHARS else raw


def _read(reply: httpx.Response, most: int) -> bytes:
    """Return the whole body; raise `ValueError` beyond the cap."""
    raw = bytearray()
    for chunk in reply.iter_bytes():
        raw += chunk
        if len(raw) > most:
            message = "the answer is too large"
            raise ValueError(message)
    return bytes(raw)
