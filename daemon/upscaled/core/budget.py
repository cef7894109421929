"""
May this be spent? The caps of `[budget]` and the brake, decided on the ledger's numbers.

Money in flight or in doubt counts as spent, in the day and in the month: a cap that forgets what is
on its way is passed by exactly that much.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from statistics import median

from upscaled.core.price import money
from upscaled.nouns import Micros

ACTIVE_DAYS = 14
"""A folder's usual is the median of so many of its latest days with any money in them."""
LEAST_DAYS = 3
"""With fewer, nobody knows what is usual for a folder; the caps alone hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One target folder: its money of today, in flight included, and of its active days before."""

    path: str = ""
    """Relative to the inbox."""
    today: Micros = 0
    promised: Micros = 0
    """What series that have begun in it have still to reserve."""
    past: tuple[Micros, ...] = ()
    """Settled money of each earlier day that had any, the latest first."""
    released: bool = False
    """A person has said `resume` to the brake today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Settled money of today and of this month, and what is reserved besides."""

    today: Micros = 0
    month: Micros = 0
    reserved: Micros = 0
    promised: Micros = 0
    """What series that have begun have still to reserve; another job's room is smaller by that."""
    folder: Folder = Folder()
    """The folder of the job in question."""

    @property
    def taken(self) -> Micros:
        """Return what counts as spent although nothing is settled yet."""
        return self.reserved + self.promised


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCost:
    """What the pictures of a series cost that are not reserved yet."""

    count: int
    cost: Micros
    """Of all of them."""
    dearest: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The caps of the config; 0 means spend nothing."""

    daily: Micros
    monthly: Micros
    per_job: Micros
    folder: Micros | None = None
    """A day of one target folder; None is no cap of its own."""
    brake_times: float = 0.0
    """How many times its usual day a folder may bring; 0 is no brake."""
    brake_floor: Micros = 0


class Lifts(IntEnum):
    """What lifts a refusal; the higher, the longer it lasts."""

    NEXT_DAY = 1
    NEXT_MONTH = 2
    RAISED_CAP = 3
    """No turn of the calendar: what is asked for is more than the whole cap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Which cap stands in the way, and the sentence for the person."""

    cap: str
    """The config's key, or `brake`."""
    sentence: str
    lifts: Lifts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """What is asked for at once: one picture, or all that is left of a series."""

    cost: Micros
    head: str
    waits: str = "it waits"


def admit(cost: Micros, spend: Spend, caps: Caps, *, before: Micros = 0) -> Refusal | None:
    """
    Return None where `cost` may be reserved, else the cap that longest stands in the way.

    `before` is what the same picture has cost already. A free job is always admitted.
    """
    if cost <= 0:
        return None
    ask = _Ask(cost=cost, head=f"It would cost {money(cost)}")
    return _longest(chain(_per_job(ask, before, caps), _periods(ask, spend, caps)))


def admit_whole(series: SeriesCost, spend: Spend, caps: Caps) -> Refusal | None:
    """
    Return None where a sequence or series may begin, else what holds it: whole or not at all.

    Half a film is worth nothing, so its first picture waits until there is room for the last.
    """
    if series.cost <= 0:
        return None
    waits = "none of it is begun"
    number = f"{series.count} pictures at once" if series.count > 1 else "one picture"
    head = f"The series needs {money(series.cost)} for {number}"
    ask = _Ask(cost=series.cost, head=head, waits=waits)
    head = f"A picture of the series would cost {money(series.dearest)}"
    one = _Ask(cost=series.dearest, head=head, waits=waits)
    return _longest(chain(_per_job(one, 0, caps), _periods(ask, spend, caps)))


def braked(cost: Micros, folder: Folder, caps: Caps) -> Refusal | None:
    """
    Return a refusal where a folder suddenly brings many times what it usually does.

    A thousand pictures dropped by mistake look like this; a person decides.
    """
    usual = usual_day(folder)
    if cost <= 0 or folder.released or caps.brake_times <= 0 or usual is None:
        return None
    if folder.today + cost <= max(caps.brake_floor, round(caps.brake_times * usual)):
        return None
    return Refusal(
        cap="brake",
        sentence=(
            f"The folder {folder.path} would come to {money(folder.today + cost)} today, more than"
            f" {caps.brake_times:g} times its usual day of {money(usual)} (budget.brake_times);"
            " it waits for you: `upscaled resume` lets the folder through for today, or it goes on"
            " when a new day begins."
        ),
        lifts=Lifts.NEXT_DAY,
    )


def usual_day(folder: Folder) -> Micros | None:
    """Return the median of a folder's active days, None where there are too few."""
    days = folder.past[:ACTIVE_DAYS]
    return round(median(days)) if len(days) >= LEAST_DAYS else None


def room(spend: Spend, caps: Caps) -> Micros:
    """Return what may still be reserved today, at least 0."""
    left = (caps.daily - spend.today, caps.monthly - spend.month)
    return max(0, min(left) - spend.taken)


def warnings(spend: Spend, caps: Caps, share: float) -> dict[str, str]:
    """Return a sentence for each cap of which `share` (0..1) or more is spent or reserved."""
    periods = (("daily_usd", spend.today, caps.daily), ("monthly_usd", spend.month, caps.monthly))
    return {
        key: f"{money(spent + spend.taken)} of {money(cap)} ({_KEYS[key]}, budget.{key}) are"
        f" spent or reserved; at the cap, work is held until {_LIFTS[key]}."
        for key, spent, cap in periods
        if cap > 0 and spent + spend.taken >= share * cap
    }


_KEYS = {"daily_usd": "this day", "monthly_usd": "this month"}
_LIFTS = {"daily_usd": "a new day begins", "monthly_usd": "a new month begins"}


def _longest(refusals: Iterator[Refusal]) -> Refusal | None:
    return max(refusals, key=lambda one: one.lifts, default=None)


def _per_job(ask: _Ask, before: Micros, caps: Caps) -> Iterator[Refusal]:
    if before + ask.cost > caps.per_job:
        spent = f", after {money(before)} that it has cost already" if before else ""
        yield Refusal(
            cap="per_job_usd",
            sentence=f"{ask.head}{spent}, over the cap of {money(caps.per_job)} for one"
            f" picture (budget.per_job_usd); {ask.waits} until the cap is raised.",
            lifts=Lifts.RAISED_CAP,
        )


def _periods(ask: _Ask, spend: Spend, caps: Caps) -> Iterator[Refusal]:
    if spend.month + spend.taken + ask.cost > caps.monthly:
        yield _period(ask, spend, spend.month, ("monthly_usd", caps.monthly, Lifts.NEXT_MONTH))
    if spend.today + spend.taken + ask.cost > caps.daily:
        yield _period(ask, spend, spend.today, ("daily_usd", caps.daily, Lifts.NEXT_DAY))
    folder = spend.folder
    if caps.folder is not None and folder.today + folder.promised + ask.cost > caps.folder:
        yield _folder(ask, folder, caps.folder)


def _period(ask: _Ask, spend: Spend, spent: Micros, limit: tuple[str, Micros, Lifts]) -> Refusal:
    key, cap, turn = limit
    period = "month" if turn is Lifts.NEXT_MONTH else "day"
    left = max(0, cap - spent - spend.taken)
    how = "reserved or promised to a series" if spend.promised else "reserved"
    lifts = "" if ask.cost > cap else f" or a new {period} begins"
    sentence = (
        f"{ask.head}; {money(spent)} are spent this {period} and"
        f" {money(spend.taken)} are {how}, of a cap of {money(cap)} (budget.{key}),"
        f" so {money(left)} are left; {ask.waits} until the cap is raised{lifts}."
    )
    return Refusal(cap=key, sentence=sentence, lifts=Lifts.RAISED_CAP if ask.cost > cap else turn)


def _folder(ask: _Ask, folder: Folder, cap: Micros) -> Refusal:
    lifts = "" if ask.cost > cap else " or a new day begins"
    more = f" and {money(folder.promised)} are promised to a series," if folder.promised else ""
    sentence = (
        f"{ask.head}; the folder {folder.path} has had {money(folder.today)} today,{more}"
        f" of a cap of {money(cap)} (budget.folder_usd); {ask.waits} until the cap is"
        f" raised{lifts}."
    )
    turn = Lifts.RAISED_CAP if ask.cost > cap else Lifts.NEXT_DAY
    return Refusal(cap="folder_usd", sentence=sentence, lifts=turn)
