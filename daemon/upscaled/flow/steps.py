"""
The story: one short function a state, `(job, tools, progress) -> Outcome`.

A step reads its job, does one thing through the ports and says what came of it. It may be repeated
after a crash at any point; whatever must not happen twice is guarded by the state that was
journalled before it began.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from upscaled.core.draft import PlanRequest
from upscaled.core.folders import Target
from upscaled.core.frames import frame_of
from upscaled.core.hands import asked_for, begun_anew
from upscaled.core.judge import judge
from upscaled.core.outcome import Next, Outcome, PutAside, Retry, outcome_of
from upscaled.core.own import own_result, refuse_own
from upscaled.core.plan import make_plan
from upscaled.core.plan_text import plan_sentence
from upscaled.core.provenance import Story, story_of
from upscaled.core.receipt import stamp
from upscaled.core.series import as_member, group_of
from upscaled.core.tickets import by_ticket, series_of, wished
from upscaled.errors import Aside, Gone, NotReady
from upscaled.flow import between, kept, showing
from upscaled.flow.aside import set_aside
from upscaled.flow.bench import again, of_pass
from upscaled.flow.delivery import archive, receipt, reveal, stage
from upscaled.flow.ports import Progress
from upscaled.flow.request import await_result, pass_of, plan_of, submit, upload
from upscaled.flow.reviewed import accept, clear, reject
from upscaled.flow.taking import have_source, take, take_again
from upscaled.flow.tools import Tools
from upscaled.flow.trying import finished
from upscaled.nouns import (
    Assessment,
    Code,
    Facts,
    Fidelity,
    Hold,
    Job,
    Order,
    Plan,
    Probe,
    Recipe,
    State,
    Verdict,
)

Step = Callable[[Job, Tools, Progress], Outcome]


def examine(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Decode it to the last byte, judge it, and plan unless its series has a say."""
    if not tools.disk.is_there(tools.source(job)):
        back = State.ASKED if job.facts.away else State.SEEN
        return Next(to=back, facts=job.facts, said="its private copy is gone; read again")
    redo = job.facts.redo
    own = tools.made(job.sha256 or "") if redo is None else None
    if own:
        raise own_result(f"job {own}")
    try:
        probe = tools.pictures.examine(tools.source(job), waited=_waited(job, tools))
    except NotReady as error:
        return _not_ready(job, tools, error)
    if redo is None:
        refuse_own(probe)
    order = order_of(job, tools)
    verdict = _judged(job, tools, probe, order)
    facts = replace(job.facts, probe=probe, verdict=verdict)
    alone = redo is not None and redo.family is not None
    if (group := group_of(job.path, order, series_of(job.facts.wishes))) and not alone:
        said = f"judged for itself: {verdict.model.value} ({verdict.confidence:.0%})"
        joined = replace(facts, series=group.key(probe))
        return Next(to=State.JUDGED, facts=joined, said=said, reason=group.waits)
    return _planned(job, tools, facts, order)


def _judged(job: Job, tools: Tools, probe: Probe, order: Order) -> Verdict:
    if job.facts.redo and job.facts.redo.family:
        return asked_for(job.facts.redo.family)
    verdict = judge(
        tools.rulebook,
        probe,
        name=PurePosixPath(job.path).name,
        family=order.family,
        assume=order.assume or tools.watch(job).assume,
    )
    return by_ticket(verdict, job.facts.wishes)


def join(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Plan it with the recipe of its series."""
    recipe = tools.recipe(job.watch, job.facts.series or "")
    if recipe is None:
        again = begun_anew(job.facts)
        return Next(to=State.TAKEN, facts=again, said="its series is another one now; judged anew")
    return _planned(job, tools, replace(job.facts, verdict=recipe.verdict), recipe.order, recipe)


def _planned(
    job: Job, tools: Tools, facts: Facts, order: Order, recipe: Recipe | None = None
) -> Outcome:
    engine = "local" if order.local else tools.engine
    facts = replace(facts, engine=engine)
    try:
        plan = make_plan(_request(tools, order, facts, recipe, alike=_in_sub_folder(job, tools)))
    except Aside as error:
        failed = outcome_of(error, job.state)
        return replace(failed, facts=facts) if isinstance(failed, PutAside) else failed
    planned = replace(job, facts=replace(facts, plan=plan))
    return Next(to=State.PLANNED, facts=planned.facts, said=plan_sentence(plan))


def _request(
    tools: Tools, order: Order, facts: Facts, recipe: Recipe | None, *, alike: bool
) -> PlanRequest:
    wishes, probe, verdict = tools.settings.plan, facts.probe, facts.verdict
    if probe is None or verdict is None:
        raise Gone("what it was judged as is not known any more")
    return PlanRequest(
        probe=as_member(probe, recipe) if recipe else probe,
        verdict=verdict,
        order=order,
        catalogue=tools.catalogues[facts.engine],
        fal_catalogue=tools.catalogues["fal"],
        beyond_safe=wishes.beyond_safe,
        resample_limit=wishes.resample_limit,
        larger=wishes.larger,
        larger_print=wishes.larger_print,
        min_effective_ppi=wishes.min_effective_ppi,
        alike=alike and recipe is None,
        series=recipe,
    )


def _not_ready(job: Job, tools: Tools, error: NotReady) -> Outcome:
    since, until = _patience(job, tools)
    if _waited(job, tools):
        raise Aside(
            Code.TRUNCATED,
            f"The file stayed incomplete: {error.message}",
            "copy it again, whole; then use `upscaled retry` or drop the new copy",
        ) from error
    facts = replace(job.facts, times={**job.facts.times, "quiet": since})
    return Next(
        to=State.SEEN,
        facts=facts,
        said=f"not complete yet: {error.message}",
        hold=Hold.NOT_READY,
        reason=f"The file does not decode yet ({error.message}); it may still be growing.",
        due_at=until,
    )


def _patience(job: Job, tools: Tools) -> tuple[datetime, datetime]:
    """Return since when the file is quiet, and how long it may stay incomplete."""
    since = job.facts.times.get("quiet", tools.clock.now())
    return since, since + timedelta(seconds=tools.watch(job).patience_seconds)


def _waited(job: Job, tools: Tools) -> bool:
    """Say whether its patience is over; what lies outside the inbox grows no more."""
    return job.facts.away or tools.clock.now() >= _patience(job, tools)[1]


def order_of(job: Job, tools: Tools) -> Order:
    """
    Return what the job's folder asks for, and its ticket where it has one.

    The folder was valid when the file was accepted.
    """
    return wished(_place_of(job, tools).order, job.facts.wishes)


def _in_sub_folder(job: Job, tools: Tools) -> bool:
    """Say whether it lies below the folder that names the target: in a batch of somebody's."""
    place = _place_of(job, tools)
    return place.path != place.target_path


def _place_of(job: Job, tools: Tools) -> Target:
    folder = str(PurePosixPath(job.path).parent)
    place = tools.grammar.resolve("" if folder == "." else folder)
    if not isinstance(place, Target):
        raise Gone(f"{folder} names no target any more")
    return place


def admit(job: Job) -> Next:
    """Reserve the plan's price; where no model is needed the source itself is all there is."""
    plan = plan_of(job)
    if not plan.passes:
        return Next(to=State.FETCHED, facts=job.facts, said="no model needed")
    return Next(
        to=State.ADMITTED,
        facts=job.facts,
        said=f"reserved ${plan.cost / 1e6:.2f}",
        reserved=plan.cost,
    )


def prepare(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Make what this pass uploads: pixels and colour profile only."""
    facts = job.facts
    if facts.raw is not None and not tools.disk.is_there(Path(facts.raw.path)):
        # The pass before was paid for: its picture is downloaded again.
        back = replace(
            facts,
            raw=None,
            standing=facts.raw_from,
            ticket=facts.raw_ticket,
            pass_index=facts.pass_index - 1,
        )
        return Next(to=State.READY, facts=back, said="the pass before is fetched again")
    before = Path(facts.raw.path) if facts.raw else tools.source(job)
    have_source(job, tools)
    if between.is_due(facts):
        found = _looked(job, tools)
        if isinstance(found, Retry):
            return found
        facts = replace(facts, assessment=found)
        if not found.clean:
            return between.goes_no_further(job, found)
    stem = tools.bench(job) / of_pass(facts, "upload")
    made = tools.pictures.prepare(before, stem, pass_of(job).prepared)
    return Next(to=State.PREPARED, facts=replace(facts, upload=made), said="upload prepared")


def _looked(job: Job, tools: Tools) -> Assessment | Retry:
    try:
        return between.look(job, tools)
    except Aside as error:
        return Retry(reason=error.message, counted=True)  # a crowded machine kills workers too


def finish(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Bring it to exact size, format, density and profile, and compare it with its source."""
    plan, facts, bench = plan_of(job), job.facts, tools.bench(job)
    if facts.raw is not None and not tools.disk.is_there(Path(facts.raw.path)):
        return kept.pixels_again(job, tools, "its pixels were lost", bad=False)
    source, more = have_source(job, tools), again(facts)
    raw = Path(facts.raw.path) if facts.raw else source
    to = bench / f"result{more}{plan.format.extension}"
    try:
        made = tools.pictures.finish(raw, source, plan, to, _story(job, tools))
    except Aside as error:
        if error.code in {Code.WORKER_DIED, Code.WORKER_TIMED_OUT}:
            # A crowded machine kills workers too; what was paid for is not dropped for it.
            return Retry(reason=error.message, counted=True)
        if error.code != Code.BAD_RESULT or facts.raw is None:
            raise
        return kept.pixels_again(job, tools, error.message, bad=True)
    compare = bench / f"compare{more}.png"
    fidelity = tools.pictures.check(source, Path(made.path), plan, compare)
    if facts.series is None or frame_of(job.path) is None:
        fidelity = replace(fidelity, swatch="")  # nobody will compare it
    checked = replace(facts, result=made, fidelity=_asked_for(plan, fidelity))
    ended = finished(job, tools, checked)
    if ended.to is State.FINISHED:
        kept.settle(job, tools, ended.facts)
        showing.keep(job, tools, ended.facts)
    return ended


def _story(job: Job, tools: Tools) -> Story:
    """Return what the result says of its making."""
    told = Story(
        software=f"upscaled {tools.version}",
        when=stamp(tools.clock.now()),
        job=job.id,
        strip_gps=tools.settings.finish.strip_gps,
    )
    return story_of(plan_of(job), job.facts.probe, told)


def _asked_for(plan: Plan, fidelity: Fidelity) -> Fidelity:
    """Return the check's verdict, or `review` where the plan asks a person to look."""
    if not plan.review or fidelity.verdict != "pass":
        return fidelity
    reason = plan.review_reason or plan.shortfall or "the plan asks a person to look"
    return replace(fidelity, verdict="review", reasons=(reason,))


STEPS: Mapping[str, Step] = {
    "take": take,
    "take_again": take_again,
    "examine": examine,
    "join": join,
    "prepare": prepare,
    "upload": upload,
    "submit": submit,
    "await_result": await_result,
    "fetch": kept.fetch,
    "finish": finish,
    "stage": stage,
    "accept": accept,
    "reveal": reveal,
    "receipt": receipt,
    "archive": archive,
    "clear": clear,
    "reject": reject,
    "set_aside": set_aside,
}
