"""What of the present state people should be told of unasked, and in which words."""

from collections.abc import Iterable, Mapping, Sequence

from upscaled.core.notice_kinds import Kind
from upscaled.nouns import Code, Hold, Job, State

_BY_HAND = frozenset({Code.CANCELLED.value, Code.REJECTED.value, Code.WITHDRAWN.value})
_HOLDS = {
    Hold.LOCKED: Kind.LOCKED,
    Hold.NO_KEY: Kind.LOCKED,
    Hold.DISK: Kind.DISK_LOW,
}
_GIGABYTE = 1_000_000_000


def told_of_end(job: Job) -> tuple[Kind, str] | None:
    """Return the kind and words of an end that somebody should hear of; not what a person did."""
    if job.state is State.REVIEW:
        fidelity = job.facts.fidelity
        why = job.reason or ("; ".join(fidelity.reasons[:2]) if fidelity else "")
        return Kind.REVIEW, f"{job.path}: {why}" if why else job.path
    error = job.facts.error
    if job.state is not State.FAILED or error is None or error.code in _BY_HAND:
        return None
    return Kind.PROBLEM, f"{job.path}: {error.message}"


def standing(
    jobs: Iterable[Job],
    troubles: Mapping[str, str],
    free: Mapping[str, int],
    low_bytes: float,
    *,
    ledger: str = "",
) -> dict[tuple[Kind, str], str]:
    """
    Return all that stands now, under a key that stays the same while it does.

    `troubles`: by inbox, what is wrong with its folders; `free`: bytes by place; `ledger`: why it
    cannot be written, for then nothing moves anywhere.
    """
    found = _held(jobs)
    if ledger:
        found[Kind.UNREACHABLE, "ledger"] = f"the ledger: {ledger}"
    for inbox, why in troubles.items():
        if why:
            named = why.startswith(inbox)  # it is itself what is not there
            found[Kind.UNREACHABLE, inbox] = why if named else f"{inbox}: {why}"
    for place, number in free.items():
        if number < low_bytes:
            words = f"{number / _GIGABYTE:.1f} GB are free in {place}, below disk_low_gb"
            found[Kind.DISK_LOW, place] = words
    return found


def _held(jobs: Iterable[Job]) -> dict[tuple[Kind, str], str]:
    found: dict[tuple[Kind, str], str] = {}
    capped: list[Job] = []
    for job in jobs:
        if job.hold is Hold.BUDGET:
            capped.append(job)
        elif (kind := _HOLDS.get(job.hold) if job.hold else None) is not None:
            found.setdefault((kind, ""), job.reason or kind.value)
    if capped:
        found[Kind.CAP_REACHED, ""] = _capped(capped)
    return found


def _capped(jobs: Sequence[Job]) -> str:
    """Return what a cap holds: the reason is about one picture, so that is named."""
    first, more = jobs[0], len(jobs) - 1
    which = f"{first.path} and {more:,} more" if more else first.path
    return f"{which}: {first.reason or Kind.CAP_REACHED.value}"
