"""
The same verbs as JSON, versioned, in the words of the command line.

`ROUTES` is the one source: what is served and the OpenAPI document are both made from it.
"""

import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from upscaled.edge.web import bodies
from upscaled.edge.web.guarding import Keys, is_forged
from upscaled.edge.web.pages import FAMILIES, STATES, VERBS
from upscaled.edge.web.ports import Answers, Said, Upload, Wanted
from upscaled.edge.web.reports import REPORT_CSP, shown

PREFIX = "/api/v1"
MOST = 1000
_ID = re.compile(r"[\x21-\x7e]{1,64}")
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


class Api:
    """The calls, over one house."""

    def __init__(self, answers: Answers, keys: Keys, version: str) -> None:
        self._answers = answers
        self._keys = keys
        self._version = version

    def routes(self) -> list[Route]:
        """Return every call, and the document that tells of them."""
        document = Route(f"{PREFIX}/openapi.json", self.document)
        return [
            document,
            *(
                Route(PREFIX + call.path, self._handler(call), methods=[call.method])
                for call in ROUTES
            ),
        ]

    async def document(self, _request: Request) -> Response:
        """Return the OpenAPI document."""
        return JSONResponse(openapi(self._version))

    def _handler(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        if call.name in VERBS:
            return self._acting(call.name)
        handler: Callable[[Request], Awaitable[Response]] = getattr(self, f"_{call.name}")
        return handler

    async def _status(self, _request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._answers.status))

    async def _jobs(self, request: Request) -> Response:
        asked = request.query_params
        state = asked.get("state", "")
        if state and state not in STATES:
            raise HTTPException(400, f"state is one of {', '.join(STATES)}")
        wanted = replace(_part(asked), state=state, search=asked.get("q", ""))
        found = await run_in_threadpool(self._answers.jobs, wanted)
        return JSONResponse({"jobs": list(found.jobs), "total": found.total})

    async def _job(self, request: Request) -> Response:
        found = await run_in_threadpool(self._answers.job, request.path_params["job"])
        if found is None:
            raise HTTPException(404, "there is no such job")
        return JSONResponse(found)

    async def _receipt(self, request: Request) -> Response:
        found = await run_in_threadpool(self._answers.receipt, request.path_params["job"])
        if found is None:
            raise HTTPException(404, "this job has no sidecar")
        return Response(found, media_type="application/json")

    def _acting(self, verb: str) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            self._require_json(request)
            told = await bodies.told(request)
            ids, model = told.get("ids"), told.get("model")
            if not isinstance(ids, list) or not all(_is_id(one) for one in ids):
                raise HTTPException(400, "`ids` is an array of job ids")
            if not 1 <= len(ids) <= 200:
                raise HTTPException(400, "from one to two hundred jobs are named at once")
            if model is not None and model not in FAMILIES:
                raise HTTPException(400, f"model is one of {', '.join(FAMILIES)}")
            said = await run_in_threadpool(self._answers.ask, verb, ids, model)
            return JSONResponse([_said(one) for one in said])

        return handler

    async def _pause(self, request: Request) -> Response:
        return await self._flag(request, paused=True)

    async def _resume(self, request: Request) -> Response:
        return await self._flag(request, paused=False)

    async def _flag(self, request: Request, *, paused: bool) -> Response:
        self._require_json(request)
        await run_in_threadpool(lambda: self._answers.pause(paused=paused))
        return JSONResponse({"paused": paused})

    @asynccontextmanager
    async def _came_in(self, request: Request, name: str) -> AsyncIterator[Path]:
        """Take a picture in, for as long as it is looked at."""
        if is_forged(request, self._keys, None) and _kind(request) != "application/octet-stream":
            raise HTTPException(400, "send the picture as application/octet-stream")
        with tempfile.TemporaryDirectory(dir=self._answers.incoming) as folder:
            file = Path(folder) / name
            await bodies.picture(request, file)
            yield file

    async def _classify(self, request: Request) -> Response:
        name = _file_name(request.query_params.get("name"))
        async with self._came_in(request, name) as file:
            found = await run_in_threadpool(self._answers.classify, file, name)
            return JSONResponse(found.told)

    async def _plan(self, request: Request) -> Response:
        name, target = _file_name(request.query_params.get("name")), _target(request)
        async with self._came_in(request, name) as file:
            return JSONResponse(await run_in_threadpool(self._answers.plan, file, name, target))

    async def _submit(self, request: Request) -> Response:
        asked = request.query_params
        name, target = _file_name(asked.get("name")), _target(request)
        watch = _whole(asked.get("watch"), "watch", 0, 0, 10_000)
        async with self._came_in(request, name) as file:
            upload = Upload(
                file=file,
                target=target,
                watch=watch,
                model=_choice(asked.get("model"), "model", FAMILIES),
                series=asked.get("series") or None,
                urgent=_choice(asked.get("urgent"), "urgent", ("true", "false")) == "true",
                again=_choice(asked.get("again"), "again", ("true", "false")) == "true",
            )
            return JSONResponse(await run_in_threadpool(self._answers.submit, upload))

    async def _series(self, _request: Request) -> Response:
        return JSONResponse(list(await run_in_threadpool(self._answers.series)))

    async def _members(self, request: Request) -> Response:
        asked = request.query_params
        watch, wanted = _whole(asked.get("watch"), "watch", 0, 0, 10_000), _part(asked)
        if not asked.get("key"):
            raise HTTPException(400, "`key` is missing: which series, as `series` names it")
        found = await run_in_threadpool(self._answers.members, watch, asked["key"], wanted)
        return JSONResponse({"jobs": list(found.jobs), "total": found.total})

    async def _rules(self, _request: Request) -> Response:
        return JSONResponse(list(await run_in_threadpool(self._answers.rules)))

    async def _report(self, request: Request) -> Response:
        since = request.query_params.get("since", "24h")
        html = await run_in_threadpool(lambda: shown(self._answers.report(since)))
        return HTMLResponse(html, headers={"content-security-policy": REPORT_CSP})

    def _require_json(self, request: Request) -> None:
        """Refuse what another site could send without asking first."""
        if is_forged(request, self._keys, None):
            raise HTTPException(400, "send it as application/json")


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


def _is_id(one: object) -> bool:
    return isinstance(one, str) and bool(_ID.fullmatch(one))


def _said(one: Said) -> dict[str, Any]:
    return {"id": one.job, "asked": one.asked, "answer": one.answer}


def _target(request: Request) -> str:
    target = request.query_params.get("target", "")
    if not target:
        raise HTTPException(400, "`target` is missing: a folder name such as 4k or print-a3")
    return target


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _file_name(text: str | None) -> str:
    """Return a bare file name; folders in it are refused, not cut off."""
    name = text or ""
    if not name or name in {".", ".."} or any(one in name for one in "/\\\0"):
        raise HTTPException(400, "`name` is the picture's file name, without folders")
    if len(name.encode("utf-8", "surrogatepass")) > 200 or not name.isprintable():
        raise HTTPException(400, "`name` is too long, or holds what is no letter")
    return name


def _whole(text: str | None, name: str, default: int, low: int, high: int) -> int:
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12 or not low <= int(text) <= high:
        raise HTTPException(400, f"`{name}` is a number from {low} to {high}")
    return int(text)


def _part(asked: QueryParams) -> Wanted:
    return Wanted(
        after=_whole(asked.get("after"), "after", 0, 0, 10**9),
        limit=_whole(asked.get("limit"), "limit", 100, 1, MOST),
    )


def _choice(text: str | None, name: str, words: Sequence[str]) -> str | None:
    if not text:
        return None
    if text not in words:
        raise HTTPException(400, f"`{name}` is one of {', '.join(words)}")
    return text
