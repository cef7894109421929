"""
The live table on a terminal: what is in work, how far it is, what waits and why.

Looks at the daemon from its own thread, between two turns; changes nothing.
"""

import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from upscaled.core.life import LIFE, Word, word_of
from upscaled.core.report import money, plain
from upscaled.daemon import Daemon, Shown
from upscaled.nouns import Job

FRAME_SECONDS = 0.25
SUMS_SECONDS = 2.0
"""Counts and spend are asked of the ledger; the rest lies in memory."""
_NARROW = 60
_ORDER = {Word.WORKING: 0, Word.HELD: 1, Word.WAITING: 2}
_COLOURS = {
    Word.WORKING: "cyan",
    Word.HELD: "magenta",
    Word.WAITING: "dim",
    Word.REVIEW: "yellow",
    Word.FAILED: "red",
    Word.DONE: "green",
}


@contextmanager
def live_table(console: Console | None = None) -> Iterator[Shown]:
    """
    Show a table while the block runs; yields what `Daemon.run(shown=...)` calls at each turn.

    Log lines should be quiet meanwhile. Where the console is no terminal nothing is drawn until
    the end.
    """
    console = console or Console(stderr=True)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield Board(live).show


class Board:
    """Draws at most four times a second, and asks for sums every other second."""

    def __init__(self, live: Live, clock: Callable[[], float] = time.monotonic) -> None:
        self._live = live
        self._clock = clock
        self._next_frame = 0.0
        self._next_sums = 0.0
        self._sums = Text()

    def show(self, daemon: Daemon) -> None:
        """Draw a frame if one is due."""
        now = self._clock()
        if now < self._next_frame:
            return
        if now >= self._next_sums:
            self._sums = sums(daemon)
            self._next_sums = now + SUMS_SECONDS
        size = self._live.console.size
        room = max(1, size.height - 5)
        self._live.update(frame(daemon, self._sums, size.width, room), refresh=True)
        self._next_frame = self._clock() + FRAME_SECONDS


def sums(daemon: Daemon) -> Text:
    """Return counts by the six words, and today's spend, as one line."""
    counts = dict.fromkeys((*_ORDER, Word.REVIEW, Word.FAILED, Word.DONE), 0)
    for state, held, number in daemon.house.ledger.counts():
        counts[word_of(state, held=held)] += number
    line = Text()
    for word, number in counts.items():
        if number:
            line.append(f"{number} {word.value}  ", style=_COLOURS[word])
    spend = daemon.cashier.spend(daemon.house.tools.clock.now())
    line.append(f"today {money(spend.today)}", style="bold")
    if spend.reserved:
        line.append(f", reserved {money(spend.reserved)}")
    return line


def frame(daemon: Daemon, totals: Text, width: int, rows: int) -> RenderableType:
    """Return the table of at most `rows` unfinished jobs, and the totals below."""
    jobs = list(daemon.book.jobs.values())
    running = daemon.conductor.running
    shown = heapq.nsmallest(rows, jobs, key=lambda job: _rank(job, active=job.id in running))
    table = Table(box=None, padding=(0, 1), expand=True, show_header=False)
    table.add_column(ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=4, no_wrap=True, overflow="ellipsis")
    if width >= _NARROW:
        table.add_column(width=14)
    for job in shown:
        table.add_row(*_row(job, daemon, width))
    more = len(jobs) - len(shown)
    below = [Text(f"and {more} more", style="dim")] if more else []
    return Group(table, *below, totals)


def _rank(job: Job, *, active: bool) -> tuple[int, int, str]:
    word = word_of(job.state, held=job.hold is not None)
    return (0 if active else 1, _ORDER.get(word, 3), job.id)


def _row(job: Job, daemon: Daemon, width: int) -> list[RenderableType]:
    word = word_of(job.state, held=job.hold is not None)
    row: list[RenderableType] = [Text(plain(job.path)), Text(_doing(job), style=_COLOURS[word])]
    if width >= _NARROW:
        share = daemon.conductor.progress.get(job.id)
        row.append("" if share is None else ProgressBar(total=1.0, completed=share, width=12))
    return row


def _doing(job: Job) -> str:
    """Say what a job waits for, else what its present step does."""
    if job.hold is not None:
        return plain(f"{job.hold.value}: {job.reason or ''}")
    step = LIFE[job.state].step.replace("_", " ")
    return plain(f"{step}: {job.reason}" if job.reason else step)
