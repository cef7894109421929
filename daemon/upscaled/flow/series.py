"""
Who of each series is here: on the way, or judged for itself and waiting for the series' recipe.

Owned by the conductor's thread. A series is judged once a quiet sample of it is here; its recipe is
then written down, before the first member is planned with it, and holds for all that come later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import partial
from typing import Protocol

import structlog

from upscaled.core.folders import Grammar, Target, drop_folder
from upscaled.core.series import Member, decide, group_of, is_empty, is_quiet
from upscaled.core.strays import folder_of
from upscaled.core.tickets import series_of, wished
from upscaled.flow.pilots import Pilots, Proofs
from upscaled.flow.series_costs import Place, SeriesCosts
from upscaled.nouns import Job, Order, Recipe, State

log = structlog.get_logger()


class Recipes(Proofs, Protocol):
    """Where recipes are kept."""

    def recipe(self, watch: int, series: str) -> Recipe | None:
        """Return what a series was judged as, None while it was not."""

    def decided(self, watch: int, recipe: Recipe, at: datetime) -> None:
        """Write a recipe down, durable before this returns; the first one of a series stays."""


class _Standing(Enum):
    ARRIVING = auto()
    """Will be judged for itself soon, by itself."""
    STUCK = auto()
    """Empty, not decodable yet, or in some trouble: nobody waits for it."""
    JUDGED = auto()


@dataclass(slots=True)
class _Series:
    waiting: dict[str, Job] = field(default_factory=dict)
    voters: set[str] = field(default_factory=set)
    decided: bool = False


@dataclass(slots=True)
class _Party:
    """All members of a group that are not planned yet; several series where sizes differ."""

    members: dict[str, _Standing] = field(default_factory=dict)
    arriving: set[str] = field(default_factory=set)
    series: dict[str, _Series] = field(default_factory=dict)

    def known(self, series: _Series) -> int:
        """Return how many belong to a series, as far as one can say."""
        others = sum(len(one.waiting) for one in self.series.values() if one is not series)
        return len(self.members) - others

    def is_quiet(self, series: _Series) -> bool:
        return is_quiet(len(series.voters), len(self.arriving))


class Gathering:
    """The series of all watches that have members on their way."""

    def __init__(self, grammar: Grammar, recipes: Recipes) -> None:
        self._grammar = grammar
        self._recipes = recipes
        self.costs = SeriesCosts(partial(drop_folder, grammar))
        self.pilots = Pilots(recipes)
        self.moved: dict[tuple[int, str], None] = {}
        """Series with members that moved, by watch and key; whoever tells of it empties this."""
        self._parties: dict[Place, _Party] = {}
        self._stirred: set[Place] = set()

    def note(self, job: Job) -> None:
        """Note where a living job is now."""
        self.pilots.note(job)
        self._has_moved(job)
        place, standing = self._place(job), _standing(job)
        if place is None:
            return
        self.costs.note(place, job)
        party = self._parties.get(place, _Party())
        if standing is party.members.get(job.id):
            return
        self._drop(party, job.id)
        if standing is not None:
            self._parties[place] = party
            self._enter(party, job, standing)
        self._changed(place, party)

    def left(self, job: Job) -> None:
        """Note that a job ended, or that its file left before it was read."""
        self.pilots.left(job)
        self._has_moved(job)
        place = self._place(job)
        if place is not None:
            self.costs.left(place, job)
        if place is not None and (party := self._parties.get(place)):
            self._drop(party, job.id)
            self._changed(place, party)

    def ripe(self) -> list[str]:
        """Return who waited, of every series that may be judged now."""
        found = list[str]()
        for place in self._stirred:
            party = self._parties.get(place, _Party())
            for series in party.series.values():
                if not series.decided and party.is_quiet(series):
                    found += series.waiting
        self._stirred.clear()
        return found

    def is_decided(self, job: Job, now: datetime) -> bool:
        """
        Say whether a judged member may be planned; judges its series where that is due.

        Raises `LedgerUnwritable` where the recipe cannot be read or written down.
        """
        place, key = self._place(job), job.facts.series
        party = self._parties.get(place) if place else None
        if place is None or party is None or key not in party.series:
            return True  # its folder means something else by now: the step looks at it anew
        series = party.series[key]
        if not series.decided:
            if self._recipes.recipe(job.watch, key) is not None:
                log.info("series_joined", series=key, path=job.path)
            elif party.is_quiet(series):
                self._decide(place, party, series, now)
            else:
                return False
        series.decided = True
        return True

    def waits(self, job: Job) -> str | None:
        """Return why a judged member waits."""
        place = self._place(job)
        return place and place[1].waits

    # ---- inside

    def _has_moved(self, job: Job) -> None:
        if job.facts.series is not None:
            self.moved[job.watch, job.facts.series] = None

    def _decide(self, place: Place, party: _Party, series: _Series, now: datetime) -> None:
        watch, group = place
        order = self._order(group.folder, next(iter(series.waiting.values()), None))
        members = _members(series.waiting.values())
        if order is None or not members:
            return
        recipe = decide(group, order, members, party.known(series))
        self._recipes.decided(watch, recipe, now)
        log.info("series_judged", series=recipe.series, said=recipe.verdict.reasons[0])

    def _enter(self, party: _Party, job: Job, standing: _Standing) -> None:
        party.members[job.id] = standing
        if standing is _Standing.ARRIVING:
            party.arriving.add(job.id)
        if standing is _Standing.JUDGED:
            series = party.series.setdefault(job.facts.series or "", _Series())
            series.waiting[job.id] = job
            if job.facts.probe is not None and not is_empty(job.facts.probe):
                series.voters.add(job.id)

    def _drop(self, party: _Party, job_id: str) -> None:
        party.members.pop(job_id, None)
        party.arriving.discard(job_id)
        for series in party.series.values():
            series.waiting.pop(job_id, None)
            series.voters.discard(job_id)

    def _changed(self, place: Place, party: _Party) -> None:
        if party.members:
            self._stirred.add(place)
        else:
            self._parties.pop(place, None)

    def _place(self, job: Job) -> Place | None:
        order = self._order(folder_of(job.path), job)
        group = order and group_of(job.path, order, series_of(job.facts.wishes))
        return (job.watch, group) if group else None

    def _order(self, folder: str, job: Job | None) -> Order | None:
        """Return what a member's folder and its ticket ask for."""
        place = self._grammar.resolve(folder)
        if not isinstance(place, Target):
            return None
        return wished(place.order, job.facts.wishes if job else None)


def _standing(job: Job) -> _Standing | None:
    """Return how a job stands to its series, None where it is planned already."""
    if job.state is State.JUDGED:
        return _Standing.JUDGED
    if job.state not in {State.SEEN, State.TAKEN}:
        return None
    troubled = job.hold is not None or job.attempts or job.outages
    return _Standing.STUCK if troubled else _Standing.ARRIVING


def _members(jobs: Iterable[Job]) -> list[Member]:
    return [
        Member(path=job.path, probe=probe, verdict=verdict)
        for job in jobs
        if (probe := job.facts.probe) and (verdict := job.facts.verdict)
    ]
