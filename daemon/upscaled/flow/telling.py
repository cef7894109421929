"""What an outcome means beyond its job: who waits, what nobody foresaw, what the log says."""

from dataclasses import replace

import structlog

from upscaled.core.causes import outage
from upscaled.core.life import ENDS, LIFE, Lane
from upscaled.core.outcome import Later, Next, Outcome, PutAside, Retry, outcome_of
from upscaled.nouns import Code, Hold, Job, State, Trouble

log = structlog.get_logger()


def only_looked(before: Job, moved: Job) -> bool:
    """Say whether nothing came of a step but when to look next, or where a request stands."""
    facts = replace(moved.facts, standing=before.facts.standing)
    same = replace(moved, due_at=before.due_at, updated_at=before.updated_at, facts=facts)
    return moved.hold is None and same == before


def waits_for_a_wake(moved: Job, outcome: Outcome) -> bool:
    """Say whether a job is looked at again only when something else changes."""
    if isinstance(outcome, Later):
        return outcome.seconds is None
    return isinstance(outcome, Next) and moved.hold is not None and moved.due_at is None


def enlarges_here(job: Job) -> bool:
    """Say whether the step is the local engine's pixel work, whichever door it comes through."""
    return job.facts.engine == "local" and job.state is State.READY


def unexpected(job: Job, error: Exception) -> Outcome:
    """
    Sort a fault that nobody foresaw: a fault of ours, said plainly.

    A submit that broke in an unforeseen way may have been accepted, so it counts as doubtful.
    """
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and LIFE[job.state].lane is Lane.ROOT:
        return outcome_of(outage(error.filename or "a folder", error), job.state)
    if job.state is State.SUBMITTING:
        return Later(seconds=0.0, hold=Hold.DOUBT, reason=f"the submit broke off ({said})")
    if LIFE[job.state].patient or job.state in {State.SUBMITTED, State.READY}:
        return Retry(reason=said, counted=False)  # what is paid for is never dropped for it
    if job.state in {State.SEEN, State.ASKED, State.FETCHED, State.FINISHED}:
        return Retry(reason=said, counted=True)
    hint = "this is a fault of upscaled; its log has the details"
    return PutAside(trouble=Trouble(code=Code.UNREADABLE, message=said, hint=hint))


_TOLD = frozenset({State.PLANNED, State.SUBMITTED, State.READY, State.FAILING, *ENDS})


def say(job: Job, said: str) -> None:
    """Write what an operator wants to read: plans, money, holds, ends; the rest for debugging."""
    wanted = job.state in _TOLD or job.hold or job.attempts or job.outages
    tell = log.info if wanted else log.debug
    tell(
        "job_moved",
        job=job.id,
        path=job.path,
        state=job.state.value,
        hold=job.hold.value if job.hold else None,
        said=said,
        cost_usd=job.cost / 1e6,
    )
