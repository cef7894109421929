"""
A submit whose answer was lost: looked up at fal until it is surely there or surely absent.

Nothing is sent here. Found means adopted; surely absent means that it may be submitted anew; until
then its price stays reserved and the person is told how much that is and when it ends by itself.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from upscaled.core.outcome import Later, Next, Outcome
from upscaled.errors import Outage, Stop
from upscaled.flow.ports import Engine
from upscaled.flow.tools import Tools
from upscaled.nouns import Hold, Job, Pass, State

FURTHER_BACK = timedelta(days=1)
"""The look that decides asks for this much more: a clock that was wrong and is right now must not
make a request look absent."""


def departure(job: Job, tools: Tools) -> Path:
    """Return the mark that is durable before the first byte of this very submit leaves."""
    address = hashlib.sha256((job.facts.image_url or "").encode()).hexdigest()[:16]
    return tools.bench(job) / f"departed-{address}"


def may_have_left(job: Job, tools: Tools) -> bool:
    """
    Say whether a submit that was counted may have reached fal.

    A missing mark proves that it did not only where the folder it would lie in is whole.
    """
    upload = job.facts.upload
    whole = upload is not None and tools.disk.is_there(Path(upload.path))
    return not whole or tools.disk.is_there(departure(job, tools))


def doubtful(one: Pass, why: str, seconds: float) -> Later:
    """Return the hold of a submit whose answer was lost, with what it may have cost."""
    reason = (
        f"The answer to a paid submit was lost, so it is not sent again: {why}. "
        f"${one.cost / 1e6:.2f} stay reserved for it."
    )
    return Later(seconds=seconds, hold=Hold.DOUBT, reason=reason)


def look_up(job: Job, one: Pass, engine: Engine, tools: Tools) -> Outcome:
    """Ask the service's list once; the next time after as long again, [retry] at most."""
    sent, retry, age = job.facts.sent_at or job.updated_at, tools.settings.retry, _age(job, tools)
    pause = min(retry.max_seconds, retry.first_seconds + max(0.0, age))
    bound = job.facts.start_timeout + retry.max_seconds
    since = sent if age <= bound else sent - FURTHER_BACK
    try:
        found = engine.look_up(one, job.facts.image_url or "", since)
    except (Outage, Stop) as error:
        said = f"whether fal accepted it cannot be asked: {error.message}"
        return doubtful(one, f"{said}; {error.hint}" if error.hint else said, pause)
    if found is not None:
        facts = replace(job.facts, ticket=found)
        return Next(to=State.SUBMITTED, facts=facts, said=f"was accepted as {found.request_id}")
    if age <= bound:
        surely = tools.clock.now() + timedelta(seconds=bound - age)
        return doubtful(one, f"fal does not list it yet{_until(surely, tools)}", pause)
    if tools.settings.fal.on_doubt == "hold":
        said = "fal does not list it and [fal] on_doubt asks you: if fal.ai/dashboard does not "
        return doubtful(one, f"{said}show it either, cancel it and retry it", pause)
    facts = replace(job.facts, image_url=None, sent_at=None)
    return Next(to=State.PREPARED, facts=facts, said="surely never accepted; submitted anew")


def _age(job: Job, tools: Tools) -> float:
    """
    Return for how many seconds a submit surely has been under way.

    A wall clock that is set forward must not make it old: the clock that only grows has the last
    word. That one never claims too much, for a later boot begins it anew; where it stands below
    the submit's own reading, there was such a boot, and only the wall can tell.
    """
    wall = (tools.clock.now() - (job.facts.sent_at or job.updated_at)).total_seconds()
    grown = tools.clock.monotonic() - (job.facts.sent_monotonic or 0.0)
    return wall if job.facts.sent_monotonic is None or grown < 0 else min(wall, grown)


def _until(surely: datetime, tools: Tools) -> str:
    if tools.settings.fal.on_doubt == "hold":
        return ""
    return f"; if it does not by {surely:%d %b %H:%M} UTC, it was never accepted"
