"""
What a step may come to, and what that makes of a job. Five words, one function.

A step either returns an outcome or raises one of our errors; `outcome_of` turns the latter into the
former, sorted by what to do next.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from upscaled.core.backoff import delay
from upscaled.core.fallback import without_more
from upscaled.core.life import ENDS, LIFE, check_move
from upscaled.errors import (
    Again,
    Aside,
    Doubt,
    Gone,
    Outage,
    Stop,
    UpscaledError,
    Void,
)
from upscaled.nouns import Code, Facts, Hold, Job, PassDone, State, Taken, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The step is done; here is what it found."""

    to: State
    facts: Facts
    said: str
    taken: Taken | None = None
    paid: tuple[PassDone, ...] = ()
    released: int = 0
    """Micro-dollars that need not be reserved any longer."""
    reserved: int = 0
    """Micro-dollars to be reserved from now on."""
    hold: Hold | None = None
    reason: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Nothing went wrong; look again after some seconds, or when a condition lifts."""

    seconds: float | None
    """None: only when something else wakes it."""
    hold: Hold | None = None
    reason: str | None = None
    facts: Facts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A passing fault. `counted` are the picture's own; `back` is where it starts anew."""

    reason: str
    counted: bool
    back: State | None = None
    hold: Hold | None = None
    after_seconds: float | None = None
    facts: Facts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """Waiting will not mend it."""

    trouble: Trouble
    paid: tuple[PassDone, ...] = ()
    facts: Facts | None = None
    """What was found before it failed, for its sidecar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Its owner took the file away or replaced it."""

    reason: str


Outcome = Next | Later | Retry | PutAside | Leave

RECHECK_SECONDS = 60.0
"""How soon a stopped engine is looked at again: an account is topped up within minutes, and a
refused request costs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The [retry] table, and one throw of the die (0..1) for the jitter."""

    first_seconds: float
    max_seconds: float
    attempts: int
    die: float


def outcome_of(error: UpscaledError, state: State) -> Outcome:
    """Sort an error by what to do next."""
    match error:
        case Stop():
            return Later(seconds=RECHECK_SECONDS, hold=Hold(error.hold), reason=_with_hint(error))
        case Doubt():
            return Later(seconds=0.0, hold=Hold.DOUBT, reason=error.message)
        case Aside():
            return PutAside(
                trouble=Trouble(code=error.code, message=error.message, hint=error.hint)
            )
        case Gone():
            return Leave(reason=error.message)
        case _:
            return _passing(error, state)


def _passing(error: UpscaledError, state: State) -> Retry:
    unbegun = isinstance(error, Void) and not error.begun
    counted = not isinstance(error, Outage) and not unbegun
    hold = error.hold if isinstance(error, Outage) else None
    anew = isinstance(error, Void) and state is State.SUBMITTED
    return Retry(
        reason=error.message,
        counted=counted,
        back=State.PREPARED if anew else None,
        hold=Hold(hold) if hold else None,
        after_seconds=error.after_seconds if isinstance(error, Again | Outage) else None,
    )


def advance(job: Job, outcome: Outcome, now: datetime, patience: Patience) -> Job:
    """
    Return the job as the outcome leaves it. Pure; illegal moves raise and change nothing.

    Past the first visible byte (patient states) nothing fails: every fault becomes waiting.
    """
    outcome = _softened(job, outcome)
    match outcome:
        case Next():
            return _next(job, outcome, now)
        case Later():
            return _later(job, outcome, now)
        case Retry():
            return _retry(job, outcome, now, patience)
        case PutAside():
            return _aside(job, outcome, now)
        case Leave():
            check_move(job.state, State.WITHDRAWN)
            return _ended(job, State.WITHDRAWN, Code.WITHDRAWN, outcome.reason, now)
        case _:
            assert_never(outcome)


def _softened(job: Job, outcome: Outcome) -> Outcome:
    stage = LIFE[job.state]
    dropped = stage.patient or State.FAILING not in stage.leads_to
    if isinstance(outcome, PutAside) and dropped:
        return Retry(reason=outcome.trouble.message, counted=False)
    if isinstance(outcome, Leave) and State.WITHDRAWN not in stage.leads_to:
        return Retry(reason=outcome.reason, counted=False)
    return outcome


def _next(job: Job, outcome: Next, now: datetime) -> Job:
    check_move(job.state, outcome.to)
    times = {**outcome.facts.times, outcome.to.value: now}
    ends = outcome.to in ENDS
    spent = sum(one.cost for one in outcome.paid)
    if outcome.taken is not None:
        job = _identified(job, outcome.taken)
    left = max(0, job.reserved - outcome.released) + outcome.reserved
    return replace(
        job,
        state=outcome.to,
        facts=replace(outcome.facts, times=times),
        hold=outcome.hold,
        reason=outcome.reason,
        due_at=outcome.due_at,
        outages=0,
        starts=0,
        reserved=0 if ends else left,
        cost=job.cost + spent,
        updated_at=now,
    )


def _identified(job: Job, taken: Taken) -> Job:
    return replace(
        job,
        sha256=taken.sha256,
        size=taken.identity.size,
        mtime_ns=taken.identity.mtime_ns,
        inode=taken.identity.inode,
    )


def _starts(job: Job, *, doubtful: bool) -> int:
    """
    Return how many starts still count.

    A submit that was surely refused may be sent again; one that may have been accepted never
    becomes unsent by a later fault of its look-up.
    """
    looked_up = job.state is State.SUBMITTING and job.starts > 1
    return job.starts if doubtful or looked_up else 0


def _later(job: Job, outcome: Later, now: datetime) -> Job:
    due = None if outcome.seconds is None else now + timedelta(seconds=outcome.seconds)
    return replace(
        job,
        facts=outcome.facts or job.facts,
        hold=outcome.hold,
        reason=outcome.reason,
        due_at=due,
        starts=_starts(job, doubtful=outcome.hold is Hold.DOUBT),
        updated_at=now,
    )


def _retry(job: Job, outcome: Retry, now: datetime, patience: Patience) -> Job:
    patient = LIFE[job.state].patient
    attempts = job.attempts + (outcome.counted and not patient)
    if attempts >= patience.attempts and outcome.counted and not patient:
        return _aside(job, _gave_up(outcome.reason, attempts), now)
    outages = job.outages + (not outcome.counted or patient)
    tries = outages if (patient or not outcome.counted) else attempts
    pause = delay(tries, patience.first_seconds, patience.max_seconds, patience.die)
    seconds = max(pause, outcome.after_seconds or 0.0)
    there = outcome.back or job.state
    check_move(job.state, there)
    facts = outcome.facts or job.facts
    if outcome.back is State.PREPARED:
        facts = replace(facts, ticket=None, image_url=None, sent_at=None, standing=None)
    if outcome.back is State.READY:
        facts = replace(facts, raw=None)
    return replace(
        job,
        state=there,
        facts=facts,
        hold=outcome.hold,
        reason=outcome.reason,
        due_at=now + timedelta(seconds=seconds),
        attempts=attempts,
        outages=outages,
        starts=_starts(job, doubtful=False),
        updated_at=now,
    )


def _gave_up(reason: str, attempts: int) -> PutAside:
    return PutAside(
        trouble=Trouble(
            code=Code.GAVE_UP,
            message=f"Gave up after {attempts} attempts; the last one said: {reason}",
            hint="look at the reason, then drop the file again or use `upscaled retry`",
        )
    )


def _aside(job: Job, outcome: PutAside, now: datetime) -> Job:
    """Fail, unless an earlier paid request has left something that can be finished."""
    known = outcome.facts or job.facts
    known = replace(known, passes=known.passes + outcome.paid)
    here, again = job.state, known.tried is not None
    reachable = State.FETCHED in LIFE[here].leads_to or (here is State.FETCHED and again)
    facts = without_more(known, outcome.trouble.message) if reachable else None
    if facts is None or outcome.trouble.code == Code.CANCELLED:
        return _put_aside(job, outcome, now)
    said = outcome.trouble.message
    left = Next(to=State.FETCHED, facts=facts, said=said, paid=outcome.paid, released=job.reserved)
    return replace(_next(job, left, now), attempts=0)


def _put_aside(job: Job, outcome: PutAside, now: datetime) -> Job:
    check_move(job.state, State.FAILING)
    times = {**job.facts.times, State.FAILING.value: now}
    known = outcome.facts or job.facts
    facts = replace(
        known,
        error=outcome.trouble,
        passes=known.passes + outcome.paid,
        times=times,
    )
    return replace(
        job,
        state=State.FAILING,
        facts=facts,
        hold=None,
        reason=outcome.trouble.message,
        due_at=None,
        outages=0,
        starts=0,
        reserved=0,
        cost=job.cost + sum(one.cost for one in outcome.paid),
        updated_at=now,
    )


def _ended(job: Job, state: State, code: Code, reason: str, now: datetime) -> Job:
    error = Trouble(code=code, message=reason, hint="drop the file again if it is still wanted")
    facts = replace(job.facts, error=error, times={**job.facts.times, state.value: now})
    return replace(
        job,
        state=state,
        facts=facts,
        hold=None,
        reason=reason,
        due_at=None,
        reserved=0,
        updated_at=now,
    )


def _with_hint(error: UpscaledError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
