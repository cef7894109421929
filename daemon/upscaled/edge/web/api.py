"""
The same verbs as JSON, versioned, in the words of the command line.

What can be asked stands in `calls`; here each is answered.
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from upscaled.edge.web import asking, bodies
from upscaled.edge.web.calls import PREFIX, ROUTES, Call, openapi
from upscaled.edge.web.guarding import Keys, is_forged
from upscaled.edge.web.pages import FAMILIES, STATES, VERBS
from upscaled.edge.web.ports import Answers, Said, Upload
from upscaled.edge.web.reports import REPORT_CSP, shown


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
        wanted = replace(asking.part(asked), state=state, search=asked.get("q", ""))
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
            if not isinstance(ids, list) or not all(asking.is_id(one) for one in ids):
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
        if (
            is_forged(request, self._keys, None)
            and asking.kind(request) != "application/octet-stream"
        ):
            raise HTTPException(400, "send the picture as application/octet-stream")
        with tempfile.TemporaryDirectory(dir=self._answers.incoming) as folder:
            file = Path(folder) / name
            await bodies.picture(request, file)
            yield file

    async def _classify(self, request: Request) -> Response:
        name = asking.file_name(request.query_params.get("name"))
        async with self._came_in(request, name) as file:
            found = await run_in_threadpool(self._answers.classify, file, name)
            return JSONResponse(found.told)

    async def _plan(self, request: Request) -> Response:
        name, target = asking.file_name(request.query_params.get("name")), asking.target(request)
        async with self._came_in(request, name) as file:
            return JSONResponse(await run_in_threadpool(self._answers.plan, file, name, target))

    async def _submit(self, request: Request) -> Response:
        asked = request.query_params
        name, target = asking.file_name(asked.get("name")), asking.target(request)
        watch = asking.whole(asked.get("watch"), "watch", 0, 0, 10_000)
        async with self._came_in(request, name) as file:
            upload = Upload(
                file=file,
                target=target,
                watch=watch,
                model=asking.choice(asked.get("model"), "model", FAMILIES),
                series=asked.get("series") or None,
                urgent=asking.choice(asked.get("urgent"), "urgent", ("true", "false")) == "true",
                again=asking.choice(asked.get("again"), "again", ("true", "false")) == "true",
            )
            return JSONResponse(await run_in_threadpool(self._answers.submit, upload))

    async def _series(self, _request: Request) -> Response:
        return JSONResponse(list(await run_in_threadpool(self._answers.series)))

    async def _members(self, request: Request) -> Response:
        asked = request.query_params
        watch, wanted = asking.whole(asked.get("watch"), "watch", 0, 0, 10_000), asking.part(asked)
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


def _said(one: Said) -> dict[str, Any]:
    return {"id": one.job, "asked": one.asked, "answer": one.answer}
