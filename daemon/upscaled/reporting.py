"""
Gathers what the ledger and the small pictures know of a span of time, and writes the report of it.

A room of the house beside `eyes`: it joins the ledger's door and the disk door, which do not see
one another. Reads everything, writes two files, decodes no picture; memory is bounded by how many
lines a report lists and by its pictures.
"""

import heapq
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from upscaled import __version__
from upscaled.core.folders import Grammar
from upscaled.core.glossary import HOLDS
from upscaled.core.life import LIFE, Word
from upscaled.core.report.chart import place_of as bar_of
from upscaled.core.report.chart import starts_of
from upscaled.core.report.page import page
from upscaled.core.report.tiles import THUMB, Kept, shared_out
from upscaled.core.report.twin import twin
from upscaled.core.report.values import (
    Bar,
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
from upscaled.flow.lines import is_listed, line_of, watch_of
from upscaled.flow.showing import tiles_folder
from upscaled.flow.sums import Days, caps_of
from upscaled.nouns import Hold, Job, Micros, State

MOST_LINES = {"review": 300, "failed": 300, "done": 1500}
"""Of each word the latest are listed; all are counted."""
MOST_HELD = 20
"""Of each hold so many files are named."""
MOST_RANGES = 12
"""Of a series' missing frames; `upscaled series` has them all."""
SLOWEST = 5
_ORDER = ("review", "failed", "done")
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


@dataclass(slots=True)
class _Night:
    """What is counted while the ends go by."""

    span: Span
    lines: dict[str, list[Line]] = field(default_factory=lambda: {word: [] for word in _ORDER})
    states: Counter[State] = field(default_factory=Counter)
    slowest: list[tuple[float, str, Line]] = field(default_factory=list)
    ends: Counter[tuple[int, str]] = field(default_factory=Counter)
    money: Counter[int] = field(default_factory=Counter)
    would: Micros = 0

    def count(self, job: Job, line: Line) -> bool:
        """Count an end; say whether it is listed."""
        self.states[job.state] += 1
        if not is_listed(job):
            return False
        self.ends[bar_of(line.at, self.span), line.word] += 1
        self.would += line.fal_cost if line.basis == "free" else 0
        if line.took.worked > 0:
            heapq.heappush(self.slowest, (line.took.worked, line.job, line))
            if len(self.slowest) > SLOWEST:
                heapq.heappop(self.slowest)
        listed = len(self.lines[line.word]) < MOST_LINES[line.word]
        if listed:
            self.lines[line.word].append(line)
        return listed

    def bars(self) -> tuple[Bar, ...]:
        """Return the steps of the chart."""
        return tuple(
            Bar(
                starts=starts,
                spent=self.money[place],
                **{word: self.ends[place, word] for word in _ORDER},
            )
            for place, starts in enumerate(starts_of(self.span))
        )


def span_until(settings: Settings, until: datetime, since: timedelta) -> Span:
    """Return a span that ends at an instant, in the config's zone."""
    return span_between(settings, until - since, until)


def span_between(settings: Settings, since: datetime, until: datetime) -> Span:
    """Return a span in the config's zone, which it names."""
    zone = local_zone(settings.schedule.timezone)
    return Span(since=since.astimezone(zone), until=until.astimezone(zone), zone=str(zone))


def gather(settings: Settings, ledger: Ledger, asked: Asked) -> Report:
    """Return all that the page tells."""
    within = _within(settings, asked)
    night = _Night(span=asked.span)
    grammar, zone = Grammar(settings.target), local_zone(settings.schedule.timezone)
    for job in ledger.nights.ended(within):
        line = line_of(job, settings, grammar, zone)
        link = _link(settings, job, asked.base, scoped=bool(asked.scope))
        night.count(job, replace(line, link=link))
    for paid in ledger.nights.paid(within):
        night.money[bar_of(paid.at, asked.span)] += paid.micros
    engine = ledger.get("engine") or settings.engine.name
    told = json.loads(ledger.get("daemon") or "{}")
    return Report(
        span=asked.span,
        made_at=asked.made_at.astimezone(zone),
        engine=engine,
        tally=_tally(ledger, within, night.states),
        money=_money(settings, ledger, asked, sum(night.money.values())),
        lines=_with_pictures(settings, [line for word in _ORDER for line in night.lines[word]]),
        unlisted=night.states[State.DONE] - len(night.lines["done"]),
        waits=tuple(_waits(ledger, within, asked.span)),
        gaps=tuple(_gaps(ledger, asked)),
        untouched=tuple(_untouched(told.get("strays", []), asked.watches)),
        bars=night.bars(),
        slowest=tuple(line for _, _, line in sorted(night.slowest, reverse=True)),
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


def _within(settings: Settings, asked: Asked) -> Within:
    inboxes = [os.path.realpath(settings.watch[number].inbox) for number in asked.watches]
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
        within = Within(since=at, until=asked.span.until)
        return sum(one.micros for one in ledger.nights.paid(within))

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


def _link(settings: Settings, job: Job, base: Path, *, scoped: bool) -> str:
    """Return where a delivered result lies, relative to the page and percent-encoded."""
    watch, delivery = watch_of(settings, job), job.facts.delivery
    if watch is None or delivery is None or job.state not in {State.DONE, State.REVIEW}:
        return ""
    root = watch.outbox if delivery.root == "outbox" else watch.review
    there = os.path.relpath((root / delivery.path).absolute(), base.absolute())
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
