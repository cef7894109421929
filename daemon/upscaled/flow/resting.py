"""
An original that was left in its inbox and is done: touched, or copied anew, with the same bytes.

A changed time alone is no new job: indexers touch, and a copy without times writes all anew. The
content decides; the new stamp is remembered, so it is read once and not again.
"""

from upscaled.core.hands import has_same_order, was_left
from upscaled.core.outcome import Leave
from upscaled.flow.tools import Tools
from upscaled.nouns import Job, Taken


def rests(job: Job, taken: Taken, tools: Tools) -> Leave | None:
    """Return that a file which was just read needs no job; None where it does."""
    if tools.watch(job).originals != "leave" or job.facts.passes:
        return None
    last = tools.left(job.watch, job.path)
    if last is None or not was_left(last) or not has_same_order(job, last):
        return None
    if last.sha256 != taken.sha256:
        return None
    tools.restamp(last, taken.identity)  # before this row goes: else it would be read for ever
    tools.disk.drop(tools.source(job))
    return Leave(reason=f"It is the picture of job {last.id}, with another time; it rests.")
