"""
The cashier: what the gate needs to know of money, and what people are told of it unasked.

Reads the ledger's sums; remembers which folders a person let through the brake today, and which
caps were warned of. Owned by the conductor's thread. Decides nothing: `core/budget` does.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from upscaled.core.budget import Folder, SeriesCost, Spend, braked, warnings
from upscaled.core.settings import Settings
from upscaled.errors import LedgerUnwritable
from upscaled.flow.series_costs import SeriesCosts
from upscaled.flow.sums import Days, Sums, caps_of, sums
from upscaled.nouns import Hold, Job, Micros, State

log = structlog.get_logger()

RELEASED, WARNED = "brake_released", "warned"
LOOK_SECONDS = 10.0
USUAL_DAYS = timedelta(days=90)
"""How far back a folder's usual day is looked for."""


class Till(Sums, Protocol):
    """What the cashier needs of the ledger."""

    @property
    def settlements(self) -> int:
        """Rises whenever settled money was written."""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""

    def put(self, key: str, value: str) -> None:
        """Remember a value."""

    def spent_in(self, inbox: str, folder: str, since: datetime) -> list[tuple[datetime, Micros]]:
        """Return the settled money of one folder since a moment, with its times."""

    def reserved_in(self, inbox: str, folder: str) -> Micros:
        """Return what one folder has in flight or in doubt."""


class _Settled:
    """
    Settled sums, added up anew only after more was settled.

    A month holds tens of thousands of rows, and every held picture asks.
    """

    def __init__(self, till: Till) -> None:
        self._till = till
        self._known: dict[tuple[object, ...], Micros] = {}
        self._as_of = -1

    def spent(self, since: datetime) -> Micros:
        """Return the settled money since a moment."""
        return self._remembered((since,), lambda: self._till.spent(since))

    def spent_in(self, inbox: str, folder: str, since: datetime) -> Micros:
        """Return the settled money of one folder since a moment."""
        rows = partial(self._till.spent_in, inbox, folder, since)
        key = (inbox, folder, since)
        return self._remembered(key, lambda: sum(micros for _, micros in rows()))

    def reserved(self) -> Micros:
        """Return the money in flight or in doubt: a few rows, always read."""
        return self._till.reserved()

    def _remembered(self, key: tuple[object, ...], add_up: Callable[[], Micros]) -> Micros:
        as_of = self._till.settlements
        if as_of != self._as_of:
            self._as_of = as_of
            self._known.clear()
        if key not in self._known:
            self._known[key] = add_up()
        return self._known[key]


class Cashier:
    """
    Sums for the gate, warnings for people.

    `inboxes` are the watches' real paths.
    """

    def __init__(
        self,
        till: Till,
        settings: Settings,
        days: Days,
        inboxes: Sequence[str],
        costs: SeriesCosts,
    ) -> None:
        self.caps = caps_of(settings)
        self._till = till
        self._settled = _Settled(till)
        self._share = settings.budget.warn_percent / 100
        self._days = days
        self._inboxes = tuple(inboxes)
        self._costs = costs
        self._past: dict[tuple[str, str, datetime], tuple[Micros, ...]] = {}
        self._next_look = 0.0
        self.warned: Callable[[str], None] = lambda _sentence: None
        """Told of each warning, once in its day or month."""

    def spend(self, now: datetime) -> Spend:
        """Return the sums of the whole place."""
        return sums(self._settled, self._days, now)

    def spend_of(self, job: Job, now: datetime) -> Spend:
        """Return the sums with those of the job's folder, and what other series still need."""
        promised = self._costs.promised_to_others(job)
        return replace(self.spend(now), promised=promised, folder=self.folder(job, now))

    def series_of(self, job: Job) -> SeriesCost | None:
        """Return what a job's series costs, None where it has none or has begun."""
        return self._costs.cost_of(job)

    def folder(self, job: Job, now: datetime) -> Folder:
        """Return the sums of a job's folder."""
        place = self._inboxes[job.watch], self._costs.drop_folder(job.path)
        today = self._days.day(now)
        settled = self._settled.spent_in(*place, today)
        return Folder(
            path=place[1],
            today=settled + self._till.reserved_in(*place),
            promised=self._costs.promised_in_folder(job, place[1]),
            past=self._usual(place, today) if self.caps.brake_times else (),
            released=list(place) in self._released(today),
        )

    def release(self, jobs: Iterable[Job], now: datetime) -> None:
        """Let the folders of jobs that the brake holds through until the day turns."""
        today = self._days.day(now)
        through = self._released(today)
        for job, cost in self._dearest_held(jobs):
            folder = self.folder(job, now)
            if braked(cost, folder, self.caps):
                through.append([self._inboxes[job.watch], folder.path])
                log.info("brake_released", folder=folder.path)
                self._put(RELEASED, {"day": today.isoformat(), "folders": through})

    def _dearest_held(self, jobs: Iterable[Job]) -> Iterable[tuple[Job, Micros]]:
        """Return of each folder the held job that asks for most at once, and how much that is."""
        found: dict[tuple[int, str], tuple[Job, Micros]] = {}
        for job in jobs:
            plan, series = job.facts.plan, self.series_of(job)
            if plan is None or job.hold is not Hold.BUDGET or job.state is not State.PLANNED:
                continue
            cost = max(plan.cost, series.cost if series else 0)
            place = job.watch, self._costs.drop_folder(job.path)
            if place not in found or cost > found[place][1]:
                found[place] = job, cost
        return found.values()

    def look(self, now: datetime, monotonic: float) -> None:
        """Warn once a day and once a month when most of a cap is spent or reserved."""
        if monotonic < self._next_look:
            return
        self._next_look = monotonic + LOOK_SECONDS
        try:
            self._warn(now)
        except LedgerUnwritable:
            return  # the book says so; it is looked at again

    def _warn(self, now: datetime) -> None:
        begun = {"daily_usd": self._days.day(now), "monthly_usd": self._days.month(now)}
        known: dict[str, str] = json.loads(self._till.get(WARNED) or "{}")
        for cap, sentence in warnings(self.spend(now), self.caps, self._share).items():
            if known.get(cap) != begun[cap].isoformat():
                known[cap] = begun[cap].isoformat()
                self._till.put(WARNED, json.dumps(known))
                log.warning("budget_nearly_spent", cap=cap, reason=sentence)
                self.warned(sentence)

    def _usual(self, place: tuple[str, str], today: datetime) -> tuple[Micros, ...]:
        """Return the folder's earlier days with money in them; they no longer change much."""
        key = (*place, today)
        if key not in self._past:
            sums: dict[datetime, Micros] = {}
            for at, amount in self._till.spent_in(*place, today - USUAL_DAYS):
                begun = self._days.day(at)
                sums[begun] = sums.get(begun, 0) + amount
            days = sorted((day for day in sums if day < today and sums[day] > 0), reverse=True)
            self._past = {one: past for one, past in self._past.items() if one[2] == today}
            self._past[key] = tuple(sums[day] for day in days)
        return self._past[key]

    def _released(self, today: datetime) -> list[list[str]]:
        known = json.loads(self._till.get(RELEASED) or "{}")
        folders: list[list[str]] = known.get("folders", [])
        return folders if known.get("day") == today.isoformat() else []

    def _put(self, key: str, value: object) -> None:
        self._till.put(key, json.dumps(value))
