"""One canonical line for a job at its end: everything that one asks of it, under fixed names."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from upscaled.core.life import word_of
from upscaled.nouns import Job


def job_line(job: Job) -> dict[str, Any]:
    """
    Return the fields of the line `job_ended`; what is unknown is None.

    Money in US dollars, times in seconds, sizes in bytes and pixels. No address, no secret.
    """
    facts = job.facts
    plan, verdict, result = facts.plan, facts.verdict, facts.result
    return {
        "job": job.id,
        "path": job.path,
        "watch": job.watch,
        "target": job.target or None,
        "state": word_of(job.state, held=False).value,
        "end": job.state.value,
        "code": facts.error.code if facts.error else None,
        "engine": facts.engine or None,
        "model": verdict.model.value if verdict else None,
        "confidence": verdict.confidence if verdict else None,
        "rule": verdict.rule if verdict else None,
        "series": facts.series,
        "models": [one.model for one in facts.passes],
        "requests": [one.request_id for one in facts.passes if one.request_id],
        "cost_usd": job.cost / 1e6,
        "reused": facts.reused,
        "bytes": job.size,
        "result_bytes": result.bytes if result else None,
        "width": plan.width if plan else None,
        "height": plan.height if plan else None,
        "fidelity": facts.fidelity.verdict if facts.fidelity else None,
        "shortfall": bool(plan and plan.shortfall),
        "attempts": job.attempts,
        "seconds": round((_last(job) - job.seen_at).total_seconds(), 3),
        "stages": stage_seconds(job),
    }


def stage_seconds(job: Job) -> dict[str, float]:
    """Return how long the job was in each state that it left, holds included."""
    begun = sorted({"seen": job.seen_at, **job.facts.times}.items(), key=lambda one: one[1])
    return {
        state: round(max(0.0, (left - at).total_seconds()), 3)
        for (state, at), (_, left) in pairwise(begun)
    }


def _last(job: Job) -> datetime:
    return max([job.seen_at, *job.facts.times.values()])
