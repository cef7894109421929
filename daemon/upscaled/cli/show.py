"""`show`: the whole story of one job."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from upscaled.cli.config import settings_in_force as settings_of
from upscaled.cli.jobs import job_json, stamp
from upscaled.cli.ledgers import inboxes_of
from upscaled.cli.main import DONE, print_json, print_text
from upscaled.core.price import usd
from upscaled.edge.ledger.glance import glanced
from upscaled.edge.ledger.rows import Event, Moved, event_of, job_of, moved_of
from upscaled.errors import UsageError
from upscaled.nouns import Job, State


def show(arguments: argparse.Namespace) -> int:
    """Print the whole story of one job."""
    settings = settings_of(arguments)
    with glanced(settings.state.directory / "ledger.sqlite") as ledger:
        row = ledger.row(arguments.id) if ledger else None
        if ledger is None or row is None:
            raise UsageError(f"there is no job {arguments.id}", "`upscaled jobs` lists them all")
        job = job_of(row, inboxes_of(settings))
        moved = [moved_of(one) for one in ledger.moved(job.id)]
        told = show_told(job, moved, [event_of(one) for one in ledger.history(job.id)])
    if arguments.json:
        print_json(told)
        return DONE
    for key, value in told.items():
        if key != "history":
            print_text(f"{key}: {json.dumps(value, ensure_ascii=False)}")
    for event in told["history"]:
        print_text(f"  {event['at']}  {event['state']:<11} {event['said']}")
    return DONE


def show_told(job: Job, moved: Sequence[Moved], history: Sequence[Event]) -> dict[str, Any]:
    """Return what `show --json` prints."""
    told = job_json(job) | _story(job)
    told["money"] = [
        {
            "at": stamp(one.at),
            "kind": one.kind,
            "pass": one.number,
            "usd": usd(one.micros),
            "model": one.model,
            "request_id": one.request_id,
            "billed": one.billed,
        }
        for one in moved
    ]
    told["history"] = [
        {"at": stamp(event.at), "state": event.state, "said": event.said} for event in history
    ]
    return told


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
        "accepted": facts.accepted and {"at": stamp(facts.accepted.at), "by": facts.accepted.by},
        "redo_of": facts.redo and facts.redo.of,
        "fidelity": facts.fidelity and facts.fidelity.verdict,
        "error": facts.error
        and {"code": facts.error.code, "message": facts.error.message, "hint": facts.error.hint},
    }
