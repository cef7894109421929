"""`redo`: an ended job's original is done again, as a new job."""

from functools import partial
from pathlib import PurePosixPath

from upscaled.core import hands, names
from upscaled.core.folders import Target
from upscaled.errors import Outage
from upscaled.flow.conductor import Conductor
from upscaled.flow.hands.desk import Asked, Bench, Desk
from upscaled.flow.hands.drag import bring_back
from upscaled.flow.naming import original_of, speak_for
from upscaled.nouns import Dragged, Family, Job


def redo(bench: Bench, order: Asked, job: Job) -> None:
    """Begin a new job on the original of an ended one; the same order never begins two."""
    new_id = names.job_id_of_order(order.id, order.at)
    if bench.desk.job(new_id) is not None:
        bench.answer(order, _answer(new_id, order.argument))
        return
    tools = bench.conductor.tools
    origin = hands.origin_of(job, leaves=tools.watch(job).originals == "leave")
    why = _unanswerable(bench, order, job)
    if why is None and origin is None:
        why = "its original was taken away by its owner; drop it into the inbox again"
    if why is not None or origin is None:
        bench.answer(order, f"not redone: {why}")
        return
    family = Family(order.argument) if order.argument in set(Family) else None
    new = hands.redone(job, new_id, family, origin, tools.clock.now())

    def then(is_there: bool) -> None:  # noqa: FBT001 - what the look at the folder came to
        if not is_there:
            said = f"{origin.root}/{origin.path} is not there; drop the original into the inbox"
            bench.answer(order, f"not redone: {said}")
        elif begin_redo(bench.conductor, new):
            bench.answer(order, _answer(new_id, order.argument))

    bench.at_root(order, job, partial(_is_there, bench, job, new, order.dragged), then)


def begin_redo(conductor: Conductor, new: Job) -> bool:
    """Let a new job begin where an ended one's original lies; False while the ledger is deaf."""
    redo = new.facts.redo
    if not conductor.begin(new, f"redo of {redo.of}" if redo else "begun"):
        return False  # the order is read again
    if redo and redo.review:
        speak_for(conductor.tools, new, "review", redo.review.beside)
    return True


def closing(conductor: Conductor, desk: Desk, new: Job) -> None:
    """Write down that an old job is superseded, before the end of its redo is: that can repeat."""
    old = desk.job(new.facts.redo.of) if new.facts.redo else None
    gone = hands.superseded(old, new) if old else None
    if gone is not None:
        conductor.book.save(gone, gone.reason or "")


def _answer(new_id: str, family: str | None) -> str:
    if family:
        return f"redone as {new_id}, as {family}"
    return f"redone as {new_id}; where the plan is the same, from paid pixels while they are kept"


def _unanswerable(bench: Bench, order: Asked, job: Job) -> str | None:
    if order.argument and order.argument not in set(Family):
        return f"{order.argument} is no family; there are {', '.join(Family)}"
    why = hands.not_redoable(job)
    if why is None and order.dragged is not None:
        why = hands.not_in_review(job, "redone by dragging")
    if why is not None:
        return why
    redo = hands.redone_by(job, bench.conductor.book.jobs.values())
    if redo is not None:
        return f"it is being redone as {redo.id}"
    folder = str(PurePosixPath(job.path).parent)
    place = bench.conductor.tools.grammar.resolve("" if folder == "." else folder)
    return None if isinstance(place, Target) else f"{folder} names no target any more"


def _is_there(bench: Bench, job: Job, new: Job, dragged: Dragged | None) -> bool:
    """
    Say whether the original is where it was put; a lost share says nothing: the job waits.

    What was dragged is then put back beside it, and raises `Outage` there: it is asked again.
    """
    tools = bench.conductor.tools
    try:
        tools.roots.require(new.watch)
        is_there = tools.disk.is_there(original_of(new, tools))
    except Outage:
        if dragged is not None:
            raise
        return True
    if is_there and dragged is not None:
        bring_back(tools, job, dragged)
    return is_there
