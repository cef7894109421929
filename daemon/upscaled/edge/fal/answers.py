"""
Tolerant reading of fal's answers: what is missing is None, what is odd is ignored.

Pure. Every field but the request id is treated as optional, because fal's client has crashed on
missing `logs` and `queue_position`, and unknown words have been met in the wild.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

MAX_QUOTE = 300
MAX_WAIT = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """Where a result lies."""

    url: object
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One entry of an error's `detail`: branch on the type alone, texts change."""

    type: str = ""
    message: str = ""
    loc: tuple[str, ...] = ()
    limits: dict[str, str] = field(default_factory=dict)


def quote(text: object) -> str:
    """Return foreign text in one short line without control characters."""
    line = " ".join(str(text).split())
    line = "".join(letter for letter in line if letter.isprintable())
    return line if len(line) <= MAX_QUOTE else line[:MAX_QUOTE] + " ..."


def number(value: object) -> float | None:
    """Return a finite number of at least 0, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def count(value: object) -> int | None:
    """Return a whole number of at least 1, None for anything else."""
    found = number(value)
    return int(found) if found is not None and found >= 1 else None


def billable_units(headers: Mapping[str, str]) -> float | None:
    """Return X-Fal-Billable-Units, None where unsaid."""
    return number(headers.get("x-fal-billable-units"))


def says_retry(headers: Mapping[str, str]) -> bool:
    """Return whether fal asks for a retry (`X-Fal-Needs-Retry`, in older answers `-Retryable`)."""
    word = headers.get("x-fal-needs-retry", headers.get("x-fal-retryable", ""))
    return word.strip().lower() in {"1", "true", "yes"}


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return Retry-After in seconds from now (0..3600), None where unsaid or unreadable."""
    text = headers.get("retry-after", "")
    seconds = number(text)
    if seconds is None:
        try:
            then = parsedate_to_datetime(text)
        except ValueError:
            return None
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        seconds = max(0.0, (then - now).total_seconds())
    return min(seconds, MAX_WAIT)


def find_image(body: object) -> Image | None:
    """Return the first picture of a result: `image.url`, `images[0].url`, or `image` as text."""
    if not isinstance(body, dict):
        return None
    for found in (body.get("image"), body.get("images")):
        first = found[0] if isinstance(found, list) and found else found
        if isinstance(first, dict) and first.get("url"):
            return Image(url=first["url"], bytes=count(first.get("file_size")))
        if isinstance(first, str) and first:
            return Image(url=first)
    return None


def payload(value: object) -> Any:
    """Return a stored payload; some histories hold it as a text of JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def image_url_of(item: Mapping[str, object]) -> object:
    """Return the picture that a listed request was asked to enlarge, None where it is not shown."""
    sent = payload(item.get("json_input"))
    return sent.get("image_url") if isinstance(sent, dict) else None


def error_type(body: object, headers: Mapping[str, str]) -> str:
    """Return the infrastructure's error type, empty where there is none."""
    found = body.get("error_type") if isinstance(body, dict) else None
    return str(found or headers.get("x-fal-error-type") or "")


def detail_text(body: object) -> str:
    """Return an error's text in one line, empty where there is none."""
    if not isinstance(body, dict):
        return ""
    detail = body.get("detail") or body.get("error") or body.get("message") or ""
    if isinstance(detail, list):
        detail = "; ".join(one.message or one.type for one in complaints(body))
    return quote(detail)


def complaints(body: object) -> tuple[Complaint, ...]:
    """Return the entries of a list `detail`; nothing for a text or anything else."""
    detail = body.get("detail") if isinstance(body, dict) else None
    return tuple(_complaints(detail)) if isinstance(detail, list) else ()


def _complaints(detail: list[object]) -> Iterator[Complaint]:
    for entry in detail:
        if isinstance(entry, dict):
            loc, ctx = entry.get("loc"), entry.get("ctx")
            yield Complaint(
                type=str(entry.get("type") or ""),
                message=quote(entry.get("msg") or ""),
                loc=tuple(str(step) for step in loc) if isinstance(loc, list) else (),
                limits=_limits(ctx) if isinstance(ctx, dict) else {},
            )


def _limits(ctx: Mapping[str, object]) -> dict[str, str]:
    """Return the limits an error names, never what we sent (`input` may hold a whole picture)."""
    known = ("min_", "max_", "supported_", "provided_")
    return {
        name.replace("_", " "): quote(value)
        for name, value in ctx.items()
        if name.startswith(known) and isinstance(value, int | float | str | list)
    }
