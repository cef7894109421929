"""A night in figures: ten thousand ends are counted in brief, only what is listed is read whole."""

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from upscaled.core.life import LIFE
from upscaled.core.receipt import cost_basis
from upscaled.core.report.chart import starts_of
from upscaled.core.report.values import Bar, Span, Took
from upscaled.nouns import Micros, PassDone, State, Trouble

LISTED = (State.REVIEW, State.FAILED, State.DONE)
"""Ends that are shown by themselves; who was taken away or done again is only counted."""
_WORDS = tuple(LIFE[state].word.value for state in LISTED)
SLOWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Of a plan: what fal would ask for it."""

    fal_cost: Micros = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """Of a job's facts what can be counted of ten thousand: read in a quarter of the time."""

    plan: Priced | None = None
    passes: tuple[PassDone, ...] = ()
    reused: bool = False
    error: Trouble | None = None
    times: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A job that has ended, in brief."""

    job: str
    state: State
    seen_at: datetime
    at: float
    """Of its end, in seconds since 1970."""
    cost: Micros
    gist: Gist


class Figures:
    """What is counted of a span while its ends and its money go by, each once and in any order."""

    def __init__(self, span: Span) -> None:
        self._starts = starts_of(span)
        self._edges = [starts.timestamp() for starts in self._starts]
        self._ends: Counter[tuple[int, str]] = Counter()
        self._money: Counter[int] = Counter()
        self.states: Counter[State] = Counter()
        self.slowest: list[tuple[float, str]] = []
        """Seconds of work and the job, the shortest first."""
        self.would: Micros = 0

    @property
    def spent(self) -> Micros:
        """Return all the money."""
        return sum(self._money.values())

    def pay(self, at: float, micros: Micros) -> None:
        """Count settled money."""
        self._money[self._bar(at)] += micros

    def count(self, end: End) -> None:
        """Count an end."""
        self.states[end.state] += 1
        if end.state not in LISTED:
            return
        self._ends[self._bar(end.at), LIFE[end.state].word.value] += 1
        if end.gist.plan and basis_of(end.gist, end.cost) == "free":
            self.would += end.gist.plan.fal_cost
        if (worked := took(end.seen_at, end.gist.times).worked) > 0:
            heapq.heappush(self.slowest, (worked, end.job))
            if len(self.slowest) > SLOWEST:
                heapq.heappop(self.slowest)

    def _bar(self, at: float) -> int:
        return bisect_right(self._edges, at) - 1

    def bars(self) -> tuple[Bar, ...]:
        """Return the steps of the chart."""
        return tuple(
            Bar(
                starts=starts,
                spent=self._money[place],
                **{word: self._ends[place, word] for word in _WORDS},
            )
            for place, starts in enumerate(self._starts)
        )


class Paying(Protocol):
    """What the figure of a job's cost rests on: its facts, or the gist of them."""

    @property
    def plan(self) -> object | None:
        """Return what was to be done, None where it did not come so far."""

    @property
    def error(self) -> object | None:
        """Return why it failed, None where it did not."""

    @property
    def passes(self) -> tuple[PassDone, ...]:
        """Return every request that was made."""

    @property
    def reused(self) -> bool:
        """Say whether the pixels were paid for before."""


def basis_of(facts: Paying, cost: Micros) -> str:
    """Return where a job's figure comes from, empty where there is no figure."""
    done = facts.plan is not None and facts.error is None
    return cost_basis(facts.passes, reused=facts.reused) if done or cost else ""


def took(seen_at: datetime, times: Mapping[str, datetime]) -> Took:
    """
    Return where a delivered job's time went; of one that was begun again, its last round.

    What was held is no work: a locked account lies before `submitted`, a lost share and the time in
    review lie after `finished`.
    """
    fetched, finished = times.get(State.FETCHED), times.get(State.FINISHED)
    if fetched is None or finished is None:
        return Took()
    steps = (times.get(state) for state in (State.SUBMITTED, State.ADMITTED, State.PLANNED))
    begun = next((at for at in steps if at is not None), fetched)
    return Took(
        waited=_seconds(seen_at, begun),
        enlarged=_seconds(begun, fetched),
        finished=_seconds(fetched, finished),
    )


def _seconds(first: datetime, last: datetime) -> float:
    return max(0.0, (last - first).total_seconds())
