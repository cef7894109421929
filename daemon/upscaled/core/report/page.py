"""
The morning report as one self-contained page: what a person must look at stands first.

No script, no foreign request; the browser is told to hold the page to that. Made part by part, so
that no more of it is in memory than one job.
"""

import base64
import hashlib
from collections.abc import Iterator
from itertools import groupby

from upscaled.core.report.cards import card, shot
from upscaled.core.report.chart import chart, step_of
from upscaled.core.report.lead import facts_of, headline, lead, span_of, title_of
from upscaled.core.report.markup import Html, named, paragraph, section, table, tag, text
from upscaled.core.report.style import STYLE
from upscaled.core.report.values import Gap, Line, Load, Money, Report, Untouched, Wait
from upscaled.core.report.words import count, lasting, minute, money, sentence
from upscaled.nouns import Micros

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'"
)
"""Says to the browser what this page promises: nothing is fetched, nothing runs."""


def page(report: Report, load: Load) -> Iterator[Html]:
    """Yield the page as HTML text, part by part; `load` gives the small pictures it shows."""
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{text(title_of(report))}</title>\n<style>{STYLE}</style></head>\n<body>"
    yield _head(report)
    yield f"<main>{_totals(report)}"
    yield from _cards(report, "review", "To look at", load)
    yield from _cards(report, "failed", "Failed", load)
    yield _waits(report) + _gaps(report) + _untouched(report)
    yield _chart(report)
    yield from _sheets(report, load)
    yield _slowest(report)
    yield f"</main>{_foot(report)}</body></html>\n"


def _head(report: Report) -> Html:
    where = f" · {text(report.scope)}" if report.scope else ""
    return (
        f'<header><p class="brand">upscaled{where}</p><h1>{text(headline(report))}</h1>'
        f'<p class="span">{text(span_of(report))}</p>{paragraph(lead(report), "lead")}</header>'
        f"{_nav(report)}\n"
    )


def _nav(report: Report) -> Html:
    tally = report.tally
    links = (
        ("review", "To look at", tally.review),
        ("failed", "Failed", tally.failed),
        ("waits", "Waits", tally.held + tally.waiting + tally.working),
        ("gaps", "Missing frames", len(report.gaps)),
        ("folders", "Folders not understood", len(report.untouched)),
        ("done", "Done", tally.done),
    )
    shown = "".join(
        f'<li class="{key}"><a href="#{key}">{says}<b>{number:,}</b></a></li>'
        for key, says, number in links
        if number
    )
    return f'<nav aria-label="Parts of the report"><ul>{shown}</ul></nav>' if shown else ""


def _totals(report: Report) -> Html:
    shown = "".join(
        tag("li", f"<b>{text(figure)}</b><span>{text(says)}</span>", kind=kind)
        for figure, says, kind in facts_of(report)
    )
    facts = tag("ul", shown, kind="facts")
    return section("totals", "In short", tag("div", facts + _caps(report), kind="card"))


def _caps(report: Report) -> Html:
    spent = report.money
    if report.engine == "local" and not spent.month:
        return ""
    own = "" if not report.scope else "The caps hold for all inboxes together."
    bars = _cap("Today", spent.today, spent, spent.daily_cap) + _cap(
        "This month", spent.month, spent, spent.monthly_cap
    )
    kept = (
        f"{money(spent.reserved)} of it is reserved for what is on its way."
        if spent.reserved
        else ""
    )
    return tag("div", bars + paragraph(" ".join(filter(None, (kept, own))), "soft"), kind="caps")


def _cap(says: str, spent: Micros, whole: Money, cap: Micros) -> Html:
    used = spent / cap if cap else 0.0
    taken = (spent + whole.reserved) / cap if cap else 0.0
    said = f"<span>{says}</span><span>{text(money(spent))} of {text(money(cap))}</span>"
    drawn = (
        f'<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="taken" width="{min(1.0, taken) * 100:.1f}" height="1"/>'
        f'<rect class="used" width="{min(1.0, used) * 100:.1f}" height="1"/></svg>'
    )
    return f"<div><p>{said}</p>{drawn}</div>"


def _cards(report: Report, word: str, title: str, load: Load) -> Iterator[Html]:
    lines = report.of(word)
    earlier = report.tally.earlier if word == "review" else 0
    if not lines and not earlier:
        return
    number = getattr(report.tally, word)
    yield f'<section aria-labelledby="{word}" class="part {word}">'
    yield f'<h2 id="{word}">{title} <small>{number:,}</small></h2>'
    yield from (card(line, load) for line in lines)
    yield paragraph(_more(number - len(lines), word), "soft")
    if earlier:
        said = f"{count(earlier, 'more picture')} from before still waits in review."
        yield paragraph(said if earlier == 1 else said.replace("waits", "wait"), "soft")
    yield "</section>\n"


def _more(number: int, word: str) -> str:
    if number <= 0:
        return ""
    return f"{number:,} more are not listed here: `upscaled jobs --state {word}` has them all."


def _waits(report: Report) -> Html:
    tally = report.tally
    number = tally.held + tally.waiting + tally.working
    if not number:
        return ""
    moving = [
        f"{count(tally.working, 'picture')} {'is' if tally.working == 1 else 'are'} in work."
        if tally.working
        else "",
        f"{count(tally.waiting, 'picture')} {'waits' if tally.waiting == 1 else 'wait'} for "
        "a turn and will go on without help."
        if tally.waiting
        else "",
    ]
    inner = paragraph(" ".join(filter(None, moving)), "soft")
    inner += "".join(_wait(report, wait) for wait in report.waits)
    return section("waits", "Waits", tag("div", inner, kind="card waits"), number)


def _wait(report: Report, wait: Wait) -> Html:
    rows = [
        (
            named(one.path),
            text(sentence(one.reason)),
            text(minute(one.until, report.made_at)) if one.until else "until that changes",
        )
        for one in wait.files
    ]
    more = wait.count - len(rows)
    return (
        f"<h3>{text(wait.hold.replace('_', ' '))} <small>{wait.count:,}</small></h3>"
        f"{paragraph(sentence(wait.means), 'soft')}"
        f"{table(('File', 'Why', 'Looked at again'), rows, f'Waits: {wait.hold}')}"
        f"{paragraph(f'And {more:,} more.' if more > 0 else '', 'soft')}"
    )


def _gaps(report: Report) -> Html:
    rows = [_gap(gap) for gap in report.gaps]
    if not rows:
        return ""
    made = table(("Series", "Missing frames", "How many", "Done"), rows, "Missing frames")
    return section("gaps", "Series with missing frames", tag("div", made, kind="card"), len(rows))


def _gap(gap: Gap) -> tuple[Html, ...]:
    return named(gap.series), text(gap.missing), f"{gap.count:,}", f"{gap.ready:,}"


def _untouched(report: Report) -> Html:
    if not report.untouched:
        return ""
    rows = "".join(
        f"<li><b>{named(one.path or '(the inbox itself)')}</b>, {count(one.files, 'file')}: "
        f"{text(_at_fault(one))}</li>"
        for one in report.untouched
    )
    inner = tag("div", tag("ul", rows, kind="plainly"), kind="card")
    return section("folders", "Folders not understood", inner, len(report.untouched))


def _at_fault(one: Untouched) -> str:
    return f'"{one.token}" is not known; {one.hint}' if one.token else one.hint


def _chart(report: Report) -> Html:
    if not any(one.ended or one.spent for one in report.bars):
        return ""
    drawn = chart(report.bars, step_of(report.span))
    return section("chart", "Through the night", tag("div", drawn, kind="card"))


def _sheets(report: Report, load: Load) -> Iterator[Html]:
    lines = sorted(report.of("done"), key=lambda line: line.folder)
    if not lines and not report.unlisted:
        return
    yield '<section aria-labelledby="done" class="part done">'
    yield f'<h2 id="done">Done <small>{report.tally.done:,}</small></h2>'
    for folder, group in groupby(lines, key=lambda line: line.folder):
        yield from _sheet(folder, list(group), load)
    yield paragraph(_more(report.unlisted, "done"), "soft")
    yield "</section>\n"


def _sheet(folder: str, lines: list[Line], load: Load) -> Iterator[Html]:
    cost = sum(line.cost for line in lines)
    said = count(len(lines), "picture") + (f", {money(cost)}" if cost else "")
    yield f'<h3 class="folder">{named(folder or "(no folder)")} <small>{text(said)}</small></h3>'
    yield '<ul class="sheet">'
    yield from (shot(line, load) for line in lines)
    yield "</ul>"


def _slowest(report: Report) -> Html:
    rows = [
        (
            named(line.path),
            text(lasting(line.took.worked)),
            text(lasting(line.took.enlarged)),
            text(lasting(line.took.finished)),
            text(lasting(line.took.waited)),
        )
        for line in report.slowest
    ]
    if not rows:
        return ""
    head = ("Picture", "Worked on", "Enlarging", "Finishing", "Waited before")
    made = table(head, rows, "The slowest pictures")
    return section("slowest", "Slowest", tag("div", made, kind="card"))


def _foot(report: Report) -> Html:
    made = f"{report.software}, written {minute(report.made_at)} {report.made_at:%Z}".rstrip()
    return f"<footer><p>{text(made)}</p></footer>"
