"""When a window opens and closes, told: to a person, and as `status` has it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from upscaled.core.hours import Window
from upscaled.core.window import is_open, next_change

_WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a window stands at a moment."""

    window: Window | None
    open: bool
    changes_at: datetime | None
    """When it closes, or opens again; None: never."""


def opening(now: datetime, window: Window | None, zone: tzinfo) -> Opening:
    """Return how a window stands now."""
    return Opening(
        window=window,
        open=is_open(now, window, zone),
        changes_at=next_change(now, window, zone),
    )


def opens_in_words(opens: datetime, now: datetime, zone: tzinfo) -> str:
    """Return an instant as `Tue 22:00 CET (Europe/Berlin)`; with its date where it is far off."""
    local = opens.astimezone(zone)
    date = f" {local.day} {local:%b}" if opens - now > _WEEK else ""
    return f"{local:%a}{date} {local:%H:%M %Z} ({zone})"


def opening_json(one: Opening) -> dict[str, object]:
    """Return what `status --json` says of a watch's window."""
    at = one.changes_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if one.changes_at else None
    return {
        "hours": str(one.window or ""),
        "open": one.open,
        "opens_at": None if one.open else at,
        "closes_at": at if one.open else None,
    }


def opening_text(one: Opening, now: datetime, zone: tzinfo) -> str:
    """Return the same as a line for a person; empty where it is always open."""
    if not one.window:
        return ""
    state = "open" if one.open else "closed"
    if one.changes_at is None:
        return f"{one.window}: {state}"
    verb = "closes" if one.open else "opens"
    return f"{one.window}: {state}, {verb} {opens_in_words(one.changes_at, now, zone)}"
