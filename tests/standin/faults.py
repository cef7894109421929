"""
Faults by script: what goes wrong, on which call, how often.

A script is a list of entries like `{"on": "submit", "nth": 2, "do": "accept_then_drop"}`. `on`
names the call (see `server.ROUTES`, and `run` and `input` for the model's own step and its fetch of
the picture), `nth` which one since the script was given (1 by default), `times` how many in a row
(1 by default, 0 for ever). What a fault needs besides stands beside it: `status`, `json`, ...

before the call is handled
    drop             close the connection without reading the body
    hang             say nothing for `seconds`, then close
    answer           answer `status` with `json` or `text`, and `headers`
after it was handled (a submit is then accepted)
    accept_then_drop, accept_then_hang, accept_then_502, truncate, empty, not_json
    merge            change the JSON answer: `json` is laid over it, the names in `remove` go
while a file is sent
    short, stall     half of it, then the connection ends or goes silent
    corrupt          wrong bytes of the right length
    wrong_length     a whole file that lacks its last byte, honestly declared
    no_range         the file from its start, whatever range was asked for
the model's step (`on = "run"`)
    fail             end with `status`, `json`, `units`, and `error`, `error_type` in the status
    endless          never end
    foreign          `url` in place of the result's address
    spoil            answer with another picture than asked, `how` is a name of `pixels.SPOILT`

What a script holds must happen: faults that never hit anything are gathered in `TALLY`, and the
test run fails for them at its end. `"idle": True` marks one that must not be reached.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

NGINX_502 = "<html><head><title>502 Bad Gateway</title></head><center>nginx</center></html>"
LOCKED = (
    "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
)

NAMED: dict[str, dict[str, Any]] = {
    "unauthorized": {"do": "answer", "status": 401, "json": {"detail": "Invalid key"}},
    "locked": {"do": "answer", "status": 403, "json": {"detail": LOCKED}},
    "forbidden": {"do": "answer", "status": 403, "json": {"detail": "Key lacks the scope"}},
    "not_found": {"do": "answer", "status": 404, "json": {"status": "NOT_FOUND"}},
    "bad_gateway": {"do": "answer", "status": 502, "text": NGINX_502},
    "unavailable": {"do": "answer", "status": 503, "json": {"detail": "Service Unavailable"}},
    "slow_down": {"do": "answer", "status": 429, "json": {"detail": "Too many requests"}},
}
"""Answers met often enough to have a name."""


@dataclass(slots=True)
class Tally:
    """All faults of one process so far."""

    struck: int = 0
    missed: list[str] = field(default_factory=list)
    """Faults that were to happen and did not, or did where they must not."""


TALLY = Tally()


@dataclass(slots=True)
class _Entry:
    """One entry, and how often its call was seen and hit."""

    fault: dict[str, Any]
    seen: int = 0
    hit: int = 0

    def count(self, tally: Tally) -> None:
        """Add this entry to the sums of the process."""
        idle = bool(self.fault.get("idle"))
        tally.struck += self.hit
        if bool(self.hit) == idle:
            tally.missed.append(f"{'struck' if idle else 'never struck'}: {self.fault}")

    def strikes(self, call: str) -> bool:
        """Count a call; return whether this one is hit."""
        if self.fault["on"] != call:
            return False
        self.seen += 1
        first, times = int(self.fault.get("nth", 1)), int(self.fault.get("times", 1))
        if self.seen < first or (times and self.seen >= first + times):
            return False
        self.hit += 1
        return True


class Script:
    """The faults still to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def load(self, entries: list[dict[str, Any]]) -> None:
        """Replace the script; counting begins anew."""
        named = [{**NAMED.get(str(one.get("do")), {}), **_plain(one)} for one in entries]
        with self._lock:
            before, self._entries = self._entries, [_Entry(one) for one in named]
        for entry in before:
            entry.count(TALLY)

    def take(self, call: str) -> dict[str, Any] | None:
        """Return the fault that hits this call, None for an honest one."""
        with self._lock:
            struck = [entry.fault for entry in self._entries if entry.strikes(call)]
        return struck[0] if struck else None

    def pending(self) -> list[dict[str, Any]]:
        """Return the faults that never hit anything."""
        with self._lock:
            return [
                entry.fault
                for entry in self._entries
                if not entry.hit and not entry.fault.get("idle")
            ]


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without a name that `NAMED` spells out."""
    return {name: value for name, value in entry.items() if name != "do" or value not in NAMED}
