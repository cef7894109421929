"""
Is a model still doing what it should? Its last results in, a sentence out where it should pause.

A model whose results stop passing the fidelity check, changed at fal or asked wrongly by our rules,
would fill the review folder at full price; twenty results are few enough to notice within a night.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from upscaled.nouns import Code, Fidelity, Job, Plan, State

WINDOW = 20
"""Results of one model that are looked at, and how many there must be."""
MOST = 0.20
"""Share of them that may miss the check; of honest results at most one in twenty does."""

Key = tuple[str, str]
"""Endpoint and model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One paid result of a model."""

    at: datetime
    verdict: str
    """`pass`, `review` or `fail`."""
    job: str
    attempt: int
    """Which of its job's tries made it, from 1: with the job, what tells two results apart."""


def counts(job: Job) -> bool:
    """Say whether an ended job's results count: a person's no to one does not unmake it."""
    error = job.facts.error
    rejected = job.state is State.FAILED and error is not None and error.code == Code.REJECTED
    return rejected or job.state in {State.DONE, State.REVIEW, State.SUPERSEDED}


def results_of(job: Job) -> list[tuple[Key, Result]]:
    """
    Return what a finished job says of its models: of each paid try, the last one that worked on it.

    Nothing where nothing was paid, and nothing of a review that the plan asked for.
    """
    facts = job.facts
    at = facts.times.get("finished")
    if facts.engine != "fal" or facts.reused or at is None or not facts.passes:
        return []
    tries = [(facts.plan, facts.fidelity)]
    if facts.tried is not None:
        tries.insert(0, (facts.tried.plan, facts.tried.fidelity))
    return [
        (_key(plan), Result(at=at, verdict=fidelity.verdict, job=job.id, attempt=attempt))
        for attempt, (plan, fidelity) in enumerate(tries, start=1)
        if plan is not None and fidelity is not None and plan.passes
        if not _asked_for(plan, fidelity)
    ]


def last(results: Iterable[Result], since: datetime | None) -> list[Result]:
    """Return the window: the last results after `since`, oldest first, each once."""
    kept = {one for one in results if since is None or one.at > since}
    return sorted(kept, key=lambda one: (one.at, one.job, one.attempt))[-WINDOW:]


def pause(key: Key, window: list[Result]) -> str:
    """Return why a model pauses, with its figures and what to do; empty where it does not."""
    missed = [one.verdict for one in window if one.verdict != "pass"]
    if len(window) < WINDOW or len(missed) <= MOST * WINDOW:
        return ""
    return (
        f"{key[1]} is paused: {len(missed)} of its last {len(window)} results did not pass their"
        f" check ({missed.count('fail')} failed, {missed.count('review')} for review; more than"
        f" {MOST:.0%}). Look at what is in review/; name another family in the folder, or"
        " `upscaled resume` goes on with it."
    )


def _key(plan: Plan) -> Key:
    return plan.passes[-1].endpoint, plan.passes[-1].model


def _asked_for(plan: Plan, fidelity: Fidelity) -> bool:
    return plan.review and fidelity.verdict == "review"
