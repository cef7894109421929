"""
How a sequence or series stands, for people and for scripts: values in, text and JSON out.

Names are strangers' words and are made harmless; long lists are cut.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import islice
from typing import Any

from upscaled.core.frames import Range, count, named, said
from upscaled.core.life import Word
from upscaled.core.price import money, usd
from upscaled.core.report import plain
from upscaled.core.series import name_of
from upscaled.nouns import Micros, Plan, Recipe

NAME = "_SERIES.txt"
SIGNATURE = "Written by upscaled for everyone who waits for these series"
"""By these words the file is known as ours."""
RANGES = 100
"""Missing ranges that are told one by one; the rest is a number."""
SECTIONS = 30
"""Series of one folder that are told; the rest is a number."""
REASONS = 4
"""Sentences on a recipe."""
_ORDER = (Word.DONE, Word.WORKING, Word.WAITING, Word.HELD, Word.REVIEW, Word.FAILED)
_SAYS = {Word.REVIEW: "in review"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrest:
    """What the frames' comparison with their neighbours came to, see `core/flicker`."""

    compared: int
    """Frames that found a finished neighbour: of two, the later one does."""
    worst: float
    """Grey levels, 0..255: how much more the result changes than its source."""
    frame: str
    """Path of the one that changes most."""
    over: int
    """How many are beyond what honest enlargement comes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One of several numbered sequences that a series holds."""

    run: str
    """What its frames share, see `core/frames.Frame.run`."""
    first: int | None = None
    last: int | None = None
    missing: tuple[Range, ...] = ()
    """At most `RANGES` + 1 of them."""
    gone: int = 0
    """How many numbers are missing."""
    width: int = 4
    """Digits of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One series as its members' rows have it."""

    watch: int
    key: str
    """See `core/series.Group.key`."""
    words: Mapping[Word, int]
    """Members by the word that people read; of one that came twice the later one counts."""
    first: int | None = None
    last: int | None = None
    missing: tuple[Range, ...] = ()
    """At most `RANGES` + 1 of them."""
    gone: int = 0
    """How many numbers are missing, in all its sequences."""
    width: int = 4
    """Digits of a number."""
    runs: tuple[Run, ...] = ()
    """Its sequences where it holds several: the five above but `gone` say nothing then."""
    recipe: Recipe | None = None
    """None until it is judged."""
    plan: Plan | None = None
    """Of one member."""
    pilot: str | None = None
    """Path of the member that proved the recipe; None while none has."""
    cost: Micros = 0
    reopened_at: datetime | None = None
    """Since when late members are under way in a series that was complete."""
    flicker: Unrest | None = None
    why: tuple[str, ...] = field(default=())
    """What its members wait for, a sentence each."""

    @property
    def folder(self) -> str:
        """Return where it lies, relative to the inbox."""
        return self.key.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Return what people call it."""
        return name_of(self.key)

    @property
    def members(self) -> int:
        """Return how many have come."""
        return sum(self.words.values())

    def gaps(self, most: int) -> tuple[str, ...]:
        """Return the first so many ranges that are missing, as people write them."""
        if not self.runs:
            return said(self.missing[:most], self.width)
        every = (
            named(run.run, one) for run in self.runs for one in said(run.missing[:most], run.width)
        )
        return tuple(islice(every, most))


def progress_json(one: Progress, inbox: str) -> dict[str, Any]:
    """Return it as `status` and `series` print it; `inbox` is its watch's."""
    flicker = one.flicker
    return {
        "watch": inbox,
        "folder": one.folder,
        "name": one.name,
        "members": one.members,
        **{word.value: one.words.get(word, 0) for word in _ORDER},
        "first": one.first,
        "last": one.last,
        "missing": list(one.gaps(RANGES)),
        "missing_count": one.gone,
        "model": one.recipe and one.recipe.verdict.model.value,
        "flicker": flicker
        and {
            "worst": round(flicker.worst, 2),
            "frame": flicker.frame,
            "compared": flicker.compared,
            "over": flicker.over,
        },
        "cost_usd": usd(one.cost),
        "pilot": one.pilot,
        "reopened": one.reopened_at and one.reopened_at.isoformat(timespec="seconds"),
    }


def line(one: Progress) -> str:
    """Return it in one line, for a terminal."""
    where = "" if one.name == one.folder else f"{plain(one.folder)}/"
    gone = f"; missing: {_missing(one, 3)}" if one.gone else ""
    return f"{where}{plain(one.name)}{_span(one)}: {_counts(one)}{gone}"


def page(some: Sequence[Progress], now: datetime, zone: tzinfo) -> str:
    """Return `_SERIES.txt` of one folder of results."""
    stamp = f"{now.astimezone(zone):%Y-%m-%d %H:%M} ({now.astimezone(zone).tzname()})"
    return f"As of {stamp}. {SIGNATURE}; never taken as a picture.\n" + body(some, zone)


def body(some: Sequence[Progress], zone: tzinfo) -> str:
    """Return the text without its age: it is written when this changes."""
    lines = [line for one in some[:SECTIONS] for line in _section(one, zone)]
    if more := len(some) - SECTIONS:
        lines += ["", f"and {more} more"] if more > 0 else []
    return "\n".join(lines) + "\n"


# ---- inside


def _section(one: Progress, zone: tzinfo) -> Iterator[str]:
    title = f"{plain(one.name)}{_span(one)}"
    yield from ("", title, "-" * min(len(title), 100))
    yield f"{one.members:,} here: {_counts(one)}."
    if one.reopened_at is not None:
        at = f"{one.reopened_at.astimezone(zone):%Y-%m-%d %H:%M}"
        yield f"Re-opened {at}: late frames came after all the others were done; same recipe."
    if one.gone:
        yield f"Missing between the first and the last: {_missing(one, RANGES)}."
    elif any(run.first != run.last for run in one.runs or (one,)):
        yield "No frame is missing between the first and the last."
    yield from _recipe(one)
    yield from (f"Waits: {plain(sentence)}" for sentence in one.why)
    if one.flicker is not None:
        yield _flicker(one.flicker)
    yield f"Cost so far: {money(one.cost)}."


def _recipe(one: Progress) -> Iterator[str]:
    if one.recipe is None:
        yield "Not judged yet: a quiet sample of it is waited for."
        return
    yield f"Recipe: {_made(one.plan, one.recipe)}"
    for reason in one.recipe.verdict.reasons[:REASONS]:
        yield f"  {plain(reason)}"
    if one.pilot:
        yield f"Its pilot {plain(one.pilot)} passed; the others follow it."
    else:
        yield "One member goes first and is checked before the rest is begun."


def _made(plan: Plan | None, recipe: Recipe) -> str:
    family = recipe.verdict.model.value
    if plan is None:
        return f"{family}, at most {recipe.safe:g}x."
    by = ", then ".join(f"{each.model} {each.factor:g}x" for each in plan.passes)
    size = f"{plan.width} x {plan.height} {plan.format.value}"
    return f"{family}, {by or 'no model needed'}; {size}."


def _flicker(found: Unrest) -> str:
    worst = f"at most {found.worst:.1f} grey levels, at {plain(found.frame)}"
    told = f"Flicker: {found.compared:,} comparisons of neighbours; the result changes {worst},"
    many = f" more than its source. {found.over:,} beyond what honest enlargement does: look there."
    return told + (many if found.over else " more than its source, as honest enlargement does.")


def _counts(one: Progress) -> str:
    some = [(word, one.words.get(word, 0)) for word in _ORDER]
    return ", ".join(f"{number:,} {_SAYS.get(word, word.value)}" for word, number in some if number)


def _span(one: Progress) -> str:
    if one.runs:
        return f", {len(one.runs)} sequences"
    if one.first is None or one.last is None:
        return ""
    ends = [f"{number:0{one.width}}" for number in (one.first, one.last)]
    return f", frame {ends[0]}" if one.first == one.last else f", frames {ends[0]}-{ends[1]}"


def _missing(one: Progress, most: int) -> str:
    shown = ", ".join(one.gaps(most))
    left = one.gone - _told(one, most)
    return f"{shown} and {left:,} more" if left > 0 else shown


def _told(one: Progress, most: int) -> int:
    """Return how many numbers the ranges that are told hold."""
    every = (gap for run in one.runs or (one,) for gap in run.missing[:most])
    return count(islice(every, most))
