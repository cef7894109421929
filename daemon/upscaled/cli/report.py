"""
`upscaled report`: the morning report on demand, as a page and as plain text.

Reads only; the daemon may run or not.
"""

import argparse
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from upscaled.cli.config import settings_in_force as settings_of
from upscaled.cli.ledgers import ledger_of
from upscaled.cli.main import DONE, print_json
from upscaled.core.price import usd
from upscaled.core.report.values import Report
from upscaled.core.settings import Settings
from upscaled.edge.ledger import Ledger
from upscaled.errors import UsageError
from upscaled.outboxes import Written, report_outboxes
from upscaled.reporting import Asked, gather, span_until, write

_SPAN = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def run_report(arguments: argparse.Namespace) -> int:
    """Write the report and print where it stands."""
    settings, since = settings_of(arguments), parse_since(arguments.since)
    ledger = ledger_of(settings)
    if ledger is None:
        raise UsageError(
            f"{settings.state.directory} holds no ledger: nothing was done yet",
            "start the daemon first: `upscaled run`",
        )
    try:
        written, missed = report(settings, ledger, since, arguments.output)
    finally:
        ledger.close()
    if arguments.json:
        print_json(_told(written) | {"missed": missed})
    else:
        for one in written:
            print(one.page)
        for why in missed:
            print(f"no report: {why}", file=sys.stderr)
    return DONE


def parse_since(text: str) -> timedelta:
    """Read `90m`, `24h` or `7d`; raises `UsageError` on anything else."""
    found = _SPAN.fullmatch(text.strip().casefold())
    if not found or not int(found[1]):
        raise UsageError(f'--since "{text}" is no span of time', "write it as 90m, 24h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def report(
    settings: Settings, ledger: Ledger, since: timedelta, output: Path | None
) -> tuple[list[Written], list[str]]:
    """
    Write the report of the last `since`; return what stands where, and why some does not.

    With `output` it is one about everything. Without, each outbox gets `_REPORT-<date>.html` about
    its own inboxes, or `_REPORT-<date>-2.html` where the night's own stands; raises `UsageError`
    where none of them is ours at the moment.
    """
    now = datetime.now(UTC)
    span = span_until(settings, now, since)
    if output is None:
        written, missed = report_outboxes(settings, ledger, span, now)
        if missed and not written:
            raise UsageError("; ".join(missed), "mount the share, or name a file with --output")
        return written, missed
    watches = tuple(range(len(settings.watch)))
    base = output.absolute().parent
    asked = Asked(span=span, made_at=now, watches=watches, base=base, by_hand=True)
    made = gather(settings, ledger, asked)
    page, text = write(settings, made, output)
    return [Written(report=made, page=page, text=text)], []


def _told(written: list[Written]) -> dict[str, Any]:
    first = written[0]
    return {
        "path": str(first.page),
        "text": str(first.text),
        "reports": [
            {"path": str(one.page), "text": str(one.text), **_figures(one.report)}
            for one in written
        ],
    }


def _figures(made: Report) -> dict[str, Any]:
    money = made.money
    return {
        "scope": made.scope or None,
        "since": made.span.since.isoformat(),
        "until": made.span.until.isoformat(),
        "timezone": made.span.zone,
        "engine": made.engine,
        "jobs": asdict(made.tally),
        "spend": {
            "spent_usd": usd(money.spent),
            "today_usd": usd(money.today),
            "month_usd": usd(money.month),
            "reserved_usd": usd(money.reserved),
            "daily_cap_usd": usd(money.daily_cap),
            "monthly_cap_usd": usd(money.monthly_cap),
        },
        "review": [{"id": one.job, "path": one.path} for one in made.of("review")],
        "failed": [
            {"id": one.job, "path": one.path, "code": one.trouble and one.trouble.code}
            for one in made.of("failed")
        ],
        "held": {wait.hold: wait.count for wait in made.waits},
        "missing_frames": [asdict(gap) for gap in made.gaps],
    }
