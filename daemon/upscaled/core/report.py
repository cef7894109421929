"""
The morning report: values in, one self-contained HTML page out.

No script, no foreign request, every word escaped. What happened is gathered elsewhere; here it is
only arranged: what a person must look at stands first.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from html import escape

from upscaled.core.price import usd
from upscaled.core.report_style import STYLE
from upscaled.nouns import Micros, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Crops:
    """The same place of a picture before and after, as JPEG bytes of equal size."""

    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One job as a person reads it."""

    job: str
    path: str
    """As in the inbox."""
    word: str
    """One of the six words: waiting, working, held, review, failed, done."""
    at: datetime
    """Of its last fact, in the reader's time zone."""
    family: str = ""
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    plan: str = ""
    notes: tuple[str, ...] = ()
    """Sentences on the result: its shortfall, what the fidelity check found, a density raised."""
    cost: Micros = 0
    basis: str = ""
    """`billed`, `estimate`, `reused`, `free`."""
    fal_cost: Micros = 0
    """What fal would ask, also where nothing was paid."""
    place: str = ""
    hold: str = ""
    reason: str = ""
    trouble: Trouble | None = None
    crops: Crops | None = None
    crops_missing: str = ""
    """Why there are none; empty where none are expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Spend against its caps."""

    today: Micros = 0
    month: Micros = 0
    reserved: Micros = 0
    daily_cap: Micros = 0
    monthly_cap: Micros = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouched:
    """A folder whose files stay, because its name is not understood."""

    path: str
    token: str
    """The word at fault; empty where no word names a target."""
    files: int
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is told. Times are aware and in the reader's zone."""

    since: datetime
    made_at: datetime
    engine: str
    lines: tuple[Line, ...]
    money: Money
    untouched: tuple[Untouched, ...] = ()
    software: str = "upscaled"


_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Says to the browser what this page promises: nothing is fetched, nothing runs."""
_FIRST = ("review", "failed", "held")
_WORDS = ("done", "review", "failed", "held", "working", "waiting")
_TITLES = {
    "review": "To be looked at",
    "failed": "Failed",
    "held": "Held",
    "working": "In work",
    "waiting": "Waiting",
    "done": "Done",
}


def render(report: Report) -> str:
    """Return the whole page as HTML text."""
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n',
            f"<title>upscaled: {_day(report.made_at)}</title>\n<style>{STYLE}</style></head>\n",
            f"<body><main>{_head(report)}{_totals(report)}{_untouched(report)}",
            "".join(_section(report, word) for word in (*_FIRST, "working", "waiting", "done")),
            f"</main><footer>{_text(report.software)}</footer></body></html>\n",
        )
    )


def plain(text: str) -> str:
    """
    Return text without what changes how the rest is read: control, direction, half characters.

    File names are strangers' words; any white space becomes a space.
    """
    return "".join(one if one.isprintable() else _stand_in(one) for one in text)


def _stand_in(one: str) -> str:
    return " " if one.isspace() else "\N{REPLACEMENT CHARACTER}"


def money(amount: Micros) -> str:
    """Return an amount as people read it: two decimals, more only where they are not zero."""
    return "$" + f"{usd(amount):.4f}".removesuffix("00")


def _text(text: str) -> str:
    return escape(plain(text))


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}".rstrip()


def _head(report: Report) -> str:
    return (
        f"<header><h1>upscaled</h1><p>{_minute(report.since)} to {_minute(report.made_at)}, "
        f"engine <b>{_text(report.engine)}</b></p></header>\n"
    )


def _totals(report: Report) -> str:
    counts = {word: sum(line.word == word for line in report.lines) for word in _WORDS}
    tiles = [
        _tile(str(counts[word]), word, word if counts[word] else "none")
        for word in _WORDS
        if counts[word] or word in {"done", "review", "failed", "held"}
    ]
    spent, asked = report.money, sum(line.fal_cost for line in report.lines)
    tiles += [
        _tile(money(spent.today), f"today, of {money(spent.daily_cap)}"),
        _tile(money(spent.month), f"this month, of {money(spent.monthly_cap)}"),
    ]
    if spent.reserved:
        tiles.append(_tile(money(spent.reserved), "reserved"))
    if report.engine == "local" and asked:
        tiles.append(_tile(money(asked), "fal would have asked"))
    return f'<section class="totals">{"".join(tiles)}</section>\n'


def _tile(figure: str, says: str, kind: str = "") -> str:
    return f'<div class="tile {kind}"><b>{_text(figure)}</b><span>{_text(says)}</span></div>'


def _untouched(report: Report) -> str:
    if not report.untouched:
        return ""
    rows = "".join(
        f"<li><b>{_text(one.path or '(the inbox itself)')}</b>, {_files(one.files)}: "
        f"{_text(_at_fault(one))}</li>"
        for one in report.untouched
    )
    return f'<section><h2>Folders not understood</h2><ul class="card held">{rows}</ul></section>\n'


def _at_fault(one: Untouched) -> str:
    return f'"{one.token}" is not known; {one.hint}' if one.token else one.hint


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _section(report: Report, word: str) -> str:
    lines = [line for line in report.lines if line.word == word]
    if not lines:
        return ""
    cards = "".join(_card(line) for line in lines)
    return f"<section><h2>{_TITLES[word]} <small>{len(lines)}</small></h2>{cards}</section>\n"


def _card(line: Line) -> str:
    return (
        f'<article class="card {line.word}">'
        f'<h3>{_text(line.path)} <span class="word">{_text(line.hold or line.word)}</span></h3>'
        f"{_said(line)}{_crops(line)}<dl>{_facts(line)}</dl></article>\n"
    )


def _said(line: Line) -> str:
    """Say first what a person has to know: what went wrong and what to do, or what it waits for."""
    if line.trouble is not None:
        hint = f'<p class="hint">{_text(line.trouble.hint)}</p>' if line.trouble.hint else ""
        code = f" <code>{_text(line.trouble.code)}</code>"
        return f'<p class="said">{_text(line.trouble.message)}{code}</p>{hint}'
    said = (line.reason, *line.notes)
    return "".join(f'<p class="said">{_text(one)}</p>' for one in said if one)


def _crops(line: Line) -> str:
    if line.crops is None:
        return f'<p class="missing">{_text(line.crops_missing)}</p>' if line.crops_missing else ""
    return (
        f'<div class="crops">{_crop(line.crops.before, line.path, "before")}'
        f"{_crop(line.crops.after, line.path, 'after')}</div>"
    )


def _crop(jpeg: bytes, path: str, when: str) -> str:
    data = base64.b64encode(jpeg).decode()
    alt = _text(f"{path}, {when}")
    return (
        f'<figure><img src="data:image/jpeg;base64,{data}" alt="{alt}">'
        f"<figcaption>{when}</figcaption></figure>"
    )


def _facts(line: Line) -> str:
    rows = (
        ("Judged", _judged(line)),
        ("Plan", _text(line.plan)),
        ("Price", _text(_price(line))),
        ("Where", _text(line.place)),
        ("When", _minute(line.at)),
        ("Job", f"<code>{_text(line.job)}</code>"),
    )
    return "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows if value)


def _judged(line: Line) -> str:
    if not line.family:
        return ""
    sure = "" if line.confidence is None else f", {line.confidence:.0%} sure"
    reasons = "".join(f"<li>{_text(one)}</li>" for one in line.reasons)
    return f"<b>{_text(line.family)}</b>{sure}<ul>{reasons}</ul>"


def _price(line: Line) -> str:
    if not line.basis:
        return ""
    paid = "nothing" if not line.cost else f"{money(line.cost)} ({line.basis})"
    would = line.fal_cost if line.basis == "free" else 0
    return f"{paid}; fal would ask {money(would)}" if would else paid
