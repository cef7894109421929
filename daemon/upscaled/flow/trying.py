"""
What becomes of a finished picture that failed its check: once more, or to a person.

The second try takes the way of every job through the gate, so its price is reserved before it is
spent. That it was begun is written down with the plan, so it is never begun twice.
"""

from dataclasses import replace
from pathlib import PurePosixPath

from upscaled.core.fallback import deliver_first
from upscaled.core.folders import Target
from upscaled.core.outcome import Next
from upscaled.core.price import micros
from upscaled.core.second_try import Failed, is_better, second_plan
from upscaled.flow.bench import is_second
from upscaled.flow.tools import Tools
from upscaled.nouns import Facts, Fidelity, Job, State, Tried

_ONE_RECIPE = "no second try: a series keeps one recipe for all its pictures"


def finished(job: Job, tools: Tools, facts: Facts) -> Next:
    """Return what follows on a finished and checked picture."""
    fidelity = facts.fidelity
    if fidelity is None:
        raise ValueError("it was not checked")
    said = f"finished; fidelity {fidelity.verdict}"
    if is_second(facts):
        return _choose(job, tools, facts, fidelity)
    if fidelity.verdict != "fail" or not _may_try(facts, tools):
        return Next(to=State.FINISHED, facts=_with_other(facts), said=said)
    if facts.series is not None:
        alike = replace(fidelity, reasons=(*fidelity.reasons, _ONE_RECIPE))
        return Next(to=State.FINISHED, facts=replace(facts, fidelity=alike), said=said)
    plan, why = second_plan(_failed(job, tools, facts, fidelity))
    tried = _tried(facts)
    if plan is None or tried is None or facts.plan is None:
        told = facts.plan and replace(facts.plan, notes=(*facts.plan.notes, why))
        return Next(to=State.FINISHED, facts=replace(facts, plan=told), said=f"{said}; {why}")
    anew = replace(
        facts,
        plan=plan,
        pass_index=0,
        upload=None,
        image_url=None,
        sent_at=None,
        ticket=None,
        standing=None,
        raw=None,
        raw_from=None,
        raw_ticket=None,
        result=None,
        fidelity=None,
        tried=tried,
    )
    return Next(to=State.PLANNED, facts=anew, said=why)


def _may_try(facts: Facts, tools: Tools) -> bool:
    paid = facts.engine == "fal" and bool(facts.passes) and not facts.reused
    once = facts.tried is None and not facts.chosen
    return tools.settings.fidelity.second_try and paid and once


def _failed(job: Job, tools: Tools, facts: Facts, fidelity: Fidelity) -> Failed:
    plan, probe, settings = facts.plan, facts.probe, tools.settings
    if plan is None or probe is None:
        raise ValueError("its plan is not known any more")
    return Failed(
        plan=plan,
        fidelity=fidelity,
        source=(probe.width, probe.height),
        catalogue=tools.catalogues[facts.engine],
        named=_names_family(job, tools),
        spent=job.cost,
        per_job=micros(settings.budget.per_job_usd),
        resample_limit=settings.plan.resample_limit,
    )


def _names_family(job: Job, tools: Tools) -> bool:
    """Say whether a person named the family: by folder, by ticket, or when it was asked again."""
    place = tools.grammar.resolve(str(PurePosixPath(job.path).parent))
    by_folder = isinstance(place, Target) and place.order.family is not None
    redo, wishes = job.facts.redo, job.facts.wishes
    by_folder = by_folder or bool(wishes and wishes.model)
    return by_folder or (redo is not None and redo.family is not None)


def _tried(facts: Facts) -> Tried | None:
    if facts.plan is None or facts.raw is None or facts.result is None or facts.fidelity is None:
        return None
    before = {one.request_id for one in facts.tried.passes} if facts.tried else set()
    return Tried(
        plan=facts.plan,
        raw=facts.raw,
        raw_from=facts.standing,
        raw_ticket=facts.ticket,
        result=facts.result,
        fidelity=facts.fidelity,
        passes=tuple(one for one in facts.passes if one.request_id not in before),
    )


def _choose(job: Job, tools: Tools, facts: Facts, second: Fidelity) -> Next:
    """Deliver the second result if it passed, else the better one of the two, to review."""
    first = facts.tried
    if first is None:
        raise ValueError("there was no first try")
    bench = tools.bench(job)
    compare, own = bench / "compare.png", bench / "compare-again.png"
    if second.verdict == "pass" or is_better(second, first.fidelity):
        tools.disk.drop(compare)
        if tools.disk.is_there(own):
            tools.disk.lend(own, compare)
        said = f"the second try is delivered; fidelity {second.verdict}"
        made = _with_other(replace(facts, chosen=True))
        return Next(to=State.FINISHED, facts=made, said=said)
    other = _tried(facts)
    note = "A second try was made and did no better: the first result is what is here."
    made = _with_other(deliver_first(facts, first, note, other))
    return Next(to=State.FINISHED, facts=made, said="the first try is the better one, for review")


def _with_other(facts: Facts) -> Facts:
    """Return the facts with the reasons of the other try too, where neither passed."""
    other, own = facts.tried, facts.fidelity
    if other is None or own is None or own.verdict == "pass":
        return facts
    model = other.plan.passes[-1].model
    said = f"the other try, by {model}: {'; '.join(other.fidelity.reasons)}"
    return replace(facts, fidelity=replace(own, reasons=(*own.reasons, said)))
