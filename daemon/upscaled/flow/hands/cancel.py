"""`cancel`: a job stops; what it may have cost counts as spent."""

import structlog

from upscaled.core.life import Lane
from upscaled.core.outcome import PutAside
from upscaled.errors import UpscaledError
from upscaled.flow.hands.desk import Asked, Bench
from upscaled.flow.request import is_settled, pass_done
from upscaled.nouns import Code, Job, PassDone, Standing, State, Trouble

log = structlog.get_logger()

_DELIVERED = {State.DELIVERING, State.RECEIPTING, State.ARCHIVING, State.CLEARING}
_ENDING = {State.FAILING, State.ACCEPTING, State.REJECTING}


def cancel(bench: Bench, order: Asked, job: Job) -> None:
    """Set a living job aside, unless it is too late."""
    if job.id not in bench.conductor.book.jobs:
        bench.answer(order, f"not cancelled: it is {job.state.value}")
    elif job.state in _DELIVERED:
        bench.answer(order, "not cancelled, too late: it is being delivered")
    elif job.state in _ENDING:
        bench.answer(order, f"not cancelled, too late: it is {job.state.value}")
    else:
        paid = _cancel_at_engine(bench, job)
        hint = "use `upscaled retry` to have it done after all"
        if job.facts.redo is not None:
            hint = f"use `upscaled redo {job.facts.redo.of}` to have it done after all"
        trouble = Trouble(code=Code.CANCELLED, message="Cancelled by hand.", hint=hint)
        bench.conductor.apply(job, PutAside(trouble=trouble, paid=paid))
        bench.answer(order, "cancelled")


def _cancel_at_engine(bench: Bench, job: Job) -> tuple[PassDone, ...]:
    """
    Ask the engine to drop the request; nobody knows whether it is still billed.

    So its estimate counts as spent: the cap must hold even then.
    """
    doubtful = job.state is State.SUBMITTING and job.starts > 0
    if not doubtful and (job.state is not State.SUBMITTED or is_settled(job.facts)):
        return ()
    tools, ticket = bench.conductor.tools, job.facts.ticket
    paid = (pass_done(job, tools, Standing(state="running")),)
    engine = tools.engines.get(job.facts.engine)
    if ticket is None or engine is None:
        return paid

    def ask() -> None:
        try:
            engine.cancel(ticket)
        except UpscaledError as error:
            log.warning("cancel_not_heard", job=job.id, reason=error.message)

    bench.roads[Lane.NETWORK, 0].put(0, ask)
    return paid
