"""
A picture whose ticket has the id of a job that is known: the same one, submitted once more?

Its bytes decide. The copy leaves the inbox only where the first one's original lies somewhere else,
whole, with the same bytes; else it goes where that one should lie. An original is never lost.
"""

from dataclasses import replace
from pathlib import Path

from upscaled.core.hands import origin_of
from upscaled.core.life import ENDS
from upscaled.core.names import ticket_name
from upscaled.core.outcome import Later, Leave, Next, Outcome
from upscaled.core.tickets import DIGEST_DIGITS, waits
from upscaled.errors import Gone
from upscaled.flow.finals import is_whole
from upscaled.flow.naming import original_of, own_name, wanted
from upscaled.flow.tools import Tools
from upscaled.nouns import Hold, Job, State, Taken, Wishes

AGAIN_SECONDS = 2.0
"""How soon it is looked whether the first one has been read."""


def require_ticket(job: Job, tools: Tools) -> None:
    """Raise `Gone` where its ticket came, changed or left since its job was made: made anew."""
    if job.facts.passes:
        return  # what was paid for it stays with this job
    place, wishes = _ticket(job, tools), job.facts.wishes
    digest = tools.disk.digest(place)[:DIGEST_DIGITS] if tools.disk.is_there(place) else None
    if digest != (wishes.ticket if wishes else None):
        raise Gone("its ticket has changed; it is looked at anew")


def first_is_unread(job: Job, tools: Tools) -> Later | None:
    """Return how long a picture waits whose id is that of one which was not read yet."""
    wishes = job.facts.wishes
    first = tools.known(wishes.repeats) if wishes and wishes.repeats else None
    if first is None or first.sha256 is not None or first.state in ENDS:
        return None
    reason = f"Its ticket has the id of {first.path}, which is read first."
    hold = Hold.NOT_READY if first.hold is not None else None
    return Later(seconds=AGAIN_SECONDS, hold=hold, reason=reason)


def belongs(job: Job, taken: Taken, tools: Tools) -> Outcome | None:
    """Return what becomes of a picture that is not what its ticket is for; None where it is."""
    wishes = job.facts.wishes
    if wishes is None:
        return None
    if wishes.sha256 and wishes.sha256 != taken.sha256:
        fault = f"sha256 = {wishes.sha256[:12]}..., the picture's is {taken.sha256[:12]}..."
        return _waits(job, taken, tools, fault)
    return _repeated(job, taken, wishes, tools) if wishes.repeats else None


def _repeated(job: Job, taken: Taken, wishes: Wishes, tools: Tools) -> Outcome | None:
    first = tools.known(wishes.repeats or "")
    if first is None:
        return Leave(reason="the job of this id is gone; it is looked at anew")
    known, failed = _bytes_of(first, tools), first.state is State.FAILED
    if failed and (
        known is None or (known == taken.sha256 and not _kept(job, taken, first, tools))
    ):
        return None  # a person brought it back out of failed/: that asks for another try
    if known != taken.sha256:
        return _waits(
            job, taken, tools, f"id = {first.id!r} is that of another picture, {first.path}"
        )
    if tools.watch(job).originals == "leave":
        tools.disk.drop(tools.source(job))
        told = f"It is the same picture as {first.path} (job {first.id}), submitted once more."
        return Next(
            to=State.SEEN, facts=job.facts, taken=taken, said=told, reason=told, hold=Hold.NOT_READY
        )
    return _clear_away(job, taken, first, tools)


def _kept(job: Job, taken: Taken, first: Job, tools: Tools) -> Path | None:
    """Return where the first one's original lies whole, None where it does not."""
    original = _original(first, tools)
    if original is None or original == tools.inbox(job):
        return None
    return original if is_whole(original, taken.sha256, tools) else None


def _clear_away(job: Job, taken: Taken, first: Job, tools: Tools) -> Outcome:
    source, kept = tools.inbox(job), _kept(job, taken, first, tools)
    if kept:
        said = f"submitted again as {job.path}: the same bytes as {kept}; that copy was removed"
    else:
        path = own_name(job, tools, "archive", wanted(job))
        said = (
            f"submitted again as {job.path}; as its original lay nowhere else it is archive/{path}"
        )
    tools.tell(first, tools.clock.now(), said)  # before: what is gone must have been told
    if kept:
        _remove(job, taken, tools)
    elif tools.disk.identity(source) != taken.identity:
        raise Gone("it changed while it was compared")
    else:
        tools.disk.retire(source, tools.watch(job).archive / path, taken.sha256)
    tools.promised.release(job.id)
    tools.disk.drop(_ticket(job, tools))  # last: alone it is told, its picture alone were a new one
    tools.disk.drop(tools.source(job))
    return Leave(reason=said)


def _remove(job: Job, taken: Taken, tools: Tools) -> None:
    """Remove a copy, by a rename first: what its owner puts there just now is not removed."""
    source = tools.inbox(job)
    aside = source.with_name(f".upscaled-{job.id}")
    tools.disk.reveal(source, aside)
    if tools.disk.identity(aside) == taken.identity:
        tools.disk.drop(aside)
        return
    tools.disk.reveal(aside, source)
    raise Gone("it changed while it was compared")


def _original(first: Job, tools: Tools) -> Path | None:
    """Return where the first one's original lies, None where nobody knows."""
    if first.state not in ENDS:
        return original_of(first, tools)
    origin = origin_of(first, leaves=tools.watch(first).originals == "leave")
    if origin is None:
        return None
    return Path(getattr(tools.watch(first), origin.root)) / origin.path


def _bytes_of(first: Job, tools: Tools) -> str | None:
    """Return the hash of the first one's original; a cancelled one may not have been read."""
    if first.sha256 is not None:
        return first.sha256
    original = _original(first, tools)
    there = original is not None and tools.disk.is_there(original)
    return tools.disk.digest(original) if original and there else None


def _waits(job: Job, taken: Taken, tools: Tools, fault: str) -> Next:
    reason, wishes = waits(_ticket_name(job), fault), job.facts.wishes
    facts = replace(job.facts, wishes=wishes and replace(wishes, fault=fault))
    tools.disk.drop(tools.source(job))
    return Next(
        to=State.SEEN, facts=facts, taken=taken, said=reason, reason=reason, hold=Hold.NOT_READY
    )


def _ticket(job: Job, tools: Tools) -> Path:
    place = tools.inbox(job)
    return place.with_name(ticket_name(place.name))


def _ticket_name(job: Job) -> str:
    return ticket_name(job.path.rpartition("/")[2])
