"""`prune`: let go of what the ledger remembers of jobs that ended long ago."""

import argparse
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from upscaled.cli.config import settings_in_force
from upscaled.cli.ledgers import ledger_of
from upscaled.cli.main import DONE, print_json, print_text
from upscaled.errors import UsageError

_WORDS = {
    "jobs": "jobs without a result",
    "slimmed": "jobs' bulky facts",
    "history": "lines of history",
    "money": "movements of money",
    "orders": "answered orders",
}


_SPAN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def prune(arguments: argparse.Namespace) -> int:
    """Remove old rows beside a working daemon, or only count them; nobody's files are touched."""
    settings = settings_in_force(arguments)
    ledger = ledger_of(settings)
    if ledger is None:
        where = settings.state.directory
        raise UsageError(f"there is no ledger in {where} yet", "start the daemon once first")
    days = settings.state.keep_history_days
    if not arguments.older_than and not days:
        raise UsageError(
            "keep_history_days is 0: nothing is ever old", "name it: --older-than 400d"
        )
    age = _age(arguments.older_than) if arguments.older_than else timedelta(days=days)
    now = datetime.now(UTC)
    work = ledger.retention.would if arguments.dry_run else ledger.retention.prune
    gone = asdict(work(now - age, now))
    if not arguments.dry_run:
        ledger.shrink()
    if arguments.json:
        before = (now - age).isoformat(timespec="seconds").replace("+00:00", "Z")
        print_json({"dry_run": arguments.dry_run, "before": before, **gone})
        return DONE
    told = ", ".join(f"{count} {_WORDS[key]}" for key, count in gone.items() if count) or "nothing"
    print_text(f"{'would go' if arguments.dry_run else 'gone'}: {told}")
    return DONE


def _age(text: str) -> timedelta:
    found = _SPAN.fullmatch(text.strip().casefold())
    if not found:
        raise UsageError(f'--older-than "{text}" is no age', "write it as 90d, 24h or 30m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
