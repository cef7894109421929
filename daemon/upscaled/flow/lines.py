"""A job that has ended, as a line of the report. Reads the job and the config, nothing else."""

from datetime import tzinfo

from upscaled.core.folders import Grammar, drop_folder
from upscaled.core.life import LIFE
from upscaled.core.names import REJECTED
from upscaled.core.plan_text import plan_sentence
from upscaled.core.report.figures import basis_of, took
from upscaled.core.report.values import Line
from upscaled.core.settings import Settings, Watch
from upscaled.nouns import Facts, Job, State


def line_of(job: Job, settings: Settings, grammar: Grammar, zone: tzinfo) -> Line:
    """Return what the report tells of a job; pictures and links are the page's to add."""
    facts, plan = job.facts, job.facts.plan
    probe, made, verdict = facts.probe, facts.result, facts.verdict
    return Line(
        job=job.id,
        path=job.path,
        word=LIFE[job.state].word.value,
        at=job.updated_at.astimezone(zone),
        folder=drop_folder(grammar, job.path),
        family=verdict.model.value if verdict else "",
        confidence=verdict.confidence if verdict else None,
        reasons=verdict.reasons if verdict else (),
        plan=plan_sentence(plan) if plan else "",
        source=(probe.width, probe.height) if probe else None,
        result=(made.width, made.height) if made else None,
        result_bytes=made.bytes if made else 0,
        notes=notes_of(facts, job.reason if job.state is State.REVIEW else None),
        cost=job.cost,
        basis=basis_of(facts, job.cost),
        fal_cost=plan.fal_cost if plan else 0,
        place=place_of(settings, job),
        trouble=facts.error,
        took=took(job.seen_at, facts.times),
    )


def notes_of(facts: Facts, reason: str | None = None) -> tuple[str, ...]:
    """Return the sentences on a result that its owner might not expect; `reason` is its own."""
    plan, fidelity = facts.plan, facts.fidelity
    found = fidelity.reasons if fidelity and fidelity.verdict != "pass" else ()
    planned = (plan.review_reason if plan.review else None, plan.shortfall) if plan else ()
    kept: list[str] = []
    for one in (reason, *found, *planned, *(plan.notes if plan else ())):
        # Why a person is asked may hold a note already, among its own words.
        if one and not any(one.rstrip(".") in before for before in kept):
            kept.append(one)
    return tuple(kept)


def watch_of(settings: Settings, job: Job) -> Watch | None:
    """Return a job's watch, None where it has left the configuration."""
    return settings.watch[job.watch] if 0 <= job.watch < len(settings.watch) else None


def place_of(settings: Settings, job: Job) -> str:
    """Return where the picture is now, as root folder and name."""
    watch = watch_of(settings, job)
    if watch is None:
        return "its inbox has left the configuration"
    delivery, facts = job.facts.delivery, job.facts
    if LIFE[job.state].step:
        return f"{watch.inbox.name}/{job.path}"
    if facts.set_aside:
        return f"{watch.failed.name}/{facts.set_aside}"
    if job.state is State.SUPERSEDED and facts.rejected:
        return f"{watch.archive.name}/{REJECTED}/{facts.rejected}"
    if delivery is None or job.state is State.SUPERSEDED:
        return ""
    root = watch.outbox if delivery.root == "outbox" else watch.review
    return f"{root.name}/{delivery.path}"
