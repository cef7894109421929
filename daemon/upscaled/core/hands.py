"""
What a person's accept, reject and redo make of a job: values in, values out.

Knows no folder and no ledger: who asked, when, and who else needs an original are handed in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from upscaled.core.life import ENDS, Word, word_of
from upscaled.nouns import (
    Acceptance,
    Code,
    Facts,
    Family,
    Job,
    Redo,
    Reviewed,
    Sighting,
    State,
    Trouble,
    Verdict,
    Wishes,
)

COMMAND_LINE = "command line"
"""How a word came to us: the `by` of an acceptance."""
_DOABLE = frozenset({State.DONE, State.REVIEW, State.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an original lies."""

    root: str
    """`archive`, `failed` or `inbox`."""
    path: str
    """Relative to that root."""


def not_in_review(job: Job, done: str) -> str | None:
    """Return why a job cannot be `done` (accepted, rejected), None where it can."""
    if job.state is State.REVIEW:
        return None
    return f"it is {_word(job)}; only pictures in review can be {done}"


def not_redoable(job: Job) -> str | None:
    """Return why a job cannot be redone, None where its own row does not speak against it."""
    if job.state is State.SUPERSEDED:
        return "it has been redone already; redo the newer job"
    if job.state not in _DOABLE:
        return f"it is {_word(job)}; only what is done, in review or failed can be redone"
    if job.sha256 is None:
        return "it failed before it was read; use `upscaled retry`"
    if job.facts.redo is not None and job.facts.stays and job.state is State.FAILED:
        return f"it was a redo itself; redo {job.facts.redo.of}, whose original it is"
    return None


def origin_of(job: Job, *, leaves: bool) -> Origin | None:
    """
    Return where an ended job's original lies, None where its owner took it away.

    `leaves` says that originals of this watch are left in the inbox.
    """
    facts = job.facts
    if job.state is State.FAILED and facts.set_aside and not facts.stays:
        return Origin(root="failed", path=facts.set_aside)
    if facts.archived:
        return Origin(root="archive", path=facts.archived)
    if facts.redo is not None:
        return Origin(root=facts.redo.root, path=facts.redo.path)
    return Origin(root="inbox", path=job.path) if leaves else None


def redone_by(job: Job, living: Iterable[Job]) -> Job | None:
    """Return the living job that does this one again."""
    return next((one for one in living if one.facts.redo and one.facts.redo.of == job.id), None)


def is_needed(job: Job, others: Iterable[Job], *, leaves: bool) -> bool:
    """Say whether a result that stands elsewhere rests on the same original."""
    origin = origin_of(job, leaves=leaves)
    standing = (one for one in others if one.state in {State.DONE, State.REVIEW})
    return any(one.id != job.id and origin_of(one, leaves=leaves) == origin for one in standing)


def rests(seen: Sighting, last: Job | None, away: Iterable[Job]) -> bool:
    """
    Say whether a file in the inbox is an original that was left there and is done, or has failed.

    `last` is the latest ended job of its path, `away` those that do such an original again.
    """
    known = list(away)
    if last is not None and was_left(last):
        known.append(last)
    return any((job.size, job.mtime_ns) == (seen.size, seen.mtime_ns) for job in known)


def was_left(last: Job) -> bool:
    """Say whether an ended job's original was left in the inbox, to be tried no more by itself."""
    if last.state is State.FAILED:
        return last.facts.stays
    return last.state in {State.DONE, State.REVIEW, State.SUPERSEDED}


def has_same_order(new: Job, last: Job) -> bool:
    """
    Say whether a file that was seen again is asked for as an ended job of its path was.

    Its folder is the same, so its ticket decides. Who was seen before the other one ended was asked
    for by hand (`retry`), which is never the same.
    """
    tickets = [job.facts.wishes and job.facts.wishes.ticket for job in (new, last)]
    return tickets[0] == tickets[1] and new.target == last.target and new.seen_at >= last.updated_at


def accepted(job: Job, by: str, at: datetime, found: str | None = None) -> Facts:
    """Return the facts of a job in review that a person let pass; `found`: see `Acceptance`."""
    acceptance = Acceptance(at=at, by=by, found=found)
    return replace(job.facts, accepted=acceptance, reviewed=reviewed(job), away=True)


def no_more_accepted(facts: Facts) -> Facts:
    """Return the facts as they were before: its result was not there to be moved."""
    delivery, stood = facts.delivery, facts.reviewed
    if delivery is not None and stood is not None:
        delivery = replace(delivery, root="review", path=stood.beside)
    away = facts.redo is not None
    return replace(facts, accepted=None, reviewed=None, delivery=delivery, away=away)


def rejected(job: Job, *, stays: bool) -> Facts:
    """Return the facts of a job whose result a person does not want."""
    trouble = Trouble(
        code=Code.REJECTED,
        message="Its result was rejected by hand.",
        hint=(
            f"`upscaled redo {job.id} --model FAMILY` does it again as another family; "
            "`upscaled retry` puts it back into the inbox, where the same plan gives the same "
            "picture"
        ),
    )
    return replace(
        job.facts,
        error=trouble,
        reviewed=reviewed(job),
        rejected=None,
        away=True,
        stays=stays,
    )


def reviewed(job: Job) -> Reviewed | None:
    """Return where a job's result stands in review/, None where it never stood there."""
    delivery = job.facts.delivery
    if job.state is not State.REVIEW or delivery is None:
        return None
    return Reviewed(result=delivery.path, beside=delivery.path)


def redone(job: Job, new_id: str, family: Family | None, origin: Origin, at: datetime) -> Job:
    """Return the new job that does an ended one's original again."""
    redo = Redo(of=job.id, family=family, root=origin.root, path=origin.path, review=reviewed(job))
    archived = origin.path if origin.root == "archive" else None
    facts = Facts(
        redo=redo,
        archived=archived,
        away=True,
        stays=True,
        times={"seen": at},
        wishes=kept_wishes(job.facts),
    )
    return Job(
        id=new_id,
        state=State.ASKED,
        watch=job.watch,
        path=job.path,
        target=job.target,
        urgent=job.urgent,
        size=job.size,
        mtime_ns=job.mtime_ns,
        inode=job.inode,
        sha256=job.sha256,
        seen_at=at,
        updated_at=at,
        facts=facts,
    )


def superseded(old: Job, new: Job) -> Job | None:
    """Return the old job's row once its redo has ended well, None where it stands as it is."""
    if new.state not in {State.DONE, State.REVIEW} or old.state not in {State.REVIEW, State.FAILED}:
        return None
    return given_over(old, new, new.updated_at)


def given_over(old: Job, new: Job, at: datetime) -> Job:
    """Return an old job's row once another one has its original, and answers for it."""
    rejected = old.facts.rejected or (new.facts.rejected if new.facts.redo else None)
    facts = replace(
        old.facts,
        error=None,
        set_aside=None,
        back=None,
        archived=new.facts.archived,
        rejected=rejected,
    )
    reason = f"Done again as job {new.id}."
    return replace(old, state=State.SUPERSEDED, reason=reason, facts=facts, updated_at=at)


def has_begun(job: Job, state: State, order_at: datetime) -> bool:
    """Say whether an order was carried out already, and only its answer was lost in a crash."""
    begun = job.facts.times.get(state.value)
    return begun is not None and begun >= order_at


def asked_for(family: Family) -> Verdict:
    """Return the verdict where a person named the family."""
    reason = f"{family.value} was asked for by redo."
    return Verdict(model=family, confidence=1.0, rule="redo", reasons=(reason,))


def begun_anew(facts: Facts) -> Facts:
    """Return what stays true of a job that is judged and planned once more."""
    return Facts(
        times=facts.times,
        passes=facts.passes,
        redo=facts.redo,
        archived=facts.archived if facts.redo else None,
        away=facts.away,
        stays=facts.stays,
        wishes=facts.wishes,
    )


def kept_wishes(facts: Facts) -> Wishes | None:
    """Return what a ticket still asks for when its picture is done again."""
    wishes = facts.wishes
    return replace(wishes, repeats=None) if wishes and not wishes.fault else None


def _word(job: Job) -> str:
    doing = {State.ACCEPTING: "being accepted", State.REJECTING: "being rejected"}
    if job.state not in ENDS:
        return doing.get(job.state, f"{word_of(job.state, held=job.hold is not None)} still")
    return "done" if job.state is State.SUPERSEDED else Word(word_of(job.state, held=False)).value
