"""The pages: what they show and what their forms ask for. Blocking calls run in worker threads."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from upscaled.edge.web import bodies
from upscaled.edge.web.guarding import COOKIE, WRONG_SECONDS, Keys, is_forged, same
from upscaled.edge.web.live import Live
from upscaled.edge.web.ports import Answers, Wanted
from upscaled.edge.web.rendering import FRAGMENT, Pages
from upscaled.edge.web.reports import REPORT_CSP, shown

STATES = ("waiting", "working", "held", "review", "failed", "done")
FAMILIES = ("core", "recover", "redefine", "text", "cgi")
VERBS = ("accept", "reject", "redo", "retry", "cancel")
A_PAGE = 50
A_STRIP = 200
"""Members of a series on one page."""
FRESH_SECONDS = 0.3
EYES = 6
"""Threads that wait for pixels."""
MOST_KEPT = 32
"""Drawn pages that are kept until something changes; one has some ten kilobytes."""
Page = Callable[[Request], Awaitable[Response]]


class Site:
    """Every page, over one house."""

    def __init__(self, answers: Answers, keys: Keys) -> None:
        self._answers = answers
        self._keys = keys
        self._pages = Pages(keys)
        self._live = Live(answers.version)
        self._kept: dict[tuple[str, str], tuple[int, Response]] = {}
        self._drawing = asyncio.Lock()
        self._known, self._fresh_until = 0, 0.0
        self._wrong = asyncio.Lock()
        self._eyes = CapacityLimiter(EYES)

    def routes(self) -> list[Route]:
        """Return what is served, but the API and the static files."""
        return [
            Route("/", self._once(self.now)),
            Route("/review", self._once(self.review)),
            Route("/review/{job}", self.compare),
            Route("/jobs", self._once(self.jobs)),
            Route("/jobs/{job}", self.job),
            Route("/jobs/{job}/receipt", self.receipt),
            Route("/series", self._once(self.series)),
            Route("/series/{watch:int}", self.one_series),
            Route("/rules", self._once(self.rules)),
            Route("/rules/try", self.explain, methods=["POST"]),
            Route("/reports", self.reports),
            Route("/reports/{report}", self.report),
            Route("/act", self.act, methods=["POST"]),
            Route("/pause", self.pause, methods=["POST"]),
            Route("/live", self.live),
            Route("/small/{job}/{name}", self.small),
            Route("/view/{job}", self.view),
            Route("/tile/{job}/{side}/{level:int}/{column:int}/{row:int}", self.tile),
            Route("/login", self.login),
            Route("/login", self.log_in, methods=["POST"]),
            Route("/logout", self.log_out, methods=["POST"]),
        ]

    # ---- looking

    async def now(self, request: Request) -> Response:
        """Show what is under way, what it costs, what it waits for."""
        status = await run_in_threadpool(self._answers.status)
        lists = {
            state: await self._list(Wanted(state=state, limit=12))
            for state in ("working", "held", "waiting", "review", "failed")
        }
        choices = await run_in_threadpool(self._answers.choices)
        return self._pages.page(
            request, "now.html", status=200, said=status, lists=lists, choices=choices
        )

    async def review(self, request: Request) -> Response:
        """Show what a person should look at, the first of it opened."""
        found = await self._list(Wanted(state="review", limit=200))
        return self._pages.page(request, "review.html", found=found)

    async def compare(self, request: Request) -> Response:
        """Show one result beside its source."""
        told = await self._told(request)
        found = await self._list(Wanted(state="review", limit=200))
        ids = [one["id"] for one in found.jobs]
        place = ids.index(told["id"]) if told["id"] in ids else -1
        return self._pages.page(
            request,
            "compare.html",
            told=told,
            families=FAMILIES,
            before=ids[place - 1] if place > 0 else None,
            after=ids[place + 1] if 0 <= place < len(ids) - 1 else None,
            place=place + 1,
            total=found.total,
        )

    async def jobs(self, request: Request) -> Response:
        """List jobs: all of them, of one state, or those whose path holds some words."""
        asked = request.query_params
        state = asked.get("state", "")
        state = state if state in STATES else ""
        search, number = asked.get("q", "")[:200], _number(asked.get("page"))
        wanted = Wanted(state=state, search=search, after=(number - 1) * A_PAGE, limit=A_PAGE)
        found = await self._list(wanted)
        status = await run_in_threadpool(self._answers.status)
        last = max(1, -(-found.total // A_PAGE))

        def address(**changed: Any) -> str:
            values = {"state": state, "q": search, "page": number} | changed
            kept = {key: value for key, value in values.items() if value not in ("", 1)}
            return "/jobs" + (f"?{urlencode(kept)}" if kept else "")

        return self._pages.page(
            request,
            "jobs.html",
            found=found,
            counts=status["jobs"],
            state=state,
            search=search,
            number=number,
            last=last,
            address=address,
        )

    async def job(self, request: Request) -> Response:
        """Show the whole story of one job."""
        told = await self._told(request)
        return self._pages.page(request, "job.html", told=told, families=FAMILIES)

    async def receipt(self, request: Request) -> Response:
        """Return a job's sidecar."""
        found = await run_in_threadpool(self._answers.receipt, request.path_params["job"])
        if found is None:
            raise HTTPException(404, "this job has no sidecar")
        return Response(found, media_type="application/json")

    async def series(self, request: Request) -> Response:
        """List series and their progress."""
        found = await run_in_threadpool(self._answers.series)
        return self._pages.page(request, "series.html", found=found)

    async def one_series(self, request: Request) -> Response:
        """Show one series: progress, missing frames, its pictures in a row."""
        watch, key = request.path_params["watch"], request.query_params.get("key", "")
        found = await run_in_threadpool(self._answers.series)
        told = next((one for one in found if (one["watch"], one["key"]) == (watch, key)), None)
        if told is None:
            raise HTTPException(404, "there is no such series")
        number = _number(request.query_params.get("page"))
        wanted = Wanted(after=(number - 1) * A_STRIP, limit=A_STRIP)
        members = await run_in_threadpool(self._answers.members, watch, key, wanted)
        return self._pages.page(
            request,
            "one_series.html",
            told=told,
            members=members,
            number=number,
            last=max(1, -(-members.total // A_STRIP)),
        )

    async def rules(self, request: Request) -> Response:
        """Show which rule decided how often."""
        found = await run_in_threadpool(self._answers.rules)
        return self._pages.page(request, "rules.html", found=found, tried=None, name="")

    async def reports(self, request: Request) -> Response:
        """List the reports there are."""
        found = await run_in_threadpool(self._answers.reports)
        return self._pages.page(request, "reports.html", found=found)

    async def report(self, request: Request) -> Response:
        """Show one report: an old one, or that of the last hours (`now`)."""
        name = request.path_params["report"]
        if name == "now":
            html = await self._seen(self._answers.report, "24h")
        else:
            held = await run_in_threadpool(self._answers.old_report, name)
            if held is None:
                raise HTTPException(404, "there is no such report")
            html = held.decode("utf-8", "replace")
        html = await run_in_threadpool(shown, html)
        return HTMLResponse(html, headers={"content-security-policy": REPORT_CSP})

    async def live(self, _request: Request) -> Response:
        """Tell of changes for as long as somebody listens."""
        unbuffered = {"x-accel-buffering": "no"}  # by a proxy between
        return StreamingResponse(
            self._live.events(), media_type="text/event-stream", headers=unbuffered
        )

    # ---- pictures

    async def small(self, request: Request) -> Response:
        """Return a small picture that was cut when the job was finished."""
        asked = request.path_params
        found = await self._seen(self._answers.small, asked["job"], asked["name"])
        if found is None:
            raise HTTPException(404, "there is no such picture")
        return Response(found, media_type="image/webp")

    async def view(self, request: Request) -> Response:
        """Have a job's pictures cut, and say how many tiles there are."""
        shown = await self._seen(self._answers.view, request.path_params["job"])
        if shown is None:
            raise HTTPException(404, "source or result is not there any more")
        return JSONResponse(
            {
                "width": shown.width,
                "height": shown.height,
                "tile": shown.tile,
                "levels": shown.levels,
                "worst": shown.worst,
                "sharpest": shown.sharpest,
            }
        )

    async def tile(self, request: Request) -> Response:
        """Return one tile."""
        asked = request.path_params
        place = (asked["level"], asked["column"], asked["row"])
        found = await run_in_threadpool(self._answers.tile, asked["job"], asked["side"], place)
        if found is None:
            raise HTTPException(404, "there is no such tile")
        return Response(found, media_type="image/jpeg")

    # ---- asking

    async def act(self, request: Request) -> Response:
        """Carry out what a form asks for, and go back to where it stood."""
        form = await self._form(request)
        verb, ids = form.get("verb", [""])[0], form.get("id", [])[:200]
        model = form.get("model", [""])[0] or None
        if verb not in VERBS or not ids or (model and model not in FAMILIES):
            raise HTTPException(400, "nothing that can be done was asked for")
        said = await run_in_threadpool(self._answers.ask, verb, ids, model)
        self._fresh_until = 0.0
        if refused := [one for one in said if one.refused]:
            more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            raise HTTPException(409, f"{refused[0].answer}{more}")
        return RedirectResponse(_back(form), 303)

    async def pause(self, request: Request) -> Response:
        """Pause or resume."""
        form = await self._form(request)
        wanted = form.get("paused", [""])[0] == "1"
        await run_in_threadpool(lambda: self._answers.pause(paused=wanted))
        self._fresh_until = 0.0
        return RedirectResponse(_back(form), 303)

    async def explain(self, request: Request) -> Response:
        """Judge a picture that somebody tries, and forget it."""
        if is_forged(request, self._keys, None):
            raise HTTPException(403, "the page is too old; load it again")
        name = Path(request.query_params.get("name", "picture")).name[:200] or "picture"
        with tempfile.TemporaryDirectory(dir=self._answers.incoming) as folder:
            file = Path(folder) / "picture"
            await bodies.picture(request, file)
            tried = await self._seen(self._answers.classify, file, name)
        found = await run_in_threadpool(self._answers.rules)
        return self._pages.page(request, "rules.html", found=found, tried=tried, name=name)

    # ---- the token

    async def login(self, request: Request) -> Response:
        """Ask for the token."""
        return self._pages.page(request, "login.html", wrong=False)

    async def log_in(self, request: Request) -> Response:
        """Give the cookie for the token."""
        form = await bodies.form(request)
        if not same(form.get("token", [""])[0].strip(), self._keys.token):
            async with self._wrong:  # one guess at a time, for all
                await asyncio.sleep(WRONG_SECONDS)
            return self._pages.page(request, "login.html", status=401, wrong=True)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            self._keys.session,
            httponly=True,
            samesite="strict",
            # The browser itself says so; what a proxy says of it, anybody could say.
            secure=request.headers.get("origin", "").startswith("https://"),
            max_age=30 * 24 * 3600,
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """Forget the cookie."""
        await self._form(request)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    # ---- inside

    def _once(self, page: Page) -> Page:
        """Draw a page once for all windows, until something changes; it is the same for all."""

        async def kept(request: Request) -> Response:
            key = request.url.path + "?" + request.url.query, request.headers.get(FRAGMENT, "")
            async with self._drawing:  # all windows ask at once, when something changed
                version = await self._version()
                held = self._kept.get(key)
                if held is None or held[0] != version:
                    if len(self._kept) >= MOST_KEPT:
                        self._kept.clear()
                    held = self._kept[key] = version, await page(request)
            return Response(held[1].body, media_type="text/html")

        return kept

    async def _version(self) -> int:
        """Return what is known of changes; ten windows that ask at once are one question."""
        now = monotonic()
        if now > self._fresh_until:
            self._known = await run_in_threadpool(self._answers.version)
            self._fresh_until = now + FRESH_SECONDS
        return self._known

    async def _seen(self, call: Callable[..., Any], *words: Any) -> Any:
        """Wait for pixels in few threads of their own: they may take long, and pages must not."""
        return await to_thread.run_sync(call, *words, limiter=self._eyes)

    async def _list(self, wanted: Wanted) -> Any:
        return await run_in_threadpool(self._answers.jobs, wanted)

    async def _told(self, request: Request) -> dict[str, Any]:
        told = await run_in_threadpool(self._answers.job, request.path_params["job"])
        if told is None:
            raise HTTPException(404, "there is no such job")
        return told

    async def _form(self, request: Request) -> dict[str, list[str]]:
        form = dict(await bodies.form(request))
        if is_forged(request, self._keys, form.get("forgery", [""])[0]):
            raise HTTPException(403, "the page is too old; load it again")
        return form


def _number(text: str | None) -> int:
    return min(max(1, int(text)), 1_000_000) if text and text.isascii() and text.isdigit() else 1


def _back(form: dict[str, list[str]]) -> str:
    """Return where a form stood; only a path of ours is gone back to."""
    said = form.get("back", ["/"])[0]
    if not said.startswith("/") or said.startswith(("//", "/\\")):
        return "/"
    return quote(said, safe="/?&=%+-_.~:#")
