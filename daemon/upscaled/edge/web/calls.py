"""What can be asked over HTTP: the one source of what is served and of the OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from upscaled.edge.web.pages import FAMILIES, STATES

PREFIX = "/api/v1"
MOST = 1000
Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A parameter of the path or of the query."""

    name: str
    says: str
    schema: Schema
    place: str = "query"
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing that can be asked over HTTP."""

    name: str
    method: str
    path: str
    says: str
    values: Sequence[Value] = ()
    body: Schema | None = None
    """Of a JSON body; `{}` is a picture as it is."""
    answers: Mapping[int, str] = field(default_factory=lambda: {200: "what was asked for"})
    shape: Schema = field(default_factory=lambda: {"type": "object"})
    """Of the answer."""


_JOB = Value(name="job", says="a job's id", schema=_TEXT, place="path", needed=True)
_NAME = Value(name="name", says="the file's name", schema=_TEXT, needed=True)
_WANTED = Value(name="target", says="a folder name: 4k, print-a3", schema=_TEXT, needed=True)
_PART = (
    Value(name="after", says="pass over so many", schema={"type": "integer", "minimum": 0}),
    Value(
        name="limit",
        says="so many at most",
        schema={"type": "integer", "minimum": 1, "maximum": MOST},
    ),
)
_LIST: Schema = {"type": "array", "items": {"type": "object"}}
_IDS: Schema = {
    "type": "object",
    "required": ["ids"],
    "properties": {
        "ids": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 200},
        "model": {"enum": [*FAMILIES, None], "description": "of a redo: as this family"},
    },
}
_UNKNOWN = {404: "there is no such thing"}
_FINE = {200: "what was asked for"}
_WRONG = {400: "what was sent cannot be understood, or not be done"}


def _act(verb: str, says: str) -> Call:
    return Call(
        name=verb,
        method="POST",
        path=f"/{verb}",
        says=says,
        body=_IDS,
        answers=_FINE | _WRONG,
        shape=_LIST,
    )


ROUTES: tuple[Call, ...] = (
    Call(name="status", method="GET", path="/status", says="engine, counts, money, watches"),
    Call(
        name="jobs",
        method="GET",
        path="/jobs",
        says="jobs, unfinished first",
        values=(
            Value(name="state", says="of this state alone", schema={"enum": list(STATES)}),
            Value(name="q", says="whose path holds this", schema=_TEXT),
            *_PART,
        ),
        answers=_FINE | _WRONG,
        shape={"type": "object", "required": ["jobs", "total"]},
    ),
    Call(
        name="job",
        method="GET",
        path="/jobs/{job}",
        says="the whole story of one job",
        values=(_JOB,),
        answers=_FINE | _UNKNOWN,
    ),
    Call(
        name="receipt",
        method="GET",
        path="/jobs/{job}/receipt",
        says="its sidecar",
        values=(_JOB,),
        answers=_FINE | _UNKNOWN,
    ),
    _act("accept", "let results in review pass"),
    _act("reject", "take results out of review"),
    _act("redo", "do the originals of ended jobs again"),
    _act("retry", "failed files back to the inbox; held ones looked at now"),
    _act("cancel", "stop jobs; their originals go to failed/"),
    Call(
        name="pause",
        method="POST",
        path="/pause",
        says="begin and submit nothing more",
        body={"type": "object"},
        answers=_FINE | _WRONG,
    ),
    Call(
        name="resume",
        method="POST",
        path="/resume",
        says="go on, look at everything held",
        body={"type": "object"},
        answers=_FINE | _WRONG,
    ),
    Call(
        name="submit",
        method="POST",
        path="/submit",
        says="hand in a picture, sent as the body",
        values=(
            _NAME,
            _WANTED,
            Value(
                name="watch",
                says="which inbox, as in the config",
                schema={"type": "integer", "minimum": 0},
            ),
            Value(name="model", says="as this family", schema={"enum": list(FAMILIES)}),
            Value(name="series", says="all of this name get one recipe", schema=_TEXT),
            Value(name="urgent", says="before the others", schema={"enum": ["true", "false"]}),
            Value(name="again", says="also what was handed in", schema={"enum": ["true", "false"]}),
        ),
        body={},
        answers=_FINE | _WRONG | {413: "it is too large"},
    ),
    Call(
        name="classify",
        method="POST",
        path="/classify",
        says="judge a picture, sent as the body; nothing is kept",
        values=(_NAME,),
        body={},
        answers=_FINE | _WRONG | {413: "it is too large"},
    ),
    Call(
        name="plan",
        method="POST",
        path="/plan",
        says="what would be done with a picture, sent as the body, and its price; nothing is sent",
        values=(_NAME, _WANTED),
        body={},
        answers=_FINE | _WRONG | {413: "it is too large"},
    ),
    Call(name="series", method="GET", path="/series", says="every series", shape=_LIST),
    Call(
        name="members",
        method="GET",
        path="/series/members",
        says="the members of a series, in their order",
        values=(
            Value(
                name="watch",
                says="which inbox, as in `series`",
                schema={"type": "integer", "minimum": 0},
                needed=True,
            ),
            Value(name="key", says="which series, as in `series`", schema=_TEXT, needed=True),
            *_PART,
        ),
        answers=_FINE | _WRONG,
        shape={"type": "object", "required": ["jobs", "total"]},
    ),
    Call(name="rules", method="GET", path="/rules", says="which rule decided", shape=_LIST),
    Call(
        name="report",
        method="GET",
        path="/report",
        says="the report as a page",
        values=(
            Value(
                name="since",
                says="24h, 7d, 90m",
                schema={"type": "string", "pattern": "^[1-9][0-9]{0,3}[mhd]$"},
            ),
        ),
        answers=_FINE | _WRONG,
        shape=_TEXT,
    ),
)


def openapi(version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for call in ROUTES:
        paths.setdefault(PREFIX + call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": "upscaled", "version": version},
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
    }


def _operation(call: Call) -> dict[str, Any]:
    kind = "text/html" if call.name == "report" else "application/json"
    fault = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    said: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.says,
        "responses": {
            str(status): {"description": says, "content": {kind: {"schema": call.shape}}}
            if status == 200
            else fault | {"description": says}
            for status, says in {**call.answers, **_GUARDED}.items()
        },
    }
    if call.values:
        said["parameters"] = [
            {
                "name": one.name,
                "in": one.place,
                "required": one.needed,
                "description": one.says,
                "schema": one.schema,
            }
            for one in call.values
        ]
    if call.body is not None:
        kind = "application/json" if call.body else "application/octet-stream"
        schema = call.body or {"type": "string", "format": "binary"}
        said["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    return said


_GUARDED = {
    401: "a token is needed",
    403: "another site may ask for nothing",
    503: "the ledger or a folder cannot be reached just now",
}
