"""
`status` as one screen: what needs a person first, then work, money, hours and folders.

Values in, lines out; `said` is what `status --json` prints. Long lists end in a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upscaled.core.footing import sentences
from upscaled.errors import Fault
from upscaled.nouns import Hold

MOST = 5
"""Lines of one kind; the rest is a number."""


def overview(said: Mapping[str, Any], holds: Sequence[tuple[Hold, int, str]]) -> list[str]:
    """Return the lines; `holds` are what jobs wait for, how many, and one of the reasons."""
    return [
        headline(said),
        *_person(said),
        *_work(said, holds),
        *_money(said),
        *watch_lines(said["watches"]),
        *_shortened("stays", said["odd_names"]),
    ]


def headline(said: Mapping[str, Any]) -> str:
    """Return how it stands in one sentence."""
    engine, jobs = said["engine"], said["jobs"]
    under_way = f"{jobs['working']} in work, {jobs['waiting']} waiting, {jobs['held']} held"
    if not said["running"]:
        return f"NOT RUNNING: {under_way}; nothing moves until `upscaled run` or its service starts"
    if said["paused"]:
        return f"PAUSED: {under_way}; nothing begins until `upscaled resume`"
    if engine["reason"]:
        return f"{engine['state'].upper()}: {under_way}; {engine['reason']}"
    people = jobs["review"] + jobs["failed"]
    idle = not (jobs["working"] or jobs["waiting"] or jobs["held"])
    if idle:
        return "Nothing is under way" + (f"; {people} for a person" if people else ": all is done")
    return f"Running: {under_way}"


def watch_lines(watches: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield how each watch is seen, and below it what was tried in its folders."""
    for one in watches:
        health = "healthy" if one["healthy"] else "NOT healthy"
        yield f"watch    {one['inbox']}: {one['observer']}, {health} ({one['reason']})"
        if tried := sentences(one.get("probe")):
            yield f"         {'; '.join(tried)}"


def _person(said: Mapping[str, Any]) -> Iterator[str]:
    """Yield what waits for somebody, each with what to type."""
    jobs = said["jobs"]
    if said["restored"]:
        yield f"ledger   {said['restored']['reason']}"
    if said["reload"] and not said["reload"]["ok"]:
        yield f"config   refused at {said['reload']['at']}; the one before holds:"
        yield from (f"         {Fault(**fault).sentence()}" for fault in said["reload"]["faults"])
    for word, what in (("review", "accept, reject or redo"), ("failed", "mend or retry")):
        if jobs[word]:
            yield f"{word:<8} {jobs[word]} to {what}: `upscaled jobs --state {word}`"
    away = [one["inbox"] for one in said["watches"] if not one["healthy"]]
    yield from _shortened("folder", [f"{one} is NOT healthy, see below" for one in away])
    strays = said["unknown_folders"]
    told = [f"{one['path'] or 'the inbox itself'}: {one['hint']}" for one in strays]
    yield from _shortened("unknown", told)


def _work(said: Mapping[str, Any], holds: Sequence[tuple[Hold, int, str]]) -> Iterator[str]:
    engine = said["engine"]
    why = f" ({engine['reason']})" if engine["reason"] else ""
    yield f"engine   {engine['name']}: {engine['state']}{why}"
    yield "jobs     " + ", ".join(f"{count} {word}" for word, count in said["jobs"].items())
    for hold, number, reason in holds:
        yield f"held     {number} for {hold.value}" + (f": {reason}" if reason else "")
    yield from (f"window   {one}" for one in said["schedule"]["words"])
    yield from (f"model    {one['reason']}" for one in said["paused_models"])


def _money(said: Mapping[str, Any]) -> Iterator[str]:
    spend = said["spend"]
    yield (
        f"spend    ${spend['today_usd']:.2f} today, ${spend['month_usd']:.2f} this month, "
        f"${spend['reserved_usd']:.2f} reserved, ${spend['left_usd']:.2f} left"
    )
    yield from (f"money    {one}" for one in spend["warnings"])


def _shortened(word: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"{word:<8} {line}" for line in lines[:MOST])
    if len(lines) > MOST:
        yield f"{'':8} and {len(lines) - MOST} more: `upscaled check` tells all"
