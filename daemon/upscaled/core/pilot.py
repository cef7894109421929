"""
A series' pilot: one member is enlarged, finished and checked before the rest is paid for.

What was judged on a sample may still be wrong for the model; one picture tells, for a few cents.
Pure answers on jobs; who else is here is handed in.
"""

from dataclasses import dataclass
from datetime import datetime

from upscaled.core.life import ENDS
from upscaled.core.series import is_empty
from upscaled.nouns import Code, Job, State

_UNSENT = frozenset({State.SEEN, State.ASKED, State.TAKEN, State.JUDGED, State.PLANNED})
_VERIFIED = frozenset(
    {
        State.FINISHED,
        State.DELIVERING,
        State.RECEIPTING,
        State.ARCHIVING,
        State.CLEARING,
        State.DONE,
        State.SUPERSEDED,
    }
)
_BY_HAND = frozenset({Code.CANCELLED.value, Code.WITHDRAWN.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is remembered of a series' pilots."""

    by: str | None = None
    """The job whose result proved the recipe."""
    excused_at: datetime | None = None
    """A person said `resume`: what pilots came to until then holds nobody any more."""


def is_asked_of_a_model(job: Job) -> bool:
    """Say whether its pixels come from its series' model: only that proves the recipe."""
    return bool(job.facts.plan and job.facts.plan.passes)


def proves(job: Job) -> bool:
    """Say whether its result was found to be the same picture, or a person let it pass."""
    facts = job.facts
    if not is_asked_of_a_model(job):
        return False
    passed = facts.fidelity is not None and facts.fidelity.verdict == "pass"
    return facts.accepted is not None or (passed and job.state in _VERIFIED)


def is_tried(job: Job) -> bool:
    """Say whether it is under way as a pilot: begun, and its result neither checked nor gone."""
    if job.state in _UNSENT or job.state in ENDS or proves(job) or not is_asked_of_a_model(job):
        return False
    if job.state is State.FAILING:
        return _is_a_bad_sign(job)
    return not job.facts.reused


def casts_doubt(job: Job, proof: Proof) -> bool:
    """
    Say whether an ended member keeps the rest of its series from being paid for.

    Its result is in review or was rejected, or it cost money and came to nothing. One that a
    person took away or cancelled, or that failed before it cost anything, says nothing of the
    recipe: the next one is the pilot.
    """
    if proof.excused_at is not None and job.updated_at <= proof.excused_at:
        return False
    failed = job.state is State.FAILED and _is_a_bad_sign(job)
    return is_asked_of_a_model(job) and (job.state is State.REVIEW or failed)


def _is_a_bad_sign(job: Job) -> bool:
    error, facts = job.facts.error, job.facts
    by_hand = error is not None and error.code in _BY_HAND
    return not by_hand and (job.cost > 0 or facts.result is not None)


def shows(job: Job) -> bool:
    """Say whether its source shows anything: a black frame is a poor pilot."""
    return job.facts.probe is None or not is_empty(job.facts.probe)


def waits_for(pilot: Job) -> str:
    """Return why a member waits while another one is tried."""
    return f"Waits until {pilot.path} is checked, the pilot of its series: then the rest is begun."


def waits_behind(other: Job) -> str:
    """Return why an empty frame waits for one that shows something."""
    return f"Empty: {other.path} goes before it as the pilot of its series."


def held_by(pilot: Job) -> str:
    """Return why the rest of a series is held, and what a person can do."""
    how, did = "failed", "look into failed/"
    if pilot.state is State.REVIEW:
        how, did = "is in review", f"`upscaled accept {pilot.id}` lets all of it go on"
    elif pilot.facts.error and pilot.facts.error.code == Code.REJECTED.value:
        how, did = "was rejected", "a folder named with another family has another recipe"
    return (
        f"The pilot of its series, {pilot.path}, {how}, so nothing more of it is paid for: {did};"
        " `upscaled resume` tries the next one."
    )
