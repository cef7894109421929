"""
`upscaled demo`: the whole job once, on pictures drawn here, with the engine that costs nothing.

Wipes and fills a folder of its own and touches nothing else. No account, no network, whatever the
environment holds.
"""

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from upscaled.cli.live import live_table
from upscaled.cli.report import report
from upscaled.core.life import ENDS, word_of
from upscaled.core.plan_text import plan_sentence
from upscaled.core.report import money, plain
from upscaled.core.settings import Settings
from upscaled.daemon import Daemon
from upscaled.edge import logs, toml
from upscaled.edge.ledger import Ledger
from upscaled.edge.samples import SAMPLES, draw_samples
from upscaled.errors import UsageError
from upscaled.flow.lines import place_of
from upscaled.house import opened
from upscaled.nouns import Job, Micros
from upscaled.rooms import open_ledger

FOLDER = Path(".demo")
MARK = ".upscaled-demo"
"""Only a folder that carries it is ever wiped."""
VALUES: dict[str, dict[str, object]] = {
    "engine": {"name": "local"},
    "watch": {"settle_seconds": 0.3, "patience_seconds": 1.0},
}
NEXT = (
    ("make run", "the same, for pictures of your own dropped into inbox/4k and so on"),
    (".venv/bin/upscaled check", "is the configuration, are the folders in order?"),
    ("make demo-fal", "through a stand-in of fal.ai, killed halfway, with play money"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one demo picture, ready to be printed."""

    path: str
    word: str
    as_planned: bool
    judged: str = ""
    done: str = ""
    place: str = ""
    fal_cost: Micros = 0
    """What fal asked, else what it would have asked."""


def run_demo(arguments: argparse.Namespace) -> int:
    """Run the demo in the folder that was named."""
    return demo(arguments.directory)


def demo(folder: Path = FOLDER, console: Console | None = None) -> int:
    """Run the demo in `folder`; return 0 where every picture ended as it was meant to, else 1."""
    console = console or Console()
    config = prepare(folder)
    console.print(f"The sample pictures are in {config.parent / 'inbox'}; now they are worked on.")
    settings = toml.load_settings(config)
    with _without_keys():
        _work(settings, config, console)
    ledger = open_ledger(settings)
    try:
        rows = results(settings, ledger)
        (made,), _ = report(settings, ledger, timedelta(hours=24), config.parent / "report.html")
    finally:
        ledger.close()
    show(rows, console)
    _farewell(rows, made.page, console)
    return 0 if all(row.as_planned for row in rows) else 1


def prepare(folder: Path, values: dict[str, dict[str, object]] | None = None) -> Path:
    """
    Wipe the demo's folder and fill it: configuration and pictures; return the configuration.

    Raises `UsageError` where the folder holds something that is not a demo's.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise UsageError(
            f"{folder} is not empty and no demo made it, so it is not wiped",
            "move it away, or run the demo elsewhere",
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    _wipe(folder)
    config = folder / "config.toml"
    toml.write_config(config, values or VALUES)
    draw_samples(folder / "inbox")
    return config


def _wipe(folder: Path) -> None:
    """Empty the folder but for the mark, so that an interrupted wipe can be wiped again."""
    for old in folder.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name != MARK:
            old.unlink()


@contextmanager
def _without_keys() -> Iterator[None]:
    """Hide fal's key: the demo must not be able to spend, even by a mistake of ours."""
    names = ("FAL_KEY", "CREDENTIALS_DIRECTORY")
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def _work(settings: Settings, config: Path, console: Console) -> None:
    logs.configure(quiet=True)
    with opened(settings, config) as house:
        table = live_table(console) if console.is_terminal else nullcontext()
        with table as shown:
            Daemon(house).run(until_idle=True, shown=shown)


def results(settings: Settings, ledger: Ledger) -> list[Row]:
    """Return a row for each demo picture, in the order of the inbox."""
    jobs = {job.path: job for job in reversed(ledger.jobs())}
    return [_row(settings, sample.path, sample.ends, jobs.get(sample.path)) for sample in SAMPLES]


def _row(settings: Settings, path: str, ends: str, job: Job | None) -> Row:
    if job is None:
        return _untouched(settings, path, ends)
    word = word_of(job.state, held=job.hold is not None).value
    facts = job.facts
    done = plan_sentence(facts.plan).partition(": ")[2] if facts.plan else ""
    shortfall = (facts.plan.shortfall if facts.plan else None) or ""
    if facts.error is not None:
        done = f"{facts.error.code}: {facts.error.message}"
    return Row(
        path=path,
        word=word,
        as_planned=job.state in ENDS and word == ends,
        judged=_judged(job),
        done=". ".join(one.rstrip(".") for one in (done, shortfall) if one),
        place=place_of(settings, job),
        fal_cost=job.cost or (facts.plan.fal_cost if facts.plan else 0),
    )


def _untouched(settings: Settings, path: str, ends: str) -> Row:
    """Describe a picture that no job was made for: it waits in its folder, with a note."""
    inbox = settings.watch[0].inbox
    note = (inbox / path).parent / "_READ-ME.txt"
    explained = (inbox / path).exists() and note.exists()
    return Row(
        path=path,
        word="in the inbox" if explained else "lost",
        as_planned=ends == "inbox" and explained,
        done=" ".join(note.read_text("utf-8").splitlines()[:3:2]) if explained else "",
        place=f"{inbox.name}/{Path(path).parent}/{note.name}" if explained else "",
    )


def _judged(job: Job) -> str:
    verdict = job.facts.verdict
    if verdict is None:
        return ""
    reason = verdict.reasons[0] if verdict.reasons else ""
    return f"{verdict.model.value} {verdict.confidence:.0%}: {reason}"


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 1, 0), pad_edge=False, expand=True)
    for name, ratio in (("picture, and where it went", 9), ("judged, and why", 7), ("done", 7)):
        table.add_column(name, ratio=ratio, overflow="fold")
    table.add_column("fal", justify="right", min_width=5)
    for row in rows:
        colour = {"done": "green", "failed": "red"}.get(row.word, "yellow")
        table.add_row(
            Text(plain(row.path)).append(f"\n{plain(row.place)}", style="dim"),
            Text(plain(row.judged)),
            Text(f"{row.word}. ", style=colour).append(plain(row.done), style="default"),
            Text(money(row.fal_cost) if row.fal_cost else "-"),
        )
    console.print(table)


def _farewell(rows: Sequence[Row], page: Path, console: Console) -> None:
    words = [row.word for row in rows]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    lines = Text(f"{len(rows)} pictures: {counts}.\n")
    lines.append("Plain resampling did this, no model; nothing was spent. ")
    lines.append(f"fal would have asked {money(sum(row.fal_cost for row in rows))}.\n\n")
    for row in rows:
        if not row.as_planned:
            lines.append(f"{row.path} did not end as it was meant to.\n", style="red")
    lines.append(f"Report: {page}\nNext:\n")
    for command, says in NEXT:
        lines.append(f"  {command}", style="bold").append(f"  {says}\n")
    console.print(lines, soft_wrap=True)
