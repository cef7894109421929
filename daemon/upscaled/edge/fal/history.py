"""
fal's list of past requests: whether a doubtful submit was accepted, and what became of a request
whose answer the queue has forgotten (it keeps one for about an hour, the list for 30 days).

A list that cannot be read whole is an outage, never "not listed": absence is what a second payment
would rest on.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from upscaled.edge.fal import answers, refusals
from upscaled.edge.fal.addresses import REQUEST_ID, Addresses
from upscaled.edge.fal.options import MIB
from upscaled.edge.fal.wire import Answer, Ask, Wire
from upscaled.errors import Aside, Outage
from upscaled.nouns import Code, Hold, Pass, Standing, Ticket

MAX_PAGES = 100
MAX_PAGE_BYTES = 32 * MIB
"""Other programs on the same account may have sent whole pictures in their inputs."""
LEEWAY = timedelta(minutes=2)
"""Our clock and fal's need not agree."""


class History:
    """The list, read by endpoint."""

    def __init__(self, wire: Wire, addresses: Addresses, now: Callable[[], datetime]) -> None:
        self._wire = wire
        self._addresses = addresses
        self._now = now

    def find(self, endpoint: str, image_url: str, since: datetime) -> Ticket | None:
        """Return the earliest request that was asked to enlarge this unique address, or None."""
        start = (since - LEEWAY).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for items in self._pages({"endpoint_id": endpoint, "start": start}):
            if any(answers.image_url_of(item) is None for item in items):
                raise Outage(
                    "fal lists requests without showing what they were asked, so nobody can tell "
                    "whether the doubtful one is among them",
                    "let the key see payloads, or look at fal.ai/dashboard and decide by hand",
                    hold=Hold.DOUBT,
                )
            ours = [item for item in items if answers.image_url_of(item) == image_url]
            known = [item for item in ours if REQUEST_ID.fullmatch(str(item.get("request_id")))]
            if known:
                first = min(known, key=lambda item: str(item.get("sent_at") or ""))
                return self._addresses.ticket(endpoint, str(first["request_id"]), {})
        return None

    def recover(self, one: Pass, ticket: Ticket) -> Standing:
        """
        Return where a request stands that the queue no longer knows.

        Unknown here as well is an `Outage`: a young request may not be listed yet, and a silent
        second payment is worse than waiting.
        """
        query = {"endpoint_id": one.endpoint, "request_id": ticket.request_id}
        for items in self._pages(query):
            for item in items:
                if item.get("request_id") == ticket.request_id:
                    return self._standing(item, one)
        raise Outage(
            f"fal's queue has forgotten request {ticket.request_id} and its list does not show it",
            "it is asked again; see fal.ai/dashboard for the request",
            hold=Hold.DOUBT,
        )

    def forget(self, request_id: str) -> None:
        """Delete a request's payloads and its result at fal; gone already is as good."""
        name = quote(request_id, safe="")
        url = f"{self._addresses.options.api_url}/models/requests/{name}/payloads"
        answer = self._wire.ask(Ask(method="DELETE", url=url))
        if not answer.ok and answer.status not in {404, 410}:
            raise refusals.unavailable(answer, self._now())

    def _standing(self, item: dict[str, Any], one: Pass) -> Standing:
        output = answers.payload(item.get("json_output"))
        failed = refusals.of_listed(item.get("status_code"), output, one.endpoint)
        if failed is not None:
            raise failed
        seconds = answers.number(item.get("duration"))
        return ready(self._addresses, output, seconds) or unfinished(item)

    def _pages(self, query: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
        query = {**query, "expand": "payloads", "limit": "100"}
        for _ in range(MAX_PAGES):
            body = self._page(query)
            items = body.get("items")
            if not isinstance(items, list):
                raise Outage("fal's list of requests is unreadable", "it is asked again")
            yield [item for item in items if isinstance(item, dict)]
            cursor = body.get("next_cursor")
            if not cursor or body.get("has_more") is False:
                return
            query["cursor"] = str(cursor)
        raise Outage(f"fal's list of requests has more than {MAX_PAGES} pages", "it is asked again")

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        url = f"{self._addresses.options.api_url}/models/requests/by-endpoint?{urlencode(query)}"
        answer = self._wire.ask(Ask(method="GET", url=url, max_body=MAX_PAGE_BYTES))
        if answer.status in {401, 403}:
            raise self._forbidden(answer)
        if not answer.ok:
            raise refusals.unavailable(answer, self._now())
        return answer.record()

    @staticmethod
    def _forbidden(answer: Answer) -> Outage:
        return Outage(
            f"fal does not let this key list requests ({answer.status}), so nobody can tell "
            "whether a doubtful one was taken",
            "give the key the scope at fal.ai/dashboard/keys, or look there and decide by hand",
            hold=Hold.DOUBT,
        )


def ready(
    addresses: Addresses, body: object, seconds: float | None, units: float | None = None
) -> Standing | None:
    """Return the standing of a finished request, None where the result holds no picture."""
    image = answers.find_image(body)
    if image is None:
        return None
    if not addresses.is_media(image.url):
        raise Aside(
            Code.BAD_RESULT,
            f"fal names a result at a foreign address: {answers.quote(image.url)}",
            "results are only taken from fal's media hosts; ask fal about it",
            billed_units=units,
        )
    return Standing(
        state="ready",
        result_url=str(image.url),
        result_bytes=image.bytes,
        billable_units=units,
        seconds=seconds,
    )


def unfinished(item: dict[str, Any]) -> Standing:
    """Return the standing of a listed request that has not ended; raise where it has."""
    if item.get("ended_at") or item.get("status_code"):
        raise Aside(
            Code.BAD_RESULT,
            f"request {answers.quote(item.get('request_id'))} ended without a picture",
            "its result has expired at fal; retry it to pay once more",
        )
    return Standing(state="running" if item.get("started_at") else "queued")
