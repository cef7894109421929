"""
What `_STATUS.txt` says to the people who have no shell, in plain words.

Values in, text out. Names are strangers' words and are made harmless; long lists are cut, so that
the text of a hundred thousand waiting files is as short as that of a hundred.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from upscaled.core.budget import Caps, Spend
from upscaled.core.forecast import Forecast
from upscaled.core.price import money
from upscaled.core.report import plain
from upscaled.core.report.words import sentence
from upscaled.core.strays import Stray
from upscaled.nouns import Hold

NAME = "_STATUS.txt"
SIGNATURE = "Written by upscaled for everyone who drops pictures here"
"""By these words a status is known as ours."""
RENEWED = timedelta(minutes=15)
"""
How old it may become while nothing changes: whoever reads an older one knows that nobody works.

A daemon that is killed cannot say so. Not more often, since sync programs carry every version.
"""
_ALIVE = (
    f"Renewed at least every {RENEWED // timedelta(minutes=1)} minutes while upscaled runs: if that"
    " is longer ago, it does not run, or cannot write here."
)
NAMES = 5
"""File names of one group; the rest is a number."""
_REVIEW = "_READ-ME.txt there says why; drag each into _accept, _reject or _redo in review."
_FAILED = "_READ-ME.txt there says why; drag one into failed/_retry to have it tried again."
_HOLDS: Mapping[Hold, str] = {
    Hold.BUDGET: "waiting for money",
    Hold.LOCKED: "fal's account is locked",
    Hold.WINDOW: "outside its hours",
    Hold.PAUSED: "paused by hand",
    Hold.DOUBT: "not known yet whether it was sent",
    Hold.DISK: "no room on a disk",
    Hold.SHARE: "a folder is not there",
    Hold.NOT_READY: "not complete yet",
    Hold.NO_KEY: "fal's key is not there",
    Hold.ENDPOINT: "this kind of work is out of order",
}
"""The hold words as people say them."""
_LIFTS: Mapping[Hold | None, str] = {Hold.BUDGET: " until the cap is raised"}
"""What lifts a hold that no time does; which cap it is, the reason says."""
GROUPS = 30
"""Groups, folders and sentences of one kind; the rest is a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Files of one folder that wait for one thing, or are in one stage of work."""

    folder: str
    """Relative to the inbox; empty for the inbox itself."""
    says: str
    """What they wait for, or what is done with them."""
    files: int
    names: tuple[str, ...] = ()
    hold: Hold | None = None
    until: datetime | None = None
    """Until when it is held for sure; None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder in which something waits for a person."""

    folder: str
    """Relative to its root."""
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that is said of one inbox."""

    alive: bool
    zone: tzinfo
    engine: str
    """Its name."""
    stop: str = ""
    """Why the engine does not work; empty where it does."""
    trouble: tuple[str, ...] = ()
    """What is wrong with the folders or the ledger."""
    looking: bool = False
    """The inbox was not looked at whole since the start, or since it was away."""
    working: tuple[Group, ...] = ()
    waiting: tuple[Group, ...] = ()
    held: tuple[Group, ...] = ()
    forecast: Forecast | None = None
    spend: Spend
    caps: Caps
    strays: tuple[Stray, ...] = ()
    odd: tuple[str, ...] = ()
    review: tuple[Place, ...] = ()
    failed: tuple[Place, ...] = ()


def body(standing: Standing, now: datetime) -> str:
    """Return the text without the line that tells its age: it is written when this changes."""
    parts = [
        *_sums(standing, now),
        *_listed("In work", standing.working, standing.zone),
        *_listed("Waits for its turn", standing.waiting, standing.zone),
        *_listed("Held", standing.held, standing.zone),
        *_untouched(standing),
        *_person(standing),
    ]
    return "\n".join(parts) + "\n"


def text(standing: Standing, now: datetime, inbox: str) -> str:
    """Return the whole text; `inbox` is what people call the folder."""
    wall = now.astimezone(standing.zone)
    stamp = f"{wall:%Y-%m-%d %H:%M} ({wall.tzname()})"
    state = f"As of {stamp}." if standing.alive else f"NOT RUNNING since {stamp}."
    head = f"Status of {plain(inbox)}. {state}"
    about = f"{SIGNATURE}; never taken as a picture."
    after = _ALIVE if standing.alive else "What is dropped here waits until it is started again."
    return "\n".join([head, after, about, "", body(standing, now)])


def files(number: int) -> str:
    """Return a number of files in words."""
    return "1 file" if number == 1 else f"{number:,} files"


# ---- inside


def _sums(one: Standing, now: datetime) -> Iterator[str]:
    for trouble in one.trouble:
        yield f"TROUBLE: {plain(trouble)}"
    if one.alive and one.looking:
        yield "This folder is just being looked through; there may be more in it than is told here."
    if one.alive and one.stop:
        yield f"STOPPED: {plain(one.stop)}"
    working, waiting, held = (_count(some) for some in (one.working, one.waiting, one.held))
    people = sum(place.files for place in (*one.review, *one.failed))
    said = f"{files(working)} in work, {waiting:,} waiting, {held:,} held"
    said += f", {people:,} for a person to look at." if people else "."
    left = bool(one.strays or one.odd)
    idle = not working + waiting + held + people
    rest = "what is left where it is stands below" if left else "everything was done"
    yield f"Nothing waits; {rest}." if idle and not one.looking else said
    if one.alive and working + waiting:
        yield _expected(one, now)
    yield from _spent(one)


def _expected(one: Standing, now: datetime) -> str:
    if one.forecast is None:
        return "When it will be done is not known yet: too little was measured lately."
    first, last = (
        _clock(now + part, now, one.zone) for part in (one.forecast.least, one.forecast.most)
    )
    range_ = f"{_span(one.forecast.least)} to {_span(one.forecast.most)}"
    if _span(one.forecast.least) == _span(one.forecast.most):
        range_ = f"about {_span(one.forecast.most)}"
    return (
        f"If it goes on as lately, what can move now takes {range_}:"
        f" done between {first} and {last}. What is held is not in it."
    )


def _spent(one: Standing) -> Iterator[str]:
    if one.engine == "local":
        yield "Enlarged on this machine: costs nothing."
        return
    spend, caps = one.spend, one.caps
    said = (
        f"Spent today {money(spend.today)} of at most {money(caps.daily)}, this month"
        f" {money(spend.month)} of {money(caps.monthly)}"
    )
    yield said + (f"; {money(spend.reserved)} reserved." if spend.reserved else ".")


def _listed(title: str, groups: Sequence[Group], zone: tzinfo) -> Iterator[str]:
    if not groups:
        return
    yield from ("", title)
    for one in groups[:GROUPS]:
        until = f" until {_day(one.until, zone)}" if one.until else _LIFTS.get(one.hold, "")
        hold = f", {_HOLDS[one.hold]}{until}" if one.hold else ""
        yield f"  {_folder(one.folder)}: {files(one.files)}{hold}. {plain(one.says)}".rstrip()
        if one.names:
            yield f"      {names(one.names, one.files)}"
    if more := _count(groups[GROUPS:]):
        yield f"  and {files(more)} in {len(groups) - GROUPS} other groups"


def names(some: Sequence[str], number: int) -> str:
    """Return some names, and how many more there are."""
    shown = ", ".join(plain(name) for name in some[:NAMES])
    more = number - min(len(some), NAMES)
    return f"{shown} and {more:,} more" if more > 0 else shown


def _untouched(one: Standing) -> Iterator[str]:
    if one.strays or one.odd:
        yield from ("", "Left where they are")
    for stray in one.strays[:GROUPS]:
        why = f'The word "{plain(stray.token)}" is not known; ' if stray.token else ""
        said = sentence(f"{why}{plain(stray.hint)}")
        yield f"  {_folder(stray.path)}: {files(stray.files)}. {said}"
    yield from (f"  {plain(sentence)}" for sentence in one.odd[:GROUPS])
    if more := max(0, len(one.strays) - GROUPS) + max(0, len(one.odd) - GROUPS):
        yield f"  and {more:,} more"


def _person(one: Standing) -> Iterator[str]:
    if not (one.review or one.failed):
        return
    yield from ("", "A person is needed")
    for root, places, what in (("review", one.review, _REVIEW), ("failed", one.failed, _FAILED)):
        for place in places[:GROUPS]:
            yield f"  {'/'.join(filter(None, (root, plain(place.folder))))}: {files(place.files)}"
        if more := sum(place.files for place in places[GROUPS:]):
            yield f"  and {files(more)} in {len(places) - GROUPS} other folders of {root}"
        if places:
            yield f"      {what}"


def _count(groups: Sequence[Group]) -> int:
    return sum(one.files for one in groups)


def _folder(folder: str) -> str:
    return plain(folder) or "this folder"


def _span(span: timedelta) -> str:
    """Return a length of time, rounded as an estimate deserves."""
    minutes = span.total_seconds() / 60
    if minutes < 1.5:
        return "a minute"
    if minutes < 10:
        return f"{round(minutes)} minutes"
    if minutes < 90:
        return f"{5 * round(minutes / 5)} minutes"
    if minutes < 36 * 60:
        return f"{round(minutes / 60 * 2) / 2:g} hours"
    return f"{round(minutes / 60 / 24)} days"


def _clock(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a time of the wall in steps of five minutes, with its day where it is not today."""
    wall = at.astimezone(zone)
    wall -= timedelta(minutes=wall.minute % 5, seconds=wall.second)
    today = wall.date() == now.astimezone(zone).date()
    return f"{wall:%H:%M}" if today else f"{wall:%a %d %b %H:%M}"


def _day(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %H:%M}"
