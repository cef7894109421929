"""What a request asks, read with care: each odd value is a 400 that says what is expected."""

import re
from collections.abc import Sequence

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from upscaled.edge.web.calls import MOST
from upscaled.edge.web.ports import Wanted

_ID = re.compile(r"[\x21-\x7e]{1,64}")


def is_id(one: object) -> bool:
    """Say whether a value may be a job's id: 1 to 64 printable ASCII characters."""
    return isinstance(one, str) and bool(_ID.fullmatch(one))


def target(request: Request) -> str:
    """Return the folder name that is asked for."""
    wanted = request.query_params.get("target", "")
    if not wanted:
        raise HTTPException(400, "`target` is missing: a folder name such as 4k or print-a3")
    return wanted


def kind(request: Request) -> str:
    """Return the type of a body in lower case, without its parameters; empty where none is told."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def file_name(text: str | None) -> str:
    """Return a bare file name; folders in it are refused, not cut off."""
    name = text or ""
    if not name or name in {".", ".."} or any(one in name for one in "/\\\0"):
        raise HTTPException(400, "`name` is the picture's file name, without folders")
    if len(name.encode("utf-8", "surrogatepass")) > 200 or not name.isprintable():
        raise HTTPException(400, "`name` is too long, or holds what is no letter")
    return name


def whole(text: str | None, name: str, default: int, low: int, high: int) -> int:
    """Return a whole number within bounds, or what holds where none is given."""
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12 or not low <= int(text) <= high:
        raise HTTPException(400, f"`{name}` is a number from {low} to {high}")
    return int(text)


def part(asked: QueryParams) -> Wanted:
    """Return which part of a list is asked for."""
    return Wanted(
        after=whole(asked.get("after"), "after", 0, 0, 10**9),
        limit=whole(asked.get("limit"), "limit", 100, 1, MOST),
    )


def choice(text: str | None, name: str, words: Sequence[str]) -> str | None:
    """Return one of these words, None where none is given."""
    if not text:
        return None
    if text not in words:
        raise HTTPException(400, f"`{name}` is one of {', '.join(words)}")
    return text
