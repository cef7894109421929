"""The queue and the platform's list: what `queue.fal.run` and `api.fal.ai` answer."""

from datetime import datetime
from typing import Any

from standin import catalogue
from standin.checks import lifecycle
from standin.faults import LOCKED
from standin.jobs import Job, Jobs
from standin.talk import Call, Reply, refuse
from standin.world import World


def admitted(world: World, call: Call) -> Reply | None:
    """Return a refusal unless the call carries a key that is known."""
    kind, _, key = call.headers.get("Authorization", "").partition(" ")
    if kind != "Key" or not key or (world.options.keys and key not in world.options.keys):
        return refuse(401, "Authentication is required: no or an unknown key")
    world.keys.add(key)
    return None


def submit(world: World, jobs: Jobs, call: Call) -> Reply:
    """Accept a request; the input itself is only looked at by the runner."""
    world.book.write("submit", endpoint=call.args[0], headers=_shown(call))
    if world.is_locked():
        return refuse(403, LOCKED)
    endpoint = call.args[0]
    if endpoint not in catalogue.ENDPOINTS:
        return Reply(status=404, json={"status": "NOT_FOUND", "detail": "Application not found"})
    asked = call.json()
    if not isinstance(asked, dict):
        return refuse(422, "The body is no JSON object")
    lifecycle(world, call)
    timeout = call.headers.get("X-Fal-Request-Timeout")
    job = jobs.accept(endpoint, asked, float(timeout) if timeout else None)
    return Reply(
        json={
            "status": "IN_QUEUE",
            "request_id": job.id,
            "response_url": _base(world, job),
            "status_url": _base(world, job) + "/status",
            "cancel_url": _base(world, job) + "/cancel",
            "queue_position": jobs.position(job),
        },
        headers={"x-fal-request-id": job.id},
    )


def status(_world: World, jobs: Jobs, call: Call) -> Reply:
    """Tell where a request stands: 202 while it works, 200 once it has ended."""
    job = jobs.find(call.args[1])
    if job is None:
        return Reply(status=404, json={"status": "NOT_FOUND"})
    told: dict[str, Any] = {"status": job.state, "request_id": job.id, "logs": None}
    if job.state == "IN_QUEUE":
        told["queue_position"] = jobs.position(job)
    if job.state == "COMPLETED":
        told["metrics"] = {"inference_time": round((job.ended or 0) - (job.started or 0), 3)}
        told |= {"error": job.error} if job.error else {}
        told |= {"error_type": job.error_type} if job.error_type else {}
    return Reply(status=200 if job.state == "COMPLETED" else 202, json=told)


def result(_world: World, jobs: Jobs, call: Call) -> Reply:
    """Give the model's own answer, with the model's own status."""
    job = jobs.find(call.args[1])
    if job is None:
        return Reply(status=404, json={"status": "NOT_FOUND"})
    if job.state != "COMPLETED":
        return refuse(400, "Request is still in progress")
    headers = {"x-fal-request-id": job.id, **job.headers}
    body = job.body or {"detail": job.error, "error_type": job.error_type}
    return Reply(status=job.status, json=body, headers=headers)


def cancel(_world: World, jobs: Jobs, call: Call) -> Reply:
    """Drop a queued request; one at work is only told."""
    job = jobs.find(call.args[1])
    if job is None:
        return Reply(status=404, json={"status": "NOT_FOUND"})
    if job.state == "COMPLETED":
        return Reply(status=400, json={"status": "ALREADY_COMPLETED"})
    jobs.cancel(job)
    return Reply(status=202, json={"status": "CANCELLATION_REQUESTED"})


def listing(world: World, jobs: Jobs, call: Call) -> Reply:
    """List requests of one endpoint, newest first, page by page."""
    endpoint, one = call.query.get("endpoint_id"), call.query.get("request_id")
    start = call.query.get("start")
    since = datetime.fromisoformat(start) if start else None
    found = [
        job
        for job in jobs.listed()
        if job.endpoint == endpoint
        and (one is None or job.id == one)
        and (since is None or world.moment(job.sent) >= since)
    ]
    size = min(world.options.page, int(call.query.get("limit", "100")))
    at = int(call.query.get("cursor", "0"))
    more = at + size < len(found)
    payloads = call.query.get("expand") == "payloads"
    items = [_item(world, job, payloads=payloads) for job in found[at : at + size]]
    cursor = str(at + size) if more else None
    return Reply(json={"items": items, "has_more": more, "next_cursor": cursor})


def forget(world: World, jobs: Jobs, call: Call) -> Reply:
    """Delete what is kept of a request, and its result."""
    job = jobs.find(call.args[0])
    if job is None:
        return Reply(status=404, json={"status": "NOT_FOUND"})
    if isinstance(job.body, dict) and "image" in job.body:
        world.file(job.body["image"]["file_name"]).unlink(missing_ok=True)
    world.book.write("forgotten", request_id=job.id)
    job.body, job.asked = None, {}
    return Reply(json={"ok": True})


def models(_world: World, _jobs: Jobs, call: Call) -> Reply:
    """Describe an endpoint as the platform does, with its OpenAPI where that is asked for."""
    endpoint = call.query.get("endpoint_id", "")
    known = catalogue.ENDPOINTS.get(endpoint)
    if known is None:
        return Reply(json={"models": [], "has_more": False, "next_cursor": None})
    told: dict[str, Any] = {"endpoint_id": endpoint, "metadata": {"status": "active"}}
    if call.query.get("expand") == "openapi-3.0":
        fields: dict[str, Any] = {name: {} for name in known.fields}
        fields |= {"model": {"type": "string", "enum": list(known.models)}} if known.models else {}
        schemas = {"Output": {"properties": {"image": {}}}, "Input": {"properties": fields}}
        told["openapi"] = {"openapi": "3.0.4", "components": {"schemas": schemas}}
    return Reply(json={"models": [told], "has_more": False, "next_cursor": None})


def pricing(_world: World, _jobs: Jobs, call: Call) -> Reply:
    """Name the price of a unit; the page's prices are not found here, as at the real one."""
    asked = call.query.get("endpoint_id", "").split(",")
    known = [one for one in asked if one in catalogue.ENDPOINTS]
    price = {"unit_price": 0.01, "unit": "megapixels", "currency": "USD"}
    return Reply(json={"prices": [{"endpoint_id": one, **price} for one in known]})


def _item(world: World, job: Job, *, payloads: bool) -> dict[str, Any]:
    def when(clock: float | None) -> str | None:
        return None if clock is None else world.moment(clock).isoformat()

    item = {
        "request_id": job.id,
        "endpoint_id": job.endpoint,
        "sent_at": when(job.sent),
        "started_at": when(job.started),
        "ended_at": when(job.ended),
        "status_code": job.status if job.ended is not None else None,
        "duration": (job.ended or 0) - (job.started or 0) if job.ended is not None else None,
    }
    return item | ({"json_input": job.asked, "json_output": job.body} if payloads else {})


def _base(world: World, job: Job) -> str:
    owner_and_app = "/".join(job.endpoint.split("/")[:2])
    return f"{world.url}/queue/{owner_and_app}/requests/{job.id}"


def _shown(call: Call) -> dict[str, str]:
    return {name: text for name, text in call.headers.items() if name.lower() != "authorization"}
