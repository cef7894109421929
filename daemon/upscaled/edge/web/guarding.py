"""
Who may come in: hosts, origins, the token; and the headers that every answer carries.

Pure ASGI, so that streams pass through untouched. Three things are kept out: a stranger on the
network (token), another site in the same browser (origin, forgery token) and a name that was made
to point to this machine (host).
"""

import asyncio
import hmac
import logging
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from secrets import token_bytes
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

COOKIE = "upscaled_session"
FORGERY = "x-upscaled-token"
"""Header in which our own script sends the forgery token."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NAMES_HINT = "behind a proxy its name stands in [web] names"
_OPEN = ("/login", "/static/")
WRONG_SECONDS = 0.5
"""A wrong token is answered late: guessing is not worth it."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    # Without a referrer browsers send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    # Pictures belong to customers: no proxy and no shared machine keeps one.
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What lets somebody in. `token` is empty where only this machine is answered."""

    token: str = field(default="", repr=False)
    names: frozenset[str] = frozenset()
    """Under which a proxy is reached that stands before us: small letters, no port."""
    secret: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    """Kept over restarts, so that a page that stands open can go on asking."""

    @property
    def forgery(self) -> str:
        """Return what stands in every form; another site cannot read it."""
        return hmac.new(self.secret, b"upscaled window, forgery 1", "sha256").hexdigest()

    @property
    def session(self) -> str:
        """Return what the cookie holds: made from the token, and not the token."""
        return hmac.new(self.token.encode(), b"upscaled window, session 1", "sha256").hexdigest()

    def answers_to(self, host: str) -> bool:
        """
        Say whether we are meant by a host's name.

        An address of this machine cannot be made to point elsewhere, a name can; so who needs no
        token is answered under our own alone. A cookie is bound to the name that it was given for.
        """
        return is_this_machine(host) or host in self.names or bool(self.token and not self.names)

    def opens(self, headers: Headers) -> bool:
        """Say whether a request carries the token, or the cookie that was given for it."""
        return not self.token or self.is_bearer(headers) or self._has_cookie(headers)

    def is_bearer(self, headers: Headers) -> bool:
        """Say whether a request carries the token itself, as scripts send it."""
        kind, _, said = headers.get("authorization", "").partition(" ")
        return bool(self.token) and kind.lower() == "bearer" and same(said.strip(), self.token)

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            held = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return held is not None and same(held.value, self.session)


def same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


def is_this_machine(host: str) -> bool:
    """Say whether a host is written as this machine itself: localhost, 127.0.0.0/8, ::1."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(headers: Headers) -> str:
    """Return the host that the browser believes it talks to, without its port."""
    try:
        return (urlsplit(f"//{headers.get('host', '')}").hostname or "").lower()
    except ValueError:
        return ""


def is_ours(headers: Headers, names: Container[str] = ()) -> bool:
    """
    Say whether a request that changes something comes from our own pages, or no browser.

    A proxy may have put a host of its own into the request; then the origin is one of our `names`.
    """
    site = headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        found = urlsplit(origin)
        if found.scheme == "https" and found.hostname in names:
            return True
        return found.netloc.lower() == headers.get("host", "").lower()
    except ValueError:
        return False


class Guard:
    """Stands before every route."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through with our headers on its answer, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False

        async def marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = await self._refusal(scope)
        try:
            await (refusal or self._app)(scope, receive, marked)
        except Exception:
            if started:
                raise
            # The framework's own answer stands outside of us and would lack our headers.
            log.exception("window_failed: %s", scope["path"])
            await refused(500, "this went wrong here")(scope, receive, marked)

    async def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        if not self._keys.answers_to(host_of(headers)):
            return refused(421, "this window does not answer under this name", NAMES_HINT)
        asks = headers.get("sec-fetch-mode", "navigate") != "navigate"
        asks |= scope["method"] not in SAFE
        if asks and not is_ours(headers, self._keys.names):
            return refused(403, "another site may ask for nothing here", NAMES_HINT)
        if path.startswith(_OPEN) or self._keys.opens(headers):
            return None
        if headers.get("authorization"):
            await asyncio.sleep(WRONG_SECONDS)
        if path.startswith("/api/") or scope["method"] != "GET":
            return refused(401, "a token is needed: Authorization: Bearer ...")
        return RedirectResponse("/login", 303)


def refused(status: int, says: str, hint: str = "") -> Response:
    """Return a refusal as JSON; browsers show it too."""
    return JSONResponse({"error": {"code": str(status), "message": says, "hint": hint}}, status)


def is_forged(request: Request, keys: Keys, said: str | None) -> bool:
    """
    Say whether a form may come from elsewhere: it carries no forgery token.

    JSON cannot be sent across sites without being asked for first, and who sends the token itself
    is no browser.
    """
    if keys.is_bearer(request.headers):
        return False
    if request.headers.get("content-type", "").startswith("application/json"):
        return False
    return not same(said or request.headers.get(FORGERY, ""), keys.forgery)
