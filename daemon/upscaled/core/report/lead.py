"""What stands first, on the page and in its text twin: title, span, the night in one sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from upscaled.core.report.values import Report, Tally, Waiting
from upscaled.core.report.words import count, day, minute, money, zone_of

NOTHING = "Nothing came in."


def title_of(report: Report) -> str:
    """Return the window's title."""
    return f"upscaled, {report.span.until:%Y-%m-%d}"


def headline(report: Report) -> str:
    """Return the heading."""
    return f"Morning report, {day(report.span.until)}"


def span_of(report: Report) -> str:
    """Return the time that is told of, with its zone, and the engine."""
    span = report.span
    until = minute(span.until, span.since)
    zone = zone_of(span.until, span.zone)
    return f"{minute(span.since)} to {until} ({zone}) · engine {report.engine}"


def colophon(report: Report) -> str:
    """Return the last line: who wrote it, when, and whether a person asked for it."""
    asked = ", asked for by hand" if report.by_hand else ""
    return (
        f"{report.software}, written {minute(report.made_at)} {report.made_at:%Z}".rstrip() + asked
    )


def lead(report: Report) -> str:
    """Return the night in a few sentences; they are true of an empty one too."""
    tally = report.tally
    if tally.nothing and not report.untouched:
        return NOTHING
    return " ".join(_sentences(report, tally))


def _sentences(report: Report, tally: Tally) -> Iterator[str]:
    spent = f" for {money(report.money.spent)}" if report.money.spent else ""
    if tally.done:
        yield f"{count(tally.done, 'picture')} {_were(tally.done)} finished{spent}."
    elif tally.came:
        yield f"{count(tally.came, 'picture')} came in, none {_were(1)} finished{spent}."
    else:
        yield f"Nothing came in{f'; {money(report.money.spent)} was spent' if spent else ''}."
    asks = [
        f"{tally.review:,} {'wants' if tally.review == 1 else 'want'} a look",
        f"{tally.failed:,} failed",
        f"{tally.held:,} {'is' if tally.held == 1 else 'are'} held",
    ]
    said = [one for one in asks if not one.startswith("0 ")]
    if said:
        yield f"{_listed(said)}."
    elif tally.done and not tally.waiting + tally.working:
        yield "Nothing failed and nothing waits."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _listed(said: list[str]) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure that stands large at the top."""

    figure: str
    says: str
    key: str = ""
    """The part of the page that tells more; empty where none does."""


def facts_of(report: Report) -> Iterator[Fact]:
    """Yield the figures: what always matters, and what there is besides."""
    tally, unfinished = report.tally, report.tally.unfinished
    yield _fact(tally.came, "came in")
    yield _fact(tally.done, "done", "done")
    yield _fact(tally.review, "to look at", "review")
    yield _fact(tally.failed, "failed", "failed")
    yield _fact(unfinished, "unfinished now", "waits")
    more = (
        _fact(len(report.gaps), "series with gaps", "gaps"),
        _fact(len(report.untouched), "folders not understood", "folders"),
        _fact(tally.withdrawn, "taken away by their owners"),
        _fact(tally.superseded, "done again as another job"),
    )
    yield from (one for one in more if one.figure != "0")
    yield Fact(figure=money(report.money.spent), says="spent")
    if report.would:
        yield Fact(figure=money(report.would), says="fal would have asked")


def _fact(number: int, says: str, key: str = "") -> Fact:
    return Fact(figure=f"{number:,}", says=says, key=key if number else "")


def alike(
    files: Sequence[Waiting],
) -> Iterator[tuple[str, datetime | None, list[Waiting]]]:
    """Yield reason, time and files of those that wait for the same until the same time."""
    groups: dict[tuple[str, datetime | None], list[Waiting]] = {}
    for one in files:
        groups.setdefault((one.reason, one.until), []).append(one)
    for (reason, until), group in groups.items():
        yield reason, until, group
