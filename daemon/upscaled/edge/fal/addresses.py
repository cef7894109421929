"""
Which address may be asked what: where the key may go, where results may come from.

Pure functions of strings. fal answers with addresses that we call later with the key, so an address
is believed only where it stands on our own base; any other is rebuilt.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from upscaled.edge.fal.options import FalOptions
from upscaled.nouns import Ticket

QUEUE, BACKUP = "https://queue.fal.run", "https://queue.falrun.com"
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PORTS = {"https": 443, "http": 80}


def parts_of(url: object) -> SplitResult | None:
    """Return a web address in parts, None for anything else or one with a user's name in it."""
    if not isinstance(url, str) or not url.isascii() or len(url) > 4096:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    fit = parts.scheme in _PORTS and parts.hostname and parts.username is None
    return parts if fit and not re.search(r"[\s\\]", url) else None


def origin(url: object) -> tuple[str, str, int] | None:
    """Return scheme, host and port, None for what is no web address."""
    parts = parts_of(url)
    if parts is None or parts.hostname is None:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def is_loopback(url: object) -> bool:
    """Return whether the address stays on this machine."""
    place = origin(url)
    if place is None:
        return False
    try:
        return ip_address(place[1]).is_loopback
    except ValueError:
        return place[1] == "localhost"


def _is_fal_media(url: str) -> bool:
    """Return whether fal keeps files there: `*.fal.media`, before that a bucket at Google."""
    parts = parts_of(url)
    if parts is None or origin(url) != ("https", parts.hostname, 443):
        return False
    bucket = parts.hostname == "storage.googleapis.com" and parts.path.startswith("/falserverless/")
    return bucket or str(parts.hostname).endswith(".fal.media")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The configured bases, and what follows from them."""

    options: FalOptions

    @property
    def queues(self) -> tuple[str, ...]:
        """The queue's base, and the one asked where it cannot be reached."""
        base, backup = self.options.queue_url, self.options.backup_queue_url
        if backup is None:
            backup = {QUEUE: BACKUP, BACKUP: QUEUE}.get(base, "")
        return (base, backup) if backup else (base,)

    def may_hold_key(self, url: str) -> bool:
        """Return whether the key may be sent there: our own bases only, never a media host."""
        bases = (*self.queues, self.options.rest_url, self.options.api_url)
        return origin(url) in {origin(base) for base in bases} - {None}

    def is_media(self, url: object) -> bool:
        """Return whether a result may be downloaded from there."""
        if not isinstance(url, str):
            return False
        return _is_fal_media(url) or (is_loopback(url) and is_loopback(self.options.queue_url))

    def is_storage(self, url: object) -> bool:
        """Return whether an upload (and its token) may be sent there."""
        if not isinstance(url, str):
            return False
        own = origin(url) == origin(self.options.cdn_url)
        local = is_loopback(url) and is_loopback(self.options.cdn_url)
        return own or local or _is_fal_media(url)

    def is_public(self, url: object) -> bool:
        """Return whether a model may be told to fetch there: https, or this machine in tests."""
        place = origin(url)
        local = is_loopback(url) and is_loopback(self.options.rest_url)
        return place is not None and (place[0] == "https" or local)

    def request_url(self, endpoint: str, request_id: str) -> str:
        """Return a request's own address; fal names it by owner and app alone."""
        owner_and_app = "/".join(endpoint.split("/")[:2])
        return f"{self.options.queue_url}/{owner_and_app}/requests/{request_id}"

    def also_at(self, url: str) -> tuple[str, ...]:
        """Return the address on its own queue host, then the same on the other one."""
        for base in self.queues:
            if url.startswith(f"{base}/"):
                others = (other for other in self.queues if other != base)
                return tuple(one + url.removeprefix(base) for one in (base, *others))
        return (url,)

    def of_request(self, url: object, request_id: str) -> bool:
        """Return whether the address is one of the queue's own for this request."""
        parts = parts_of(url)
        if parts is None or origin(url) not in {origin(base) for base in self.queues}:
            return False
        if parts.query or parts.fragment:
            return False
        return f"/requests/{request_id}/" in parts.path + "/" and ".." not in parts.path

    def ticket(self, endpoint: str, request_id: str, body: dict[str, object]) -> Ticket:
        """Return the request's addresses, as answered where they can be believed, else rebuilt."""
        base = self.request_url(endpoint, request_id)

        def believed(name: str, rebuilt: str) -> str:
            url = body.get(name)
            return str(url) if self.of_request(url, request_id) else rebuilt

        return Ticket(
            request_id=request_id,
            status_url=believed("status_url", f"{base}/status"),
            response_url=believed("response_url", base),
            cancel_url=believed("cancel_url", f"{base}/cancel"),
        )
