"""
The story: one short function a state, `(job, tools, progress) -> Outcome`.

A step reads its job, does one thing through the ports and says what came of it. It may be repeated
after a crash at any point; whatever must not happen twice is guarded by the state that was
journalled before it began.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath

from upscaled.core.backoff import poll_delay
from upscaled.core.folders import Target, not_supported
from upscaled.core.judge import judge
from upscaled.core.outcome import Later, Next, Outcome, PutAside, Retry, outcome_of
from upscaled.core.plan import PlanRequest, make_plan
from upscaled.errors import Aside, Gone, NotReady, Outage, Stop
from upscaled.flow.delivery import archive, receipt, reveal, set_aside, stage
from upscaled.flow.ports import Engine, Progress
from upscaled.flow.tools import Tools
from upscaled.nouns import (
    Code,
    Facts,
    Fidelity,
    Hold,
    Job,
    Order,
    Pass,
    PassDone,
    Plan,
    Probe,
    Standing,
    State,
    Verdict,
)

Step = Callable[[Job, Tools, Progress], Outcome]

ASK_AGAIN = 10
"""Faults of the media host in a row, some minutes, until the result's address is asked anew."""
TOLERANCE_PX = 2
"""How fractional factors are rounded is not documented; the finish brings exact pixels."""


def take(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Read the file from the share, once, into a private copy."""
    tools.roots.require(job.watch)
    if tools.watch(job).originals == "archive" and not tools.disk.may_leave(tools.inbox(job)):
        raise Outage(
            f"{job.path}: its folder does not let files be moved out, so it could not be archived",
            "give this service's user the right to write in that folder",
            hold="share",
        )
    try:
        taken = tools.disk.take(tools.inbox(job), tools.source(job))
    except NotReady as error:
        return Later(seconds=None, reason=error.message)
    facts = replace(job.facts, times={**job.facts.times, "seen": job.seen_at})
    return Next(to=State.TAKEN, facts=facts, taken=taken, said="read whole into a private copy")


def examine(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Decode it to the last byte, judge it and plan."""
    if not tools.disk.is_there(tools.source(job)):
        return Next(to=State.SEEN, facts=job.facts, said="its private copy is gone; read again")
    own = tools.made(job.sha256 or "")
    if own:
        raise _own_result(f"job {own}")
    try:
        probe = tools.pictures.examine(tools.source(job))
    except NotReady as error:
        return _not_ready(job, tools, error)
    if "own" in probe.marks:
        raise _own_result(probe.marks["own"])
    order = order_of(job, tools)
    engine = "local" if order.local else tools.engine
    verdict = judge(
        tools.rulebook,
        probe,
        name=PurePosixPath(job.path).name,
        family=order.family,
        assume=order.assume or tools.watch(job).assume,
    )
    facts = replace(job.facts, engine=engine, probe=probe, verdict=verdict)
    try:
        plan = make_plan(_request(tools, order, probe, verdict))
    except Aside as error:
        failed = outcome_of(error, job.state)
        return replace(failed, facts=facts) if isinstance(failed, PutAside) else failed
    return Next(to=State.PLANNED, facts=replace(facts, plan=plan), said=plan_sentence(plan))


def _request(tools: Tools, order: Order, probe: Probe, verdict: Verdict) -> PlanRequest:
    wishes = tools.settings.plan
    return PlanRequest(
        probe=probe,
        verdict=verdict,
        order=order,
        catalogue=tools.catalogues["local" if order.local else tools.engine],
        fal_catalogue=tools.catalogues["fal"],
        beyond_safe=wishes.beyond_safe,
        resample_limit=wishes.resample_limit,
        larger=wishes.larger,
        larger_print=wishes.larger_print,
        unsupported=not_supported(order),
    )


def _own_result(by: str) -> Aside:
    return Aside(
        Code.OWN_RESULT,
        f"This is our own result ({by}); enlarging it again would only add artefacts.",
        "drop the original again, into a folder that asks for the larger size",
    )


def _not_ready(job: Job, tools: Tools, error: NotReady) -> Outcome:
    now = tools.clock.now()
    since = job.facts.times.get("quiet", now)
    until = since + timedelta(seconds=tools.watch(job).patience_seconds)
    if now >= until:
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


def order_of(job: Job, tools: Tools) -> Order:
    """Return what the job's folder asks for; the folder was valid when the file was accepted."""
    folder = str(PurePosixPath(job.path).parent)
    place = tools.grammar.resolve("" if folder == "." else folder)
    if not isinstance(place, Target):
        raise Gone(f"{folder} names no target any more")
    return place.order


def plan_sentence(plan: Plan) -> str:
    """Return the plan as one sentence of the job's history."""
    if not plan.passes:
        return f"{plan.model.value}: large enough, no model needed; {plan.width} x {plan.height}"
    by = ", then ".join(f"{one.model} {one.factor:g}x" for one in plan.passes)
    return f"{plan.model.value}: {by}; {plan.width} x {plan.height} {plan.format.value}"


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
    before = Path(facts.raw.path) if facts.raw else tools.source(job)
    _have_source(job, tools)
    made = tools.pictures.prepare(before, tools.bench(job) / f"upload-{facts.pass_index}")
    return Next(to=State.PREPARED, facts=replace(facts, upload=made), said="upload prepared")


def upload(job: Job, tools: Tools, progress: Progress) -> Outcome:
    """Put it where the models can fetch it, under an address that nobody else has."""
    facts = job.facts
    if facts.upload is None or not tools.disk.is_there(Path(facts.upload.path)):
        return Next(to=State.ADMITTED, facts=replace(facts, upload=None), said="prepared again")
    address = engine_of(job, tools).upload(facts.upload, progress)
    made = replace(facts, image_url=address, sent_at=None, ticket=None)
    return Next(to=State.SUBMITTING, facts=made, said="uploaded")


def submit(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Ask once. Whoever comes here a second time asks whether the first was heard."""
    if job.starts > 1:
        return _look_up(job, tools)
    ticket = engine_of(job, tools).submit(pass_of(job), job.facts.image_url or "")
    facts = replace(job.facts, ticket=ticket)
    return Next(to=State.SUBMITTED, facts=facts, said=f"accepted as {ticket.request_id}")


def _look_up(job: Job, tools: Tools) -> Outcome:
    sent = job.facts.sent_at or job.updated_at
    retry, limit = tools.settings.retry, job.facts.start_timeout
    age = (tools.clock.now() - sent).total_seconds()
    pause = min(retry.max_seconds, retry.first_seconds + age)
    try:
        found = engine_of(job, tools).look_up(pass_of(job), job.facts.image_url or "", sent)
    except (Outage, Stop) as error:
        return _doubtful(f"whether fal accepted it cannot be asked: {error.message}", pause)
    if found is not None:
        facts = replace(job.facts, ticket=found)
        return Next(to=State.SUBMITTED, facts=facts, said=f"was accepted as {found.request_id}")
    if tools.settings.fal.on_doubt == "wait" and age > limit + retry.max_seconds:
        facts = replace(job.facts, image_url=None, sent_at=None)
        return Next(to=State.PREPARED, facts=facts, said="surely never accepted; submitted anew")
    return _doubtful("fal does not list it yet; its price stays reserved", pause)


def _doubtful(why: str, seconds: float) -> Later:
    return Later(
        seconds=seconds,
        hold=Hold.DOUBT,
        reason=f"The answer to a paid submit was lost, so it is not sent again: {why}.",
    )


def await_result(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Look once where the request stands."""
    facts, one = job.facts, pass_of(job)
    if facts.ticket is None:
        raise Aside(Code.BAD_RESULT, "the request's ticket is missing", "report this job's history")
    try:
        standing = engine_of(job, tools).poll(one, facts.ticket)
    except Aside as error:
        return _refused(job, tools, error)
    except Stop as error:
        return (
            _our_fault(job, error) if error.hold == Hold.ENDPOINT else outcome_of(error, job.state)
        )
    if standing.state != "ready":
        sent = facts.times.get(State.SUBMITTED.value, job.updated_at)
        age = (tools.clock.now() - sent).total_seconds()
        return Later(seconds=poll_delay(age, tools.settings.fal.poll_seconds))
    done = pass_done(job, tools, standing)
    if any(one.request_id == facts.ticket.request_id for one in facts.passes if one.request_id):
        # Its money was settled when it was first ready; only its address was asked again.
        return Next(to=State.READY, facts=replace(facts, standing=standing), said="asked again")
    made = replace(facts, standing=standing, passes=(*facts.passes, done))
    said = f"{one.model} done, ${done.cost / 1e6:.2f}"
    return Next(to=State.READY, facts=made, said=said, paid=(done,), released=one.cost)


def _our_fault(job: Job, error: Stop) -> Outcome:
    """
    Clear a request that fal refused for its fields: our data is wrong, not the picture.

    It is judged and planned anew once somebody mended the rules and said `resume`; a request that
    would be refused again is not sent every minute.
    """
    facts = job.facts
    reason = f"{error.message}; {error.hint}" if error.hint else error.message
    if facts.pass_index == 0:
        clean = Facts(passes=facts.passes, times=facts.times)
        return Next(
            to=State.TAKEN,
            facts=clean,
            said=reason,
            released=plan_of(job).cost,
            hold=Hold.ENDPOINT,
            reason=reason,
        )
    again = replace(facts, ticket=None, image_url=None, sent_at=None)
    return Next(to=State.PREPARED, facts=again, said=reason, hold=Hold.ENDPOINT, reason=reason)


def _refused(job: Job, tools: Tools, error: Aside) -> Outcome:
    outcome = outcome_of(error, job.state)
    if not error.billed_units or not isinstance(outcome, PutAside):
        return outcome
    standing = Standing(state="ready", billable_units=error.billed_units)
    return replace(outcome, paid=(pass_done(job, tools, standing),))


def pass_done(job: Job, tools: Tools, standing: Standing) -> PassDone:
    """Return the receipt line of a pass: the service's own figure, else our estimate."""
    one, units = pass_of(job), standing.billable_units
    free = job.facts.engine == "local"
    cost = one.cost if units is None else round(units * tools.catalogues[job.facts.engine].unit)
    return PassDone(
        engine=job.facts.engine,
        endpoint=one.endpoint,
        model=one.model,
        params=one.params,
        factor=one.factor,
        width=one.width,
        height=one.height,
        request_id=job.facts.ticket.request_id if job.facts.ticket and not free else None,
        seconds=standing.seconds,
        cost=0 if free else cost,
        billed=units is not None,
    )


def fetch(job: Job, tools: Tools, progress: Progress) -> Outcome:
    """Download the enlarged picture; on to the next pass or to the finish."""
    facts, one = job.facts, pass_of(job)
    if job.outages >= ASK_AGAIN:
        made = replace(facts, standing=None)
        return Next(to=State.SUBMITTED, facts=made, said="asked again where the result lies")
    to = tools.bench(job) / f"raw-{facts.pass_index}"
    standing = facts.standing or Standing(state="ready")
    raw = engine_of(job, tools).fetch(one, standing, to, progress)
    if raw.width < one.width - TOLERANCE_PX or raw.height < one.height - TOLERANCE_PX:
        raise Aside(
            Code.BAD_RESULT,
            f"{one.model} returned {raw.width} x {raw.height} instead of "
            f"{one.width} x {one.height}.",
            "retry it; if it repeats, choose another family by the folder's name",
        )
    if facts.pass_index + 1 == len(plan_of(job).passes):
        return Next(to=State.FETCHED, facts=replace(facts, raw=raw), said="fetched whole")
    made = replace(
        facts,
        raw=raw,
        pass_index=facts.pass_index + 1,
        upload=None,
        image_url=None,
        sent_at=None,
        ticket=None,
        standing=None,
    )
    return Next(to=State.ADMITTED, facts=made, said="fetched whole; on to the next pass")


def finish(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Bring it to exact size, format, density and profile, and compare it with its source."""
    plan, facts, bench = plan_of(job), job.facts, tools.bench(job)
    if facts.raw is not None and not tools.disk.is_there(Path(facts.raw.path)):
        return Next(to=State.READY, facts=replace(facts, raw=None), said="fetched again")
    source = _have_source(job, tools)
    raw = Path(facts.raw.path) if facts.raw else source
    try:
        made = tools.pictures.finish(raw, source, plan, bench / f"result{plan.format.extension}")
    except Aside as error:
        if error.code in {Code.WORKER_DIED, Code.WORKER_TIMED_OUT}:
            # A crowded machine kills workers too; what was paid for is not dropped for it.
            return Retry(reason=error.message, counted=True)
        if error.code != Code.BAD_RESULT or facts.raw is None:
            raise
        # What was paid for is damaged on this side only: it is downloaded again, not bought again.
        return Retry(reason=error.message, counted=True, back=State.READY)
    fidelity = tools.pictures.check(source, Path(made.path), plan, bench / "compare.png")
    if plan.review and fidelity.verdict == "pass":
        reason = plan.shortfall or "the plan asks a person to look"
        fidelity = Fidelity(verdict="review", figures=fidelity.figures, reasons=(reason,))
    made_facts = replace(facts, result=made, fidelity=fidelity)
    return Next(to=State.FINISHED, facts=made_facts, said=f"finished; fidelity {fidelity.verdict}")


def _have_source(job: Job, tools: Tools) -> Path:
    """Return the private copy; read it again where the work folder was lost, if it is the same."""
    source = tools.source(job)
    if not tools.disk.is_there(source):
        tools.roots.require(job.watch)
        if tools.disk.take(tools.inbox(job), source).sha256 != job.sha256:
            tools.disk.drop(source)
            raise Gone(f"{job.path} was replaced by its owner; the new content is a new arrival")
    return source


def plan_of(job: Job) -> Plan:
    """Return the job's plan, which every state from `planned` on has."""
    if job.facts.plan is None:
        raise Aside(Code.BAD_RESULT, "the job's plan is missing", "report this job's history")
    return job.facts.plan


def pass_of(job: Job) -> Pass:
    """Return the pass the job is in."""
    return plan_of(job).passes[job.facts.pass_index]


def engine_of(job: Job, tools: Tools) -> Engine:
    """Return the engine the job was planned for; never another one."""
    engine = tools.engines.get(job.facts.engine)
    if engine is None:
        raise Stop(
            "no_key",
            "fal's key is not there",
            "put it into FAL_KEY or the credential fal_key and start again",
        )
    return engine


STEPS: Mapping[str, Step] = {
    "take": take,
    "examine": examine,
    "prepare": prepare,
    "upload": upload,
    "submit": submit,
    "await_result": await_result,
    "fetch": fetch,
    "finish": finish,
    "stage": stage,
    "reveal": reveal,
    "receipt": receipt,
    "archive": archive,
    "set_aside": set_aside,
}
