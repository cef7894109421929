"""
The night as two small charts: jobs ended and money spent, step by step. Inline SVG and a table.

Two charts of one scale each; two scales on one chart would invite to compare what cannot be.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from upscaled.core.report.markup import Html, table, tag, text
from upscaled.core.report.values import Bar, Span
from upscaled.core.report.words import count, money
from upscaled.nouns import Micros

MOST_BARS = 36
"""On a phone a bar has to be seen."""
_STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 48, 168, 336, 720))
_WIDTH, _HEIGHT, _TOP, _FOOT, _LEFT = 340, 120, 14, 18, 2
_LABEL_PX = 44
_KINDS = ("done", "review", "failed")
_WORDS = {"done": "done", "review": "to look at", "failed": "failed"}


def step_of(span: Span) -> timedelta:
    """Return the step that cuts a span into at most `MOST_BARS` bars."""
    whole = _instant(span.until) - _instant(_first(span))
    return next((step for step in _STEPS if whole / step <= MOST_BARS), whole / MOST_BARS)


def starts_of(span: Span) -> list[datetime]:
    """
    Return when each bar starts: from a full hour on the wall, in steps of real time.

    So an hour that comes twice has two bars, and one that the clock leaps over has none.
    """
    step, zone = step_of(span), span.since.tzinfo
    first = _first(span)
    number = max(1, -(-(_instant(span.until) - _instant(first)) // step))
    return [(_instant(first) + step * place).astimezone(zone) for place in range(number)]


def _first(span: Span) -> datetime:
    return span.since.replace(minute=0, second=0, microsecond=0)


def _instant(at: datetime) -> datetime:
    """Return UTC: within one zone datetimes are subtracted as the wall shows them."""
    return at.astimezone(UTC)


def chart(bars: Sequence[Bar], step: timedelta) -> Html:
    """Return both charts and their figures."""
    unit = "hour" if step == _STEPS[0] else _named(step)
    jobs, spent = sum(one.ended for one in bars), sum(one.spent for one in bars)
    drawn = _figure(
        f"Ended, per {unit}",
        f"{count(jobs, 'picture')} ended, most in the {_peak(bars, lambda one: one.ended)}.",
        _svg(bars, _stack, str),
    )
    if spent:
        drawn += _figure(
            f"Spent, per {unit}",
            f"{money(spent)} spent, most in the {_peak(bars, lambda one: one.spent)}.",
            _svg(bars, lambda one: [("spent", one.spent)], money),
        )
    legend = "".join(tag("li", _WORDS[kind], kind=kind) for kind in _seen(bars))
    key = tag("ul", legend, kind="legend")
    return f'<div class="charts">{drawn}</div>{key}{_figures(bars)}'


def _named(step: timedelta) -> str:
    hours = round(step / timedelta(hours=1))
    return f"{hours} hours" if hours % 24 or hours == 24 else f"{hours // 24} days"


def _peak(bars: Sequence[Bar], measure: Callable[[Bar], int]) -> str:
    return f"step from {max(bars, key=measure).starts:%H:%M %Z}".rstrip()


def _seen(bars: Sequence[Bar]) -> list[str]:
    return [kind for kind in _KINDS if any(getattr(one, kind) for one in bars)]


def _stack(bar: Bar) -> list[tuple[str, int]]:
    return [(kind, getattr(bar, kind)) for kind in _KINDS]


def _figure(title: str, says: str, svg: Html) -> Html:
    drawing = svg.replace("<svg", f'<svg role="img" aria-label="{text(f"{title}: {says}")}"', 1)
    return tag("figure", f"<figcaption>{text(title)}</figcaption>{drawing}", kind="plot")


def _svg(
    bars: Sequence[Bar],
    parts: Callable[[Bar], list[tuple[str, int]]],
    shown: Callable[[Micros], str],
) -> Html:
    most = max(1, *(sum(size for _, size in parts(one)) for one in bars))
    slot = (_WIDTH - 2 * _LEFT) / len(bars)
    floor = _HEIGHT - _FOOT
    drawn = "".join(
        _column(parts(one), (_LEFT + place * slot, slot), (floor - _TOP) / most)
        for place, one in enumerate(bars)
    )
    lines = "".join(
        f'<path class="{kind}" d="M0 {y}H{_WIDTH}"/>'
        for kind, y in (("axis", floor), ("grid", _TOP))
    )
    top = f'<text x="0" y="{_TOP - 4}">{text(shown(most))}</text>'
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}">{lines}{drawn}{top}'
        f"{''.join(_labels(bars, slot))}</svg>"
    )


def _column(parts: list[tuple[str, int]], at: tuple[float, float], scale: float) -> Html:
    left, slot = at
    y, drawn = float(_HEIGHT - _FOOT), ""
    for kind, size in parts:
        if size <= 0:  # a correction may have brought money back
            continue
        height = size * scale
        y -= height
        drawn += (
            f'<rect class="{kind}" x="{left + slot * 0.12:.1f}" y="{y:.1f}" '
            f'width="{slot * 0.76:.1f}" height="{height:.1f}"/>'
        )
    return drawn


def _labels(bars: Sequence[Bar], slot: float) -> Iterator[Html]:
    days = len({one.starts.date() for one in bars}) > 2
    every = max(1, -(-_LABEL_PX // max(1, int(slot))))
    for place in range(0, len(bars), every):
        starts = bars[place].starts
        said = f"{starts.day} {starts:%b}" if days else f"{starts:%H:%M}"
        x = _LEFT + place * slot
        if x + _LABEL_PX > _WIDTH + 12:
            return
        yield f'<text x="{x:.1f}" y="{_HEIGHT - 4}">{text(said)}</text>'


def _figures(bars: Sequence[Bar]) -> Html:
    rows = [
        (
            text(f"{one.starts:%a %H:%M %Z}".rstrip()),
            *(str(getattr(one, kind)) for kind in _KINDS),
            text(money(one.spent)),
        )
        for one in bars
    ]
    head = ("From", "Done", "To look at", "Failed", "Spent")
    made = table(head, rows, "The night in figures")
    return f"<details><summary>The same in figures</summary>{made}</details>"
