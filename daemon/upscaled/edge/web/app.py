"""The window as one ASGI application, and the server that carries it."""

from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from upscaled.core.report.style import STYLE
from upscaled.edge.web.api import Api
from upscaled.edge.web.calls import PREFIX
from upscaled.edge.web.guarding import Guard, Keys
from upscaled.edge.web.pages import Site
from upscaled.edge.web.ports import Answers
from upscaled.edge.web.rendering import HERE, Pages
from upscaled.errors import UpscaledError, UsageError

MOST_AT_ONCE = 64
"""Requests under way, open live streams included."""
END_SECONDS = 2
"""Live streams never end by themselves."""


def application(answers: Answers, keys: Keys, version: str) -> Starlette:
    """Return the application."""
    site, api, pages = Site(answers, keys), Api(answers, keys, version), Pages(keys)

    def told(request: Request, error: Exception) -> Response:
        status, message, hint = _words(error)
        if request.url.path.startswith(PREFIX):
            fault = {"code": str(status), "message": message, "hint": hint}
            return JSONResponse({"error": fault}, status, _allowed(error))
        return pages.page(
            request, "fault.html", status=status, number=status, message=message, hint=hint
        )

    return Starlette(
        routes=[
            Route("/static/report.css", _style),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            *api.routes(),
            *site.routes(),
        ],
        middleware=[Middleware(Guard, keys=keys)],
        exception_handlers={HTTPException: told, UpscaledError: told},
    )


def _allowed(error: Exception) -> dict[str, str] | None:
    """Return the headers that belong to a fault: which methods there are."""
    return dict(error.headers) if isinstance(error, HTTPException) and error.headers else None


def _words(error: Exception) -> tuple[int, str, str]:
    if isinstance(error, HTTPException):
        return error.status_code, error.detail, ""
    if isinstance(error, UsageError):
        return 400, error.message, error.hint
    message = error.message if isinstance(error, UpscaledError) else "this went wrong here"
    return 503, message, error.hint if isinstance(error, UpscaledError) else ""


async def _style(_request: Request) -> Response:
    """Return the report's own style: one look for all that people read in the morning."""
    return Response(STYLE, media_type="text/css")


def server(app: Any) -> uvicorn.Server:
    """Return what serves an application on sockets; it ends when its `should_exit` is set."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # no word of a proxy is needed, so none is believed
            lifespan="off",
            limit_concurrency=MOST_AT_ONCE,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=END_SECONDS,
            h11_max_incomplete_event_size=32 * 1024,
            ws="none",
        )
    )
