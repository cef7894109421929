"""
What fal really billed, by request: the platform's billing events, read with an admin key.

Optional: without that key a request counts for what its own answer said. Events come late, so a
request without one is not known yet, never free.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from upscaled.edge.fal import answers
from upscaled.edge.fal.addresses import Addresses
from upscaled.edge.fal.options import MIB, FalOptions
from upscaled.edge.fal.wire import Ask, Wire
from upscaled.errors import Outage
from upscaled.nouns import Micros

MAX_PAGES = 100
PAGE = 1000
MAX_PAGE_BYTES = 4 * MIB
LEEWAY = timedelta(minutes=10)
"""A request is billed around the moment at which we saw it ready, by another clock than ours."""
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class Bills:
    """The billing events of the account that the admin key belongs to."""

    def __init__(self, admin_key: str, options: FalOptions) -> None:
        addresses = Addresses(options)
        self._url = f"{options.api_url}/models/billing-events"
        self._wire = Wire(admin_key, addresses)

    def __repr__(self) -> str:
        return "Bills()"

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def totals(self, requests: Collection[str], since: datetime) -> dict[str, Micros]:
        """
        Return what these requests were billed so far, without those that no event names yet.

        `since` is the earliest moment at which one was settled, at most 90 days ago. Raises
        `Outage` where the list cannot be read whole.
        """
        wanted, found = set(requests), dict[str, Micros]()
        for event in self._events(since - LEEWAY):
            name, total = event.get("request_id"), _total(event)
            if name in wanted and total is not None:
                found[name] = found.get(name, 0) + total
        return found

    def _events(self, since: datetime) -> Iterator[dict[str, Any]]:
        start = since.isoformat(timespec="seconds").replace("+00:00", "Z")
        query = {"start": start, "limit": str(PAGE)}
        for _ in range(MAX_PAGES):
            body = self._page(query)
            events = body.get("billing_events")
            if not isinstance(events, list):
                raise Outage("fal's billing events are unreadable", "they are asked for again")
            yield from (event for event in events if isinstance(event, dict))
            cursor = body.get("next_cursor")
            if not cursor or body.get("has_more") is False:
                return
            query["cursor"] = str(cursor)
        raise Outage(f"fal lists more than {MAX_PAGES} pages of bills", "they are asked for again")

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        url = f"{self._url}?{urlencode(query)}"
        answer = self._wire.ask(Ask(method="GET", url=url, max_body=MAX_PAGE_BYTES))
        if answer.status in _REFUSED:
            raise Outage(
                f"fal does not let the admin key read billing events ({answer.status})",
                "give FAL_ADMIN_KEY a key of admin scope, or leave it out",
            )
        if not answer.ok:
            raise Outage(f"fal answered {answer.status} for billing events", "they are asked again")
        return answer.record()


def _total(event: dict[str, Any]) -> Micros | None:
    """Return what an event costs after discounts, None where it does not say."""
    nano = answers.number(event.get("cost_estimate_nano_usd"))
    if nano is not None:
        return round(nano / 1000)
    dollars = answers.number(event.get("cost_total"))
    return None if dollars is None else round(dollars * 1_000_000)
