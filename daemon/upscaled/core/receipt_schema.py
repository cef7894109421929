"""
The shape of the sidecar, as the published JSON Schema has it: what stands under which key.

Values are written without it (`core.receipt`): a receipt that is a little odd is worth more than
none. Tests hold every sidecar to it.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from upscaled.core.receipt import Basis, Status
from upscaled.nouns import Code, Family

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


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every sidecar keeps."""
    published = Receipt.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **published}
