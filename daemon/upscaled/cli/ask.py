"""`status`: what the ledger and the living daemon say."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from upscaled.cli.config import settings_in_force as settings_of
from upscaled.cli.jobs import stamp
from upscaled.cli.ledgers import inboxes_of, is_alive
from upscaled.cli.main import DONE, print_json, print_text
from upscaled.cli.standings import RECENT, lines
from upscaled.cli.standings import told as series_told
from upscaled.cli.surveys import surveyed
from upscaled.core.budget import Spend, room, warnings
from upscaled.core.life import Word, word_of
from upscaled.core.opening import opening, opening_json, opening_text
from upscaled.core.overview import overview
from upscaled.core.price import usd
from upscaled.core.progress import Progress
from upscaled.edge import roots
from upscaled.edge.bounded import ask
from upscaled.edge.clock import local_zone
from upscaled.edge.diary import CONFIG_CHANGES, last
from upscaled.edge.ledger.glance import Glance, glanced
from upscaled.errors import Outage
from upscaled.flow.sums import Days, caps_of, sums
from upscaled.nouns import Micros, State

if TYPE_CHECKING:
    from upscaled.core.settings import Settings, Watch

ANSWER_SECONDS = 0.4
"""How long a mount is given to say that it is there; `status` answers within two seconds."""
MOST_CHANGES = 5


class Remembered(Protocol):
    """What is asked of a ledger here; the whole one answers it, and a glance at it."""

    @property
    def id(self) -> str:
        """Return the ledger's id."""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""

    def counts(self) -> list[tuple[State, bool, int]]:
        """Return (state, held, number) groups."""

    def spent(self, since: datetime) -> Micros:
        """Return the settled money since a moment."""

    def reserved(self) -> Micros:
        """Return the money in flight or in doubt."""


def status(arguments: argparse.Namespace) -> int:
    """Print engine, counts, money, watches and unknown folders."""
    settings = settings_of(arguments)
    with glanced(settings.state.directory / "ledger.sqlite") as ledger:
        moving = _moving(settings, ledger)
        said = status_told(settings, ledger, moving)
        holds = ledger.holds() if ledger else []
    if arguments.json:
        print_json(said)
        return DONE
    first, *rest = [*overview(said, holds), *lines(moving)]
    print_text(first, bold=True)
    print_text("\n".join(rest))
    return DONE


def _moving(settings: "Settings", ledger: Glance | None) -> Sequence[Progress]:
    """Return how the series under way stand, and those of the last day."""
    since = datetime.now(UTC) - RECENT
    if ledger is None or not ledger.has_series(since):
        return ()
    from upscaled.edge.ledger import standing  # noqa: PLC0415 - loads the shape of all facts

    inboxes = inboxes_of(settings)
    keys = standing.latest(ledger.ask, inboxes, since)
    return [standing.progress(ledger.ask, inboxes, key) for key in keys]


def status_told(
    settings: "Settings", ledger: Remembered | None, moving: Sequence[Progress]
) -> dict[str, Any]:
    """Return what `status --json` prints; `moving` are the series under way."""
    told = _daemon(settings, ledger)
    return {
        "engine": told["engine"],
        "schedule": _schedule(settings),
        "jobs": _counts(ledger),
        "spend": _spend(settings, ledger),
        "watches": told["watches"],
        "unknown_folders": [
            {key: stray[key] for key in ("path", "token", "hint")} for stray in told["strays"]
        ],
        "paused": bool(ledger and ledger.get("paused") == "1"),
        "running": told["running"],
        "ledger": told["ledger"],
        "series": series_told(settings, moving),
        "odd_names": told["odd"],
        "restored": _restored(ledger),
        "config_changes": last(settings.state.directory / CONFIG_CHANGES, MOST_CHANGES),
        "reload": json.loads((ledger and ledger.get("reload")) or "null"),
        "paused_models": json.loads((ledger and ledger.get("paused_models")) or "[]"),
    }


def _restored(ledger: Remembered | None) -> dict[str, Any] | None:
    """Return what the ledger was restored from, until a person has said `resume`."""
    found = ledger and ledger.get("paused") == "1" and ledger.get("restored")
    if not found:
        return None
    told: dict[str, Any] = json.loads(found)
    reason = (
        f"restored from its copy of {told['copied_at']}: what was submitted since then is not "
        "known here and would be paid for again; look at fal's list of requests, `cancel` what it "
        "has, then `resume`"
    )
    return told | {"reason": reason}


def _counts(ledger: Remembered | None) -> dict[str, int]:
    counts = dict.fromkeys([word.value for word in Word], 0)
    for state, held, number in ledger.counts() if ledger else ():
        counts[word_of(state, held=held).value] += number
    return counts


def _spend(settings: "Settings", ledger: Remembered | None) -> dict[str, Any]:
    """Return what is spent and reserved, what is left of it, and what it warns of."""
    now, caps = datetime.now(UTC), caps_of(settings)
    days = Days(zone=local_zone(settings.schedule.timezone), starts=settings.day_starts)
    spend = sums(ledger, days, now) if ledger is not None else Spend()
    return {
        "today_usd": usd(spend.today),
        "month_usd": usd(spend.month),
        "reserved_usd": usd(spend.reserved),
        "daily_cap_usd": usd(caps.daily),
        "monthly_cap_usd": usd(caps.monthly),
        "left_usd": usd(room(spend, caps)),
        "warnings": list(warnings(spend, caps, settings.budget.warn_percent / 100).values()),
        "day_began_at": stamp(days.day(now)),
        "day_ends_at": stamp(days.end(now)),
    }


def _schedule(settings: "Settings") -> dict[str, Any]:
    """Return when submits of each watch may leave, and when that changes."""
    now, zone = datetime.now(UTC), local_zone(settings.schedule.timezone)
    found = [
        opening(now, settings.window_of(number), zone) for number in range(len(settings.watch))
    ]
    return {
        "timezone": str(zone),
        "windows": [
            {"inbox": str(watch.inbox), **opening_json(one)}
            for watch, one in zip(settings.watch, found, strict=True)
        ],
        "words": list(dict.fromkeys(filter(None, (opening_text(one, now, zone) for one in found)))),
    }


def _daemon(settings: "Settings", ledger: Remembered | None) -> dict[str, Any]:
    """Return what the living daemon says; without one, look for ourselves."""
    if ledger and is_alive(settings):
        told: dict[str, Any] = json.loads(ledger.get("daemon") or "{}")
        if told:
            return told | {"running": True}
    watches, answering = _watches(settings, ledger)
    seen = surveyed(settings, answering)
    name: str = settings.engine.name
    if name == "auto" and ledger:
        name = ledger.get("engine") or name
    return {
        "engine": {"name": name, "state": "stopped", "reason": "no daemon is running"},
        "watches": watches,
        "strays": [asdict(stray) for stray in seen.strays],
        "odd": seen.odd,
        "ledger": "",
        "running": False,
    }


def _watches(
    settings: "Settings", ledger: Remembered | None
) -> tuple[list[dict[str, Any]], list[int]]:
    """Return what there is to say of each watch, and which of them answered."""
    numbers, known = range(len(settings.watch)), ledger.id if ledger else None
    told = ask({one: partial(_watch, settings, known, one) for one in numbers}, ANSWER_SECONDS)
    return [told.get(one) or _silent(settings, one) for one in numbers], list(told)


def _silent(settings: "Settings", number: int) -> dict[str, Any]:
    watch = settings.watch[number]
    kind = roots.file_system_at(str(watch.inbox.absolute()))
    reason = f"{kind or 'unknown'} file system; the folder does not answer"
    return _watch_json(str(watch.inbox), _observer(watch, kind), reason, healthy=False)


def _observer(watch: "Watch", kind: str) -> str:
    if watch.observer != "auto":
        return watch.observer
    return "polling" if roots.is_network(kind) else "native"


def _watch(settings: "Settings", known: str | None, number: int) -> dict[str, Any]:
    watch = settings.watch[number]
    kind = roots.file_system(watch.inbox)
    observer = _observer(watch, kind)
    try:
        marker = roots.read_marker(watch.inbox, known or "")
    except Outage as error:
        return _watch_json(str(watch.inbox), observer, error.message, healthy=False)
    if known is None and not watch.inbox.is_dir():
        reason = "not made yet; the first start makes it"
        return _watch_json(str(watch.inbox), observer, reason, healthy=False)
    healthy = marker is roots.Marker.OURS or known is None
    reason = f"{kind or 'unknown'} file system" if healthy else f"its marker is {marker.value}"
    return _watch_json(str(watch.inbox), observer, reason, healthy=healthy)


def _watch_json(inbox: str, observer: str, reason: str, *, healthy: bool) -> dict[str, Any]:
    told = {"inbox": inbox, "observer": observer, "healthy": healthy, "reason": reason}
    return told | {"probe": None}  # only the daemon and `check` make files there


def watches_of(settings: "Settings", ledger: Remembered | None) -> list[dict[str, Any]]:
    """Return how each watch is seen by the living daemon; without one, look for ourselves."""
    if ledger and is_alive(settings):
        told = json.loads(ledger.get("daemon") or "{}")
        if told:
            return list(told["watches"])
    return _watches(settings, ledger)[0]
