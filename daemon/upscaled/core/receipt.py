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

from pydantic import BaseModel, ConfigDict, Field

from upscaled.core.flicker import sentence
from upscaled.core.frames import frame_of
from upscaled.core.price import usd
from upscaled.core.series import name_of
from upscaled.nouns import Carried, Code, Family, Job, Order, PassDone

SCHEMA = "upscaled/receipt/1"

PLAIN = "Plain resampling (Lanczos); no model was asked."

Status = Literal["done", "review", "failed"]
Basis = Literal["billed", "estimate", "reused", "free"]

_UTC = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"


class _Part(BaseModel):
    """Every key is required; later versions may add keys, none is ever renamed."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Source(_Part):
    """The picture as it was dropped in."""

    path: str = Field(description="As in the inbox, with `/`.")
    sha256: str | None
    bytes: int
    width: int | None = Field(description="Pixels after EXIF orientation.")
    height: int | None
    format: str | None = Field(description="In Pillow's capitals: JPEG, PNG, TIFF, ...")
    bits: int | None = Field(description="A channel.")
    icc: str | None = Field(description="Description of its colour profile, null without one.")


class Target(_Part):
    """What was asked for."""

    folder: str | None = Field(description="The target folder as spelled in the inbox.")
    name: str | None
    width: int | None = Field(description="Pixels the target asks of this picture.")
    height: int | None


class Judged(_Part):
    """What the picture was taken for."""

    model: str | None = Field(json_schema_extra={"enum": [*Family, None]})
    confidence: float | None = Field(json_schema_extra={"minimum": 0, "maximum": 1})
    rule: str | None
    reasons: list[str]


class PassMade(_Part):
    """One request that was made; the delivered one is the last."""

    engine: str
    endpoint: str
    model: str
    params: dict[str, Any]
    factor: float
    width: int
    height: int
    request_id: str | None
    seconds: float | None
    cost_usd: float
    note: str | None = Field(description="Says so where no model was asked.")


class Result(_Part):
    """The delivered file."""

    path: str | None = Field(description="Relative to outbox or review.")
    sha256: str | None
    bytes: int | None
    width: int | None
    height: int | None
    format: str | None
    ppi: float | None
    icc: str | None = Field(description="Description of the embedded colour profile.")
    bits: int | None = Field(description="A channel.")


class Metadata(_Part):
    """What the result has of its source's metadata."""

    kept: list[str] = Field(description="EXIF, GPS, XMP, IPTC.")
    dropped: list[str] = Field(description="What the source had and the result has not, in words.")
    digital_source_type: str | None = Field(
        description="IPTC's word that the result carries, without its address."
    )
    content_credentials: bool | None = Field(
        description="The source has a C2PA manifest; no result can carry it on."
    )


class Checked(_Part):
    """Is it still the same picture? Figures stand beside the verdict under their own names."""

    verdict: str | None = Field(json_schema_extra={"enum": ["pass", "review", "fail", None]})
    reasons: list[str]
    worst: list[float] | None = Field(
        description="Where it is least alike: left, top, right, bottom in shares of the picture."
    )
    sharpest: list[float] | None = Field(description="Where the source has most detail, likewise.")
    notes: list[str] = Field(description="What was not looked at.")


class Looked(_Part):
    """May a second pass follow? Figures of the first one's result stand beside, by name."""

    clean: bool
    reasons: list[str]


class OtherTry(_Part):
    """A paid try that is not what was delivered; its figures stand beside, by name."""

    model: str
    verdict: str = Field(json_schema_extra={"enum": ["pass", "review", "fail"]})
    reasons: list[str]


class Failure(_Part):
    """Why it failed and what to do."""

    code: str = Field(json_schema_extra={"enum": list(Code)})
    message: str
    hint: str


class OnPaper(_Part):
    """What the source's own pixels come to at the size of the print."""

    native_ppi: float = Field(description="The source's own pixels an inch.")
    enlarged: float = Field(description="Linear; below 1 it was shrunk.")
    invented_share: float = Field(
        description="Share of the result's pixels that the source does not have: 1 - 1/enlarged^2.",
        json_schema_extra={"minimum": 0, "maximum": 1},
    )
    good_up_to: str | None = Field(description="The largest ISO sheet with enough of its own.")
    viewing_distance_m: float = Field(
        description="From here on its own pixels alone would look sharp: 3438 inches / native_ppi."
    )


class Changing(_Part):
    """How a frame changes against a neighbour beyond what the sources do, in grey levels."""

    against: str = Field(description="The neighbour's path, as in the inbox.")
    brightness: float = Field(description="Of the whole frame.")
    texture: float | None = Field(description="Where the source stands still; null where nowhere.")
    excess: float = Field(description="The larger of both.")


class InSeries(_Part):
    """The sequence or series whose recipe it has."""

    name: str
    frame: int | None = Field(description="Its number, where it is a frame.")
    flicker: Changing | None = Field(
        description="Against the finished neighbour from which it differs most; null before one is."
    )


class Accepted(_Part):
    """A person let a doubtful result pass; what the check found stays as it was."""

    at: str = Field(json_schema_extra={"pattern": _UTC})
    by: str


class Receipt(_Part):
    """The receipt of one job, written once."""

    schema_: Literal["upscaled/receipt/1"] = Field(alias="schema")
    job: str
    status: Status
    source: Source
    target: Target
    verdict: Judged
    passes: list[PassMade]
    result: Result
    fidelity: Checked
    shortfall: str | None
    cost_usd: float = Field(description="Sum of every paid pass.")
    cost_basis: Basis
    times: dict[str, str] = Field(
        description="ISO 8601 in UTC, by what happened then.",
        json_schema_extra={"additionalProperties": {"type": "string", "pattern": _UTC}},
    )
    error: Failure | None
    software: str
    notes: list[str] = Field(description="Sentences about what the owner might not expect.")
    fal_cost_usd: float | None = Field(description="What fal would ask for the plan.")
    metadata: Metadata
    assessment: Looked | None = Field(description="The look between two passes, where one was.")
    other_try: OtherTry | None = Field(description="The other one of two paid tries.")
    print_: OnPaper | None = Field(alias="print", description="Null for digital targets.")
    accepted: Accepted | None = Field(description="Who let a result in review pass, and when.")
    series: InSeries | None = Field(description="Null where the picture stands alone.")
    redo_of: str | None = Field(description="The ended job whose original this one did again.")
    ticket_id: str | None = Field(
        description="The id in its ticket, where the job's own is made of it; else null."
    )


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
    """Return the sidecar as plain values, ready for `json.dumps`; see `schema` for its shape."""
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


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every sidecar keeps."""
    published = Receipt.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **published}


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
