"""The door itself: fits `flow/ports.Engine` and hands each call to the room that knows it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from upscaled.edge.fal.addresses import Addresses
from upscaled.edge.fal.breaker import Breaker
from upscaled.edge.fal.download import Downloads
from upscaled.edge.fal.history import History
from upscaled.edge.fal.options import FalOptions
from upscaled.edge.fal.queue import Queue
from upscaled.edge.fal.upload import Uploads
from upscaled.edge.fal.wire import Wire
from upscaled.nouns import Artifact, Pass, Standing, Ticket


def _utc() -> datetime:
    return datetime.now(UTC)


class Fal:
    """
    fal.ai's hosted models. Safe to use from many threads; each call blocks its own.

    `now` and `pause` are the wall clock and the sleep between tries of a part or a download.
    """

    name = "fal"

    def __init__(
        self,
        key: str,
        options: FalOptions,
        *,
        now: Callable[[], datetime] = _utc,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        addresses = Addresses(options)
        self.options = options
        self._wire = Wire(key, addresses)
        self._breaker = Breaker(now, options.rest_first_seconds, options.rest_most_seconds)
        self._history = History(self._wire, addresses, now)
        self._queue = Queue(self._wire, addresses, self._history, now)
        self._uploads = Uploads(self._wire, addresses, now, pause)
        self._downloads = Downloads(self._wire, addresses, pause)

    def __repr__(self) -> str:
        return f"Fal({self.options!r})"

    def close(self) -> None:
        """Close every connection; calls under way end as outages or doubts."""
        self._wire.close()

    def upload(self, upload: Artifact, progress: Callable[[float], None]) -> str:
        """Put the picture where the models can fetch it; return its unique address."""
        with self._breaker.watching("fal's storage"):
            return self._uploads.put(upload, progress)

    def submit(self, one: Pass, image_url: str) -> Ticket:
        """
        Send the paid request, exactly once.

        Raises `Outage`, `Stop` or `Aside` where surely nothing was accepted, else `Doubt`.
        """
        with self._breaker.watching("fal's queue"):
            return self._queue.submit(one, image_url)

    def look_up(self, one: Pass, image_url: str, since: datetime) -> Ticket | None:
        """
        Ask fal's list of requests for this upload; None where the whole list does not show it.

        Raises `Outage` where the list cannot be read, with hold `doubt` where the key may not.
        """
        with self._breaker.watching("fal's list of requests"):
            return self._history.find(one.endpoint, image_url, since)

    def poll(self, one: Pass, ticket: Ticket) -> Standing:
        """
        Look once where the request stands.

        Raises `Void` (unbilled, may be submitted anew), `Aside` (never will; with billed units),
        `Stop` (key, account, or an input that we built wrongly) or `Outage`.
        """
        with self._breaker.watching("fal's queue status"):
            return self._queue.poll(one, ticket)

    def fetch(
        self, one: Pass, standing: Standing, to: Path, progress: Callable[[float], None]
    ) -> Artifact:
        """
        Download the result whole, with its size read from its header.

        Raises `Outage` (host, network, disk), `Again` (what came is not the picture) or `Aside`.
        """
        with self._breaker.watching("fal's media host"):
            return self._downloads.get(one, standing, to, progress)

    def forget(self, request_id: str) -> None:
        """Have fal delete what it keeps of an ended request; raises `Outage` where it does not."""
        self._history.forget(request_id)

    def cancel(self, ticket: Ticket) -> None:
        """Ask fal to drop the request; it may still complete, polling tells."""
        self._queue.cancel(ticket)
