"""
What passes between a job and its engine: upload, the one submit, the wait, the download.

This is where money leaves. A submit is never repeated on a doubtful answer; what was paid for is
never dropped for a fault on this side.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from upscaled.core.backoff import poll_delay
from upscaled.core.hands import begun_anew
from upscaled.core.outcome import Later, Next, Outcome, PutAside, Retry, outcome_of
from upscaled.errors import Aside, Doubt, Missing, Outage, Stop, UpscaledError
from upscaled.flow.bench import is_second, of_pass
from upscaled.flow.doubt import departure, doubtful, look_up, may_have_left
from upscaled.flow.ports import Engine, Progress
from upscaled.flow.tools import Tools
from upscaled.nouns import Code, Facts, Hold, Job, Pass, PassDone, Plan, Standing, State, Trouble

ASK_AGAIN = 10
"""Faults of the media host in a row, some minutes, until the result's address is asked anew."""
MISSING = timedelta(minutes=5)
"""How long a result may be missing at its address before that is asked anew, and after that."""
MISSING_SINCE, ASKED_ANEW = "missing", "asked_anew"
TOLERANCE_PX = 2
"""How fractional factors are rounded is not documented; the finish brings exact pixels."""


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
        if may_have_left(job, tools):
            return _look_up(job, tools)
        facts = replace(job.facts, image_url=None, sent_at=None)
        return Next(to=State.PREPARED, facts=facts, said="the submit never left; begun anew")
    mark = departure(job, tools)
    tools.disk.mark(mark)
    try:
        ticket = engine_of(job, tools).submit(pass_of(job), job.facts.image_url or "")
    except Doubt as error:
        return doubtful(pass_of(job), error.message, tools.settings.retry.first_seconds)
    except (Outage, Stop) as error:
        tools.disk.drop(mark)  # surely not accepted
        if not isinstance(error, Stop) or error.hold != Hold.ENDPOINT:
            raise
        return _our_fault(job, error)
    facts = replace(job.facts, ticket=ticket)
    return Next(to=State.SUBMITTED, facts=facts, said=f"accepted as {ticket.request_id}")


def _look_up(job: Job, tools: Tools) -> Outcome:
    try:
        engine = engine_of(job, tools)
    except Stop as error:
        pause = tools.settings.retry.max_seconds
        return doubtful(pass_of(job), f"{error.message}, so fal cannot be asked", pause)
    return look_up(job, pass_of(job), engine, tools)


def await_result(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Look once where the request stands."""
    facts, one = job.facts, pass_of(job)
    if facts.ticket is None:
        raise Aside(Code.BAD_RESULT, "the request's ticket is missing", "report this job's history")
    try:
        standing = engine_of(job, tools).poll(one, facts.ticket)
    except UpscaledError as error:
        return _troubled(job, tools, error)
    if standing.state != "ready":
        sent = facts.times.get(State.SUBMITTED.value, job.updated_at)
        age = (tools.clock.now() - sent).total_seconds()
        pause = poll_delay(age, tools.settings.fal.poll_seconds, tools.die())
        return Later(seconds=pause, facts=replace(facts, standing=standing))
    done = pass_done(job, tools, standing)
    if is_settled(facts):
        return Next(to=State.READY, facts=replace(facts, standing=standing), said="asked again")
    made = replace(facts, standing=standing, passes=(*facts.passes, done))
    said = f"{one.model} done, ${done.cost / 1e6:.2f}"
    return Next(to=State.READY, facts=made, said=said, paid=(done,), released=one.cost)


def is_settled(facts: Facts) -> bool:
    """Say whether the request was ready and paid for before; only its address is asked again."""
    known = facts.ticket.request_id if facts.ticket else None
    return any(one.request_id == known for one in facts.passes if one.request_id)


def _troubled(job: Job, tools: Tools, error: UpscaledError) -> Outcome:
    """Sort what went wrong while waiting; nothing makes a request that was paid for unpaid."""
    if is_settled(job.facts) and not isinstance(error, Outage):
        asked = job.facts.times.get(ASKED_ANEW)
        if isinstance(error, Aside) and asked and tools.clock.now() - asked >= MISSING:
            return outcome_of(error, job.state)  # gone everywhere, and paid for: a person decides
        return Retry(reason=error.message, counted=False)
    if isinstance(error, Stop) and error.hold == Hold.ENDPOINT:
        return _our_fault(job, error)
    if isinstance(error, Aside):
        return _refused(job, tools, error)
    return outcome_of(error, job.state)


def _our_fault(job: Job, error: Stop) -> Outcome:
    """
    Clear a request that fal refused for its fields: our data is wrong, not the picture.

    It is judged and planned anew once somebody mended the rules and said `resume`; a request that
    would be refused again is not sent every minute. A later pass keeps its plan and what was paid
    for it: it is sent again by `resume`, or cancelled.
    """
    facts = job.facts
    reason = f"{error.message}; {error.hint}" if error.hint else error.message
    if is_second(facts):  # a first result is here already: that one is for a person now
        return PutAside(trouble=Trouble(code=Code.REFUSED, message=reason, hint=error.hint))
    if facts.pass_index == 0:
        clean = replace(begun_anew(facts), engine=facts.engine)
        return Next(
            to=State.TAKEN,
            facts=clean,
            said=reason,
            released=plan_of(job).cost,
            hold=Hold.ENDPOINT,
            reason=reason,
        )
    again = replace(facts, ticket=None, image_url=None, sent_at=None, standing=None)
    return Next(to=State.PREPARED, facts=again, said=reason, hold=Hold.ENDPOINT, reason=reason)


def _refused(job: Job, tools: Tools, error: Aside) -> Outcome:
    outcome = outcome_of(error, job.state)
    # A model that ended well is billed, even where its picture is of no use and nobody says a sum.
    unsaid = error.code == Code.BAD_RESULT and error.billed_units is None
    if not (error.billed_units or unsaid) or not isinstance(outcome, PutAside):
        return outcome
    standing = Standing(state="ready", billable_units=error.billed_units)
    return replace(outcome, paid=(pass_done(job, tools, standing),))


def _missing(job: Job, tools: Tools, error: Missing) -> Outcome:
    """
    Wait some minutes for a result that is not there, ask anew where it lies, wait again, give up.

    It was paid for, so it is never bought again silently: a person decides.
    """
    facts, now = job.facts, tools.clock.now()
    since = facts.times.get(MISSING_SINCE, now)
    asked = facts.times.get(ASKED_ANEW)
    times = {**facts.times, MISSING_SINCE: since}
    if now - (asked or since) < MISSING:
        noted = replace(facts, times=times)
        wait = error.after_seconds
        return Retry(reason=error.message, counted=False, after_seconds=wait, facts=noted)
    if asked is None and facts.ticket is not None:
        made = replace(facts, standing=None, times={**times, ASKED_ANEW: now})
        return Next(to=State.SUBMITTED, facts=made, said="asked again where the result lies")
    raise Aside(
        Code.BAD_RESULT,
        f"The result was paid for, and fal's media host does not have it any more: {error.message}",
        "look for it at fal.ai/dashboard; `upscaled retry` pays once more",
    )


def _found(facts: Facts) -> Facts:
    kept = {name: at for name, at in facts.times.items() if name not in {MISSING_SINCE, ASKED_ANEW}}
    return replace(facts, times=kept)


def _is_prepared(facts: Facts, tools: Tools) -> bool:
    return facts.upload is not None and tools.disk.is_there(Path(facts.upload.path))


def fetch(job: Job, tools: Tools, progress: Progress) -> Outcome:
    """Download the enlarged picture; on to the next pass or to the finish."""
    facts, one = job.facts, pass_of(job)
    if facts.engine == "local" and not _is_prepared(facts, tools):
        anew = replace(facts, upload=None, ticket=None, passes=facts.passes[:-1])
        return Next(to=State.ADMITTED, facts=anew, said="prepared again; nothing was paid")
    elsewhere = MISSING_SINCE not in facts.times and facts.engine != "local"
    if job.outages >= ASK_AGAIN and facts.ticket is not None and elsewhere:
        made = replace(facts, standing=None)
        return Next(to=State.SUBMITTED, facts=made, said="asked again where the result lies")
    to = tools.bench(job) / of_pass(facts, "raw")
    standing = facts.standing or Standing(state="ready")
    try:
        raw = engine_of(job, tools).fetch(one, standing, to, progress)
    except Missing as error:
        return _missing(job, tools, error)
    facts = _found(facts)
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
        raw_from=standing,
        raw_ticket=facts.ticket,
        pass_index=facts.pass_index + 1,
        upload=None,
        image_url=None,
        sent_at=None,
        ticket=None,
        standing=None,
    )
    return Next(to=State.ADMITTED, facts=made, said="fetched whole; on to the next pass")
