"""Two shares for one night, the clocks that it goes by, and what its ledger says of it."""

import json
import sqlite3
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import tomli_w

from place import PLAY_KEY, REPOSITORY, Place, photo, sha256
from standin import Standin

_KEEP = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
BERLIN = ZoneInfo("Europe/Berlin")
EVENING = (datetime.now(BERLIN) + timedelta(days=1)).replace(
    hour=21, minute=30, second=0, microsecond=0
)
OPENS = EVENING + timedelta(minutes=30)
MORNING = EVENING.date() + timedelta(days=1)
SHEET = "print-a5-72ppi"
SIZE = (320, 240)
AFFORDED = 45
CAP = 0.08 * AFFORDED
BEFORE = 2
"""Passes before the window opened, from an urgent folder; the cap's day begins with the window."""
WANTED = {"north": 26, "south": 25}
SHARES = tuple(WANTED)


class Night(Place):
    """Two shares, north and south; the daemon by clocks that are pushed on."""

    def __init__(self, root: Path, fal: Standin, heartbeat_url: str) -> None:
        super().__init__(root)
        self.clock = root / "clock"
        self.pushed = 0.0
        self.set(EVENING)
        self.environment["FAL_KEY"] = PLAY_KEY
        roles = ("inbox", "outbox", "archive", "failed", "review")
        watches = [
            {role: f"{name}/{role}" for role in roles} | {"settle_seconds": 0.15} for name in SHARES
        ]
        names = ("queue_url", "rest_url", "cdn_url", "api_url")
        values: dict[str, Any] = {
            "watch": watches,
            "engine": {"name": "fal"},
            "fal": {"poll_seconds": 0.05} | {name: getattr(fal, name) for name in names},
            "retry": {"first_seconds": 0.1, "max_seconds": 1.0},
            "budget": {"daily_usd": CAP},
            "plan": {"beyond_safe": "review", "min_effective_ppi": 0.0},
            "schedule": {"window": "22:00-06:00", "timezone": "Europe/Berlin"},
            "metrics": {"textfile": "upscaled.prom"},
            "notify": {
                "notify_command": [sys.executable, "-c", _KEEP, str(root / "told.jsonl")],
                "heartbeat_url": heartbeat_url,
                "heartbeat_seconds": 1.0,
                "disk_low_gb": 0.0,
            },
        }
        self.config.write_text(tomli_w.dumps(values))

    def command(self, *words: str) -> list[str]:
        """Return the command line of one verb, by these clocks."""
        script = str(REPOSITORY / "tests" / "house" / "by_its_clock.py")
        return [sys.executable, script, str(self.clock), "--", "--config", str(self.config), *words]

    def set(self, wall: datetime) -> None:
        """Set the wall's clock."""
        self.clock.with_suffix(".new").write_text(f"{wall.timestamp()} {time.time()} {self.pushed}")
        self.clock.with_suffix(".new").replace(self.clock)

    def push(self, **by: float) -> None:
        """Let so much time go by, on all clocks."""
        wall, since, _ = map(float, self.clock.read_text().split())
        self.pushed += timedelta(**by).total_seconds()
        at = wall + (time.time() - since) / 10 + timedelta(**by).total_seconds()
        self.set(datetime.fromtimestamp(at, BERLIN))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the ledger's file itself."""
        with sqlite3.connect(f"file:{self.path('state/ledger.sqlite')}?mode=ro", uri=True) as link:
            return link.execute(query, values).fetchall()

    def told(self) -> list[dict[str, Any]]:
        """Return what the command was told so far."""
        path = self.path("told.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def status(self, name: str) -> str:
        """Return what a share's people read now."""
        path = self.path(f"{name}/inbox/_STATUS.txt")
        return path.read_text("utf-8-sig") if path.exists() else ""

    def standing(self) -> dict[str, str]:
        """Return what stands by the daemon's own notes, and since when each is over."""
        kept = self.rows("SELECT value FROM meta WHERE key = 'notices'")
        board = json.loads(kept[0][0])["board"] if kept else {"standing": []}
        return {kind: one["gone"] for kind, _, one in board["standing"]}

    def logged(self, event: str) -> bool:
        """Say whether the daemon's log has an event."""
        return f'"event": "{event}"' in self.path("daemon.log").read_text()

    # ---- what the ledger's file says, counted here

    def holds(self) -> Counter[str | None]:
        """Return how many that have not ended wait for what; None: for nothing."""
        return Counter(
            dict(self.rows("SELECT hold, count(*) FROM jobs WHERE NOT ended GROUP BY hold"))
        )

    def ends(self, name: str = "") -> Counter[str]:
        """Return how many ended how, of one share or of both."""
        query = "SELECT state, count(*) FROM jobs WHERE ended AND inbox LIKE ? GROUP BY state"
        return Counter(dict(self.rows(query, f"%{name}/inbox")))

    def spent(self, name: str = "", since: datetime = EVENING) -> int:
        """Return what was settled since then, in micro-dollars."""
        query = (
            "SELECT sum(micros) FROM money WHERE kind IN ('settle', 'correct') AND inbox LIKE ?"
            " AND at >= ?"
        )
        return self.rows(query, f"%{name}/inbox", since.timestamp())[0][0] or 0

    def held(self, name: str) -> int:
        """Return how many of a share wait for money."""
        query = "SELECT count(*) FROM jobs WHERE hold = 'budget' AND inbox LIKE ?"
        return int(self.rows(query, f"%{name}/inbox")[0][0])

    def hours(self, name: str) -> dict[str, tuple[int, int, int, int]]:
        """Return ends and money by the hour: done, to look at, failed, micro-dollars."""
        found: dict[str, Counter[str]] = {}
        inbox = f"%{name}/inbox"
        ends = self.rows("SELECT updated_at, state FROM jobs WHERE ended AND inbox LIKE ?", inbox)
        for at, state in ends:
            found.setdefault(hour(at), Counter())[state] += 1
        settled = "SELECT at, micros FROM money WHERE kind = 'settle' AND inbox LIKE ?"
        for at, micros in self.rows(settled, inbox):
            found.setdefault(hour(at), Counter())["micros"] += micros
        words = ("done", "review", "failed", "micros")
        return {key: tuple(one[word] for word in words) for key, one in found.items()}  # type: ignore[misc]


def hour(at: float) -> str:
    return datetime.fromtimestamp(at, BERLIN).strftime("%a %H:00 %Z")


def first_arrival(night: Night) -> dict[str, str]:
    """Drop one picture, before all others; return its path by its hash."""
    return dropped(night, [photo(_drawn(night, "north") / f"{SHEET}-urgent/first.png", SIZE, 6000)])


def arrivals(night: Night) -> dict[str, str]:
    """Drop 59 pictures more; return their paths by their hashes."""
    paths: list[Path] = []
    for name, wanted in WANTED.items():
        folder, first = _drawn(night, name) / SHEET, 100 * len(paths)
        names = [folder / f"{name}{n:02}.jpg" for n in range(wanted)]
        paths += [photo(path, SIZE, first + n, quality=97) for n, path in enumerate(names)]
    north = _drawn(night, "north")
    paths += [photo(north / f"{SHEET}-local/l{n}.png", SIZE, 7000 + n) for n in range(4)]
    doubtful = [north / f"{SHEET}-urgent/{name}.png" for name in ("good", "bad")]
    paths += [photo(path, (180, 140), 8000 + n) for n, path in enumerate(doubtful)]
    paths += [photo(north / "print-a0/tiny.png", (32, 24), 9000)]
    paths += [north / f"{SHEET}/words.png"]
    paths[-1].write_bytes(b"words, and no picture" * 40)
    return dropped(night, paths)


def _drawn(night: Night, name: str) -> Path:
    return night.path(f"drawn/{name}/inbox")


def dropped(night: Night, paths: list[Path]) -> dict[str, str]:
    """Move what was drawn elsewhere into the inboxes."""
    found = {}
    for path in paths:
        inside = path.relative_to(night.path("drawn"))
        found[sha256(path)] = str(inside)
        night.path(str(inside.parent)).mkdir(parents=True, exist_ok=True)
        path.rename(night.root / inside)
    return found
