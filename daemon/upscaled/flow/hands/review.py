"""`accept` and `reject`: what a person says of a result that waits in review/."""

from functools import partial

from upscaled.core import hands
from upscaled.core.names import REJECTED
from upscaled.core.outcome import Next
from upscaled.flow.conductor import Conductor
from upscaled.flow.finals import is_whole
from upscaled.flow.hands.desk import Asked, Bench, Desk
from upscaled.flow.hands.drag import bring_back, found_in_outbox
from upscaled.flow.naming import finished
from upscaled.flow.reviewed import TAKEN_OUT
from upscaled.nouns import Dragged, Job, State

ACCEPTED = "accepted; it goes to the outbox"


def accept(bench: Bench, order: Asked, job: Job) -> None:
    """Let a result pass, if it still stands in review/."""
    if hands.has_begun(job, State.ACCEPTING, order.at):
        bench.answer(order, ACCEPTED)
        return
    if why := _unanswerable(bench, job, "accepted"):
        bench.answer(order, f"not accepted: {why}")
        return

    def then(stands: str | None) -> None:
        if stands is None:
            hint = f"`upscaled redo {job.id}` makes it again, from paid pixels while they are kept"
            bench.answer(order, f"not accepted: {TAKEN_OUT}; {hint}")
        else:
            by = order.dragged.by if order.dragged else hands.COMMAND_LINE
            begin_accept(bench.conductor, job, by, stands or None)
            bench.answer(order, ACCEPTED)

    bench.at_root(order, job, partial(_stands, bench, job, order.dragged), then)


def reject(bench: Bench, order: Asked, job: Job) -> None:
    """Take a result out of review/ and its original to failed/."""
    if hands.has_begun(job, State.REJECTING, order.at):
        bench.answer(order, _rejected(stays=job.facts.stays))
    elif why := _unanswerable(bench, job, "rejected"):
        bench.answer(order, f"not rejected: {why}")
    elif order.dragged is None:
        bench.answer(order, _rejected(stays=begin_reject(bench.conductor, bench.desk, job)))
    else:

        def then(_: object) -> None:
            bench.answer(order, _rejected(stays=begin_reject(bench.conductor, bench.desk, job)))

        bench.at_root(order, job, partial(_stands, bench, job, order.dragged), then)


def _rejected(*, stays: bool) -> str:
    where = "its original stays" if stays else "its original goes to failed/"
    return f"rejected; the result goes to archive/{REJECTED}, {where}"


def begin_accept(conductor: Conductor, job: Job, by: str, found: str | None = None) -> None:
    """Let a job in review walk on to the outbox; `by` is how a person said so."""
    facts = hands.accepted(job, by, conductor.tools.clock.now(), found)
    said = f"accepted ({by})"
    conductor.apply(job, Next(to=State.ACCEPTING, facts=facts, said=said))


def begin_reject(conductor: Conductor, desk: Desk, job: Job) -> bool:
    """Let a job in review walk on to failed/; say whether its original stays where it is."""
    leaves = conductor.tools.watch(job).originals == "leave"
    gone = hands.origin_of(job, leaves=leaves) is None
    stays = gone or hands.is_needed(job, desk.ends(job.watch, job.path), leaves=leaves)
    facts = hands.rejected(job, stays=stays)
    reason = facts.error.message if facts.error else None
    said = "rejected by hand"
    conductor.apply(job, Next(to=State.REJECTING, facts=facts, said=said, reason=reason))
    return stays


def _unanswerable(bench: Bench, job: Job, done: str) -> str | None:
    if why := hands.not_in_review(job, done):
        return why
    redo = hands.redone_by(job, bench.conductor.book.jobs.values())
    return f"it is being redone as {redo.id}; cancel that first" if redo else None


def _stands(bench: Bench, job: Job, dragged: Dragged | None) -> str | None:
    """
    Put what was dragged back; say whether the result stands in review/: empty, or None.

    Where a person put it into the outbox, return its path there.
    """
    tools, stood = bench.conductor.tools, hands.reviewed(job)
    tools.roots.require(job.watch)
    if dragged is not None and dragged.root == "outbox":
        return found_in_outbox(tools, job, dragged)
    if dragged is not None:
        bring_back(tools, job, dragged)
    made, _ = finished(job)
    stands = stood and is_whole(tools.watch(job).review / stood.result, made.sha256, tools)
    return "" if stands else None
