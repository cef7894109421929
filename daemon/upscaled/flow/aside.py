"""The other end: an original goes to failed/ with the reason beside it, or stays where it is."""

from dataclasses import replace
from pathlib import Path

from upscaled.core import names
from upscaled.core.outcome import Later, Next, Outcome
from upscaled.errors import NameTaken
from upscaled.flow.finals import move_original, require_same, stage_sidecar
from upscaled.flow.naming import original_of, own_name, wanted
from upscaled.flow.ports import Progress
from upscaled.flow.tools import Tools
from upscaled.nouns import Job, State


def set_aside(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Move the original to failed/ with the reason beside it; one that is left alone stays."""
    tools.roots.require(job.watch)
    if job.facts.stays:
        return _left_there(job, tools)
    failed, source = tools.watch(job).failed, original_of(job, tools)
    left = tools.watch(job).originals == "leave" and source == tools.inbox(job)
    if job.facts.set_aside is None:
        require_same(job, tools, source)
        path = own_name(job, tools, "failed", wanted(job))
        facts = replace(job.facts, set_aside=path)
        return Next(to=State.FAILING, facts=facts, said=f"goes to failed/{path}", reason=job.reason)
    final = failed / job.facts.set_aside
    if left:
        return _told_alone(job, tools, final)
    try:
        move_original(job, tools, source, final)
    except NameTaken:
        again = replace(job.facts, set_aside=None)
        return Later(seconds=0.0, reason=job.reason, facts=again)
    _tell_beside(job, tools, final)
    facts = replace(job.facts, archived=None, away=job.facts.redo is not None)
    said = f"in failed/{job.facts.set_aside}"
    return Next(to=State.FAILED, facts=facts, said=said, reason=job.reason)


def _told_alone(job: Job, tools: Tools, final: Path) -> Outcome:
    """Say why in failed/ and leave the original in the inbox, which may not be touched."""
    _tell_beside(job, tools, final)
    facts = replace(job.facts, archived=None, away=job.facts.redo is not None, stays=True)
    said = (
        f"the original stays in the inbox; why it failed is told in failed/{facts.set_aside}.json"
    )
    return Next(to=State.FAILED, facts=facts, said=said, reason=job.reason)


def _tell_beside(job: Job, tools: Tools, final: Path) -> None:
    """Put the reason beside an original in failed/, once."""
    sidecar = final.with_name(names.sidecar_name(final.name))
    if not tools.disk.is_there(sidecar):
        told = stage_sidecar(job, tools, tools.watch(job).failed, "failed")
        tools.disk.reveal(told, sidecar, tools.access(job))


def _left_there(job: Job, tools: Tools) -> Outcome:
    """End a redo whose original belongs to the job that it was to do again."""
    redo = job.facts.redo
    said = f"the original stays in {redo.root}/{redo.path}" if redo else "the original stays"
    if redo and redo.root == "failed":
        original = tools.watch(job).failed / redo.path
        if tools.disk.is_there(original):
            tools.disk.drop(original.with_name(names.sidecar_name(original.name)))
            _tell_beside(job, tools, original)  # the latest reason is the one that counts
    return Next(to=State.FAILED, facts=job.facts, said=said, reason=job.reason)
