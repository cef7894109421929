"""A job that has ended, as a line of the report. Reads the job and the config, nothing else."""

from datetime import datetime, tzinfo

from upscaled.core.folders import Grammar
from upscaled.core.life import LIFE
from upscaled.core.receipt import cost_basis
from upscaled.core.report.values import Line, Took
from upscaled.core.settings import Settings, Watch
from upscaled.flow.cashier import drop_folder
from upscaled.flow.finals import REJECTED
from upscaled.flow.steps import plan_sentence
from upscaled.nouns import Facts, Job, State


def line_of(job: Job, settings: Settings, grammar: Grammar, zone: tzinfo) -> Line:
    """Return what the report tells of a job; pictures and links are the page's to add."""
    facts, plan = job.facts, job.facts.plan
    probe, made, verdict = facts.probe, facts.result, facts.verdict
    free = plan is not None and facts.error is None
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
        notes=notes_of(job.facts),
        cost=job.cost,
        basis=cost_basis(facts.passes, reused=facts.reused) if free or job.cost else "",
        fal_cost=plan.fal_cost if plan else 0,
        place=place_of(settings, job),
        trouble=facts.error,
        took=took(job),
    )


def notes_of(facts: Facts) -> tuple[str, ...]:
    """Return the sentences on a result that its owner might not expect."""
    plan, fidelity = facts.plan, facts.fidelity
    found = fidelity.reasons if fidelity and fidelity.verdict != "pass" else ()
    kept: list[str] = []
    for one in (*found, plan.shortfall if plan else None, *(plan.notes if plan else ())):
        # Why a person is asked may hold a note already, among its own words.
        if one and not any(one.rstrip(".") in before for before in kept):
            kept.append(one)
    return tuple(kept)


def took(job: Job) -> Took:
    """
    Return where a delivered job's time went; of one that was begun again, its last round.

    What was held is no work: a locked account lies before `submitted`, a lost share and the time in
    review lie after `finished`.
    """
    times = job.facts.times
    fetched, finished = times.get(State.FETCHED), times.get(State.FINISHED)
    if fetched is None or finished is None:
        return Took()
    steps = (times.get(state) for state in (State.SUBMITTED, State.ADMITTED, State.PLANNED))
    begun = next((at for at in steps if at is not None), fetched)
    return Took(
        waited=_seconds(job.seen_at, begun),
        enlarged=_seconds(begun, fetched),
        finished=_seconds(fetched, finished),
    )


def _seconds(first: datetime, last: datetime) -> float:
    return max(0.0, (last - first).total_seconds())


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


def is_listed(job: Job) -> bool:
    """Say whether an end is shown by itself; who was taken away or done again is only counted."""
    return job.state in {State.DONE, State.REVIEW, State.FAILED}
