"""
What was paid for is kept, and serves the same picture again instead of being bought again.

It is kept as soon as it is whole, whatever becomes of its job, and once more when it is settled
which of two tries is delivered. Knows names and plans, not pixels: whether a picture is good is the
finish's to say.
"""

from dataclasses import replace
from pathlib import Path

from upscaled.core.assessment import stopped
from upscaled.core.fallback import delivered_last
from upscaled.core.fingerprint import kept_name, serves, size_of
from upscaled.core.hands import begun_anew
from upscaled.core.made import made_by, parsed, told_by, written
from upscaled.core.outcome import Next, Outcome, Retry
from upscaled.flow import request
from upscaled.flow.bench import is_second
from upscaled.flow.ports import Progress
from upscaled.flow.request import plan_of
from upscaled.flow.tools import Tools
from upscaled.nouns import Artifact, Facts, Job, Pass, Plan, State


def served(job: Job, tools: Tools) -> Next | None:
    """Serve a planned job from what an identical plan was paid for; None where nothing is kept."""
    facts, plan = job.facts, plan_of(job)
    if facts.engine != "fal" or not plan.passes or is_second(facts):
        return None
    found = _paid_before(job, plan, tools)
    if found is None:
        return None
    plan, kept = found
    width, height = size_of(kept.name)
    passes = facts.passes
    if made := parsed(tools.disk.words(_beside(kept))):
        plan = told_by(plan, made)
        width, height = made.passes[-1].width, made.passes[-1].height
        own = tuple(one for one in passes if one.request_id in made.requests)
        passes = delivered_last(passes, own)
    to = tools.bench(job) / "raw-kept"
    tools.disk.lend(kept, to)
    raw = Artifact(path=str(to), sha256="", bytes=0, width=width, height=height, format="PNG")
    told = replace(plan, notes=(*plan.notes, _said(facts)))
    ready = replace(facts, plan=told, raw=raw, reused=True, passes=passes)
    return Next(to=State.FETCHED, facts=ready, said="served from what was paid before")


def _said(facts: Facts) -> str:
    said = "The same picture was enlarged in the same way before"
    if facts.passes:  # an earlier attempt of this job paid, and its sidecar says how much
        return f"{said}: its pixels come from what was paid then."
    return f"{said}: nothing was paid again."


def fetch(job: Job, tools: Tools, progress: Progress) -> Outcome:
    """Download the enlarged picture, and keep the last pass's before anything else is done."""
    outcome = request.fetch(job, tools, progress)
    if isinstance(outcome, Next) and outcome.to is State.FETCHED:
        facts = outcome.facts
        _keep(tools, facts, _name_when_fetched(job, plan_of(job)))
    return outcome


def settle(job: Job, tools: Tools, facts: Facts) -> None:
    """Have the delivered one of two tries stand for the plan, at the size that was asked."""
    plan, other = facts.plan, facts.tried
    if plan is None or not plan.passes:
        return
    last = plan.passes[-1]
    if other is not None:
        _drop(tools, tools.paid / _name(job, plan, last))
        beside = other.plan.passes[-1]
        _drop(tools, tools.paid / _name(job, plan, beside))
        width, height = max(last.width, beside.width), max(last.height, beside.height)
        last = replace(last, width=width, height=height)
    _keep(tools, facts, _name(job, plan, last))


def pixels_again(job: Job, tools: Tools, why: str, *, bad: bool) -> Outcome:
    """
    Get the enlarged picture once more: what was paid for is downloaded again, not bought again.

    A bad one that is kept is dropped; what an earlier job had left is then planned anew.
    """
    facts = job.facts
    if not facts.reused:
        if bad and facts.engine == "fal":
            _drop(tools, tools.paid / _name_when_fetched(job, plan_of(job)))
        return Retry(reason=why, counted=True, back=State.READY)
    found = _paid_before(job, plan_of(job), tools) if bad else None
    if found is not None:
        _drop(tools, found[1])
    return Next(to=State.TAKEN, facts=begun_anew(facts), said=f"planned again: {why}")


def _keep(tools: Tools, facts: Facts, name: str) -> None:
    plan, raw = facts.plan, facts.raw
    worth = facts.engine == "fal" and tools.settings.state.keep_paid_days > 0
    if not worth or plan is None or raw is None or facts.reused:
        return
    if tools.disk.is_there(Path(raw.path)):
        to = tools.paid / name
        # Never another picture's words beside it: they are written before it has its name.
        tools.disk.drop(to)
        tools.disk.make_folder(tools.paid)
        tools.disk.note(written(made_by(plan, facts.passes)), _beside(to))
        tools.disk.lend(Path(raw.path), to)


def _name_when_fetched(job: Job, plan: Plan) -> str:
    """Return the name for what was just fetched: a second try stands for itself until chosen."""
    if is_second(job.facts):
        return kept_name(job.sha256 or "", plan.passes)
    return _name(job, plan, plan.passes[-1])


def _name(job: Job, plan: Plan, last: Pass) -> str:
    return kept_name(job.sha256 or "", plan.promised or plan.passes, last)


def _beside(kept: Path) -> Path:
    return kept.with_name(f"{kept.name}.json")


def _drop(tools: Tools, kept: Path) -> None:
    tools.disk.drop(kept)
    tools.disk.drop(_beside(kept))


def _paid_before(job: Job, plan: Plan, tools: Tools) -> tuple[Plan, Path] | None:
    """
    Return what was paid for this picture before, done in the same way and large enough.

    Where its second pass was not made then, it is not made now either.
    """
    names, asked = tools.disk.names(tools.paid), plan.promised or plan.passes
    if name := serves(names, job.sha256 or "", asked, plan.passes[-1]):
        return plan, tools.paid / name
    other = plan.otherwise
    if other and (name := serves(names, job.sha256 or "", asked, other.passes[-1])):
        return stopped(plan, ["it was not when the same picture was enlarged before"]), (
            tools.paid / name
        )
    return None
