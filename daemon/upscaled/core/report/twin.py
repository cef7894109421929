"""The report as plain text: the same words in the same order, for a mail or a terminal."""

from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap

from upscaled.core.report.cards import judged, pixels, price
from upscaled.core.report.lead import alike, colophon, facts_of, headline, lead, span_of
from upscaled.core.report.values import Report
from upscaled.core.report.words import count, ending, lasting, minute, money, plain, sentence

_WIDTH = 88


def twin(report: Report) -> Iterator[str]:
    """Yield the lines, each with its end."""
    yield from (f"{plain(line)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield headline(report) + (f" · {report.scope}" if report.scope else "")
    yield span_of(report)
    yield from ("", *_wrapped(lead(report), ""), "")
    yield from (f"  {one.figure:>9}  {one.says}" for one in facts_of(report))
    yield from _caps(report)
    for word, title in (("review", "TO LOOK AT"), ("failed", "FAILED")):
        yield from _asked(report, word, title)
    yield from _waits(report)
    yield from _gaps(report)
    yield from _untouched(report)
    yield from _bars(report)
    yield from _done(report)
    yield from _slowest(report)
    yield from ("", colophon(report))


def _caps(report: Report) -> Iterator[str]:
    spent = report.money
    if report.engine == "local" and not spent.month:
        return
    yield f"  {money(spent.today):>9}  today, of a cap of {money(spent.daily_cap)}"
    yield f"  {money(spent.month):>9}  this month, of a cap of {money(spent.monthly_cap)}"
    if spent.reserved:
        yield f"  {money(spent.reserved):>9}  reserved for what is on its way"


def _title(title: str, number: int | None = None) -> Iterator[str]:
    yield from ("", title if number is None else f"{title} ({number:,})", "")


def _asked(report: Report, word: str, title: str) -> Iterator[str]:
    lines, number = report.of(word), getattr(report.tally, word)
    earlier = report.tally.earlier if word == "review" else 0
    if not number and not earlier:
        return
    yield from _title(title, number)
    for line in lines:
        yield f"{line.path}  [{line.job}]"
        said = (line.trouble.message,) if line.trouble else line.notes
        for one in said:
            yield from _wrapped(sentence(one))
        if line.trouble and line.trouble.hint:
            yield from _wrapped(f"What to do: {ending(line.trouble.hint)}")
        yield from _wrapped("; ".join(filter(None, (judged(line), pixels(line), price(line)))))
        yield from _wrapped(f"It is in {line.place}." if line.place else "")
    if number > len(lines):
        yield f"... and {number - len(lines):,} more: upscaled jobs --state {word}"
    if earlier:
        yield f"... and {earlier:,} from before, still in review"


def _waits(report: Report) -> Iterator[str]:
    tally = report.tally
    number = tally.unfinished
    if not number:
        return
    yield from _title("UNFINISHED", number)
    moving = (f"{tally.working:,} in work", f"{tally.waiting:,} waiting for a turn")
    if said := ", ".join(one for one in moving if not one.startswith("0 ")):
        yield said
    for wait in report.waits:
        yield f"{wait.hold.replace('_', ' ')} ({wait.count:,}): {wait.means}"
        for reason, until, files in alike(wait.files):
            again = f" Looked at again {minute(until, report.made_at)}." if until else ""
            yield from _wrapped(f"{sentence(reason)}{again}")
            yield from _wrapped(", ".join(one.path for one in files), "        ")
        if wait.count > len(wait.files):
            yield f"    ... and {wait.count - len(wait.files):,} more"


def _gaps(report: Report) -> Iterator[str]:
    if report.gaps:
        yield from _title("SERIES WITH MISSING FRAMES", len(report.gaps))
    for gap in report.gaps:
        yield from _wrapped(f"{gap.series}: {gap.missing} ({count(gap.count, 'frame')})", "")


def _untouched(report: Report) -> Iterator[str]:
    if report.untouched:
        yield from _title("FOLDERS NOT UNDERSTOOD", len(report.untouched))
    for one in report.untouched:
        why = f'"{one.token}" is not known; {one.hint}' if one.token else one.hint
        where = one.path or "(the inbox itself)"
        yield from _wrapped(f"{where}, {count(one.files, 'file')}: {why}", "")


def _bars(report: Report) -> Iterator[str]:
    busy = [one for one in report.bars if one.ended or one.spent]
    if busy:
        yield from _title("THROUGH THE NIGHT")
    for one in busy:
        told = f"{one.done} done, {one.review} to look at, {one.failed} failed"
        yield f"  {one.starts:%a %H:%M %Z}  {told}, {money(one.spent)}"


def _done(report: Report) -> Iterator[str]:
    lines = sorted(report.of("done"), key=lambda line: line.folder)
    if report.tally.done:
        yield from _title("DONE", report.tally.done)
    for folder, group in groupby(lines, key=lambda line: line.folder):
        found = list(group)
        cost = sum(line.cost for line in found)
        yield f"{folder or '(no folder)'}: {count(len(found), 'picture')}, {money(cost)}"
        for line in found:
            told = "; ".join(filter(None, (judged(line), pixels(line), price(line))))
            yield from _wrapped(f"{line.path}: {told}")
    if report.unlisted:
        yield f"... and {report.unlisted:,} more: upscaled jobs --state done"


def _slowest(report: Report) -> Iterator[str]:
    if report.slowest:
        yield from _title("SLOWEST")
    for line in report.slowest:
        took = line.took
        told = f"{lasting(took.worked)}, after waiting {lasting(took.waited)}"
        yield from _wrapped(f"{line.path}: {told}", "")


def _wrapped(words: str, before: str = "    ") -> list[str]:
    return wrap(
        plain(words),
        _WIDTH,
        initial_indent=before,
        subsequent_indent=f"{before}  " if before else "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
