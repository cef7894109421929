"""
The last doors: stage, reveal, receipt, archive.

A hot folder behind our outbox may take a result within milliseconds. So names and hashes are
journalled before the first byte is visible, and a staged file that is missing after a crash means
that it was visible: it is never delivered again. What a person accepts goes through the same doors.
"""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import structlog

from upscaled.core import names
from upscaled.core.flicker import compared
from upscaled.core.outcome import Later, Next, Outcome
from upscaled.errors import Gone, NameTaken, UpscaledError
from upscaled.flow.collisions import replaces
from upscaled.flow.finals import (
    delivery_of,
    is_whole,
    move_original,
    require_same,
    staged,
    supersede,
    supersede_sidecar,
)
from upscaled.flow.naming import awaited, finished, own_name, root_of, sidecar_of, turn, wanted
from upscaled.flow.ports import Progress
from upscaled.flow.tools import Tools
from upscaled.nouns import Delivery, Fidelity, Flicker, Job, State

log = structlog.get_logger()


def stage(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Copy result, comparison and sidecar into the root's staging folder; choose the name."""
    tools.roots.require(job.watch)
    if not job.facts.away:  # what is done again was proven when it was read
        require_same(job, tools, tools.inbox(job))
    made, fidelity = finished(job)
    if not is_whole(Path(made.path), made.sha256, tools):
        again = replace(job.facts, result=None, fidelity=None)
        return Next(to=State.FETCHED, facts=again, said="the finished file was lost; made again")
    kind = "outbox" if fidelity.verdict == "pass" else "review"
    if waits := awaited(job, tools, kind):
        return waits
    job = replace(job, facts=replace(job.facts, flicker=_flicker(job, fidelity, tools)))
    facts = staged(job, tools, kind, Path(made.path))
    return Next(to=State.DELIVERING, facts=facts, said=_staged_as(facts.delivery))


def _flicker(job: Job, fidelity: Fidelity, tools: Tools) -> Flicker | None:
    """
    Compare a frame with its finished neighbours; nothing depends on it.

    Here, because a watch's results are staged one after the other: of two neighbours the later one
    surely finds the other.
    """
    if not fidelity.swatch:
        return None
    try:
        return compared(fidelity.swatch, tools.neighbours(job))
    except UpscaledError as error:
        log.warning("flicker_not_measured", job=job.id, reason=error.message)
        return None


def _staged_as(delivery: Delivery | None) -> str:
    return f"staged as {delivery.root}/{delivery.path}" if delivery else "staged"


def reveal(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Make the result visible, whole, in one rename."""
    tools.roots.require(job.watch)
    delivery = delivery_of(job)
    final = root_of(job, tools, delivery.root) / delivery.path
    was_visible = f"was already visible as {delivery.root}/{delivery.path}"
    if not delivery.staged:  # a person put it there
        return Next(to=State.RECEIPTING, facts=job.facts, said=was_visible)
    return turn(job, tools, delivery.root, delivery.path) or _reveal(job, tools, final, was_visible)


def _reveal(job: Job, tools: Tools, final: Path, was_visible: str) -> Next:
    delivery = delivery_of(job)
    try:
        tools.disk.reveal(Path(delivery.staged), final, tools.access(job))
    except Gone:
        # A root that vanished just now must not look like a delivery.
        tools.roots.require(job.watch)
        return Next(to=State.RECEIPTING, facts=job.facts, said=was_visible)
    except NameTaken:
        if tools.disk.is_same(Path(delivery.staged), final):
            tools.disk.drop(Path(delivery.staged))
            return Next(to=State.RECEIPTING, facts=job.facts, said=was_visible)
        if replaces(job, tools, delivery.root, PurePosixPath(delivery.path)):
            supersede(job, tools, final)
            return Next(to=State.DELIVERING, facts=job.facts, said="the old result was moved away")
        tools.promised.release(job.id)
        back = State.ACCEPTING if job.facts.accepted else State.FINISHED
        return Next(to=back, facts=job.facts, said="the name was taken; another one")
    return Next(
        to=State.RECEIPTING, facts=job.facts, said=f"visible as {delivery.root}/{delivery.path}"
    )


def receipt(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Put the comparison and the sidecar beside the result; choose where the original goes."""
    tools.roots.require(job.watch)
    delivery, facts = delivery_of(job), job.facts
    final = root_of(job, tools, delivery.root) / delivery.path
    if delivery.compare_staged is not None:
        compare = final.with_name(names.compare_name(final.name))
        _reveal_once(job, tools, Path(delivery.compare_staged), compare)
    _reveal_sidecar(job, tools, sidecar_of(job, tools, delivery.root, delivery.path))
    if facts.accepted:
        return Next(to=State.CLEARING, facts=facts, said="receipted")
    from_inbox = not facts.away and tools.watch(job).originals == "archive"
    if from_inbox or (facts.redo and facts.redo.root == "failed"):
        facts = replace(facts, archived=own_name(job, tools, "archive", wanted(job)))
    return Next(to=State.ARCHIVING, facts=facts, said="receipted")


def _reveal_sidecar(job: Job, tools: Tools, final: Path) -> None:
    delivery = delivery_of(job)
    told = Path(delivery.sidecar_staged)
    try:
        _reveal_once(job, tools, told, final)
    except NameTaken:
        path = PurePosixPath(delivery.path)
        if not replaces(job, tools, delivery.root, path):
            raise
        supersede_sidecar(job, tools, path, final)
        _reveal_once(job, tools, told, final)


def archive(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Move the original to the archive, only while it is still the file that was read."""
    tools.roots.require(job.watch)
    source, end = _to_be_archived(job, tools), _end(job)
    if job.facts.archived is None or source is None:
        _drop_left_reason(job, tools)
        return Next(to=end, facts=job.facts, said="the original stays where it is")
    try:
        move_original(job, tools, source, tools.watch(job).archive / job.facts.archived)
    except Gone as error:
        said = f"the original was not archived: {error.message}"
        return Next(to=end, facts=replace(job.facts, archived=None), said=said)
    except NameTaken:
        again = own_name(job, tools, "archive", wanted(job))
        return Later(seconds=0.0, facts=replace(job.facts, archived=again))
    if job.facts.redo is not None:  # why it had failed is not true any more
        tools.disk.drop(source.with_name(names.sidecar_name(source.name)))
    return Next(to=end, facts=job.facts, said=f"archived as {job.facts.archived}")


def _drop_left_reason(job: Job, tools: Tools) -> None:
    """Take away why an original that stays in the inbox had failed: it is not true any more."""
    redo = job.facts.redo
    first = tools.known(redo.of) if redo and redo.root == "inbox" else None
    if first is not None and first.facts.set_aside:
        failed = tools.watch(job).failed / first.facts.set_aside
        tools.disk.drop(failed.with_name(names.sidecar_name(failed.name)))


def _to_be_archived(job: Job, tools: Tools) -> Path | None:
    """Return the original's place, None where an earlier job has put it where it belongs."""
    redo = job.facts.redo
    if redo is None:
        return tools.inbox(job)
    return tools.watch(job).failed / redo.path if redo.root == "failed" else None


def _end(job: Job) -> State:
    if job.facts.redo is not None:
        return State.CLEARING
    return State.DONE if delivery_of(job).root == "outbox" else State.REVIEW


def _reveal_once(job: Job, tools: Tools, staged_file: Path, final: Path) -> None:
    if tools.disk.is_there(staged_file):
        tools.disk.reveal(staged_file, final, tools.access(job))
