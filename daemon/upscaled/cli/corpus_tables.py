"""
What `upscaled corpus` prints for a person: a few tables, made from what `--json` prints.

Only lays out; computes no figure of its own.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from upscaled.cli.corpus_sheet import counted
from upscaled.core.report import plain

MOST_LISTED = 20
"""Files that were passed over are counted by reason; of errors the first so many are named."""

Told = dict[str, Any]


def print_tables(told: Told, console: Console | None = None) -> None:
    """Print everything; file names are strangers' words and may not steer the terminal."""
    console = console or Console()
    for table in (_figures(told), _families(told), _confusion(told), _calibration(told)):
        console.print(table)
    console.print(_trade(told))
    for line in _last_words(told):
        console.print(Text(plain(line)), soft_wrap=True)


def _figures(told: Told) -> Table:
    table = _table(counted(told["pictures"], "picture"), "", "five families", "cgi as core")
    four, sure = told["four"], told["sure"]
    table.add_row("accuracy", _figure(told["accuracy"]), _figure(four["accuracy"]))
    table.add_row("macro recall", _figure(told["macro_recall"]), _figure(four["macro_recall"]))
    table.add_row(
        f"right at confidence {sure['from']:g} and above",
        _of(sure["right"], sure["count"]),
        _of(sure["right_four"], sure["count"]),
    )
    photos = told["photos"]
    table.add_row("good photos to a generative family", "", _percent(photos["generative"]))
    table.add_row("good photos to redefine", "", _percent(photos["redefine"]))
    table.add_row("milliseconds a megapixel", "", _plain_number(told["ms_per_megapixel"]))
    return table


def _families(told: Told) -> Table:
    heads = ("recall", "precision", "recall, cgi as core", "precision, cgi as core")
    table = _table("By family", "", *heads)
    for family, recall in told["recall"].items():
        four = told["four"]
        table.add_row(
            family,
            _figure(recall),
            _figure(told["precision"][family]),
            _figure(four["recall"].get(family)),
            _figure(four["precision"].get(family)),
        )
    return table


def _confusion(told: Told) -> Table:
    families = list(told["confusion"])
    table = _table("Rows: labels. Columns: verdicts.", "", *families)
    for label, row in told["confusion"].items():
        cells = [
            Text(str(count) if count else "-", style=_weight(label, model, count))
            for model, count in row.items()
        ]
        table.add_row(label, *cells)
    return table


def _weight(label: str, model: str, count: int) -> str:
    if label == model:
        return "bold"
    return "yellow" if count else "dim"


def _calibration(told: Told) -> Table:
    table = _table("Does confidence keep its word?", "confidence", "pictures", "right")
    for one in told["calibration"]:
        table.add_row(
            f"{one['from']:.1f} to {one['to']:.1f}",
            str(one["count"]),
            _of(one["right"], one["count"]),
        )
    return table


def _trade(told: Told) -> Table:
    gates = ", ".join(f"{family} {least:g}" for family, least in told["gate"].items())
    heads = ("accuracy", "cgi as core", "photos gen.", "photos redef.", "recover", "redefine")
    table = _table(f"Other gates (now {gates or 'none'}); the last two are recalls", "gate", *heads)
    for one in told["trade"]:
        table.add_row(
            f"{one['tau']:g}",
            _figure(one["accuracy"]),
            _figure(one["four_accuracy"]),
            _percent(one["generative"]),
            _percent(one["redefine"]),
            _figure(one["recover_recall"]),
            _figure(one["redefine_recall"]),
        )
    return table


def _last_words(told: Told) -> Iterable[str]:
    for reason, count in Counter(one["reason"] for one in told["skipped"]).items():
        yield f"{count} passed over: {reason}"
    yield from told["warnings"]
    for one in told["errors"][:MOST_LISTED]:
        yield f"error: {one['path']}: {one['error']['message']}"
    if len(told["errors"]) > MOST_LISTED:
        yield f"... and {len(told['errors']) - MOST_LISTED} more errors; --json lists them all"
    if told["sheets"]:
        yield f"{counted(len(told['mistakes']), 'mistake')}, drawn in {', '.join(told['sheets'])}"
    elif not told["mistakes"]:
        yield "No mistakes, so no sheet."


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _figure(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}, {part / whole:.1%}" if whole else "-"


def _plain_number(number: float | None) -> str:
    return "-" if number is None else f"{number:g}"
