"""
Which member of each series is its pilot, and who waits for it.

Owned by the conductor's thread. Nothing but the proof itself is kept: who is tried and what casts
doubt follow from the jobs' rows, so a restart finds the same pilot, and a pilot that left is
followed by the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from upscaled.core import pilot
from upscaled.core.outcome import Later
from upscaled.core.pilot import Proof
from upscaled.errors import LedgerUnwritable
from upscaled.nouns import Hold, Job, State

log = structlog.get_logger()

Key = tuple[int, str]
"""Watch and series."""


class Proofs(Protocol):
    """Where it is kept which series are proven."""

    def proof(self, watch: int, series: str) -> Proof:
        """Return what is remembered of a series' pilots."""

    def prove(self, watch: int, series: str, job_id: str) -> None:
        """Write down which member proved its series' recipe."""

    def excuse(self, watch: int, series: str, at: datetime) -> None:
        """Write down that a person lets the next one be tried."""

    def unproven(self, watch: int, series: str) -> Sequence[Job]:
        """Return the ended members that are in review, or failed after they cost something."""


@dataclass(slots=True)
class _Crew:
    """The members of one series that are still to be paid for, or tried."""

    coming: dict[str, Job] = field(default_factory=dict)
    """Judged or planned, not held, and worth trying."""
    planned: dict[str, Job] = field(default_factory=dict)
    tried: dict[str, Job] = field(default_factory=dict)
    proof: Proof | None = None
    """None: not read yet."""
    doubts: tuple[Job, ...] | None = None
    """None: not read yet, or not true any more."""
    written: bool = True


class Pilots:
    """The pilots of all series that have members on their way."""

    def __init__(self, proofs: Proofs) -> None:
        self._proofs = proofs
        self._crews: dict[Key, _Crew] = {}
        self._of: dict[str, Key] = {}
        self._doubters: dict[str, Key] = {}
        self._freed: dict[str, None] = {}

    # ---- what the door asks

    def ask(self, job: Job) -> Later | None:
        """
        Return why a planned member waits, None where it may be begun.

        Raises `LedgerUnwritable` where the ledger cannot be read.
        """
        key = _key(job)
        if key is None or job.facts.redo is not None or not pilot.is_asked_of_a_model(job):
            return None  # what a person asks for by name goes through
        crew = self._crews.setdefault(key, _Crew())
        if self._is_proven(key, crew):
            return None
        if doubts := self._doubts(key, crew):
            reason = pilot.held_by(doubts[-1])
            return Later(seconds=None, hold=Hold.ENDPOINT, reason=reason)
        if crew.tried:
            return Later(seconds=None, reason=pilot.waits_for(next(iter(crew.tried.values()))))
        other = _before(job, crew)
        return Later(seconds=None, reason=pilot.waits_behind(other)) if other else None

    def first(self, job: Job) -> Job | None:
        """Return which member a planned one waits for, None where it waits for none."""
        crew = self._crews.get(_key(job) or (0, ""))
        if crew is None or job.facts.redo is not None or (crew.proof and crew.proof.by):
            return None
        return next(iter(crew.tried.values()), None) or _before(job, crew)

    def freed(self) -> tuple[str, ...]:
        """Return, once, the ids of those who waited for a pilot that is proven, or gone."""
        found, self._freed = tuple(self._freed), {}
        return found

    # ---- what the conductor tells

    def note(self, job: Job) -> None:
        """Note where a living member is now."""
        key = _key(job)
        self._moved(job, key)
        if key is None:
            return
        crew = self._crews.setdefault(key, _Crew())
        self._of[job.id] = key
        was_tried = crew.tried.pop(job.id, None) is not None
        was_coming = crew.coming.pop(job.id, None) is not None
        crew.planned.pop(job.id, None)
        self._enter(crew, job)
        if pilot.proves(job) and not _is_only_black(job, crew):
            self._prove(key, crew, job)
        gone = was_tried and not crew.tried
        if gone or (was_coming and not crew.coming and not crew.tried):
            self._free(crew)

    def left(self, job: Job) -> None:
        """Note that a member ended."""
        key = self._of.pop(job.id, None) or _key(job)
        self._moved(job, key)
        crew = self._crews.get(key) if key else None
        if crew is None or key is None:
            return
        known = [one.pop(job.id, None) for one in (crew.tried, crew.coming, crew.planned)]
        crew.doubts = None
        if any(known) and not crew.tried:
            self._free(crew)
        if not (crew.tried or crew.coming or crew.planned):
            del self._crews[key]

    def resume(self, now: datetime) -> None:
        """Let the next one be tried where a pilot's result holds a series: a person has seen it."""
        for key, crew in self._crews.items():
            if crew.doubts:
                self._proofs.excuse(*key, now)
                log.info("pilot_excused", series=key[1], path=crew.doubts[-1].path)
                crew.proof, crew.doubts = None, None
                self._free(crew)

    # ---- inside

    def _enter(self, crew: _Crew, job: Job) -> None:
        if pilot.is_tried(job):
            crew.tried[job.id] = job
        if job.state is State.PLANNED:
            crew.planned[job.id] = job
        if job.state in {State.JUDGED, State.PLANNED} and job.hold is None and pilot.shows(job):
            crew.coming[job.id] = job

    def _moved(self, job: Job, key: Key | None) -> None:
        """Forget what is not true any more: a doubt that was retried, a member that left."""
        doubted = self._doubters.pop(job.id, None)
        if doubted is not None and (crew := self._crews.get(doubted)) is not None:
            crew.doubts = None
            self._free(crew)
        before = self._of.get(job.id)
        if before is not None and before != key:
            del self._of[job.id]
            crew = self._crews.get(before, _Crew())
            for one in (crew.tried, crew.coming, crew.planned):
                one.pop(job.id, None)
            self._free(crew)

    def _is_proven(self, key: Key, crew: _Crew) -> bool:
        if crew.proof is None:
            crew.proof = self._proofs.proof(*key)
        if not crew.written and crew.proof.by:
            self._write(key, crew, crew.proof.by)
        return crew.proof.by is not None

    def _doubts(self, key: Key, crew: _Crew) -> tuple[Job, ...]:
        if crew.doubts is None:
            proof = crew.proof or Proof()
            ended = self._proofs.unproven(*key)
            crew.doubts = tuple(one for one in ended if pilot.casts_doubt(one, proof))
            self._doubters |= dict.fromkeys((one.id for one in crew.doubts), key)
        return crew.doubts

    def _prove(self, key: Key, crew: _Crew, job: Job) -> None:
        if crew.proof is not None and crew.proof.by is not None:
            return
        crew.proof = Proof(by=job.id)
        log.info("pilot_proven", series=key[1], path=job.path)
        self._write(key, crew, job.id)
        self._free(crew)

    def _write(self, key: Key, crew: _Crew, job_id: str) -> None:
        try:
            self._proofs.prove(*key, job_id)
            crew.written = True
        except LedgerUnwritable:
            crew.written = False  # a restart tries one more; the next question writes it down

    def _free(self, crew: _Crew) -> None:
        self._freed.update(dict.fromkeys(crew.planned))


def _key(job: Job) -> Key | None:
    return (job.watch, job.facts.series) if job.facts.series else None


def _before(job: Job, crew: _Crew) -> Job | None:
    """Return who is the better pilot, None where the job is as good as any."""
    if pilot.shows(job):
        return None
    return next((one for one in crew.coming.values() if one.id != job.id), None)


def _is_only_black(job: Job, crew: _Crew) -> bool:
    """Say whether it shows nothing, while others that do are still to come."""
    return not pilot.shows(job) and _before(job, crew) is not None
