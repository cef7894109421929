"""
What each sequence or series has still to reserve, kept up to date as its members move.

Owned by the conductor's thread. An index: every answer takes the same few steps, however many
members and series are on their way. Decides nothing; `core/budget` does.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from upscaled.core.budget import SeriesCost
from upscaled.core.series import Group
from upscaled.nouns import Hold, Job, Micros, State

Place = tuple[int, Group]
Size = tuple[int, int]

GROWN = 1 / 8
"""How much longer a held series must be before all its members are told anew: for frames that come
one by one, that is a few looks at each, not one for each pair."""
_BEFORE = frozenset({State.SEEN, State.TAKEN, State.JUDGED, State.PLANNED})
_ENDING = frozenset({State.FAILING})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A member that is not reserved yet."""

    price: Micros | None
    """None: not planned yet, and no member of its size was."""
    planned: bool


@dataclass(slots=True)
class _Series:
    folder: str
    """The one that names the target."""
    waiting: dict[str, _Entry] = field(default_factory=dict)
    planned: dict[str, None] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    prices: Counter[Micros] = field(default_factory=Counter)
    sizes: dict[Size, Micros] = field(default_factory=dict)
    """The price of a planned member of each size: their recipe is one."""
    known: Micros = 0
    unknown: int = 0
    typical: Micros = 0
    """The dearest price seen; who is not judged yet counts with it."""
    begun: bool = False
    told: int = 0
    """How many there were when all were last looked at."""

    @property
    def cost(self) -> Micros:
        return self.known + self.unknown * self.typical

    @property
    def dearest(self) -> Micros:
        return max(self.prices, default=self.typical)

    def drop(self, job_id: str) -> None:
        self.under_way.discard(job_id)
        self.planned.pop(job_id, None)
        entry = self.waiting.pop(job_id, None)
        if entry is None:
            return
        if entry.price is None:
            self.unknown -= 1
            return
        self.known -= entry.price
        self.prices[entry.price] -= 1
        if not self.prices[entry.price]:
            del self.prices[entry.price]

    def enter(self, job_id: str, entry: _Entry) -> None:
        self.waiting[job_id] = entry
        if entry.planned:
            self.planned[job_id] = None
        if entry.price is None:
            self.unknown += 1
            return
        self.known += entry.price
        self.prices[entry.price] += 1
        self.typical = max(self.typical, entry.price)


class SeriesCosts:
    """
    The money of all series that have members on their way.

    `drop_folder` says for which target folder a path's money counts.
    """

    def __init__(self, drop_folder: Callable[[str], str]) -> None:
        self.drop_folder = drop_folder
        self._series: dict[Place, _Series] = {}
        self._of: dict[str, Place] = {}
        self._promised: Micros = 0
        self._promised_in: defaultdict[tuple[int, str], Micros] = defaultdict(int)
        self._stirred: dict[str, None] = {}
        self._freed = False

    # ---- what the gate asks

    def cost_of(self, job: Job) -> SeriesCost | None:
        """Return what a job's series costs, None where it has none or has begun."""
        one = self._known(job)
        if one is None or one.begun:
            return None
        return SeriesCost(count=len(one.waiting), cost=one.cost, dearest=one.dearest)

    def promised_to_others(self, job: Job) -> Micros:
        """Return what other series, begun already, have still to reserve."""
        return self._promised - self._own(job)

    def promised_in_folder(self, job: Job, folder: str) -> Micros:
        """Return what other series of one target folder have still to reserve."""
        own = self._known(job)
        less = self._own(job) if own is not None and own.folder == folder else 0
        return self._promised_in.get((job.watch, folder), 0) - less

    # ---- what the conductor tells and asks

    def note(self, place: Place, job: Job) -> None:
        """Note where a living member is now."""
        one = self._series.get(place)
        if one is None:
            one = self._series[place] = _Series(folder=self.drop_folder(job.path))
        cost, promised, was_begun = one.cost, _promised(one), one.begun
        one.drop(job.id)
        self._of[job.id] = place
        if one.begun and not one.under_way and _is_stopped(job):
            one.begun, self._freed = False, True  # a person is asked; the night's money is free
        entry = _entry(job, one)
        if entry is not None:
            one.enter(job.id, entry)
        elif _costs(job):
            one.under_way.add(job.id)
            one.begun = True
        self._changed(place, one, promised)
        self._stir(one, cost, begins=one.begun and not was_begun, reserved=_costs(job))

    def left(self, place: Place, job: Job) -> None:
        """Note that a member ended, or that its file left before it was read."""
        self._of.pop(job.id, None)
        one = self._series.get(place)
        if one is not None:
            cost, promised = one.cost, _promised(one)
            one.drop(job.id)
            self._changed(place, one, promised)
            self._stir(one, cost, begins=False, reserved=False)

    def stirred(self) -> list[str]:
        """Return which members, held over a cap, are to be looked at anew."""
        found = list(self._stirred)
        self._stirred.clear()
        return found

    def freed(self) -> bool:
        """Say whether promised money is free again, since this was last asked."""
        freed, self._freed = self._freed, False
        return freed

    # ---- inside

    def _known(self, job: Job) -> _Series | None:
        place = self._of.get(job.id)
        return self._series.get(place) if place else None

    def _own(self, job: Job) -> Micros:
        one = self._known(job)
        return _promised(one) if one else 0

    def _changed(self, place: Place, one: _Series, before: Micros) -> None:
        if not one.waiting and not one.under_way:
            self._series.pop(place, None)
        more = _promised(one) - before
        if more:
            self._promised += more
            self._promised_in[place[0], one.folder] += more

    def _stir(self, one: _Series, before: Micros, *, begins: bool, reserved: bool) -> None:
        """Say who is looked at anew: all once it begins or has grown, one where it shrank."""
        grown = not one.unknown and len(one.planned) > one.told * (1 + GROWN)
        if begins or (grown and not one.begun):
            one.told = len(one.planned)
            self._stirred.update(one.planned)
        elif one.cost < before and not one.begun:
            self._stirred.update(dict.fromkeys(islice(one.planned, 1)))
        elif one.cost < before and not reserved:
            self._freed = True


def _promised(one: _Series) -> Micros:
    return one.cost if one.begun else 0


def _costs(job: Job) -> bool:
    """Say whether money was reserved or spent for a job, and its pixels are still under way."""
    passes = job.facts.plan is not None and job.facts.plan.cost > 0
    bought = passes and not job.facts.reused and job.facts.engine == "fal"
    by_hand = job.facts.accepted is not None or job.state is State.REJECTING
    return bought and not by_hand and job.state not in _BEFORE | _ENDING


def _is_stopped(job: Job) -> bool:
    """Say whether a planned member waits for a person: its pilot, or its model, did not do."""
    return job.state is State.PLANNED and job.hold is Hold.ENDPOINT


def _entry(job: Job, one: _Series) -> _Entry | None:
    """
    Return a member as it still has to be paid for, None where it has not, or nobody can say.

    One of a series that has begun and that is held over a cap all the same is promised nothing:
    nobody waits for what cannot go on.
    """
    facts = job.facts
    if job.state is State.PLANNED:
        if facts.engine != "fal" or facts.plan is None or not facts.plan.cost:
            return None
        if facts.probe is not None:
            one.sizes[facts.probe.width, facts.probe.height] = facts.plan.cost
        hopeless = one.begun and job.hold is Hold.BUDGET
        return None if hopeless else _Entry(price=facts.plan.cost, planned=True)
    if job.state is State.JUDGED:
        size = (facts.probe.width, facts.probe.height) if facts.probe else (0, 0)
        return _Entry(price=one.sizes.get(size), planned=False)
    troubled = job.hold is not None or job.attempts or job.outages
    if job.state in _BEFORE and not troubled:
        return _Entry(price=None, planned=False)
    return None
