"""`retry`: a failed original goes back to the inbox, what waits is looked at again."""

from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from upscaled.core import names
from upscaled.core.hands import redone_by
from upscaled.core.life import check_move
from upscaled.errors import Gone
from upscaled.flow.hands.desk import Asked, Bench
from upscaled.flow.tools import Tools
from upscaled.nouns import Facts, Job, State


def retry(bench: Bench, order: Asked, job: Job) -> None:
    """Look again at what lives; bring back what failed."""
    conductor = bench.conductor
    redo = redone_by(job, conductor.book.jobs.values())
    if job.id in conductor.book.jobs:
        if job.state is State.SEEN and job.sha256 is None:
            conductor.look_again(job.watch)
        else:
            conductor.wake(job, at_once=True)
        bench.answer(order, "looked at again")
    elif redo is not None:
        bench.answer(order, f"not retried: it is being redone as {redo.id}")
    elif job.state is State.FAILED and job.facts.set_aside:
        work = partial(_moved_back, conductor.tools, job)
        bench.at_root(order, job, work, partial(_was_put_back, bench, order, job))
    else:
        bench.answer(order, f"not retried: it is {job.state.value}{_instead(job)}")


def _instead(job: Job) -> str:
    redo = job.facts.redo
    if job.state is State.FAILED and redo is not None:
        return f" and was a redo; use `upscaled redo {redo.of}`"
    if job.state is State.REVIEW:
        return "; use `upscaled accept`, `reject` or `redo`"
    return "; `upscaled redo` does it again" if job.state is State.DONE else ""


def _moved_back(tools: Tools, job: Job) -> str:
    """Move the original to the inbox under a free name, and take its reason away."""
    tools.roots.require(job.watch)
    set_aside = tools.watch(job).failed / (job.facts.set_aside or "")
    sha256 = job.sha256 or tools.disk.digest(set_aside)
    if tools.disk.digest(set_aside) != sha256:
        raise Gone("the file in failed/ is not the one that was set aside")
    wanted = PurePosixPath(job.path)
    inbox = tools.watch(job).inbox
    for name in names.versions(wanted.name):
        if not tools.disk.is_there(inbox / wanted.with_name(name)):
            tools.disk.retire(set_aside, inbox / wanted.with_name(name), sha256)
            break
    tools.disk.drop(set_aside.with_name(names.sidecar_name(set_aside.name)))
    return str(wanted.with_name(name))


def _was_put_back(bench: Bench, order: Asked, job: Job, path: str) -> None:
    """Let the same job begin anew: its history and what it has cost stay with it."""
    check_move(job.state, State.SEEN)
    facts = Facts(passes=job.facts.passes)
    anew = replace(
        job,
        state=State.SEEN,
        path=path,
        sha256=None,
        reason=None,
        attempts=0,
        facts=facts,
        updated_at=bench.conductor.tools.clock.now(),
    )
    bench.conductor.book.save(anew, f"retried by hand; back in the inbox as {path}")
    bench.answer(order, f"back in the inbox as {path}")
    bench.conductor.look_again(job.watch)
