"""
What was paid for is finished, even where the request after it comes to nothing.

Pure: facts in, facts out. A second pass that is refused leaves the first one's result, a second try
that is refused leaves the first try's.
"""

from dataclasses import replace

from upscaled.core.assessment import stopped
from upscaled.nouns import Assessment, Facts, PassDone, Plan, Tried


def without_more(facts: Facts, why: str) -> Facts | None:
    """Return the facts with which what was paid for before is finished; None where nothing was."""
    if facts.tried is not None and not facts.chosen:
        note = f"A second try was begun and came to nothing: {why}"
        return deliver_first(facts, facts.tried, note)
    plan = facts.plan
    if plan is None or plan.otherwise is None or facts.pass_index != 1 or facts.raw is None:
        return None
    return stop_here(facts, plan, None, why)


def stop_here(facts: Facts, plan: Plan, found: Assessment | None, *why: str) -> Facts:
    """Return the facts of a job that ends with its first pass; `found` is the look's answer."""
    ticket = facts.raw_ticket
    own = tuple(one for one in facts.passes if ticket and one.request_id == ticket.request_id)
    return replace(
        _unsent(facts),
        plan=stopped(plan, why),
        pass_index=0,
        standing=facts.raw_from,
        ticket=facts.raw_ticket,
        raw_from=None,
        raw_ticket=None,
        passes=delivered_last(facts.passes, own or facts.passes[:1]),
        assessment=found or facts.assessment,
    )


def deliver_first(facts: Facts, first: Tried, note: str, other: Tried | None = None) -> Facts:
    """Return the facts with the first try as what is delivered, `other` as what is not."""
    plan = replace(first.plan, notes=(*first.plan.notes, note))
    return replace(
        _unsent(facts),
        plan=plan,
        pass_index=len(plan.passes) - 1,
        raw=first.raw,
        standing=first.raw_from,
        ticket=first.raw_ticket,
        raw_from=None,
        raw_ticket=None,
        result=first.result,
        fidelity=first.fidelity,
        passes=delivered_last(facts.passes, first.passes),
        tried=other,
        chosen=True,
    )


def delivered_last(passes: tuple[PassDone, ...], own: tuple[PassDone, ...]) -> tuple[PassDone, ...]:
    """Return every paid request in order, but those of what is delivered at the end."""
    mine = {one.request_id for one in own}
    return (*(one for one in passes if one.request_id not in mine), *own)


def _unsent(facts: Facts) -> Facts:
    return replace(facts, upload=None, image_url=None, sent_at=None, ticket=None, standing=None)
