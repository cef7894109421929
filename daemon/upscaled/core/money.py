"""
Every cent explained: what a change of a job means for its money, one movement a row.

A pass's price is reserved before it is asked for; when it ends, the reservation is released and
what it really cost is settled; a bill that comes later corrects that. Sums over the rows are the
spend; nothing is ever changed or taken away.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from upscaled.nouns import Job, Micros, PassDone


class Kind(StrEnum):
    """What a movement does."""

    RESERVE = "reserve"
    RELEASE = "release"
    SETTLE = "settle"
    CORRECT = "correct"
    """Adds to what was settled, below zero where the bill was lower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One row: so much, for one pass of one job."""

    kind: Kind
    number: int
    """The pass, counted from 0."""
    micros: Micros
    endpoint: str = ""
    model: str = ""
    request_id: str | None = None
    billed: bool = False
    """The service's own figure, not our estimate."""


def movements(
    standing: Mapping[int, Micros], job: Job, paid: Sequence[PassDone] = ()
) -> Iterator[Movement]:
    """
    Yield what a job's new row moves, given what stands reserved by pass so far.

    `paid` are the passes that this change settled.
    """
    wanted = reserved_by_pass(job)
    for number in sorted(standing.keys() | wanted.keys()):
        more = wanted.get(number, 0) - standing.get(number, 0)
        if more:
            yield _reservation(job, number, more)
    for one in paid:
        yield Movement(
            kind=Kind.SETTLE,
            number=job.facts.pass_index,
            micros=one.cost,
            endpoint=one.endpoint,
            model=one.model,
            request_id=one.request_id,
            billed=one.billed,
        )


def reserved_by_pass(job: Job) -> dict[int, Micros]:
    """
    Return a job's reservation by pass: earlier passes are settled first, so the last come first.

    What no pass accounts for stands with the pass the job is in.
    """
    left, plan = job.reserved, job.facts.plan
    found: dict[int, Micros] = {}
    for number, one in reversed([*enumerate(plan.passes)] if plan else []):
        found[number] = min(one.cost, left)
        left -= found[number]
    if left:
        found[job.facts.pass_index] = found.get(job.facts.pass_index, 0) + left
    return {number: micros for number, micros in found.items() if micros}


def _reservation(job: Job, number: int, more: Micros) -> Movement:
    plan = job.facts.plan
    one = plan.passes[number] if plan and number < len(plan.passes) else None
    return Movement(
        kind=Kind.RESERVE if more > 0 else Kind.RELEASE,
        number=number,
        micros=abs(more),
        endpoint=one.endpoint if one else "",
        model=one.model if one else "",
    )
