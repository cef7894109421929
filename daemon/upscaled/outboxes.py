"""
One report an outbox: about the inboxes that deliver into it, and about nobody else's files.

Or one about all in a folder named for it, where whatever stands in an outbox is printed.

Who reads a share shall not see the names on another one. What cannot be reached is said, and tried
again by whoever asked.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from upscaled.core.report.page import BY_HAND
from upscaled.core.report.values import Report, Span
from upscaled.core.settings import Settings
from upscaled.edge import disk, roots
from upscaled.edge.bounded import ask
from upscaled.edge.ledger import Ledger
from upscaled.errors import Outage, UpscaledError
from upscaled.reporting import Asked, gather, write
from upscaled.whereabouts import BRIEF_SECONDS

Real = Callable[[Path], str]
ANSWER_SECONDS = 3.0
"""How long an outbox is given to say whether it is there."""
_HEAD_BYTES = 2000
"""Of a page: its first lines."""


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
class Wanted:
    """What is told of, when, and for whom."""

    span: Span
    now: datetime
    by_hand: bool = False
    """For a person who asks; else it is a night's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report that stands."""

    report: Report
    page: Path
    text: Path


def outboxes_of(settings: Settings, real: Real | None = None) -> list[Outbox]:
    """
    Return each outbox once, in the config's order; or the one folder named for reports.

    `real` says where an outbox lies without asking its disk, which may hang; without it each is
    asked, and one that does not answer lies where it is spelled.
    """
    if settings.report.folder is not None:
        every = tuple(range(len(settings.watch)))
        return [Outbox(folder=settings.report.folder, watches=every, scope="", is_root=False)]
    found: dict[str, list[int]] = {}
    real = real or _asked(settings)
    for number, watch in enumerate(settings.watch):
        found.setdefault(real(watch.outbox), []).append(number)
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


def _asked(settings: Settings) -> Real:
    folders = {watch.outbox for watch in settings.watch}
    heard = ask({one: partial(os.path.realpath, one) for one in folders}, BRIEF_SECONDS)
    return lambda folder: heard.get(folder, str(folder.absolute()))


def _named(settings: Settings, number: int) -> str:
    inbox = settings.watch[number].inbox
    return f"{inbox.parent.name}/{inbox.name}" if inbox.parent.name else inbox.name


def report_outboxes(
    settings: Settings, ledger: Ledger, span: Span, now: datetime
) -> tuple[list[Written], list[str]]:
    """
    Write what a person asked for into each outbox, beside the night's own where that stands.

    Returns what stands, and a sentence for each outbox that cannot be written.
    """
    written, missed = [], []
    wanted, outboxes = Wanted(span=span, now=now, by_hand=True), outboxes_of(settings)
    asked = {one.folder: partial(_away, one, ledger) for one in outboxes}
    heard = ask(asked, ANSWER_SECONDS)
    for outbox in outboxes:
        why = heard.get(outbox.folder, f"{outbox.folder} does not answer")
        try:
            if not why:
                written.append(report_outbox(settings, ledger, outbox, wanted))
        except UpscaledError as error:
            why = error.message
        missed += [why] if why else []
    return written, missed


def _away(outbox: Outbox, ledger: Ledger) -> str:
    """Return why an outbox cannot be written into, empty where it can."""
    try:
        _require(outbox, ledger)
    except UpscaledError as error:
        return error.message
    return ""


def report_outbox(settings: Settings, ledger: Ledger, outbox: Outbox, wanted: Wanted) -> Written:
    """
    Write `_REPORT-<date>.html` and `.txt`, called by the date on which the span ends.

    What a person asks for never takes the place of a night's: it is `_REPORT-<date>-2` then.

    Raises `Outage` where the folder is not there or not ours: a lost share is never written into.
    """
    _require(outbox, ledger)
    asked = Asked(
        span=wanted.span,
        made_at=wanted.now,
        watches=outbox.watches,
        base=outbox.folder,
        scope=outbox.scope,
        by_hand=wanted.by_hand,
    )
    made = gather(settings, ledger, asked)
    page, text = write(settings, made, _place_for(made, outbox.folder))
    return Written(report=made, page=page, text=text)


def _place_for(report: Report, folder: Path) -> Path:
    """Return where a page goes: a night's replaces what stands, another one only its like."""
    usual = folder / f"_REPORT-{report.span.until:%Y-%m-%d}.html"
    stands = report.by_hand and disk.content(usual)
    taken = stands and BY_HAND.encode() not in stands[:_HEAD_BYTES]
    return usual.with_stem(f"{usual.stem}-2") if taken else usual


def _require(outbox: Outbox, ledger: Ledger) -> None:
    if outbox.is_root:
        there = roots.read_marker(outbox.folder, ledger.id) is roots.Marker.OURS
    else:
        there = outbox.folder.is_dir()
    if not there:
        without = ", or without its marker" if outbox.is_root else ""
        raise Outage(f"{outbox.folder} is not there{without}", hold="share")
