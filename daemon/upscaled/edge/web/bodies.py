"""What comes in with a request: small forms and JSON, and pictures as a stream. All bounded."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_SMALL = 64 * 1024
MOST_UPLOAD = 2_000_000_000
"""Larger than any picture that a model takes."""


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
    size = 0
    with to.open("xb") as file:
        async for part in request.stream():
            size += len(part)
            if size > MOST_UPLOAD:
                raise HTTPException(413, f"at most {MOST_UPLOAD:,} bytes are taken")
            file.write(part)
