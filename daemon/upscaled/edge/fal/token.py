"""The short-lived token of fal's storage, so that the key itself never goes to a media host."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from upscaled.edge.fal import refusals
from upscaled.edge.fal.addresses import Addresses
from upscaled.edge.fal.wire import Ask, Wire
from upscaled.errors import Outage

LEEWAY = timedelta(seconds=60)
"""An upload that begins with a token about to expire would end without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What the storage wants to see."""

    header: dict[str, str] = field(repr=False)
    base_url: str
    """Where large files go; to be checked before use."""
    expires_at: datetime


class Tokens:
    """The one token of this process, shared by all uploads."""

    def __init__(self, wire: Wire, addresses: Addresses, now: Callable[[], datetime]) -> None:
        self._wire = wire
        self._url = f"{addresses.options.rest_url}/storage/auth/token?storage_type=fal-cdn-v3"
        self._now = now
        self._lock = Lock()
        self._token: Token | None = None

    def get(self, *, fresh: bool = False) -> Token:
        """Return a token that lasts; a new one if `fresh`, because the storage refused the old."""
        with self._lock:
            kept = self._token
            if fresh or kept is None or self._now() + LEEWAY >= kept.expires_at:
                kept = self._token = self._renewed()
            return kept

    def _renewed(self) -> Token:
        answer = self._wire.ask(Ask(method="POST", url=self._url, json={}))
        if not answer.ok:
            raise refusals.of_free_call(answer, self._now())
        told = answer.record()
        word, kind = told.get("token"), told.get("token_type") or "Bearer"
        if not isinstance(word, str) or not f"{kind} {word}".isascii():
            raise Outage("fal's storage gave no token", "it is asked again")
        return Token(
            header={"Authorization": f"{kind} {word}"},
            base_url=str(told.get("base_url") or ""),
            expires_at=_moment(told.get("expires_at"), self._now()),
        )


def _moment(value: Any, now: datetime) -> datetime:
    """Return when a token ends; one that does not say serves once."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return now
    return found if found.tzinfo else found.replace(tzinfo=UTC)
