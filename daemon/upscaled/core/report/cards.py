"""One job on the page: as a card that asks for something, or as a shot of the contact sheet."""

from collections.abc import Iterator

from upscaled.core.report.markup import Html, image, named, paragraph, prose, tag, text
from upscaled.core.report.tiles import AFTER, BEFORE, SHARPEST, THUMB, WORST, tile_name
from upscaled.core.report.values import Line, Load
from upscaled.core.report.words import ending, minute, money, sentence, size

_PLACES = {WORST: "where it is least alike", SHARPEST: "where it is sharpest"}
MOST_REASONS = 3
"""On the page; the sidecar has them all."""


def card(line: Line, load: Load) -> Html:
    """Return a job that a person must look at, or that failed."""
    said = "".join(paragraph(sentence(one), "said") for one in _said(line))
    told = f"{_name(line, load, 'h3')}{said}{_do(line)}<dl>{''.join(_facts(line))}</dl>"
    shown = _pairs(line, load, (WORST, SHARPEST))
    return tag("article", f"<div>{told}</div>{shown}", kind=f"item {line.word}") + "\n"


def shot(line: Line, load: Load) -> Html:
    """Return a finished job for the contact sheet."""
    notes = "".join(paragraph(sentence(one), "note") for one in _notes(line))
    told = tag("p", " · ".join(_made(line)), kind="made") + notes
    seen = _name(line, load, "p") + _pairs(line, load, (SHARPEST, WORST))
    return tag("li", f"<div>{seen}</div><div>{told}</div>", kind="shot") + "\n"


def price(line: Line) -> str:
    """Return what a job cost, in words."""
    if not line.basis:
        return ""
    if line.basis == "reused":
        return f"{money(line.cost)}, served from what was paid for before"
    if line.cost or line.basis != "free":
        return f"{money(line.cost)} ({line.basis})"
    return f"free; fal would ask {money(line.fal_cost)}" if line.fal_cost else "free"


def judged(line: Line) -> str:
    """Return what the picture was taken for, and how sure that is."""
    if not line.family or line.confidence is None:
        return line.family
    return f"{line.family}, {line.confidence:.0%} sure"


def pixels(line: Line) -> str:
    """Return what it was and what it became."""
    sides = (
        f"{pair[0]}\N{MULTIPLICATION SIGN}{pair[1]}" for pair in (line.source, line.result) if pair
    )
    return f"{' → '.join(sides)} px" if line.source or line.result else ""


def _name(line: Line, load: Load, element: str) -> Html:
    small = _picture(line, load, THUMB, f"{line.path}, whole", "thumb")
    inner = named(line.path if element == "h3" else line.path.rpartition("/")[2])
    linked = tag("a", inner, href=line.link) if line.link else inner
    return tag("div", f"{small}{tag(element, linked)}", kind="name")


def _said(line: Line) -> tuple[str, ...]:
    return (line.trouble.message,) if line.trouble else line.notes[:MOST_REASONS]


def _do(line: Line) -> Html:
    """Say what a person can do about what failed."""
    hint = ending(line.trouble.hint) if line.trouble else ""
    return tag("p", f"<b>What to do:</b> {prose(hint)}", kind="do") if hint else ""


def _facts(line: Line) -> Iterator[Html]:
    why = " ".join(sentence(one) for one in line.reasons[:MOST_REASONS])
    rows = (
        ("Judged", ". ".join(filter(None, (judged(line), why)))),
        ("Plan", line.plan),
        ("Size", pixels(line)),
        ("Cost", price(line)),
        ("Where", line.place),
        ("When", minute(line.at)),
    )
    for name, value in rows:
        if value:
            yield f"<dt>{name}</dt><dd>{text(value)}</dd>"
    code = f" · {text(line.trouble.code)}" if line.trouble else ""
    yield f"<dt>Job</dt><dd><code>{text(line.job)}</code>{code}</dd>"


def _made(line: Line) -> Iterator[Html]:
    if line.family:
        yield f"<b>{text(line.family)}</b>" + text(judged(line)[len(line.family) :])
    if said := pixels(line):
        yield text(said + (f", {size(line.result_bytes)}" if line.result_bytes else ""))
    if line.plan:
        yield text(line.plan.partition(": ")[2].partition("; ")[0] or line.plan)
    if said := price(line):
        yield text(said)


def _notes(line: Line) -> Iterator[str]:
    yield from (" ".join(sentence(one) for one in line.reasons[:MOST_REASONS]),)
    yield from line.notes[:MOST_REASONS]


def _pairs(line: Line, load: Load, places: tuple[str, ...]) -> Html:
    shown = "".join(_pair(line, load, place) for place in places)
    if not shown:
        return paragraph(line.unshown, "unshown note")
    return tag("div", shown, kind="pairs")


def _pair(line: Line, load: Load, place: str) -> Html:
    says = _PLACES[place]
    two = "".join(
        tag("span", f"<i>{when}</i>{made}")
        for when in (BEFORE, AFTER)
        if (made := _picture(line, load, tile_name(place, when), f"{line.path}, {says}, {when}"))
    )
    if not two:
        return ""
    shown = f'<div class="two">{two}</div><figcaption>{says}</figcaption>'
    return tag("figure", shown, kind="pair")


def _picture(line: Line, load: Load, name: str, alt: str, kind: str = "") -> Html:
    data = load(line.job, name) if name in line.pictures else b""
    return image(data, alt, kind) if data else ""
