"""`show`: the whole story of one job."""

import argparse
import shlex
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upscaled.cli.config import settings_in_force as settings_of
from upscaled.cli.jobs import job_json, stamp
from upscaled.cli.ledgers import inboxes_of, whole_id
from upscaled.cli.main import DONE, print_json, print_text
from upscaled.core import names
from upscaled.core.hands import origin_of
from upscaled.core.job_text import Lying, next_commands, text
from upscaled.core.life import ENDS
from upscaled.core.price import usd
from upscaled.edge.bounded import ask
from upscaled.edge.clock import local_zone
from upscaled.edge.ledger.glance import Glance, glanced
from upscaled.edge.ledger.rows import Event, Moved, event_of, job_of, moved_of
from upscaled.errors import UsageError
from upscaled.nouns import Job, State

if TYPE_CHECKING:
    from upscaled.core.settings import Settings

ANSWER_SECONDS = 0.4
"""How long the shares are given to say whether a file is there."""


def show(arguments: argparse.Namespace) -> int:
    """Print the whole story of one job."""
    settings = settings_of(arguments)
    with glanced(settings.state.directory / "ledger.sqlite") as ledger:
        job = _job(settings, ledger, arguments.id)
        moved = [moved_of(one) for one in ledger.moved(job.id)] if ledger else []
        history = [event_of(one) for one in ledger.history(job.id)] if ledger else []
    told, places = show_told(job, moved, history), lying(settings, job)
    if arguments.json:
        lie = [{"what": one.what, "path": one.path, "there": one.there} for one in places]
        print_json(told | {"places": lie, "next": list(next_commands(told))})
    else:
        said = text(told, places, local_zone(settings.schedule.timezone))
        first, _, rest = _with_config(said, arguments.config).partition("\n")
        print_text(first, bold=True)
        print_text(rest)
    return DONE


def _with_config(said: str, config: str | None) -> str:
    """Return the text with commands that can be typed as they stand here."""
    if config is None:
        return said
    return said.replace("\n  upscaled ", f"\n  upscaled --config {shlex.quote(config)} ")


def _job(settings: "Settings", ledger: Glance | None, typed: str) -> Job:
    if ledger is None:
        raise UsageError(
            f"there is no ledger in {settings.state.directory} yet", "start the daemon once first"
        )
    row = ledger.row(whole_id(ledger, typed))
    if row is None:
        raise UsageError(f"there is no job {typed} any more", "`upscaled jobs` lists them all")
    return job_of(row, inboxes_of(settings))


def lying(settings: "Settings", job: Job) -> list[Lying]:
    """Return where a job's files should be, and whether they are."""
    if job.watch < 0:
        return []
    told = dict(_places(settings, job))
    there = ask({what: partial(_is_there, path) for what, path in told.items()}, ANSWER_SECONDS)
    return [Lying(what=what, path=str(told[what]), there=there.get(what)) for what in told]


def _is_there(path: Path) -> bool | None:
    try:
        return path.exists()
    except OSError:
        return None


def _places(settings: "Settings", job: Job) -> Iterator[tuple[str, Path]]:
    watch, facts = settings.watch[job.watch], job.facts
    origin = origin_of(job, leaves=watch.originals == "leave") if job.state in ENDS else None
    if origin is not None:
        yield "original", Path(getattr(watch, origin.root)) / origin.path
    elif job.state not in ENDS:
        yield "original", watch.inbox / job.path
    delivery = facts.delivery
    if delivery is not None and job.state in {State.DONE, State.REVIEW}:
        root = watch.outbox if delivery.root == "outbox" else watch.review
        yield "result", root / delivery.path
        beside, apart = names.sidecar_places(delivery.path)
        in_folder = delivery.root == "outbox" and watch.sidecars == "folder"
        yield "sidecar", root / (apart if in_folder else beside)
        if delivery.compare_staged and delivery.root == "review":
            yield "comparison", root / names.compare_name(delivery.path)
    if job.state is State.FAILED and facts.set_aside:
        yield "sidecar", watch.failed / names.sidecar_name(facts.set_aside)
    if job.state in {State.FAILED, State.SUPERSEDED} and facts.rejected:
        yield "rejected", watch.archive / facts.rejected


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
