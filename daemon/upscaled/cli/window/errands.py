"""
What the window asks for now and then, done in a worker: `TASKS` for `edge/pictures/worker`.

Reports, submits and verdicts need most of the program. It is loaded where it is needed, and let go
of with the worker; the window itself holds none of it.
"""

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from upscaled.cli.config import settings_in_force
from upscaled.cli.explain import explained
from upscaled.cli.ledgers import ledger_of
from upscaled.cli.look import classify_fault, desk, order_of, plan_fault
from upscaled.cli.report import parse_since
from upscaled.cli.submit import told_of
from upscaled.core.settings import Settings
from upscaled.core.tickets import SERIES_RULE, series_name
from upscaled.edge import roots
from upscaled.edge.ledger import Ledger
from upscaled.endings import Roots
from upscaled.errors import ConfigError, Outage, UpscaledError, UsageError
from upscaled.nouns import Family
from upscaled.reporting import Asked as AskedReport
from upscaled.reporting import gather, span_until, write
from upscaled.rooms import grammar_of
from upscaled.submitting import Asked, Counter, read_target

Words = dict[str, Any]
"""What JSON can say."""


def _classify(settings: Settings, words: Words) -> Any:
    """Say what `classify` says of a file; `lines` is what `--explain` adds for people."""
    file, name = Path(words["file"]), words["name"]
    with desk(settings) as looked:
        try:
            told = looked.classified(str(file), explained_too=True)
        except Outage:
            raise
        except UpscaledError as error:
            return _renamed(classify_fault(name, error), file, name) | {"lines": []}
        lines = explained(told.pop("explanation")).splitlines()
    return _renamed(told, file, name) | {"lines": lines}


def _plan(settings: Settings, words: Words) -> Any:
    """Say what `plan` says of a file."""
    file, name = Path(words["file"]), words["name"]
    order = order_of(settings, words["target"])
    with desk(settings) as looked:
        try:
            return _renamed(looked.planned(str(file), order), file, name)
        except Outage:
            raise
        except UpscaledError as error:
            return _renamed(plan_fault(name, error), file, name)


def _renamed(told: Any, file: Path, name: str) -> Any:
    """Return it with a file's own name in the place of where its bytes lay for a moment."""
    match told:
        case str():
            return told.replace(str(file), name)
        case dict():
            return {key: _renamed(value, file, name) for key, value in told.items()}
        case list() | tuple():
            return [_renamed(value, file, name) for value in told]
        case _:
            return told


def _submit(settings: Settings, words: Words) -> Words:
    """Hand a picture in, as the command does."""
    ledger, number, file = _ledger(settings), words["watch"], Path(words["file"])
    if number >= len(settings.watch):
        raise UsageError(f"there is no inbox {number}", "count them from 0, as configured")
    asked = _asked(settings, words)
    counter = Counter(_roots(settings, ledger, number), asked, ledger.job)
    try:
        handed = counter.hand_in(file)
    except Outage:
        raise
    except UpscaledError as error:
        raise UsageError(error.message.replace(str(file), file.name), error.hint) from error
    return told_of(file.name, asked, handed)


def _asked(settings: Settings, words: Words) -> Asked:
    grammar = grammar_of(settings)
    folder, wanted = read_target(grammar, words["target"])
    series = words["series"]
    if series is not None and (series := series_name(series)) is None:
        raise UsageError("this is no name of a series", f"expected {SERIES_RULE}")
    return Asked(
        folder=folder,
        order=wanted,
        grammar=grammar,
        model=Family(words["model"]) if words["model"] else None,
        series=series,
        urgent=words["urgent"],
        again=words["again"],
    )


def _roots(settings: Settings, ledger: Ledger, number: int) -> Roots:
    watch = settings.watch[number]
    if roots.read_marker(watch.inbox, ledger.id) is not roots.Marker.OURS:
        raise Outage(f"the inbox {watch.inbox} is not there", "mount the share again")
    return Roots(
        watch=number,
        inbox=watch.inbox,
        outbox=watch.outbox,
        archive=watch.archive,
        review=watch.review,
        failed=watch.failed,
    )


def _report(settings: Settings, words: Words) -> str:
    """Return the report of the last hours as a page."""
    now = datetime.now(UTC)
    span = span_until(settings, now, parse_since(words["since"]))
    with tempfile.TemporaryDirectory(prefix="upscaled-report-") as folder:
        base = Path(folder)
        watches = tuple(range(len(settings.watch)))
        asked = AskedReport(span=span, made_at=now, watches=watches, base=base, by_hand=True)
        made = gather(settings, _ledger(settings), asked)
        page, _ = write(settings, made, base / "report.html")
        return page.read_text(encoding="utf-8")


def _ledger(settings: Settings) -> Ledger:
    ledger = ledger_of(settings)
    if ledger is None:
        raise Outage(f"the ledger in {settings.state.directory} is gone", "start the daemon")
    return ledger


def _task(
    errand: Callable[[Settings, Words], Any],
) -> Callable[[Words, Callable[[float], None]], Any]:
    def run(words: Words, _progress: Callable[[float], None]) -> Any:
        try:
            return errand(settings_in_force(argparse.Namespace(config=words["config"])), words)
        except ConfigError as error:
            raise Outage(f"the configuration is faulty: {error.faults[0].sentence()}") from error

    return run


TASKS = {
    "classify": _task(_classify),
    "plan": _task(_plan),
    "submit": _task(_submit),
    "report": _task(_report),
}
