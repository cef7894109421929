"""
One report an outbox: about the inboxes that deliver into it, and about nobody else's files.

Or one about all in a folder named for it, where whatever stands in an outbox is printed.

Who reads a share shall not see the names on another one. What cannot be reached is said, and tried
again by whoever asked.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from upscaled.core.report.values import Report, Span
from upscaled.core.settings import Settings
from upscaled.edge import roots
from upscaled.edge.ledger import Ledger
from upscaled.errors import Outage, UpscaledError
from upscaled.reporting import Asked, gather, write


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """A folder for results, and the watches that deliver into it."""

    folder: Path
    watches: tuple[int, ...]
    scope: str
    """In words; empty where it is about everything."""
    is_root: bool = True
    """One of the roots that carry our marker; else a folder that was named for reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report that stands."""

    report: Report
    page: Path
    text: Path


def outboxes_of(settings: Settings) -> list[Outbox]:
    """Return each outbox once, in the config's order; or the one folder named for reports."""
    if settings.report.folder is not None:
        every = tuple(range(len(settings.watch)))
        return [Outbox(folder=settings.report.folder, watches=every, scope="", is_root=False)]
    found: dict[str, list[int]] = {}
    for number, watch in enumerate(settings.watch):
        found.setdefault(os.path.realpath(watch.outbox), []).append(number)
    return [
        Outbox(
            folder=settings.watch[numbers[0]].outbox,
            watches=tuple(numbers),
            scope=", ".join(_named(settings, number) for number in numbers)
            if len(found) > 1
            else "",
        )
        for numbers in found.values()
    ]


def _named(settings: Settings, number: int) -> str:
    inbox = settings.watch[number].inbox
    return f"{inbox.parent.name}/{inbox.name}" if inbox.parent.name else inbox.name


def report_outboxes(
    settings: Settings, ledger: Ledger, span: Span, now: datetime
) -> tuple[list[Written], list[str]]:
    """Write a report into each outbox; return what stands, and a sentence for each that failed."""
    written, missed = [], []
    for outbox in outboxes_of(settings):
        try:
            written.append(report_outbox(settings, ledger, outbox, span, now))
        except UpscaledError as error:
            missed.append(error.message)
    return written, missed


def report_outbox(
    settings: Settings, ledger: Ledger, outbox: Outbox, span: Span, now: datetime
) -> Written:
    """
    Write `_REPORT-<date>.html` and `.txt`, called by the date on which the span ends.

    Raises `Outage` where the folder is not there or not ours: a lost share is never written into.
    """
    _require(outbox, ledger)
    asked = Asked(
        span=span,
        made_at=now,
        watches=outbox.watches,
        base=outbox.folder,
        scope=outbox.scope,
    )
    made = gather(settings, ledger, asked)
    page, text = write(settings, made, outbox.folder / f"_REPORT-{span.until:%Y-%m-%d}.html")
    return Written(report=made, page=page, text=text)


def _require(outbox: Outbox, ledger: Ledger) -> None:
    if outbox.is_root:
        there = roots.read_marker(outbox.folder, ledger.id) is roots.Marker.OURS
    else:
        there = outbox.folder.is_dir()
    if not there:
        without = ", or without its marker" if outbox.is_root else ""
        raise Outage(f"{outbox.folder} is not there{without}", hold="share")
