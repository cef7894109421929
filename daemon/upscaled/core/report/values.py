"""What a report tells, as values. Times are aware and in the reader's zone, money in micros."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from upscaled.nouns import Micros, Trouble

Load = Callable[[str, str], bytes]
"""The bytes of a job's small picture, by job and name; empty where it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that is told of: `since` belongs to it, `until` does not."""

    since: datetime
    until: datetime
    zone: str = ""
    """As the config names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Where a job's time went, in seconds; 0 where it is not known."""

    waited: float = 0.0
    """From its arrival until its work was begun: settling, its turn, upload, holds."""
    enlarged: float = 0.0
    finished: float = 0.0
    """From the enlarged picture to the one that is ready to be delivered."""

    @property
    def worked(self) -> float:
        """Return the time without waiting."""
        return self.enlarged + self.finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One job that has ended, as a person reads it."""

    job: str
    path: str
    """As in the inbox."""
    word: str
    """`review`, `failed` or `done`."""
    at: datetime
    """Of its end."""
    folder: str = ""
    """The target folder it was dropped into."""
    family: str = ""
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    plan: str = ""
    source: tuple[int, int] | None = None
    """Pixels."""
    result: tuple[int, int] | None = None
    result_bytes: int = 0
    notes: tuple[str, ...] = ()
    """Sentences on the result: its shortfall, what the fidelity check found, a density raised."""
    cost: Micros = 0
    basis: str = ""
    """`billed`, `estimate`, `reused`, `free`."""
    fal_cost: Micros = 0
    """What fal would ask, also where nothing was paid."""
    place: str = ""
    """Where the picture is now, as root folder and name."""
    link: str = ""
    """The address of the result relative to the page, percent-encoded; empty without one."""
    trouble: Trouble | None = None
    took: Took = Took()
    pictures: tuple[str, ...] = ()
    """Names of the small pictures that are shown."""
    unshown: str = ""
    """Why there are none; empty where none are expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One file that waits."""

    path: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """All that wait for one condition."""

    hold: str
    means: str
    count: int
    files: tuple[Waiting, ...] = ()
    """The first of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A series with missing frames."""

    series: str
    missing: str
    """`17-19, 44`."""
    count: int
    ready: int = 0
    """Frames that are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouched:
    """A folder whose files stay, because its name is not understood."""

    path: str
    token: str
    """The word at fault; empty where no word names a target."""
    files: int
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What happened within one step of the chart."""

    starts: datetime
    done: int = 0
    review: int = 0
    failed: int = 0
    spent: Micros = 0

    @property
    def ended(self) -> int:
        """Return how many jobs ended."""
        return self.done + self.review + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Spend against its caps; the caps are those of all watches together."""

    spent: Micros = 0
    """Within the span, by the watches that are told of."""
    today: Micros = 0
    month: Micros = 0
    reserved: Micros = 0
    daily_cap: Micros = 0
    monthly_cap: Micros = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many: what ended within the span, what is unfinished when the report is made."""

    came: int = 0
    done: int = 0
    review: int = 0
    failed: int = 0
    withdrawn: int = 0
    """Taken away by their owners."""
    superseded: int = 0
    """Done again as another job."""
    waiting: int = 0
    working: int = 0
    held: int = 0
    earlier: int = 0
    """In review since before the span."""

    @property
    def unfinished(self) -> int:
        """Return how many have not ended."""
        return self.waiting + self.working + self.held

    @property
    def nothing(self) -> bool:
        """Say whether there is nothing to tell."""
        return not any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is told."""

    span: Span
    made_at: datetime
    engine: str
    tally: Tally = Tally()
    money: Money = Money()
    lines: tuple[Line, ...] = ()
    """Review first, then failed, then done; the latest first."""
    unlisted: int = 0
    """How many done ones are counted but not listed."""
    waits: tuple[Wait, ...] = ()
    gaps: tuple[Gap, ...] = ()
    untouched: tuple[Untouched, ...] = ()
    bars: tuple[Bar, ...] = ()
    slowest: tuple[Line, ...] = ()
    would: Micros = 0
    """What fal would have asked for what was done for nothing."""
    scope: str = ""
    """Which watch it is about; empty for all."""
    by_hand: bool = False
    """Asked for by a person; else a night's own."""
    software: str = "upscaled"

    def of(self, word: str) -> tuple[Line, ...]:
        """Return the lines of one word."""
        return tuple(line for line in self.lines if line.word == word)
