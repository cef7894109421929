"""
Folders into which a person drags what waits in review/ or failed/, and what that says.

Names and rows in, words out. The ledger decides: a file is known by its bytes, or by a sidecar that
fits the ledger in every hash; its name says nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upscaled.core.life import ENDS
from upscaled.nouns import Family, Job, State

BOXES: Mapping[str, tuple[str, ...]] = {
    "review": ("_accept", "_reject", "_redo", *(f"_redo-{family.value}" for family in Family)),
    "failed": ("_retry",),
}
"""By root. They are made with it; a person may spell them in other case."""
_PARTS = re.compile(r"[-_ ]+")
_SCHEMA = "upscaled/receipt/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a folder means."""

    root: str
    name: str
    """As it is spelled."""
    verb: str
    family: Family | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a sidecar says of its job, as far as the ledger can be asked."""

    job: str
    source_sha256: str | None
    result_sha256: str | None


def box_of(root: str, name: str) -> Box | None:
    """Return what a folder directly in `review` or `failed` means; None where it means nothing."""
    if not name.startswith("_"):
        return None
    plain = "_" + "-".join(part for part in _PARTS.split(name.casefold()) if part)
    if plain not in BOXES[root]:
        return None
    verb, _, family = plain.removeprefix("_").partition("-")
    return Box(root=root, name=name, verb=verb, family=Family(family) if family else None)


def claim_of(told: object) -> Claim | None:
    """Return what a parsed sidecar of ours claims; None where it is none."""
    if not isinstance(told, dict) or not str(told.get("schema", "")).startswith(_SCHEMA):
        return None
    job = told.get("job")
    if not isinstance(job, str):
        return None
    return Claim(
        job=job,
        source_sha256=_sha256(told.get("source")),
        result_sha256=_sha256(told.get("result")),
    )


def fits(claim: Claim, job: Job) -> bool:
    """Say whether a sidecar is that of a job: by every hash that the ledger knows."""
    result = job.facts.result
    made = result.sha256 if result and job.state is not State.FAILED else None
    rejected = job.state is State.FAILED and claim.result_sha256 is not None
    if rejected:  # it was written while the result still waited
        made = result.sha256 if result else None
    return (claim.job, claim.source_sha256, claim.result_sha256) == (job.id, job.sha256, made)


def refusal(box: Box, job: Job) -> str | None:
    """Return why a job has no answer in this box, None where it has; see also `is_busy`."""
    wanted = State.REVIEW if box.root == "review" else State.FAILED
    if job.state is wanted:
        return None
    if box.root == "failed":
        return "it is not in failed/ any more: it was tried again already. This copy may be deleted"
    if job.state is State.DONE and job.facts.accepted is not None:
        return "it was accepted already and is in the outbox. This copy may be deleted"
    if job.state is State.DONE:
        return f"it never waited in review/; `upscaled redo {job.id}` does it again"
    if job.state is State.SUPERSEDED:
        return "it was done again already. This copy may be deleted"
    return (
        "it was rejected already. Drag its original from failed/ into failed/_retry, or use"
        f" `upscaled redo {job.id}`"
    )


def is_busy(job: Job) -> bool:
    """Say whether an answer is just being carried out: what lies in a box then is left alone."""
    return job.state not in ENDS


def is_leftover(job: Job) -> bool:
    """Say whether a result's answer was carried out, so that its words need nobody any more."""
    answered = job.facts.accepted is not None or job.facts.rejected is not None
    return answered and job.state in {State.DONE, State.FAILED, State.SUPERSEDED}


def _sha256(part: Any) -> str | None:
    found = part.get("sha256") if isinstance(part, dict) else None
    return found if isinstance(found, str) else None
