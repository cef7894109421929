"""Billing events: what the platform tells those who hold an admin key."""

from datetime import datetime
from typing import Any

from standin.jobs import Jobs
from standin.talk import Call, Reply, refuse
from standin.world import World

DISCOUNT = 0.25
"""The account's own: the bill is lower than units times price, as a person may have agreed."""
PAGE = 2


def events(world: World, jobs: Jobs, call: Call) -> Reply:
    """List the bills since a moment, page by page; a key that is not of admin scope is refused."""
    if "admin" not in call.headers.get("Authorization", ""):
        return refuse(403, "This key has no admin scope")
    since = datetime.fromisoformat(call.query["start"])
    sent = {job.id: world.moment(job.sent) for job in jobs.listed()}
    found = [
        _event(bill, sent[bill["request_id"]])
        for bill in world.book.of("billed")
        if bill["request_id"] in sent and sent[bill["request_id"]] >= since
    ]
    at = int(call.query.get("cursor", "0"))
    more = at + PAGE < len(found)
    cursor = str(at + PAGE) if more else None
    return Reply(
        json={"billing_events": found[at : at + PAGE], "has_more": more, "next_cursor": cursor}
    )


def _event(bill: dict[str, Any], at: datetime) -> dict[str, Any]:
    full = float(bill["units"]) * 0.01
    return {
        "request_id": bill["request_id"],
        "timestamp": at.isoformat(),
        "output_units": bill["units"],
        "unit_price": 0.01,
        "percent_discount": 100 * DISCOUNT,
        "cost_total": full * (1 - DISCOUNT),
        "cost_estimate_nano_usd": round(full * (1 - DISCOUNT) * 1e9),
    }
