"""`status`, `jobs`, `show`: what the ledger and the living daemon say."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from upscaled.cli.config import settings_in_force as settings_of
from upscaled.cli.main import DONE, print_json, print_text
from upscaled.cli.standings import latest, lines
from upscaled.cli.standings import told as series_told
from upscaled.cli.surveys import surveyed
from upscaled.core.budget import Spend, room, warnings
from upscaled.core.footing import sentences
from upscaled.core.life import ENDS, LIFE, Word, word_of
from upscaled.core.opening import opening, opening_json, opening_text
from upscaled.core.price import usd
from upscaled.core.progress import Progress
from upscaled.core.settings import Settings, Watch
from upscaled.edge import roots
from upscaled.edge.bounded import ask
from upscaled.edge.clock import local_zone
from upscaled.edge.diary import CONFIG_CHANGES, last
from upscaled.edge.ledger import Ledger
from upscaled.errors import Fault, Outage, UsageError
from upscaled.flow.sums import Days, caps_of, sums
from upscaled.nouns import Job, State
from upscaled.shares import Places, real_inboxes

ANSWER_SECONDS = 0.4
"""How long a mount is given to say that it is there; `status` answers within two seconds."""
MOST_CHANGES = 5
MOST_REASONS = 2
"""In one line of a list."""


def ledger_of(settings: Settings) -> Ledger | None:
    """Return the ledger for reading, None before the first start."""
    path = settings.state.directory / "ledger.sqlite"
    # A living daemon has written down where the inboxes are: then no mount is asked at all.
    places = Places(settings, path) if is_alive(settings) else None
    ledger = Ledger(path, real_inboxes(settings, places))
    return ledger if ledger.exists() else None


def is_alive(settings: Settings) -> bool:
    """Say whether a daemon works with this state directory right now."""
    return roots.StateLock(settings.state.directory).is_taken()


def status(arguments: argparse.Namespace) -> int:
    """Print engine, counts, money, watches and unknown folders."""
    settings = settings_of(arguments)
    ledger = ledger_of(settings)
    moving = latest(ledger)
    said = status_told(settings, ledger, moving)
    if arguments.json:
        print_json(said)
    else:
        print_text("\n".join([_status_text(said), *lines(moving)]))
    return DONE


def status_told(
    settings: Settings, ledger: Ledger | None, moving: Sequence[Progress]
) -> dict[str, Any]:
    """Return what `status --json` prints; `moving` are the series under way."""
    told = _daemon(settings, ledger)
    return {
        "engine": told["engine"],
        "schedule": _schedule(settings),
        "jobs": _counts(ledger),
        "spend": _spend(settings, ledger),
        "watches": told["watches"],
        "unknown_folders": [
            {key: stray[key] for key in ("path", "token", "hint")} for stray in told["strays"]
        ],
        "paused": bool(ledger and ledger.get("paused") == "1"),
        "running": told["running"],
        "ledger": told["ledger"],
        "series": series_told(settings, moving),
        "odd_names": told["odd"],
        "restored": _restored(ledger),
        "config_changes": last(settings.state.directory / CONFIG_CHANGES, MOST_CHANGES),
        "reload": json.loads((ledger and ledger.get("reload")) or "null"),
        "paused_models": json.loads((ledger and ledger.get("paused_models")) or "[]"),
    }


def _restored(ledger: Ledger | None) -> dict[str, Any] | None:
    """Return what the ledger was restored from, until a person has said `resume`."""
    found = ledger and ledger.get("paused") == "1" and ledger.get("restored")
    if not found:
        return None
    told: dict[str, Any] = json.loads(found)
    reason = (
        f"restored from its copy of {told['copied_at']}: what was submitted since then is not "
        "known here and would be paid for again; look at fal's list of requests, `cancel` what it "
        "has, then `resume`"
    )
    return told | {"reason": reason}


def jobs(arguments: argparse.Namespace) -> int:
    """Print every job, unfinished first."""
    ledger = ledger_of(settings_of(arguments))
    wanted = arguments.state
    states = None
    if wanted is not None and wanted != Word.HELD:
        states = [state for state, stage in LIFE.items() if stage.word == wanted]
    found = ledger.jobs(states) if ledger else []
    told = [job_json(job) for job in found]
    told = [one for one in told if wanted is None or one["state"] == wanted]
    if arguments.json:
        print_json(told)
        return DONE
    for one in told:
        why = f"  {one['hold']}: {one['reason']}" if one["hold"] else f"  {one['reason'] or ''}"
        print_text(f"{one['id']}  {one['state']:<8} {one['path']}{why.rstrip()}")
    return DONE


def show(arguments: argparse.Namespace) -> int:
    """Print the whole story of one job."""
    ledger = ledger_of(settings_of(arguments))
    job = ledger.job(arguments.id) if ledger else None
    if ledger is None or job is None:
        raise UsageError(f"there is no job {arguments.id}", "`upscaled jobs` lists them all")
    told = show_told(ledger, job)
    if arguments.json:
        print_json(told)
        return DONE
    for key, value in told.items():
        if key != "history":
            print_text(f"{key}: {json.dumps(value, ensure_ascii=False)}")
    for event in told["history"]:
        print_text(f"  {event['at']}  {event['state']:<11} {event['said']}")
    return DONE


def show_told(ledger: Ledger, job: Job) -> dict[str, Any]:
    """Return what `show --json` prints."""
    told = job_json(job) | _story(job)
    told["money"] = [
        {
            "at": _stamp(one.at),
            "kind": one.kind,
            "pass": one.number,
            "usd": usd(one.micros),
            "model": one.model,
            "request_id": one.request_id,
            "billed": one.billed,
        }
        for one in ledger.moved(job.id)
    ]
    told["history"] = [
        {"at": _stamp(event.at), "state": event.state, "said": event.said}
        for event in ledger.history(job.id)
    ]
    return told


def job_json(job: Job) -> dict[str, Any]:
    """Return a job as `jobs --json` prints it."""
    living = job.state not in ENDS
    error = job.facts.error
    return {
        "id": job.id,
        "state": word_of(job.state, held=job.hold is not None).value,
        "path": job.path,
        "target": job.target,
        "hold": job.hold.value if job.hold and living else None,
        "reason": job.reason or (error.message if error else _doubts(job)),
        "due_at": _stamp(job.due_at) if job.due_at and living else None,
        "cost_usd": job.cost / 1e6,
        "step": job.state.value,
        "code": error.code if error else None,
    }


def _doubts(job: Job) -> str | None:
    """Return why a result went to review."""
    fidelity = job.facts.fidelity
    return _led(fidelity.reasons) if fidelity and job.state is State.REVIEW else None


def _led(reasons: Sequence[str]) -> str:
    """Return the first of many reasons: the sidecar has them all."""
    more = len(reasons) - MOST_REASONS
    said = "; ".join(reasons[:MOST_REASONS])
    return f"{said}; and {more} more in its sidecar" if more > 0 else said


def _story(job: Job) -> dict[str, Any]:
    facts = job.facts
    delivery, verdict, plan = facts.delivery, facts.verdict, facts.plan
    return {
        "sha256": job.sha256,
        "bytes": job.size,
        "reserved_usd": job.reserved / 1e6,
        "engine": facts.engine or None,
        "verdict": verdict
        and {
            "model": verdict.model.value,
            "confidence": verdict.confidence,
            "rule": verdict.rule,
            "reasons": list(verdict.reasons),
        },
        "series": facts.series,
        "width": plan and plan.width,
        "height": plan and plan.height,
        "shortfall": plan and plan.shortfall,
        "requests": [one.request_id for one in facts.passes if one.request_id],
        "result": delivery and f"{delivery.root}/{delivery.path}",
        "archived": facts.archived,
        "failed": facts.set_aside,
        "rejected": facts.rejected if job.state in {State.FAILED, State.SUPERSEDED} else None,
        "accepted": facts.accepted and {"at": _stamp(facts.accepted.at), "by": facts.accepted.by},
        "redo_of": facts.redo and facts.redo.of,
        "fidelity": facts.fidelity and facts.fidelity.verdict,
        "error": facts.error
        and {"code": facts.error.code, "message": facts.error.message, "hint": facts.error.hint},
    }


def _counts(ledger: Ledger | None) -> dict[str, int]:
    counts = dict.fromkeys([word.value for word in Word], 0)
    for state, held, number in ledger.counts() if ledger else ():
        counts[word_of(state, held=held).value] += number
    return counts


def _spend(settings: Settings, ledger: Ledger | None) -> dict[str, Any]:
    """Return what is spent and reserved, what is left of it, and what it warns of."""
    now, caps = datetime.now(UTC), caps_of(settings)
    days = Days(zone=local_zone(settings.schedule.timezone), starts=settings.day_starts)
    spend = sums(ledger, days, now) if ledger is not None else Spend()
    return {
        "today_usd": usd(spend.today),
        "month_usd": usd(spend.month),
        "reserved_usd": usd(spend.reserved),
        "daily_cap_usd": usd(caps.daily),
        "monthly_cap_usd": usd(caps.monthly),
        "left_usd": usd(room(spend, caps)),
        "warnings": list(warnings(spend, caps, settings.budget.warn_percent / 100).values()),
        "day_began_at": _stamp(days.day(now)),
        "day_ends_at": _stamp(days.end(now)),
    }


def _schedule(settings: Settings) -> dict[str, Any]:
    """Return when submits of each watch may leave, and when that changes."""
    now, zone = datetime.now(UTC), local_zone(settings.schedule.timezone)
    found = [
        opening(now, settings.window_of(number), zone) for number in range(len(settings.watch))
    ]
    return {
        "timezone": str(zone),
        "windows": [
            {"inbox": str(watch.inbox), **opening_json(one)}
            for watch, one in zip(settings.watch, found, strict=True)
        ],
        "words": list(dict.fromkeys(filter(None, (opening_text(one, now, zone) for one in found)))),
    }


def _daemon(settings: Settings, ledger: Ledger | None) -> dict[str, Any]:
    """Return what the living daemon says; without one, look for ourselves."""
    if ledger and is_alive(settings):
        told: dict[str, Any] = json.loads(ledger.get("daemon") or "{}")
        if told:
            return told | {"running": True}
    watches, answering = _watches(settings, ledger)
    seen = surveyed(settings, answering)
    name: str = settings.engine.name
    if name == "auto" and ledger:
        name = ledger.get("engine") or name
    return {
        "engine": {"name": name, "state": "stopped", "reason": "no daemon is running"},
        "watches": watches,
        "strays": [asdict(stray) for stray in seen.strays],
        "odd": seen.odd,
        "ledger": "",
        "running": False,
    }


def _watches(settings: Settings, ledger: Ledger | None) -> tuple[list[dict[str, Any]], list[int]]:
    """Return what there is to say of each watch, and which of them answered."""
    numbers = range(len(settings.watch))
    told = ask({one: partial(_watch, settings, ledger, one) for one in numbers}, ANSWER_SECONDS)
    return [told.get(one) or _silent(settings, one) for one in numbers], list(told)


def _silent(settings: Settings, number: int) -> dict[str, Any]:
    watch = settings.watch[number]
    kind = roots.file_system_at(str(watch.inbox.absolute()))
    reason = f"{kind or 'unknown'} file system; the folder does not answer"
    return _watch_json(str(watch.inbox), _observer(watch, kind), reason, healthy=False)


def _observer(watch: Watch, kind: str) -> str:
    if watch.observer != "auto":
        return watch.observer
    return "polling" if roots.is_network(kind) else "native"


def _watch(settings: Settings, ledger: Ledger | None, number: int) -> dict[str, Any]:
    watch = settings.watch[number]
    kind = roots.file_system(watch.inbox)
    observer = _observer(watch, kind)
    try:
        marker = roots.read_marker(watch.inbox, ledger.id if ledger else "")
    except Outage as error:
        return _watch_json(str(watch.inbox), observer, error.message, healthy=False)
    if ledger is None and not watch.inbox.is_dir():
        reason = "not made yet; the first start makes it"
        return _watch_json(str(watch.inbox), observer, reason, healthy=False)
    healthy = marker is roots.Marker.OURS or ledger is None
    reason = f"{kind or 'unknown'} file system" if healthy else f"its marker is {marker.value}"
    return _watch_json(str(watch.inbox), observer, reason, healthy=healthy)


def _watch_json(inbox: str, observer: str, reason: str, *, healthy: bool) -> dict[str, Any]:
    told = {"inbox": inbox, "observer": observer, "healthy": healthy, "reason": reason}
    return told | {"probe": None}  # only the daemon and `check` make files there


def watch_lines(watches: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield how each watch is seen, and below it what was tried in its folders."""
    for one in watches:
        health = "healthy" if one["healthy"] else "NOT healthy"
        yield f"watch    {one['inbox']}: {one['observer']}, {health} ({one['reason']})"
        if tried := sentences(one.get("probe")):
            yield f"         {'; '.join(tried)}"


def watches_of(settings: Settings, ledger: Ledger | None) -> list[dict[str, Any]]:
    """Return how each watch is seen by the living daemon; without one, look for ourselves."""
    if ledger and is_alive(settings):
        told = json.loads(ledger.get("daemon") or "{}")
        if told:
            return list(told["watches"])
    return _watches(settings, ledger)[0]


def _status_text(said: dict[str, Any]) -> str:
    engine, spend = said["engine"], said["spend"]
    why = f" ({engine['reason']})" if engine["reason"] else ""
    lines = [f"engine   {engine['name']}: {engine['state']}{why}"]
    lines.append("jobs     " + ", ".join(f"{count} {word}" for word, count in said["jobs"].items()))
    lines.append(
        f"spend    ${spend['today_usd']:.2f} today, ${spend['month_usd']:.2f} this month, "
        f"${spend['reserved_usd']:.2f} reserved, ${spend['left_usd']:.2f} left"
    )
    lines += [f"window   {one}" for one in said["schedule"]["words"]]
    lines += [f"model    {one['reason']}" for one in said["paused_models"]]
    lines += [f"money    {one}" for one in spend["warnings"]]
    lines += watch_lines(said["watches"])
    lines += [
        f"unknown  {one['path'] or 'the inbox itself'}: {one['hint']}"
        for one in said["unknown_folders"]
    ]
    lines += [f"stays    {one}" for one in said["odd_names"]]
    if said["restored"]:
        lines.append(f"ledger   {said['restored']['reason']}")
    if said["reload"] and not said["reload"]["ok"]:
        lines.append(f"config   refused at {said['reload']['at']}; the one before holds:")
        lines += [f"         {Fault(**fault).sentence()}" for fault in said["reload"]["faults"]]
    return "\n".join([*lines, "paused"] if said["paused"] else lines)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
