"""`retry`, `cancel`, `accept`, `reject`, `redo`, `pause`, `resume`: asked through the ledger."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from upscaled.cli.config import settings_in_force as settings_of
from upscaled.cli.ledgers import is_alive, ledger_of, whole_id
from upscaled.cli.main import DONE, UNFINISHED, print_json, print_text
from upscaled.core.settings import Settings
from upscaled.edge.ledger import Ledger
from upscaled.errors import UsageError
from upscaled.housekeeping import before_migration
from upscaled.nouns import State
from upscaled.rooms import open_ledger

ANSWER_SECONDS = 5.0
"""How long a living daemon is given to answer before the command says "asked"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What was typed, besides the jobs."""

    verb: str
    argument: str | None = None
    as_json: bool = False


def retry(arguments: argparse.Namespace) -> int:
    """Ask for failed files to go back to the inbox, or for held ones to be looked at now."""
    settings = settings_of(arguments)
    ledger = _ledger(settings)
    ids = [whole_id(ledger, typed) for typed in arguments.ids]
    if arguments.all_failed:
        ids += [job.id for job in ledger.jobs([State.FAILED]) if job.watch >= 0]
    elif not ids:
        raise UsageError("name the jobs to retry", "or use --all-failed")
    return _ask(settings, ledger, Words(verb="retry", as_json=arguments.json), ids)


def cancel(arguments: argparse.Namespace) -> int:
    """Ask for a job to stop."""
    return _say(arguments, "cancel")


def accept(arguments: argparse.Namespace) -> int:
    """Ask for results in review to go to the outbox."""
    return _say(arguments, "accept")


def reject(arguments: argparse.Namespace) -> int:
    """Ask for results in review to be taken away, and their originals to go to failed/."""
    return _say(arguments, "reject")


def redo(arguments: argparse.Namespace) -> int:
    """Ask for originals of ended jobs to be done again, as another family where one is named."""
    return _say(arguments, "redo", arguments.model)


def _say(arguments: argparse.Namespace, verb: str, argument: str | None = None) -> int:
    settings = settings_of(arguments)
    words = Words(verb=verb, argument=argument, as_json=arguments.json)
    ledger = _ledger(settings)
    ids = [whole_id(ledger, typed) for typed in arguments.ids]
    return _ask(settings, ledger, words, ids)


def pause(arguments: argparse.Namespace) -> int:
    """Begin and submit nothing more, from within two seconds on."""
    return _flag(arguments, paused=True)


def resume(arguments: argparse.Namespace) -> int:
    """Go on, and look at everything held at once."""
    return _flag(arguments, paused=False)


def _flag(arguments: argparse.Namespace, *, paused: bool) -> int:
    settings = settings_of(arguments)
    flag(settings, paused=paused)
    if arguments.json:
        print_json({"paused": paused, "running": is_alive(settings)})
    else:
        print_text("paused" if paused else "resumed; everything held is looked at again")
    return DONE


def flag(settings: Settings, *, paused: bool) -> None:
    """Write down that nothing more begins, or that it goes on and all that is held is looked at."""
    ledger = open_ledger(settings)
    before_migration(settings, ledger, datetime.now(UTC))
    ledger.create()  # a place may be paused before it first spends
    ledger.put("paused", "1" if paused else "0")
    if not paused:
        ledger.put("look_again", datetime.now(UTC).isoformat())
        ledger.put("restored", "")  # a person has looked at what was submitted since the copy


def _ledger(settings: Settings) -> Ledger:
    ledger = ledger_of(settings)
    if ledger is None:
        raise UsageError(
            f"there is no ledger in {settings.state.directory} yet", "start the daemon once first"
        )
    return ledger


def _ask(settings: Settings, ledger: Ledger, words: Words, ids: list[str]) -> int:
    ids = list(dict.fromkeys(ids))
    alive = is_alive(settings)
    answers = order(ledger, words, ids, ANSWER_SECONDS if alive else 0.0)
    told = [{"id": job_id, "asked": words.verb, "answer": answers[job_id]} for job_id in ids]
    if words.as_json:
        print_json(told)
    for one in [] if words.as_json else told:
        later = "asked" if alive else "asked; it is done at the next start"
        print_text(f"{one['id']}: {one['answer'] or later}")
    refused = any((answer or "").startswith("not ") for answer in answers.values())
    return UNFINISHED if refused else DONE


def order(
    ledger: Ledger, words: Words, ids: Sequence[str], seconds: float
) -> dict[str, str | None]:
    """
    Post an order for each job and wait so long for what comes of it; None where nothing has yet.

    Raises `UsageError` for an unknown id, before anything is posted.
    """
    known = ledger.named(ids)
    if unknown := [job_id for job_id in ids if job_id not in known]:
        raise UsageError(f"there is no job {unknown[0]}", "`upscaled jobs` lists them all")
    orders = ledger.ask_all(words.verb, ids, datetime.now(UTC), words.argument)
    return _answers(ledger, orders, seconds)


def _answers(ledger: Ledger, orders: dict[str, int], seconds: float) -> dict[str, str | None]:
    until = time.monotonic() + seconds
    while True:
        told = ledger.answers(list(orders.values()))
        answers = {job_id: told.get(order) for job_id, order in orders.items()}
        if all(answers.values()) or time.monotonic() >= until:
            return answers
        time.sleep(0.1)
