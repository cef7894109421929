"""
The morning report as one self-contained page: what a person must look at stands first.

No script, no foreign request; the browser is told to hold the page to that. Made part by part, so
that no more of it is in memory than one job.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from upscaled.core.report.cards import card, shot
from upscaled.core.report.chart import chart, step_of
from upscaled.core.report.lead import (
    Fact,
    alike,
    colophon,
    facts_of,
    headline,
    lead,
    span_of,
    title_of,
)
from upscaled.core.report.markup import Html, named, paragraph, section, table, tag, text
from upscaled.core.report.style import STYLE
from upscaled.core.report.values import Gap, Line, Load, Money, Report, Untouched, Wait, Waiting
from upscaled.core.report.words import count, lasting, minute, money, sentence
from upscaled.nouns import Micros

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'"
)
"""Says to the browser what this page promises: nothing is fetched, nothing runs."""


_HANDS = {
    "review": "Look at each beside its comparison; drag it into `_accept`, `_reject` or `_redo`"
    " in review, or say `upscaled accept ID`, `reject` or `redo`.",
    "failed": "What is mended goes back with `upscaled retry ID`, or dragged into `_retry` in"
    " failed.",
}
_TURN = "for a turn and will go on without help"
_NAMED = 6
"""Of files that wait for the same, so many are named."""


BY_HAND = '<meta name="upscaled-report" content="by hand">\n'
"""Among the first lines of a page that a person asked for: such a one may be replaced."""


def page(report: Report, load: Load) -> Iterator[Html]:
    """Yield the page as HTML text, part by part; `load` gives the small pictures it shows."""
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield BY_HAND if report.by_hand else ""
    yield f"<title>{text(title_of(report))}</title>\n<style>{STYLE}</style></head>\n<body>"
    yield _head(report)
    yield "<main>"
    yield from _cards(report, "review", "To look at", load)
    yield from _cards(report, "failed", "Failed", load)
    yield _waits(report) + _gaps(report) + _untouched(report)
    yield _night(report)
    yield from _sheets(report, load)
    yield _slowest(report)
    yield f"</main>{_foot(report)}</body></html>\n"


def _head(report: Report) -> Html:
    where = f" · {text(report.scope)}" if report.scope else ""
    return (
        f'<header><p class="brand">upscaled{where}</p><h1>{text(headline(report))}</h1>'
        f'<p class="span">{text(span_of(report))}</p>{paragraph(lead(report), "lead")}</header>'
        f"{_figures(report)}\n"
    )


def _figures(report: Report) -> Html:
    """Return the large figures, each a link to the part that tells more."""
    shown = "".join(tag("li", _figure(one), kind=one.key) for one in facts_of(report))
    return f'<nav aria-label="Parts of the report"><ul class="card facts">{shown}</ul></nav>'


def _figure(fact: Fact) -> Html:
    inner = f"<b>{text(fact.figure)}</b><span>{text(fact.says)}</span>"
    return tag("a", inner, href=f"#{fact.key}") if fact.key else inner


def _cards(report: Report, word: str, title: str, load: Load) -> Iterator[Html]:
    lines = report.of(word)
    earlier = report.tally.earlier if word == "review" else 0
    if not lines and not earlier:
        return
    number = getattr(report.tally, word)
    yield f'<section aria-labelledby="{word}" class="part">'
    yield f'<h2 id="{word}">{title} <small>{number:,}</small></h2>'
    yield paragraph(_HANDS[word], "hands")
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
    if not tally.unfinished:
        return ""
    moving = " ".join(
        f"{count(number, 'picture')} {is_ if number == 1 else are}."
        for number, is_, are in (
            (tally.working, "is in work", "are in work"),
            (tally.waiting, f"waits {_TURN}", f"wait {_TURN}"),
        )
        if number
    )
    inner = paragraph(moving) + "".join(_wait(report, wait) for wait in report.waits)
    return section("waits", "Unfinished", tag("div", inner, kind="card"), tally.unfinished)


def _wait(report: Report, wait: Wait) -> Html:
    title = f"{text(wait.hold.replace('_', ' ').capitalize())} <small>{wait.count:,}</small>"
    groups = list(alike(wait.files))
    more = wait.count - len(wait.files)
    unnamed = more if len(groups) == 1 else 0
    shown = "".join(
        paragraph(_waits_for(reason, until, report), "said")
        + paragraph(_listed(files, unnamed), "soft")
        for reason, until, files in groups
    )
    rest = f"And {more:,} more." if more > unnamed else ""
    return (
        f'<div class="wait"><h3>{title}</h3>{paragraph(sentence(wait.means), "soft")}{shown}'
        f"{paragraph(rest, 'soft')}</div>"
    )


def _waits_for(reason: str, until: datetime | None, report: Report) -> str:
    again = f"Looked at again {minute(until, report.made_at)}." if until else ""
    return " ".join(filter(None, (sentence(reason), again)))


def _listed(files: Sequence[Waiting], unnamed: int) -> str:
    more = max(0, len(files) - _NAMED) + unnamed
    names = ", ".join(one.path for one in files[:_NAMED])
    return f"{names} and {more:,} more" if more > 0 else names


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


def _night(report: Report) -> Html:
    """Return what happened when, and the money beside its caps."""
    busy = any(one.ended or one.spent for one in report.bars)
    drawn = chart(report.bars, step_of(report.span)) if busy else ""
    drawn += _caps(report)
    title = "Through the night" if busy else "Money"
    return section("night", title, tag("div", drawn, kind="card")) if drawn else ""


def _caps(report: Report) -> Html:
    spent = report.money
    if report.engine == "local" and not spent.month:
        return ""
    bars = _cap("Today", spent.today, spent, spent.daily_cap) + _cap(
        "This month", spent.month, spent, spent.monthly_cap
    )
    kept = f"{money(spent.reserved)} more is reserved for what is on its way."
    own = "The caps hold for all inboxes together."
    said = " ".join(filter(None, (kept if spent.reserved else "", own if report.scope else "")))
    return tag("div", bars + paragraph(said, "soft"), kind="caps")


def _cap(says: str, spent: Micros, whole: Money, cap: Micros) -> Html:
    used, taken = (
        100 * min(1.0, sum_ / cap) if cap else 0.0 for sum_ in (spent, spent + whole.reserved)
    )
    said = f"<span>{says}</span><span>{text(money(spent))} of {text(money(cap))}</span>"
    drawn = (
        '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="taken" width="{taken:.1f}" height="1"/>'
        f'<rect class="used" width="{used:.1f}" height="1"/></svg>'
    )
    return f"<div><p>{said}</p>{drawn}</div>"


def _sheets(report: Report, load: Load) -> Iterator[Html]:
    lines = sorted(report.of("done"), key=lambda line: line.folder)
    if not lines and not report.unlisted:
        return
    yield '<section aria-labelledby="done" class="part">'
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
    return f"<footer><p>{text(colophon(report))}</p></footer>"
