"""Answers as a fault leaves them."""

from typing import Any

from standin.faults import NGINX_502
from standin.talk import Reply


def scripted(fault: dict[str, Any]) -> Reply:
    """Return the answer a fault dictates."""
    html = "text/html" if "text" in fault else "application/json"
    raw = str(fault.get("text", "")).encode()
    headers = dict(fault.get("headers", {}))
    status = int(fault.get("status", 500))
    return Reply(status=status, json=fault.get("json"), raw=raw, headers=headers, type=html)


def changed(reply: Reply, fault: dict[str, Any]) -> Reply:
    """Return an honest answer as a fault leaves it."""
    what = fault.get("do", "")
    reply.seconds = float(fault.get("seconds", reply.seconds))
    if what == "accept_then_502":
        return Reply(status=502, raw=NGINX_502.encode(), type="text/html")
    if what in {"accept_then_drop", "accept_then_hang"}:
        reply.cut = what.removeprefix("accept_then_")
    elif what in {"short", "stall", "corrupt", "wrong_length"}:
        reply.cut = what
    elif what == "no_range":
        reply.status, reply.start = 200, 0
        reply.headers.pop("Content-Range", None)
    elif what in {"truncate", "empty", "not_json"}:
        _spoil(reply, what)
    elif what == "merge":
        laid = {**(reply.json or {}), **fault.get("json", {})}
        reply.json = {n: v for n, v in laid.items() if n not in fault.get("remove", [])}
        reply.headers.update(fault.get("headers", {}))
    if fault.get("without_id"):
        reply.headers.pop("x-fal-request-id", None)
    return reply


def _spoil(reply: Reply, what: str) -> None:
    body = reply.body()
    reply.json = None
    reply.raw = {"truncate": body[: len(body) // 2], "empty": b"", "not_json": b"<p>fine</p>"}[what]
    reply.cut = "truncate" if what == "truncate" else ""
