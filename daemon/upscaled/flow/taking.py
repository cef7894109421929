"""
Reading an original, once, into the private copy that every step uses.

From the inbox, or from where an earlier job has put it; whoever reads again proves that it is the
same.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

from upscaled.core.outcome import Later, Next, Outcome
from upscaled.errors import Gone, NotReady, Outage
from upscaled.flow.naming import original_of
from upscaled.flow.ports import Progress
from upscaled.flow.repeats import belongs, first_is_unread, require_ticket
from upscaled.flow.resting import rests
from upscaled.flow.tools import Tools
from upscaled.nouns import Job, State, Taken


def take(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Read the file from the share, once, into a private copy."""
    tools.roots.require(job.watch)
    if tools.watch(job).originals == "archive" and not tools.disk.may_leave(tools.inbox(job)):
        raise Outage(
            f"{job.path}: its folder does not let files be moved out, so it could not be archived",
            "give this service's user the right to write in that folder",
            hold="share",
        )
    require_ticket(job, tools)
    if waits := first_is_unread(job, tools):
        return waits
    try:
        taken = tools.disk.take(tools.inbox(job), tools.source(job))
    except NotReady as error:
        return Later(seconds=None, reason=error.message)
    if other := rests(job, taken, tools) or belongs(job, taken, tools):
        return other
    facts = replace(job.facts, times={**job.facts.times, "seen": job.seen_at})
    return Next(to=State.TAKEN, facts=facts, taken=taken, said="read whole into a private copy")


def take_again(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Read an ended job's original once more, from where it lies."""
    tools.roots.require(job.watch)
    taken = tools.disk.take(original_of(job, tools), tools.source(job))
    if taken.sha256 != job.sha256:
        tools.disk.drop(tools.source(job))
        raise Gone(f"{original_of(job, tools)} is not the file that was put there")
    return Next(to=State.TAKEN, facts=job.facts, taken=taken, said="read into a private copy again")


def have_source(job: Job, tools: Tools) -> Path:
    """Return the private copy; read it again where the work folder was lost, if it is the same."""
    source = tools.source(job)
    if tools.disk.is_there(source):
        return source
    if tools.at_root(job.watch, partial(_read, job, tools)).sha256 != job.sha256:
        tools.disk.drop(source)
        raise Gone(f"{job.path} was replaced by its owner; the new content is a new arrival")
    return source


def _read(job: Job, tools: Tools) -> Taken:
    tools.roots.require(job.watch)
    taken = tools.disk.take(original_of(job, tools), tools.source(job))
    tools.roots.require(job.watch)
    return taken
