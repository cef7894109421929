"""
The pictures that the window shows: small ones that are kept anyway, and tiles cut on demand.

Only what a job's row names is opened, never a path from a request. Tiles lie in the state directory
while the window is open; who looks again has them at once.
"""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from upscaled.cli.window.given import Given
from upscaled.core.hands import origin_of
from upscaled.core.life import ENDS
from upscaled.core.report.tiles import FOLDER, NAMES, THUMB
from upscaled.edge.pictures.child import Limits
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.edge.trees import Trees
from upscaled.edge.web.ports import Shown
from upscaled.errors import Outage, UpscaledError
from upscaled.nouns import Job, State

if TYPE_CHECKING:
    from upscaled.core.settings import Watch

KEPT = 24
"""Pairs that stay cut, the last looked at; one of 60 MP takes some 40 MB."""
MOST_BYTES = 2_000_000_000
"""Of all of them together, the last one apart: somebody looks at it."""
MOST_THUMBS = 2000
"""Of some kilobytes each."""
SPARE_BYTES = 1_000_000_000
"""Stays free for the work itself."""
MOST_SMALL = 4_000_000
_GRID = "grid.json"
_SIDES = ("before", "after")
_ROOTS = ("inbox", "archive", "failed")


class Pictures:
    """Source and result of jobs, for eyes. One worker, started when somebody looks."""

    def __init__(self, given: Given, *, most_bytes: int = MOST_BYTES) -> None:
        self._given = given
        self._most_bytes = most_bytes
        state: Path = given.settings.state.directory
        self._trees = trees_of(given)
        self._kept = state / FOLDER
        self._work = state / "work"
        self._cut = state / "views"
        self._thumbs = self._cut / "thumbs"
        self.incoming = self._cut / "incoming"
        """What comes in over the wire lies here until it is handed in."""
        shutil.rmtree(self._cut, ignore_errors=True)
        self._cut.mkdir(mode=0o700, exist_ok=True)  # pictures belong to customers
        scratch = self._cut / ".scratch"
        for folder in (scratch, self._thumbs, self.incoming):
            folder.mkdir(exist_ok=True)
        self._workers = Workers(1, Limits(idle_seconds=30.0), scratch=scratch)
        self._studio = Studio(self._workers, given.bands, "", given.conversions)
        self._one = Lock()

    def close(self) -> None:
        """End the worker, and give back the room."""
        self._workers.close(now=True)
        shutil.rmtree(self._cut, ignore_errors=True)

    # ---- small ones

    def small(self, job: Job, name: str) -> bytes | None:
        """Return a small picture of a job, as the report shows them; a thumbnail of any source."""
        if name not in NAMES:
            return None
        for folder in (self._kept, self._thumbs):
            found = self._trees.read(folder / job.id / name, MOST_SMALL)
            if found is not None:
                return found or None
        return self._thumbnail(job) if name == THUMB else None

    def _thumbnail(self, job: Job) -> bytes | None:
        """Draw what has no tiles: it failed, or is not done yet; once, whatever comes of it."""
        source = self._source(job) if job.state in ENDS else self._there(self._copy(job))
        if source is None:
            return None
        with self._one:
            made = self._thumbs / job.id / THUMB
            if not made.exists():
                self._drop_oldest_thumbs()
                made.parent.mkdir(exist_ok=True)
                self._draw(source, made)
            return made.read_bytes() or None

    def _draw(self, source: Path, made: Path) -> None:
        """Draw beside the final name, which only ever holds a whole picture."""
        aside = made.with_name(f".{made.name}")
        try:
            self._studio.thumbnail(source, aside)
        except Outage:
            raise  # it is asked for again
        except UpscaledError:
            aside.write_bytes(b"")  # no picture: the next page is not to wait for it again
        aside.replace(made)

    def _drop_oldest_thumbs(self) -> None:
        found = sorted(self._thumbs.iterdir(), key=_looked_at)
        for folder in found[: max(0, len(found) - MOST_THUMBS + 1)]:
            shutil.rmtree(folder, ignore_errors=True)

    def _copy(self, job: Job) -> Path:
        return self._work / job.id / "source"

    # ---- source and result

    def view(self, job: Job) -> Shown | None:
        """Have a job's pictures cut into tiles unless they are; None where one is gone."""
        fidelity = job.facts.fidelity
        source, result = self._source(job), self._result(job)
        if job.facts.plan is None or source is None or result is None:
            return None
        folder = self._cut / job.id
        with self._one:  # a second pair waits: one is cut at a time
            if not (folder / _GRID).exists():
                self._make(folder, source, result, job)
            os.utime(folder / _GRID)
            grid = json.loads((folder / _GRID).read_text(encoding="utf-8"))
        return Shown(
            **grid,
            worst=fidelity.worst if fidelity else None,
            sharpest=fidelity.sharpest if fidelity else None,
        )

    def tile(self, job_id: str, side: str, place: tuple[int, int, int]) -> bytes | None:
        """Return a tile that was cut."""
        level, column, row = place
        if side not in _SIDES:
            return None
        path = self._cut / job_id / f"{side}_files" / f"{level}/{column}_{row}.jpg"
        return self._trees.read(path, MOST_SMALL)

    def _make(self, folder: Path, source: Path, result: Path, job: Job) -> None:
        assert job.facts.plan is not None  # noqa: S101 - asked before
        self._let_go()
        shutil.rmtree(folder, ignore_errors=True)
        if shutil.disk_usage(self._cut).free < SPARE_BYTES:
            raise Outage("there is no room to cut pictures into tiles", "free some of the disk")
        folder.mkdir()
        try:
            grid = self._studio.pyramid(folder, source, result, job.facts.plan)
            (folder / f".{_GRID}").write_text(json.dumps(grid), encoding="utf-8")
        except (UpscaledError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        (folder / f".{_GRID}").replace(folder / _GRID)
        self._let_go(last=folder)

    def _let_go(self, last: Path | None = None) -> None:
        """Drop those that nobody looked at for longest, but the last."""
        found = {one.parent: _weight(one.parent) for one in self._cut.glob(f"*/{_GRID}")}
        order = sorted(found, key=lambda one: _looked_at(one / _GRID))
        most = KEPT if last else KEPT - 1
        for folder in [one for one in order if one != last]:
            if len(found) <= most and sum(found.values()) <= self._most_bytes:
                return
            shutil.rmtree(folder, ignore_errors=True)
            del found[folder]

    # ---- where they lie

    def _watch(self, job: Job) -> "Watch | None":
        return self._given.settings.watch[job.watch] if job.watch >= 0 else None

    def _source(self, job: Job) -> Path | None:
        watch = self._watch(job)
        origin = watch and origin_of(job, leaves=watch.originals == "leave")
        if not watch or not origin or origin.root not in _ROOTS:
            return None
        root: Path = getattr(watch, origin.root)
        return self._there(root / origin.path)

    def _result(self, job: Job) -> Path | None:
        watch, delivery = self._watch(job), job.facts.delivery
        if not watch or not delivery or job.state not in {State.DONE, State.REVIEW}:
            return None
        root = watch.outbox if delivery.root == "outbox" else watch.review
        return self._there(root / delivery.path)

    def _there(self, path: Path) -> Path | None:
        return path if self._trees.holds(path) else None


def trees_of(given: Given) -> Trees:
    """Return the folders from which anything is shown: the configured ones, and our own."""
    watched = [
        getattr(watch, role)
        for watch in given.settings.watch
        for role in ("inbox", "outbox", "archive", "failed", "review")
    ]
    return Trees([*watched, *given.outboxes, given.settings.state.directory])


def _looked_at(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _weight(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
