"""
What was paid for is kept, and serves the same picture again instead of being bought again.

It knows names and plans, not pixels: whether a picture is good is the finish's to say.
"""

from dataclasses import replace
from pathlib import Path

from upscaled.core.assessment import stopped
from upscaled.core.fingerprint import kept_name, serves, size_of
from upscaled.core.hands import begun_anew
from upscaled.core.outcome import Next, Outcome, Retry
from upscaled.flow.bench import is_second
from upscaled.flow.request import plan_of
from upscaled.flow.tools import Tools
from upscaled.nouns import Artifact, Facts, Job, Plan, State


def served(job: Job, tools: Tools) -> Next | None:
    """Serve a planned job from what an identical plan was paid for; None where nothing is kept."""
    facts, plan = job.facts, plan_of(job)
    if facts.engine != "fal" or not plan.passes or is_second(facts):
        return None
    found = _paid_before(job, plan, tools)
    if found is None:
        return None
    plan, kept = found
    to = tools.bench(job) / "raw-kept"
    tools.disk.lend(kept, to)
    width, height = size_of(kept.name)
    raw = Artifact(path=str(to), sha256="", bytes=0, width=width, height=height, format="PNG")
    told = replace(plan, notes=(*plan.notes, _said(facts)))
    made = replace(facts, plan=told, raw=raw, reused=True)
    return Next(to=State.FETCHED, facts=made, said="served from what was paid before")


def _said(facts: Facts) -> str:
    said = "The same picture was enlarged in the same way before"
    if facts.passes:  # an earlier attempt of this job paid, and its sidecar says how much
        return f"{said}: its pixels come from what was paid then."
    return f"{said}: nothing was paid again."


def keep(job: Job, tools: Tools, facts: Facts) -> None:
    """Keep what was paid for: the same plan is then served from it."""
    plan, raw = facts.plan, facts.raw
    worth = facts.engine == "fal" and tools.settings.state.keep_paid_days > 0
    if not worth or plan is None or raw is None or facts.reused:
        return
    if tools.disk.is_there(Path(raw.path)):
        name = kept_name(job.sha256 or "", plan.promised or plan.passes, plan.passes[-1])
        tools.disk.lend(Path(raw.path), tools.paid / name)


def pixels_again(job: Job, tools: Tools, why: str) -> Outcome:
    """
    Get the enlarged picture once more: what was paid for is downloaded again, not bought again.

    What an earlier job had left is dropped, and the picture is planned anew.
    """
    if not job.facts.reused:
        return Retry(reason=why, counted=True, back=State.READY)
    kept = _paid_before(job, plan_of(job), tools)
    if kept is not None:
        tools.disk.drop(kept[1])
    return Next(to=State.TAKEN, facts=begun_anew(job.facts), said=f"planned again: {why}")


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
