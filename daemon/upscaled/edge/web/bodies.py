"""What comes in with a request: small forms and JSON, and pictures as a stream. All bounded."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_SMALL = 64 * 1024
MOST_UPLOAD = 2_000_000_000
"""Larger than any picture that a model takes."""
SPARE_BYTES = 2_000_000_000
"""Stays free for the work itself."""
IDLE_SECONDS = 60.0
_under_way = asyncio.Semaphore(2)
"""Pictures that come in at once."""


async def small(request: Request) -> bytes:
    """Return a body of at most `MOST_SMALL` bytes."""
    held = bytearray()
    async for part in request.stream():
        held += part
        if len(held) > MOST_SMALL:
            raise HTTPException(413, f"at most {MOST_SMALL:,} bytes are read here")
    return bytes(held)


async def form(request: Request) -> Mapping[str, list[str]]:
    """Return a form's fields."""
    try:
        return parse_qs((await small(request)).decode(), keep_blank_values=True, max_num_fields=500)
    except ValueError as error:
        raise HTTPException(400, "this is no form") from error


async def told(request: Request) -> dict[str, Any]:
    """Return a JSON object; an empty body is an empty one."""
    body = await small(request)
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is no JSON") from error
    if not isinstance(found, dict):
        raise HTTPException(400, "a JSON object is expected")
    return found


async def picture(request: Request, to: Path) -> None:
    """Write a body to a new file, part by part; its folder is the caller's to remove."""
    if _under_way.locked():
        raise HTTPException(503, "other pictures are coming in; try again in a moment")
    async with _under_way:
        try:
            with to.open("xb") as file:
                await _written(request, file)
        except TimeoutError as error:
            raise HTTPException(408, "the picture stopped coming") from error
        except OSError as error:
            raise HTTPException(503, f"it could not be kept: {error.strerror}") from error


async def _written(request: Request, file: BinaryIO) -> None:
    size, parts = 0, request.stream()
    while True:
        async with asyncio.timeout(IDLE_SECONDS):
            part = await anext(parts, None)
        if part is None:
            return
        size += len(part)
        if size > MOST_UPLOAD:
            raise HTTPException(413, f"at most {MOST_UPLOAD:,} bytes are taken")
        if shutil.disk_usage(Path(file.name).parent).free < SPARE_BYTES + len(part):
            raise HTTPException(503, "there is no room for it here just now")
        await run_in_threadpool(file.write, part)
