"""
Gathers what the ledger and the small pictures know of a span of time, and writes the report of it.

A room of the house beside `eyes`: it joins the ledger's door and the disk door, which do not see
one another. Reads everything, writes two files, decodes no picture; memory is bounded by how many
lines a report lists and by its pictures.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from upscaled import __version__
from upscaled.core.folders import Grammar
from upscaled.core.glossary import HOLDS
from upscaled.core.life import LIFE, Word
from upscaled.core.report.figures import LISTED, Figures
from upscaled.core.report.page import page
from upscaled.core.report.tiles import THUMB, Kept, shared_out
from upscaled.core.report.twin import twin
from upscaled.core.report.values import (
    Gap,
    Line,
    Money,
    Report,
    Span,
    Tally,
    Untouched,
    Wait,
    Waiting,
)
from upscaled.core.report.words import address
from upscaled.core.settings import Settings
from upscaled.edge import disk
from upscaled.edge.clock import local_zone
from upscaled.edge.ledger import Ledger
from upscaled.edge.ledger.nights import Within
from upscaled.flow.lines import line_of
from upscaled.flow.showing import tiles_folder
from upscaled.flow.sums import Days, caps_of
from upscaled.nouns import Hold, Job, Micros, State

MOST_LINES = {"review": 300, "failed": 300, "done": 1500}
"""Of each word the latest are listed; all are counted."""
MOST_HELD = 20
"""Of each hold so many files are named."""
MOST_RANGES = 12
"""Of a series' missing frames; `upscaled series` has them all."""
_DELIVERED = ("outbox", "review")
_INSTANT = timedelta(microseconds=1)
_OLD = "No tiles: they are not kept, or not any more."
_FULL = "No tiles: this page has as many pictures as it can bear."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a report is about."""

    span: Span
    made_at: datetime
    watches: tuple[int, ...]
    """Places in the config."""
    base: Path
    """The folder in which the page will stand; links are relative to it."""
    scope: str = ""
    """Which watch that is, in words; empty for all."""
    by_hand: bool = False
    """A person asked for it; else it is a night's own."""


def span_until(settings: Settings, until: datetime, since: timedelta) -> Span:
    """Return a span that ends at an instant, in the config's zone."""
    return span_between(settings, until - since, until)


def span_between(settings: Settings, since: datetime, until: datetime) -> Span:
    """Return a span in the config's zone, which it names."""
    zone = local_zone(settings.schedule.timezone)
    return Span(since=since.astimezone(zone), until=until.astimezone(zone), zone=str(zone))


def gather(settings: Settings, ledger: Ledger, asked: Asked) -> Report:
    """Return all that the page tells."""
    within = _within(ledger, asked)
    night, zone = Figures(asked.span), local_zone(settings.schedule.timezone)
    for end in ledger.nights.ends(within):
        night.count(end)
    for at, micros in ledger.nights.paid(within):
        night.pay(at, micros)
    tell = _teller(settings, asked)
    lines = {job.id: tell(job) for job in _listed(ledger, within)}
    engine = ledger.get("engine") or settings.engine.name
    told = json.loads(ledger.get("daemon") or "{}")
    return Report(
        span=asked.span,
        made_at=asked.made_at.astimezone(zone),
        engine=engine,
        tally=_tally(ledger, within, night.states),
        money=_money(settings, ledger, asked, night.spent),
        lines=_with_pictures(settings, list(lines.values())),
        unlisted=night.states[State.DONE] - sum(one.word == "done" for one in lines.values()),
        waits=tuple(_waits(ledger, within, asked.span)),
        gaps=tuple(_gaps(ledger, asked)),
        untouched=tuple(_untouched(told.get("strays", []), asked.watches)),
        bars=night.bars(),
        slowest=tuple(_slowest(ledger, night, lines, tell)),
        would=night.would if engine == "local" else 0,
        scope=asked.scope,
        by_hand=asked.by_hand,
        software=f"upscaled {__version__}",
    )


def write(settings: Settings, report: Report, path: Path) -> tuple[Path, Path]:
    """
    Write the page to `path` and its text twin beside it, each whole or not at all.

    Raises `Outage` where the folder cannot be written.
    """
    folder = tiles_folder(settings)

    def load(job: str, name: str) -> bytes:
        return disk.content(folder / job / name)

    twin_path = path.with_suffix(".txt")
    if twin_path != path:  # a person may ask for the text alone
        disk.write_whole((part.encode() for part in page(report, load)), path)
    disk.write_whole((part.encode() for part in twin(report)), twin_path)
    return path, twin_path


# ---- the parts


def _teller(settings: Settings, asked: Asked) -> Callable[[Job], Line]:
    grammar, zone = Grammar(settings.target), local_zone(settings.schedule.timezone)
    base = asked.base.absolute()
    roots = [
        {root: os.path.relpath(getattr(watch, root).absolute(), base) for root in _DELIVERED}
        for watch in settings.watch
    ]

    def tell(job: Job) -> Line:
        link = _link(roots, job, scoped=bool(asked.scope))
        return replace(line_of(job, settings, grammar, zone), link=link)

    return tell


def _listed(ledger: Ledger, within: Within) -> Iterator[Job]:
    """Yield the ends that are listed: of each word the latest."""
    for state in LISTED:
        yield from ledger.nights.ended(within, state, MOST_LINES[LIFE[state].word.value])


def _slowest(
    ledger: Ledger, night: Figures, lines: Mapping[str, Line], tell: Callable[[Job], Line]
) -> Iterator[Line]:
    for _, number in sorted(night.slowest, reverse=True):
        if (line := lines.get(number)) is not None:
            yield line
        elif (job := ledger.job(number)) is not None:
            yield tell(job)


def _within(ledger: Ledger, asked: Asked) -> Within:
    inboxes = [ledger.inboxes[number] for number in asked.watches]
    everything = not asked.scope  # inboxes that left the config too: their money was spent
    return Within(
        since=asked.span.since,
        until=asked.span.until,
        inboxes=() if everything else tuple(inboxes),
    )


def _tally(ledger: Ledger, within: Within, states: Mapping[State, int]) -> Tally:
    living: Counter[str] = Counter()
    for state, hold, number in ledger.nights.unfinished(within):
        living[(Word.HELD if hold else LIFE[state].word).value] += number
    return Tally(
        came=ledger.nights.came(within),
        done=states[State.DONE],
        review=states[State.REVIEW],
        failed=states[State.FAILED],
        withdrawn=states[State.WITHDRAWN],
        superseded=states[State.SUPERSEDED],
        waiting=living["waiting"],
        working=living["working"],
        held=living["held"],
        earlier=ledger.nights.in_review_before(within),
    )


def _money(settings: Settings, ledger: Ledger, asked: Asked, spent: Micros) -> Money:
    """Return the sums of the span, and of the day and the month of its last instant."""
    zone = local_zone(settings.schedule.timezone)
    days, last = Days(zone=zone, starts=settings.day_starts), asked.span.until - _INSTANT
    caps = caps_of(settings)

    def since(at: datetime) -> Micros:
        return ledger.nights.spent(Within(since=at, until=asked.span.until))

    return Money(
        spent=spent,
        today=since(days.day(last)),
        month=since(days.month(last)),
        reserved=ledger.reserved(),
        daily_cap=caps.daily,
        monthly_cap=caps.monthly,
    )


def _waits(ledger: Ledger, within: Within, span: Span) -> Iterator[Wait]:
    counts: Counter[Hold] = Counter()
    for _, hold, number in ledger.nights.unfinished(within):
        if hold is not None:
            counts[hold] += number
    for hold, number in counts.most_common():
        files = tuple(
            Waiting(
                path=job.path,
                reason=job.reason or "",
                until=job.due_at.astimezone(span.since.tzinfo) if job.due_at else None,
            )
            for job in ledger.nights.held(within, hold, MOST_HELD)
        )
        yield Wait(hold=hold.value, means=HOLDS[hold], count=number, files=files)


def _gaps(ledger: Ledger, asked: Asked) -> Iterator[Gap]:
    """Yield the series under way, or told of within the span, in which frames are missing."""
    for watch, key in ledger.standings.latest(asked.span.since):
        if watch not in asked.watches:
            continue
        one = ledger.standings.progress(watch, key)
        if one.gone:
            more = " and more" if len(one.gaps(MOST_RANGES + 1)) > MOST_RANGES else ""
            yield Gap(
                series=one.folder if one.name == one.folder else f"{one.folder}/{one.name}",
                missing=", ".join(one.gaps(MOST_RANGES)) + more,
                count=one.gone,
                ready=one.words.get(Word.DONE, 0),
            )


def _untouched(strays: list[dict[str, object]], watches: tuple[int, ...]) -> Iterator[Untouched]:
    for one in strays:
        if one.get("watch", 0) in watches:
            path, token, hint = (str(one[key]) for key in ("path", "token", "hint"))
            yield Untouched(path=path, token=token, hint=hint, files=int(str(one["files"])))


def _link(roots: Sequence[Mapping[str, str]], job: Job, *, scoped: bool) -> str:
    """
    Return where a delivered result lies, relative to the page and percent-encoded.

    `roots` are those of each watch, relative to the page.
    """
    delivery = job.facts.delivery
    known = 0 <= job.watch < len(roots)
    if not known or delivery is None or job.state not in {State.DONE, State.REVIEW}:
        return ""
    there = os.path.normpath(f"{roots[job.watch][delivery.root]}/{delivery.path}")
    if scoped and there.startswith(".."):
        return ""  # who reads the outbox on a share does not see what lies beside it
    return address(there)


def _with_pictures(settings: Settings, lines: list[Line]) -> tuple[Line, ...]:
    """Give each line the pictures it may show, or the sentence on why it shows none."""
    folder = tiles_folder(settings)
    kept = [Kept(job=line.job, sizes=disk.sizes(folder / line.job)) for line in lines]
    chosen = shared_out(kept)
    return tuple(
        replace(line, pictures=(shown := chosen.get(line.job, ())), unshown=_why(line, one, shown))
        for line, one in zip(lines, kept, strict=True)
    )


def _why(line: Line, kept: Kept, shown: tuple[str, ...]) -> str:
    """Return why a job's tiles are not shown, nothing where they are or none are expected."""
    if line.result is None or set(shown) - {THUMB}:
        return ""
    return _FULL if kept.places else _OLD
