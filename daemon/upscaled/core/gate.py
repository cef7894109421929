"""May this job go on to spend? One pure answer, with the sentence for the person."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, tzinfo

from upscaled.core.budget import (
    Caps,
    Folder,
    Lifts,
    Refusal,
    SeriesCost,
    Spend,
    admit,
    admit_whole,
    braked,
)
from upscaled.core.hours import Window
from upscaled.core.opening import opens_in_words
from upscaled.core.window import MIDNIGHT, is_open, next_day, next_month, next_open
from upscaled.nouns import Hold, Job, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The gate is closed: why, and when to look again."""

    hold: Hold
    reason: str
    until: datetime | None
    """None: only when something else changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Everything the gate looks at."""

    now: datetime
    zone: tzinfo
    paused: bool
    has_key: bool
    window: Window | None
    """That of the job's watch."""
    stops: dict[str, Closed]
    """By endpoint; the empty name is the whole engine."""
    spend: Spend
    caps: Caps
    day_starts: time = MIDNIGHT
    """When a day begins for the caps, on the wall."""
    models: Mapping[tuple[str, str], Closed] = field(default_factory=dict)
    """Models that pause, by endpoint and name."""
    series: SeriesCost | None = None
    """Of a series that has not begun: what all of it costs, the job included."""


def to_submit(job: Job, seen: Conditions) -> Closed | None:
    """Say whether a submit may leave now; asked again just before the request."""
    if seen.paused:
        return Closed(
            hold=Hold.PAUSED, reason="Paused by hand; `upscaled resume` goes on.", until=None
        )
    if job.facts.engine == "local":
        return None
    if not seen.has_key:
        reason = (
            "fal's key is not there; put it into FAL_KEY or the credential fal_key and restart."
        )
        return Closed(hold=Hold.NO_KEY, reason=reason, until=None)
    for name in ("", *_endpoints(job)):
        stop = seen.stops.get(name)
        if stop and (stop.until is None or seen.now < stop.until):
            return stop
    if paused := next((seen.models[one] for one in _models(job) if one in seen.models), None):
        return paused
    return _outside(job, seen) or _spent_out(job, seen)


def _spent_out(job: Job, seen: Conditions) -> Closed | None:
    """
    Hold a reserved job for which there is no room even without what others have reserved.

    A cap may be lowered, or a bill come out higher, between the reservation and the submit.
    """
    spend = replace(seen.spend, reserved=0, promised=0, folder=Folder())
    over = admit(job.reserved, spend, seen.caps, before=job.cost)
    return _over_cap(over, seen) if over else None


def _outside(job: Job, seen: Conditions) -> Closed | None:
    if job.urgent or _begun(job) or is_open(seen.now, seen.window, seen.zone):
        return None
    opens = next_open(seen.now, seen.window, seen.zone)
    words = opens_in_words(opens, seen.now, seen.zone)
    reason = f"Outside the window {seen.window}; it opens {words}."
    return Closed(hold=Hold.WINDOW, reason=reason, until=opens)


def _begun(job: Job) -> bool:
    """
    Say whether some of the job is paid for already: what began inside the window may end outside.

    Half a picture is worth nothing in the morning: neither a second pass nor a second try waits.
    """
    return job.facts.pass_index > 0 or job.facts.tried is not None


def to_admit(job: Job, cost: Micros, seen: Conditions) -> Closed | None:
    """Say whether a job may begin: all of `to_submit`, and the caps."""
    closed = to_submit(job, seen)
    if closed or job.facts.engine == "local":
        return closed
    over = _over(job, cost, seen)
    return _over_cap(over, seen) if over else None


def _over_cap(over: Refusal, seen: Conditions) -> Closed:
    until = None  # a raised cap comes with a reload or a start, which looks at every job anew
    if over.lifts is not Lifts.RAISED_CAP:
        turn = next_month if over.lifts is Lifts.NEXT_MONTH else next_day
        until = turn(seen.now, seen.zone, seen.day_starts)
    return Closed(hold=Hold.BUDGET, reason=over.sentence, until=until)


def _over(job: Job, cost: Micros, seen: Conditions) -> Refusal | None:
    series = seen.series
    return (
        (admit_whole(series, seen.spend, seen.caps) if series else None)
        or admit(cost, seen.spend, seen.caps, before=job.cost)
        or braked(max(cost, series.cost if series else 0), seen.spend.folder, seen.caps)
    )


def _endpoints(job: Job) -> list[str]:
    return [endpoint for endpoint, _ in _models(job)]


def _models(job: Job) -> list[tuple[str, str]]:
    """Return endpoint and model of every pass that is still to be made."""
    plan = job.facts.plan
    left = plan.passes[job.facts.pass_index :] if plan else ()
    return [(one.endpoint, one.model) for one in left]
