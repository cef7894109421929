"""
What made a kept picture, as the small file beside it tells: a second try may have been delivered.

Pure: text in, values out. Older kept pictures have no such file.
"""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from upscaled.nouns import Pass, PassDone, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The passes that made a picture, and their paid requests."""

    passes: tuple[Pass, ...]
    requests: tuple[str, ...] = ()


_MADE = TypeAdapter(Made)


def made_by(plan: Plan, done: tuple[PassDone, ...]) -> Made:
    """Return what a plan's picture was made by; of all that was paid, its own requests are last."""
    own = done[-len(plan.passes) :]
    requests = tuple(one.request_id for one in own if one.request_id)
    return Made(passes=plan.passes, requests=requests)


def written(made: Made) -> str:
    """Return it as JSON."""
    return _MADE.dump_json(made).decode()


def parsed(text: str) -> Made | None:
    """Return what `written` wrote; None where it says nothing, or nothing that can be read."""
    try:
        made = _MADE.validate_json(text)
    except ValidationError:
        return None
    return made if made.passes else None


def told_by(plan: Plan, made: Made) -> Plan:
    """Return a plan as it was made, under the name of what it promises."""
    asked, last = plan.passes[-1], made.passes[-1]
    if made.passes == plan.passes:
        return plan
    shortfall, notes = plan.shortfall, plan.notes
    if (last.endpoint, last.model, last.params) != (asked.endpoint, asked.model, asked.params):
        notes = (*notes, f"What was delivered then was made by {last.model}, the second try.")
    if last.width < asked.width - 1 or last.height < asked.height - 1:
        ends = f"{last.model} ends at {last.width} x {last.height}; the rest is plain resampling."
        shortfall = f"{shortfall} {ends}" if shortfall else ends
    promised = plan.promised or plan.passes
    return replace(plan, passes=made.passes, promised=promised, shortfall=shortfall, notes=notes)
