"""
One job as a person reads it in the morning: what became of it, where it lies, why, and what next.

Values in, lines out. Names are strangers' words; whoever prints makes them harmless.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from upscaled.core.price import MICROS_PER_USD, money
from upscaled.core.runbook import commands_of

_HEADS = {
    "done": "Done",
    "review": "In review, for a person to look at",
    "failed": "Failed",
    "held": "Held",
    "working": "In work",
    "waiting": "Waiting",
}
_KINDS = {
    "reserve": "reserved",
    "release": "given back",
    "settle": "spent",
    "correct": "corrected",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """One of a job's files, and whether it is where it should be."""

    what: str
    path: str
    there: bool | None
    """None where the folder did not answer."""


def headline(told: Mapping[str, Any]) -> str:
    """Return what became of the job in one sentence."""
    code = told["code"] if told["state"] == "failed" else told["hold"]
    word = f" ({code})" if code else f" ({told['step']})" if told["state"] == "working" else ""
    return f"{_HEADS[told['state']]}{word}: {told['path']}"


def next_commands(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what may be typed about the job now, the likeliest first."""
    job_id, state = told["id"], told["state"]
    if state == "review":
        words = "accept", "reject", "redo"
        tails = "", "", " --model FAMILY"
        return tuple(
            f"upscaled {word} {job_id}{tail}" for word, tail in zip(words, tails, strict=True)
        )
    word = told["code"] if state == "failed" else told["hold"]
    if word:
        known = commands_of(word, job_id)
        shown = f"upscaled show {job_id}"
        return (*(one for one in known if one != shown), f"upscaled explain {word}")
    if told["step"] == "done":
        return (f"upscaled redo {job_id} --model FAMILY",)
    return (f"upscaled cancel {job_id}",) if state in {"working", "waiting"} else ()


def text(told: Mapping[str, Any], places: Sequence[Lying], zone: tzinfo) -> str:
    """Return the whole story of a job; `told` is what `show --json` prints."""
    parts = [*_head(told), *_places(places), *_why(told), *_paid(told, zone), *_story(told, zone)]
    if commands := next_commands(told):
        parts += ["", "What can be done", *(f"  {command}" for command in commands)]
    return "\n".join(parts)


def _head(told: Mapping[str, Any]) -> Iterator[str]:
    yield headline(told)
    error = told["error"]
    for said in (told["reason"], error and error["hint"], told["shortfall"]):
        if said:
            yield f"  {said}"
    size = f", {told['width']} x {told['height']}" if told["width"] else ""
    series = f", of the series {told['series']}" if told["series"] else ""
    yield f"  job {told['id']}, for {told['target'] or 'an unknown target'}{size}{series}"
    if told["redo_of"]:
        yield f"  done again; before that it was job {told['redo_of']}"
    if told["accepted"]:
        yield f"  accepted ({told['accepted']['by']})"


def _places(places: Sequence[Lying]) -> Iterator[str]:
    if not places:
        return
    yield from ("", "Where it lies")
    missing = {True: "", False: "  (not there)", None: "  (its folder does not answer)"}
    for one in places:
        yield f"  {one.what:<11} {one.path}{missing[one.there]}"


def _why(told: Mapping[str, Any]) -> Iterator[str]:
    verdict = told["verdict"]
    if not verdict:
        return
    yield from ("", "Why this family")
    yield f"  {verdict['model']}, {verdict['confidence']:.0%} sure, by the rule {verdict['rule']}"
    yield from (f"    {reason}" for reason in verdict["reasons"])


def _paid(told: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    yield from ("", "What was paid")
    total, reserved = (round(told[key] * MICROS_PER_USD) for key in ("cost_usd", "reserved_usd"))
    kept = f"; {money(reserved)} reserved" if reserved else ""
    yield f"  {money(total) if total else 'nothing'}{kept}"
    for one in (one for one in told["money"] if one["usd"]):
        at, micros = _wall(one["at"], zone), round(one["usd"] * MICROS_PER_USD)
        basis = ", billed" if one["billed"] and one["kind"] == "settle" else ""
        request = f", request {one['request_id']}" if one["request_id"] else ""
        yield f"  {at:%a %d %b %H:%M}  {_KINDS[one['kind']]:<10} {money(micros)}{basis}{request}"


def _story(told: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    yield from ("", "What happened")
    day = ""
    for event in told["history"]:
        at = _wall(event["at"], zone)
        if (today := f"{at:%A %d %B %Y}") != day:
            day = today
            yield f"  {day}"
        yield f"    {at:%H:%M:%S}  {event['state']:<11} {event['said']}"
    if not told["history"]:
        yield "  nothing yet"


def _wall(stamp: str, zone: tzinfo) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(zone)
