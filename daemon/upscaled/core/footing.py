"""What was tried in a watch's folders, in words. Shapes are those of `status --json`."""

from collections.abc import Mapping, Sequence
from typing import Any

SKEW_SECONDS = 2.0
"""Less is nothing that a person need know."""
_RENAMES = {
    "noreplace": "",
    "link": "names are kept safe by hard links",
    "check": "a taken name is only looked for before the rename",
    "none": "no rename could be tried",
}


def sentences(probe: Mapping[str, Any] | None) -> Sequence[str]:
    """Return what a person should know of a probe; what is as it should be is short."""
    if not probe:
        return ()
    return (_events(probe), *dict.fromkeys(_roots(probe["roots"])))


def _events(probe: Mapping[str, Any]) -> str:
    if probe["events"] is None:
        return "events: not asked for, it is polled"
    if not probe["events"]:
        return "events: none arrive, so it is polled"
    return f"events arrive in {probe['events_ms']:g} ms"


def _roots(roots: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    said = []
    for role, found in roots.items():
        if found["error"]:
            said.append(f"{role}: {found['error']}")
            continue
        if words := _RENAMES[found["rename"]]:
            said.append(f"{role}: {words}")
        if found["refused"]:
            said.append(f"{role}: takes no {' and no '.join(found['refused'])} of ours")
        if abs(found["skew_seconds"] or 0.0) >= SKEW_SECONDS:
            ahead = "ahead" if found["skew_seconds"] > 0 else "behind"
            said.append(f"{role}: its clock is {abs(found['skew_seconds']):g} s {ahead}")
        if role == "outbox":
            said.append(f"results are {found['owner']}:{found['group']} {found['mode']}")
    return said
