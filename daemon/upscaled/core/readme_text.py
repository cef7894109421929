"""
What `_READ-ME.txt` says in the folders of review/ and failed/: each file, why, and what to do.

Values in, text out. It tells how to answer without a command line, the latest files first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill

from upscaled.core.report import plain
from upscaled.core.status_text import files
from upscaled.nouns import Family, Job

SIGNATURE = "Written by upscaled for whoever looks into this folder"
"""By these words such a note is known as ours."""
_WIDTH, _INDENT = 98, "    "
SHOWN = 25
"""Files of one folder that are told of; the rest is a number."""

_REVIEW = f"""\
A person decides: look at the comparison (.compare.png), then drag it, the result, its .json, or a
whole folder of them
    into review/_accept    and it goes to the outbox
    into review/_reject    and it goes to archive/_rejected, its original to failed
    into review/_redo      and it is done again; what was paid for serves again
    into review/_redo-...  and it is done again as that family: {", ".join(Family)}
Moved into the outbox by hand it counts as accepted.
"""
_FAILED = """\
The original is unharmed. When its fault is mended, drag it into failed/_retry, and it goes back to
where it was dropped. Instead a better file may simply be dropped into the inbox.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file that waits for a person."""

    name: str
    source: str
    """The original, as it was in the inbox."""
    why: tuple[str, ...]
    what: str = ""
    """What to do about this one."""
    is_there: bool = True


def entry_of(job: Job, name: str, *, is_there: bool) -> Entry:
    """Return what is told of a job in review or failed."""
    facts = job.facts
    if facts.error is not None:
        why, what = (facts.error.message,), facts.error.hint
        return Entry(name=name, source=job.path, why=why, what=what, is_there=is_there)
    doubts = tuple(dict.fromkeys(_doubts(job)))
    return Entry(name=name, source=job.path, why=doubts, is_there=is_there)


def readme(root: str, folder: str, entries: Sequence[Entry], number: int) -> str:
    """Return the note of one folder in which `number` files wait, these among them."""
    place = "/".join(filter(None, (root, plain(folder))))
    what = "wait for an answer" if root == "review" else "failed"
    if number == 1:
        what = what.replace("wait ", "waits ")
    lines = [
        f"{place}: {files(number)} {what}. {SIGNATURE}.",
        "",
        _REVIEW if root == "review" else _FAILED,
    ]
    for one in entries:
        lines += _told(one)
    if number > len(entries):
        lines.append(f"and {number - len(entries):,} more")
    return "\n".join(lines)


def _told(one: Entry) -> Iterator[str]:
    yield f"{plain(one.name)}   (from {plain(one.source)})"
    if not one.is_there:
        yield indented("It is not in this folder any more.")
    for why in one.why:
        yield indented(why)
    if one.what:
        yield indented(f"What to do: {one.what}")
    yield ""


def indented(sentence: str) -> str:
    """Return a sentence in lines that every editor shows whole."""
    return fill(plain(sentence), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _doubts(job: Job) -> Iterator[str]:
    facts = job.facts
    if job.reason:
        yield job.reason
    if facts.fidelity is not None:
        yield from facts.fidelity.reasons
    if facts.plan is not None and facts.plan.review:
        yield facts.plan.review_reason or facts.plan.shortfall or "Its target was to be looked at."
    if facts.probe is not None and facts.probe.doubt:
        yield facts.probe.doubt
