"""Who is next: a list of what is due, and the places an engine has. Owned by the conductor."""

import heapq
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import count

from upscaled.core.life import IN_FLIGHT
from upscaled.core.pace import QUEUED_SECONDS, Pace
from upscaled.nouns import Job, State

UNBOUNDED = 1_000_000
AHEAD = 4
"""Pictures that may be prepared and uploaded while every request's place at fal is taken."""


class Due:
    """Jobs by the time at which they are looked at again; the last word on a job counts."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, bool, int, str]] = []
        self._valid: dict[str, tuple[float, bool, int, str]] = {}
        self._order = count()

    def put(self, job: Job, at: float) -> None:
        """Look at a job at a second of the wall clock; 0 is at once."""
        entry = (at, not job.urgent, next(self._order), job.id)
        self._valid[job.id] = entry
        heapq.heappush(self._heap, entry)

    def pop(self, now: float) -> str | None:
        """Return the next job that is due, None where none is."""
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            if self._valid.get(entry[3]) == entry:
                del self._valid[entry[3]]
                return entry[3]
        return None

    def first(self) -> float | None:
        """Return the second at which the first job is due."""
        while self._heap and self._valid.get(self._heap[0][3]) != self._heap[0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None


def works_on(job: Job) -> bool:
    """
    Say whether an engine works on a job, from its reserved price to its finished request.

    What is held sends nothing; what fal has finished is only downloaded. Either may last for hours,
    and nobody else may wait for it.
    """
    done_at_fal = job.state is State.READY and job.facts.engine == "fal"
    return job.state in IN_FLIGHT and job.hold is None and not done_at_fal


def is_sent(job: Job) -> bool:
    """Say whether a job's request is at its engine, or on the way there."""
    on_the_way = job.state is State.SUBMITTING and job.starts > 0
    return (on_the_way or job.state is State.SUBMITTED) and job.hold is None


class Places:
    """How many jobs of a kind each engine has at once, and who waits for a place, in order."""

    def __init__(self, limits: dict[str, int], takes: Callable[[Job], bool] = works_on) -> None:
        self._limits = limits
        self._takes = takes
        self._taken: defaultdict[str, set[str]] = defaultdict(set)
        self._lobby: defaultdict[str, list[tuple[bool, datetime, str]]] = defaultdict(list)

    def note(self, job: Job) -> None:
        """Note where a job is now."""
        for taken in self._taken.values():
            taken.discard(job.id)
        if self._takes(job):
            self._taken[job.facts.engine].add(job.id)

    def next(self, engine: str) -> str | None:
        """Return who in the lobby is next where a place is free; it may have left meanwhile."""
        if self.full(engine) or not self._lobby[engine]:
            return None
        return heapq.heappop(self._lobby[engine])[2]

    def limit(self, engine: str) -> int:
        """Return how many places an engine has."""
        return self._limits.get(engine, 1)

    def full(self, engine: str) -> bool:
        """Say whether every place is taken."""
        return len(self._taken[engine]) >= self.limit(engine)

    def wait(self, job: Job) -> None:
        """Stand in the lobby; urgent ones first, then by age: the id of a ticket has none."""
        heapq.heappush(self._lobby[job.facts.engine], (not job.urgent, job.seen_at, job.id))


class Seats(Places):
    """The requests that are at fal at once; how many its account bears is learned by looking."""

    def __init__(self, most: int) -> None:
        super().__init__({}, is_sent)
        self._pace = Pace(most=most, now=most)
        self._standing: dict[str, str] = {}
        self._waited: set[str] = set()

    def limit(self, engine: str) -> int:
        """Return how many requests may be there; only fal's are bounded here."""
        return self._pace.now if engine == "fal" else UNBOUNDED

    def note(self, job: Job) -> None:
        """Note where a job is now, and where its request stands."""
        super().note(job)
        before = self._standing.pop(job.id, "")
        standing = job.facts.standing
        if job.state is State.SUBMITTED and standing is not None and job.facts.engine == "fal":
            self._standing[job.id] = standing.state
            sent = job.facts.times.get(State.SUBMITTED.value, job.updated_at)
            if standing.state == "queued":
                seconds = (job.updated_at - sent).total_seconds()
                running = sum(word == "running" for word in self._standing.values())
                self._pace = self._pace.queued(seconds, running)
                self._waited |= {job.id} if seconds >= QUEUED_SECONDS else set()
        elif before:
            self._pace = self._pace.ended(waited=job.id in self._waited)
            self._waited.discard(job.id)
