"""
Between two passes: the first one's result is looked at as a new source before more is paid for.

A look costs nothing and may be repeated, so it is part of preparing the second pass and needs no
state of its own.
"""

from dataclasses import replace
from pathlib import Path

from upscaled.core.assessment import assess, figures_of
from upscaled.core.fallback import stop_here
from upscaled.core.outcome import Next
from upscaled.core.provenance import Story
from upscaled.errors import Aside, NotReady
from upscaled.flow.taking import have_source
from upscaled.flow.tools import Tools
from upscaled.nouns import Artifact, Assessment, Code, Facts, Format, Job, Plan, State

_CROWDED = {Code.WORKER_DIED, Code.WORKER_TIMED_OUT}


def is_due(facts: Facts) -> bool:
    """Say whether the next pass depends on a look that was not taken yet."""
    depends = facts.plan is not None and facts.plan.otherwise is not None
    return depends and facts.pass_index == 1 and facts.assessment is None


def look(job: Job, tools: Tools) -> Assessment:
    """Return whether the first pass's result is clean enough for the second."""
    facts = job.facts
    if facts.plan is None or facts.raw is None or facts.probe is None:
        return Assessment(clean=False, reasons=("nothing is known of its source any more",))
    first, likewise = facts.plan.passes[0], _as_it_is(facts.plan, facts.raw)
    source, bench = have_source(job, tools), tools.bench(job)
    try:
        story = Story(software=f"upscaled {tools.version}")
        to = bench / "between.tif"
        made = tools.pictures.finish(Path(facts.raw.path), source, likewise, to, story)
        probe = tools.pictures.examine(Path(made.path))
        likeness = tools.pictures.check(source, Path(made.path), likewise, None)
    except (Aside, NotReady) as error:
        if isinstance(error, Aside) and error.code in _CROWDED:
            raise
        return Assessment(
            clean=False, reasons=(f"its result could not be looked at: {error.message}",)
        )
    finally:
        tools.disk.drop(bench / "between.tif")
    figures = figures_of(facts.probe.features, probe.features, first.factor, likeness)
    return assess(figures, tools.second_pass)


def _as_it_is(plan: Plan, raw: Artifact) -> Plan:
    """Return the plan that only brings the source's profile back to a picture."""
    return replace(
        plan,
        width=raw.width,
        height=raw.height,
        scaled_width=raw.width,
        scaled_height=raw.height,
        format=Format.TIFF,
        ppi=None,
        pad="",
        srgb=False,
        review=False,
    )


def goes_no_further(job: Job, found: Assessment) -> Next:
    """Finish what there is; the second pass's price is free again."""
    facts, plan = job.facts, job.facts.plan
    if plan is None:
        raise Aside(Code.BAD_RESULT, "the job's plan is missing", "report this job's history")
    ends = stop_here(facts, plan, found, *found.reasons)
    said = f"assessed: {'; '.join(found.reasons)}; no second pass"
    return Next(to=State.FETCHED, facts=ends, said=said, released=plan.passes[1].cost)
