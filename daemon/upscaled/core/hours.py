"""
Hours of the week on the wall, as people write them.

The grammar: groups parted by `;`, each `[days] hours`. Hours are `22:00-06:00`, several parted by
commas; they may pass midnight and then belong to the day they begin on. Days are `mon` to `sun`,
ranges (`mon-fri`, `fri-mon`) and lists (`sat,sun`); without days a group is for every day. Groups
add up. Nothing here knows a zone or reads a clock: `window` does the former.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
_HOURS = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")
_TIME = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*")
_PART = re.compile(r"\s*(?:(,)|([^\s,]+))")
_WRITTEN = 'hours are written "22:00-06:00", with days "mon-fri 22:00-06:00; sat,sun 00:00-24:00"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Hours of some days: minutes of the day, `start` included, `end` (1 to 1440) not."""

    days: frozenset[int]
    """On which it begins; Monday is 0."""
    start: int
    end: int

    @property
    def passes_midnight(self) -> bool:
        """Tell whether it ends on the day after."""
        return self.end <= self.start

    def holds(self, weekday: int, minute: int) -> bool:
        """Tell whether a minute of a weekday lies inside."""
        if not self.passes_midnight:
            return weekday in self.days and self.start <= minute < self.end
        begun_today = weekday in self.days and minute >= self.start
        return begun_today or ((weekday - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a submit may leave. Without spans always: `ALWAYS`, which is false."""

    spans: tuple[Span, ...]
    text: str
    """As it was written, without needless spaces."""

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.spans)

    def holds(self, wall: datetime) -> bool:
        """Tell whether a time on the wall lies inside."""
        minute = wall.hour * 60 + wall.minute
        return not self.spans or any(span.holds(wall.weekday(), minute) for span in self.spans)

    @property
    def night(self) -> Span:
        """Return the hours that a night is called by: the first past midnight, else the first."""
        return next((span for span in self.spans if span.passes_midnight), self.spans[0])

    @property
    def start(self) -> time:
        """Return when its night begins."""
        return time_of(self.night.start)

    @property
    def end(self) -> time:
        """Return when its night ends."""
        return time_of(self.night.end)


ALWAYS = Window(spans=(), text="")


def time_of(minute: int) -> time:
    """Return a minute of the day as a time; 1440 is midnight again."""
    return time(minute // 60 % 24, minute % 60)


def parse_window(text: str) -> Window | None:
    """
    Read hours such as `mon-fri 22:00-06:00; sat 00:00-24:00`; empty is None: always open.

    Raises `ValueError` with a sentence for the person.
    """
    if not text.strip():
        return None
    groups = [_group(group) for group in re.sub(r"\s*-\s*", "-", text.lower()).split(";")]
    spans = tuple(span for group in groups for span in group[1])
    return Window(spans=spans, text="; ".join(group[0] for group in groups))


def parse_time(text: str) -> time | None:
    """
    Read a time of the day such as `06:00`; empty is None.

    Raises `ValueError` with a sentence for the person.
    """
    if not text.strip():
        return None
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError('a time is written "06:00"')
    return time_of(_minute(found[1], found[2]))


def _group(text: str) -> tuple[str, list[Span]]:
    words = _words(text)
    named = [word for word in words if word[0].isalpha()]
    if words[: len(named)] != named:
        raise ValueError(f'days stand before their hours; put a ; before "{named[-1]}"')
    if len(named) == len(words):
        raise ValueError(f'hours are missing after "{named[-1]}"' if named else _WRITTEN)
    days = frozenset(day for word in named for day in _days(word)) or frozenset(range(7))
    hours = [_hours(word) for word in words[len(named) :]]
    spans = [Span(days=days, start=start, end=end) for start, end in hours]
    shown = ", ".join(f"{_shown(start)}-{_shown(end)}" for start, end in hours)
    return f"{','.join(named)} {shown}".strip(), spans


def _words(text: str) -> Sequence[str]:
    """Return the days and hours of a group; a comma parts words of one kind, a space the two."""
    parts = [found[0].strip() for found in _PART.finditer(text)]
    words: list[str] = []
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if part == ",":
            if before in {"", ","} or after in {"", ","}:
                raise ValueError("a comma stands between two days or two hours")
        elif before not in {"", ","} and before[0].isalpha() == part[0].isalpha():
            raise ValueError(f'put a comma between "{before}" and "{part}"')
        else:
            words.append(part)
    return words


def _days(word: str) -> Iterator[int]:
    first, dash, last = word.partition("-")
    begins, ends = _day(first), _day(last if dash else first)
    yield from ((begins + step) % 7 for step in range((ends - begins) % 7 + 1))


def _day(word: str) -> int:
    if word not in DAYS:
        raise ValueError(f'"{word[:20]}" is no day; days are {" ".join(DAYS)}')
    return DAYS.index(word)


def _hours(word: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(word)
    if not found:
        raise ValueError(_WRITTEN)
    start, end = _minute(found[1], found[2]), _minute(found[3], found[4])
    if start % DAY_MINUTES == end % DAY_MINUTES and (start, end) != (0, DAY_MINUTES):
        raise ValueError(f"{word} starts when it ends; a whole day is 00:00-24:00")
    return start % DAY_MINUTES, end or DAY_MINUTES


def _minute(hour: str, minute: str) -> int:
    if (hour, minute) == ("24", "00"):
        return DAY_MINUTES
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{hour}:{minute} is no time of the day")
    return int(hour) * 60 + int(minute)


def _shown(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
