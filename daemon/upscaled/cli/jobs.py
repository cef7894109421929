"""`jobs`: every job, a line each; unfinished first."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from upscaled.cli.config import settings_in_force as settings_of
from upscaled.cli.main import DONE, json_text, print_text
from upscaled.core.life import ENDS, LIFE, Word, word_of
from upscaled.edge.ledger.glance import Line, glanced
from upscaled.nouns import Job, State

MOST_REASONS = 2
"""In one line of a list."""


def jobs(arguments: argparse.Namespace) -> int:
    """Print every job, unfinished first."""
    settings, wanted = settings_of(arguments), arguments.state
    with glanced(settings.state.directory / "ledger.sqlite") as ledger:
        found = ledger.lines(_states(wanted)) if ledger else ()
        told = (line_json(line) for line in found)
        told = (one for one in told if wanted is None or one["state"] == wanted)
        if arguments.json:
            _print_array(told)
        else:
            for one in told:
                print_text(_text(one))
    return DONE


def _states(word: str | None) -> Sequence[State] | None:
    """Return the states that a word may stand for; a hold hides the word of what has not ended."""
    if word is None:
        return None
    if word == Word.HELD:
        return [state for state in LIFE if state not in ENDS]
    return [state for state, stage in LIFE.items() if stage.word == word]


def _print_array(told: Iterable[Any]) -> None:
    """Print a JSON array, an object a line, as they come: there may be a hundred thousand."""
    before, plain = "[\n", json.JSONEncoder(ensure_ascii=False).encode
    for one in told:
        text = plain(one)
        sys.stdout.write(before + (text if text.isascii() else json_text(one)))
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")


def _text(one: dict[str, Any]) -> str:
    why = f"  {one['hold']}: {one['reason']}" if one["hold"] else f"  {one['reason'] or ''}"
    return f"{one['id']}  {one['state']:<8} {one['path']}{why.rstrip()}"


def job_json(job: Job) -> dict[str, Any]:
    """Return a job as `jobs --json` prints it."""
    return line_json(line_of(job))


def line_of(job: Job) -> Line:
    """Return a job as a list has it."""
    error, fidelity = job.facts.error, job.facts.fidelity
    return Line(
        id=job.id,
        state=job.state,
        path=job.path,
        target=job.target,
        hold=job.hold,
        reason=job.reason,
        due_at=job.due_at.timestamp() if job.due_at else None,
        cost=job.cost,
        code=error.code if error else None,
        message=error.message if error else None,
        doubts=fidelity.reasons if fidelity and job.state is State.REVIEW else (),
    )


def line_json(line: Line) -> dict[str, Any]:
    """Return a line of the list as `jobs --json` prints it."""
    living = line.state not in ENDS
    due = line.due_at if living else None
    return {
        "id": line.id,
        "state": word_of(line.state, held=line.hold is not None).value,
        "path": line.path,
        "target": line.target,
        "hold": line.hold.value if line.hold and living else None,
        "reason": line.reason or line.message or (_led(line.doubts) if line.doubts else None),
        "due_at": None if due is None else stamp(datetime.fromtimestamp(due, UTC)),
        "cost_usd": line.cost / 1e6,
        "step": line.state.value,
        "code": line.code,
    }


def _led(reasons: Sequence[str]) -> str:
    """Return the first of many reasons: the sidecar has them all."""
    more = len(reasons) - MOST_REASONS
    said = "; ".join(reasons[:MOST_REASONS])
    return f"{said}; and {more} more in its sidecar" if more > 0 else said


def stamp(at: datetime) -> str:
    """Return a time as JSON has it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
