"""
The sidecar: what was done with a picture, why, and what it cost, as JSON beside the result.

No key is ever missing and what is unknown is null, so that a script need not ask twice. Writing a
receipt happens past the first visible byte, where nothing may fail any more: odd values are made
harmless here instead of being refused.
"""

import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from upscaled.core.flicker import sentence
from upscaled.core.frames import frame_of
from upscaled.core.price import usd
from upscaled.core.series import name_of
from upscaled.nouns import Carried, Job, Order, PassDone

SCHEMA = "upscaled/receipt/1"

PLAIN = "Plain resampling (Lanczos); no model was asked."

Status = Literal["done", "review", "failed"]
Basis = Literal["billed", "estimate", "reused", "free"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a job ends, beyond what its row and facts say."""

    status: Status
    version: str
    folder: str | None = None
    """The target folder as spelled in the inbox."""
    order: Order | None = None
    reused: bool = False
    """The result was served from what an earlier job paid."""


def receipt(job: Job, ending: Ending) -> dict[str, Any]:
    """Return the sidecar as plain values, ready for `json.dumps`, as `receipt_schema` shapes it."""
    plan, facts = job.facts.plan, job.facts
    written = {
        "schema": SCHEMA,
        "job": job.id,
        "status": ending.status,
        "source": _source(job),
        "target": _target(job, ending),
        "verdict": _verdict(job),
        "passes": [_pass(one) for one in facts.passes],
        "result": _result(job, ending.status),
        "fidelity": _fidelity(job),
        "shortfall": plan and plan.shortfall,
        "cost_usd": usd(sum(one.cost for one in facts.passes)),
        "cost_basis": cost_basis(facts.passes, reused=ending.reused),
        "times": {key: stamp(at) for key, at in {"seen": job.seen_at, **facts.times}.items()},
        "error": _error(job),
        "software": f"upscaled {ending.version}",
        "notes": [
            *(plan.notes if plan else ()),
            *_carried(job, ending.status).notes,
            *_flickers(job),
        ],
        "fal_cost_usd": usd(plan.fal_cost) if plan else None,
        "metadata": _metadata(job, ending.status),
        "assessment": _assessment(job),
        "other_try": _other_try(job),
        "print": asdict(plan.printed) if plan and plan.printed else None,
        "accepted": _accepted(job),
        "series": _series(job),
        "redo_of": facts.redo.of if facts.redo else None,
        "ticket_id": facts.wishes.given if facts.wishes else None,
    }
    harmless: dict[str, Any] = _harmless(written)
    return harmless


def cost_basis(passes: tuple[PassDone, ...], *, reused: bool = False) -> Basis:
    """
    Return where the money's figure comes from; one estimate among bills is an estimate.

    What an earlier attempt of the same job paid is a bill, also where its pixels served again.
    """
    if reused and not any(one.cost for one in passes):
        return "reused"
    paid = [one for one in passes if one.engine != "local"]
    if not paid:
        return "free"
    return "billed" if all(one.billed for one in paid) else "estimate"


def stamp(at: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC with milliseconds and `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _source(job: Job) -> dict[str, Any]:
    probe = job.facts.probe
    return {
        "path": job.path,
        "sha256": job.sha256,
        "bytes": job.size,
        "width": probe and probe.width,
        "height": probe and probe.height,
        "format": probe and probe.format,
        "bits": probe and probe.bits,
        "icc": probe and probe.icc,
    }


def _target(job: Job, ending: Ending) -> dict[str, Any]:
    plan = job.facts.plan
    return {
        "folder": ending.folder,
        "name": ending.order and ending.order.name,
        "width": plan and plan.target_width,
        "height": plan and plan.target_height,
    }


def _verdict(job: Job) -> dict[str, Any]:
    verdict = job.facts.verdict
    return {
        "model": verdict and verdict.model.value,
        "confidence": verdict and verdict.confidence,
        "rule": verdict and verdict.rule,
        "reasons": list(verdict.reasons) if verdict else [],
    }


def _pass(one: PassDone) -> dict[str, Any]:
    return {
        "engine": one.engine,
        "endpoint": one.endpoint,
        "model": one.model,
        "params": dict(one.params),
        "factor": one.factor,
        "width": one.width,
        "height": one.height,
        "request_id": one.request_id,
        "seconds": one.seconds,
        "cost_usd": usd(one.cost),
        "note": PLAIN if one.engine == "local" else None,
    }


def _result(job: Job, status: Status) -> dict[str, Any]:
    """Return the delivered file; of a failed job nothing was, even where one was made."""
    facts = job.facts
    result, delivery = (None, None) if status == "failed" else (facts.result, facts.delivery)
    keys = ("sha256", "bytes", "width", "height", "format", "ppi", "icc", "bits")
    return {
        "path": delivery and delivery.path,
        **{key: result and getattr(result, key) for key in keys},
    }


def _carried(job: Job, status: Status) -> Carried:
    made = None if status == "failed" else job.facts.result
    return (made and made.metadata) or Carried()


def _metadata(job: Job, status: Status) -> dict[str, Any]:
    carried = _carried(job, status)
    made = job.facts.result is not None and status != "failed"
    return {
        "kept": list(carried.kept),
        "dropped": list(carried.dropped),
        "digital_source_type": carried.digital_source_type,
        "content_credentials": carried.content_credentials if made else None,
    }


def _fidelity(job: Job) -> dict[str, Any]:
    fidelity = job.facts.fidelity
    if fidelity is None:
        return {"verdict": None, "reasons": [], "worst": None, "sharpest": None, "notes": []}
    return {
        **fidelity.figures,
        "verdict": fidelity.verdict,
        "reasons": list(fidelity.reasons),
        "worst": fidelity.worst and list(fidelity.worst),
        "sharpest": fidelity.sharpest and list(fidelity.sharpest),
        "notes": list(fidelity.notes),
    }


def _assessment(job: Job) -> dict[str, Any] | None:
    found = job.facts.assessment
    if found is None:
        return None
    return {**found.figures, "clean": found.clean, "reasons": list(found.reasons)}


def _other_try(job: Job) -> dict[str, Any] | None:
    tried = job.facts.tried
    if tried is None:
        return None
    found, model = tried.fidelity, tried.plan.passes[-1].model
    own = {"model": model, "verdict": found.verdict, "reasons": list(found.reasons)}
    return {**found.figures, **own}


def _series(job: Job) -> dict[str, Any] | None:
    facts, frame = job.facts, frame_of(job.path)
    if facts.series is None:
        return None
    return {
        "name": name_of(facts.series),
        "frame": frame and frame.number,
        "flicker": asdict(facts.flicker) if facts.flicker else None,
    }


def _flickers(job: Job) -> tuple[str, ...]:
    said = sentence(job.facts.flicker) if job.facts.flicker else None
    return (said,) if said else ()


def _accepted(job: Job) -> dict[str, Any] | None:
    accepted = job.facts.accepted
    return {"at": stamp(accepted.at), "by": accepted.by} if accepted else None


def _error(job: Job) -> dict[str, Any] | None:
    error = job.facts.error
    if error is None:
        return None
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _harmless(value: Any) -> Any:
    """Return a value that JSON and UTF-8 can hold: no NaN, no half characters of odd file names."""
    if isinstance(value, dict):
        return {_harmless(key): _harmless(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return str(value).encode(errors="backslashreplace").decode()
    return value
