"""
What becomes of a result in review/ once a person has spoken: accepted, rejected, done again.

Each step may be repeated after a crash at any point. A result leaves review/ only after its copy in
the outbox was proven and visible; what nobody wants is moved, never deleted: it was paid for.
"""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from upscaled.core import names
from upscaled.core.hands import no_more_accepted
from upscaled.core.outcome import Later, Next, Outcome
from upscaled.errors import Gone, NameTaken
from upscaled.flow.finals import delivery_of, is_whole, move_once, staged, staged_beside
from upscaled.flow.naming import awaited, finished, own_name, speak_for
from upscaled.flow.ports import Progress
from upscaled.flow.tools import Tools
from upscaled.nouns import Job, Reviewed, State

TAKEN_OUT = "its result does not stand in review/ as it was delivered there"


def accept(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Stage the result in review/ for the outbox, with a sidecar that says who accepted it."""
    tools.roots.require(job.watch)
    made, _ = finished(job)
    stood = _stood(job)
    speak_for(tools, job, "review", stood.beside)
    if job.facts.accepted is not None and job.facts.accepted.found is not None:
        facts = staged_beside(job, tools, job.facts.accepted.found)
        return Next(to=State.DELIVERING, facts=facts, said="its sidecar is staged for the outbox")
    source = tools.watch(job).review / stood.result
    if not is_whole(source, made.sha256, tools):
        tools.roots.require(job.watch)  # a share that vanished just now took nothing away
        reason = f"Not accepted: {TAKEN_OUT}; `upscaled redo {job.id}` makes it again."
        back = no_more_accepted(job.facts)
        return Next(to=State.REVIEW, facts=back, said=reason, reason=reason)
    if waits := awaited(job, tools, "outbox"):
        return waits
    facts = staged(job, tools, "outbox", source)
    return Next(to=State.DELIVERING, facts=facts, said="staged for the outbox")


def reject(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Move the result to archive/_rejected; the original follows to failed/."""
    tools.roots.require(job.watch)
    stood = _stood(job)
    speak_for(tools, job, "review", stood.beside)
    said = _thrown_out(job, tools, stood)
    if not isinstance(said, str):
        return said
    end = State.FAILED if job.facts.stays else State.FAILING
    facts = replace(job.facts, away=job.facts.redo is not None) if job.facts.stays else job.facts
    return Next(to=end, facts=facts, said=said, reason=job.reason)


def clear(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Take away what the delivered result makes superfluous in review/."""
    tools.roots.require(job.watch)
    facts, redo = job.facts, job.facts.redo
    end = State.DONE if delivery_of(job).root == "outbox" else State.REVIEW
    said: str | Outcome = "nothing else stands in review/"
    if facts.accepted:
        said = _drop_accepted(job, tools)
    elif redo and redo.review:
        said = _thrown_out(job, tools, redo.review)
    if not isinstance(said, str):
        return said
    return Next(to=end, facts=replace(facts, away=redo is not None), said=said)


def _drop_accepted(job: Job, tools: Tools) -> str:
    """Drop the copy in review/: the same bytes were visible in the outbox."""
    made, _ = finished(job)
    review, stood = tools.watch(job).review, _stood(job)
    for path in _beside(review / stood.beside):
        tools.disk.drop(path)
    if not is_whole(review / stood.result, made.sha256, tools):
        return "accepted; the result was not in review/ any more"
    tools.disk.drop(review / stood.result)
    return "accepted; out of review/"


def _thrown_out(job: Job, tools: Tools, stood: Reviewed) -> str | Outcome:
    """Move a result and what stands beside it to archive/_rejected, under a journalled name."""
    review, root = tools.watch(job).review, tools.watch(job).archive / names.REJECTED
    if job.facts.rejected is None:
        path = own_name(job, tools, "rejected", PurePosixPath(stood.beside))
        facts = replace(job.facts, rejected=path)
        return Next(
            to=job.state,
            facts=facts,
            said=f"goes to archive/{names.REJECTED}/{path}",
            reason=job.reason,
        )
    final = root / job.facts.rejected
    try:
        was_there = move_once(tools, review / stood.result, final)
    except NameTaken:
        return Later(seconds=0.0, reason=job.reason, facts=replace(job.facts, rejected=None))
    for old, new in zip(_beside(review / stood.beside), _beside(final), strict=True):
        move_once(tools, old, new)
    if was_there or tools.disk.is_there(final):
        return f"in archive/{names.REJECTED}/{job.facts.rejected}"
    return "the result was not in review/ any more"


def _beside(result: Path) -> tuple[Path, Path]:
    name = result.name
    return result.with_name(names.compare_name(name)), result.with_name(names.sidecar_name(name))


def _stood(job: Job) -> Reviewed:
    if job.facts.reviewed is None:
        raise Gone("where its result stood in review/ is not known any more")
    return job.facts.reviewed
