"""`retry`: a failed original goes back to the inbox, what waits is looked at again."""

from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from upscaled.core import names
from upscaled.core.hands import given_over, kept_wishes, redone_by
from upscaled.core.life import check_move
from upscaled.errors import Gone
from upscaled.flow.finals import move_once, move_ticket
from upscaled.flow.hands.desk import Asked, Bench
from upscaled.flow.hands.drag import bring_back
from upscaled.flow.naming import free_name
from upscaled.flow.tools import Tools
from upscaled.nouns import Dragged, Facts, Job, State


def retry(bench: Bench, order: Asked, job: Job) -> None:
    """Look again at what lives; bring back what failed."""
    conductor = bench.conductor
    redo = redone_by(job, conductor.book.jobs.values())
    if job.id in conductor.book.jobs:
        if job.state is State.SEEN and job.sha256 is None:
            conductor.look_again(job.watch, None)
        else:
            conductor.wake(job, at_once=True)
        bench.answer(order, "looked at again")
    elif redo is not None:
        bench.answer(order, f"not retried: it is being redone as {redo.id}")
    elif job.state is State.FAILED and job.facts.set_aside:
        _put_back(bench, order, job)
    else:
        bench.answer(order, f"not retried: it is {job.state.value}{_instead(job)}")


def _instead(job: Job) -> str:
    redo = job.facts.redo
    if job.state is State.FAILED and redo is not None:
        return f" and was a redo; use `upscaled redo {redo.of}`"
    if job.state is State.REVIEW:
        return "; use `upscaled accept`, `reject` or `redo`"
    return "; `upscaled redo` does it again" if job.state is State.DONE else ""


def _put_back(bench: Bench, order: Asked, job: Job) -> None:
    """Journal the new name before the original moves: a crash must not part it from its job."""
    tools = bench.conductor.tools

    def then(back: str) -> None:
        named = replace(job, facts=replace(job.facts, back=back))
        bench.conductor.book.save(named)
        _move(bench, order, named)

    if job.facts.back is None:
        bench.at_root(order, job, partial(_free_in_inbox, tools, job), then)
    else:
        _move(bench, order, job)


def _move(bench: Bench, order: Asked, job: Job) -> None:
    work = partial(_moved_back, bench.conductor.tools, job, order.dragged)
    bench.at_root(order, job, work, partial(_was_put_back, bench, order, job))


def _free_in_inbox(tools: Tools, job: Job) -> str:
    """Return the name under which an original comes back."""
    tools.roots.require(job.watch)
    inbox, wanted = tools.watch(job).inbox, PurePosixPath(job.path)
    if job.facts.stays:
        return job.path  # it never left

    def free(path: PurePosixPath) -> bool:
        beside = (path.name, names.ticket_name(path.name))
        return not any(tools.disk.is_there(inbox / path.with_name(name)) for name in beside)

    return free_name(job, wanted, free)


def _moved_back(tools: Tools, job: Job, dragged: Dragged | None) -> str:
    """Move the original to the inbox, and take its reason away."""
    tools.roots.require(job.watch)
    if dragged is not None:
        bring_back(tools, job, dragged)
    back = job.facts.back or job.path
    set_aside = tools.watch(job).failed / (job.facts.set_aside or "")
    final = tools.watch(job).inbox / back
    if not job.facts.stays and tools.disk.is_there(set_aside):
        sha256 = tools.disk.digest(set_aside)
        if job.sha256 not in {None, sha256}:
            raise Gone("the file in failed/ is not the one that was set aside")
        move_ticket(job, tools, set_aside, final)
        move_once(tools, set_aside, final)
    elif not tools.disk.is_there(final):
        raise Gone(f"{final if job.facts.stays else set_aside} is not there any more")
    tools.disk.drop(set_aside.with_name(names.sidecar_name(set_aside.name)))
    return back


def _was_put_back(bench: Bench, order: Asked, job: Job, path: str) -> None:
    """Let the same job begin anew: its history and what it has cost stay with it."""
    book, now = bench.conductor.book, bench.conductor.tools.clock.now()
    seen = book.at(job.watch, path)
    if seen is not None:  # a crash came between, and a look at the inbox was quicker
        given = given_over(job, seen, now)
        check_move(job.state, given.state)
        book.save(given, given.reason or "")
    else:
        check_move(job.state, State.SEEN)
        anew = replace(
            job,
            state=State.SEEN,
            path=path,
            sha256=None,
            reason=None,
            attempts=0,
            facts=Facts(passes=job.facts.passes, wishes=kept_wishes(job.facts)),
            updated_at=now,
        )
        book.save(anew, f"retried by hand; back in the inbox as {path}")
    bench.answer(order, f"back in the inbox as {path}")
    bench.conductor.look_again(job.watch, None)
