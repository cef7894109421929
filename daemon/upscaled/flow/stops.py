"""
Engines and endpoints that must pause: said once, looked at again by one job, lifted for all.

Owned by the conductor's thread. When a pause has lasted its time, one job is let through; its fate
tells whether the others may follow, so that five hundred do not run into the same refusal.
"""

from datetime import datetime, timedelta

import structlog

from upscaled.core.gate import Closed
from upscaled.core.outcome import RECHECK_SECONDS, Later, Next, Outcome
from upscaled.nouns import Hold, Job, State

log = structlog.get_logger()

_HOLDS = {Hold.LOCKED, Hold.ENDPOINT}


class Stops(dict[str, Closed]):
    """By endpoint; the empty name is the whole engine."""

    def __init__(self) -> None:
        super().__init__()
        self._probes: dict[str, tuple[str, datetime]] = {}
        """Which job was let through, and until when its word is awaited."""

    def seen_by(self, job: Job, now: datetime) -> dict[str, Closed]:
        """Return the stops as they are for this job; those that it is to try out are left out."""
        recheck = timedelta(seconds=RECHECK_SECONDS)
        view = {}
        for name, stop in self.items():
            if not _concerns(name, job) or stop.until is None:
                view[name] = stop
                continue
            probe, until = self._probes.get(name, ("", now))
            if probe != job.id and (now < stop.until or now < until):
                view[name] = Closed(
                    hold=stop.hold, reason=stop.reason, until=max(stop.until, until)
                )
            else:
                self._probes[name] = job.id, now + recheck
        return view

    def note(self, job: Job, outcome: Outcome, now: datetime) -> Hold | None:
        """Take in what came of a step; return the hold that this lifts, if it does."""
        if job.state is State.TAKEN:
            return None
        hold = outcome.hold if isinstance(outcome, Later | Next) else None
        if hold in _HOLDS and isinstance(outcome, Later | Next):
            self._pause(job, hold, outcome.reason or "", now)
            return None
        if job.state is not State.SUBMITTING:
            return None
        return self._proven(job, outcome)

    def clear(self) -> None:
        """Forget every stop: somebody said that it is mended."""
        super().clear()
        self._probes.clear()

    def _pause(self, job: Job, hold: Hold, reason: str, now: datetime) -> None:
        name = "" if hold is Hold.LOCKED else _endpoint(job)
        if name not in self:
            log.warning("paused_by_fal", endpoint=name or "all", hold=hold.value, reason=reason)
        until = now + timedelta(seconds=RECHECK_SECONDS)
        self[name] = Closed(hold=hold, reason=reason, until=until)
        self._probes.pop(name, None)

    def _proven(self, job: Job, outcome: Outcome) -> Hold | None:
        """Lift what this job tried out and found open; unsure, let another one try."""
        lifted = None
        for name in [name for name, (probe, _) in self._probes.items() if probe == job.id]:
            del self._probes[name]
            if isinstance(outcome, Next) and outcome.to is State.SUBMITTED and name in self:
                lifted = self.pop(name).hold
                log.info("goes_on_at_fal", endpoint=name or "all", hold=lifted.value)
        return lifted


def _concerns(name: str, job: Job) -> bool:
    return not name or name == _endpoint(job)


def _endpoint(job: Job) -> str:
    plan = job.facts.plan
    return plan.passes[job.facts.pass_index].endpoint if plan and plan.passes else ""
