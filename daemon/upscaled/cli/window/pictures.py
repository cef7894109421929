"""
The pictures that the window shows: small ones that are kept anyway, and tiles cut on demand.

Only what a job's row names is opened, never a path from a request. Tiles lie in the state directory
for a while; who looks again has them at once.
"""

import json
import shutil
from contextlib import suppress
from pathlib import Path
from threading import Lock

from upscaled.core.hands import origin_of
from upscaled.core.life import ENDS
from upscaled.core.report.tiles import NAMES, THUMB
from upscaled.core.settings import Settings, Watch
from upscaled.edge import disk
from upscaled.edge.pictures.child import Limits
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.edge.web.ports import Shown
from upscaled.errors import Outage, UpscaledError
from upscaled.flow.showing import tiles_folder
from upscaled.nouns import Job, State
from upscaled.rooms import open_studio

KEPT = 24
"""Pairs that stay cut, the last looked at; one of 60 MP takes some 40 MB."""
_GRID = "grid.json"
_SIDES = ("before", "after")
_ROOTS = ("inbox", "archive", "failed")


class Pictures:
    """Source and result of jobs, for eyes. One worker, started when somebody looks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cut = settings.state.directory / "views"
        self._tiles = tiles_folder(settings)
        self._thumbs = self._cut / "thumbs"
        scratch = self._cut / ".scratch"
        shutil.rmtree(self._cut, ignore_errors=True)
        scratch.mkdir(parents=True)
        self._thumbs.mkdir()
        self._studio, self._workers = open_studio(
            settings, count=1, scratch=scratch, limits=Limits(idle_seconds=30.0)
        )
        self._one = Lock()

    @property
    def workers(self) -> Workers:
        """Return the pool, for whoever closes it."""
        return self._workers

    @property
    def studio(self) -> Studio:
        """Return the door to the worker."""
        return self._studio

    def small(self, job: Job, name: str) -> bytes | None:
        """Return a small picture of a job, as the report shows them; a thumbnail of any source."""
        if name not in NAMES:
            return None
        for folder in (self._tiles, self._thumbs):
            with suppress(OSError):
                return (folder / job.id / name).read_bytes() or None
        return self._thumbnail(job) if name == THUMB else None

    def _thumbnail(self, job: Job) -> bytes | None:
        """Draw what has no tiles: it failed, or is not done yet; once, whatever comes of it."""
        source = self._source(job) if job.state in ENDS else _there(self._copy(job))
        if source is None:
            return None
        with self._one:
            made = self._thumbs / job.id / THUMB
            if not made.exists():
                made.parent.mkdir(exist_ok=True)
                self._drawn(source, made)
            return made.read_bytes() or None

    def _drawn(self, source: Path, made: Path) -> None:
        try:
            self._studio.thumbnail(source, made)
        except Outage:
            made.parent.rmdir()  # it is asked for again
            raise
        except UpscaledError:
            made.touch()  # no picture: the next page is not to wait for it again

    def _copy(self, job: Job) -> Path:
        return self._settings.state.directory / "work" / job.id / "source"

    def view(self, job: Job) -> Shown | None:
        """Have a job's pictures cut into tiles unless they are; None where one is gone."""
        plan, fidelity = job.facts.plan, job.facts.fidelity
        source, result = self._source(job), self._result(job)
        if plan is None or source is None or result is None:
            return None
        folder = self._cut / job.id
        with self._one:  # a second pair waits: one is cut at a time
            if not (folder / _GRID).exists():
                self._make(folder, source, result, job)
            (folder / _GRID).touch()
        grid = json.loads((folder / _GRID).read_text(encoding="utf-8"))
        return Shown(
            **grid,
            worst=fidelity.worst if fidelity else None,
            sharpest=fidelity.sharpest if fidelity else None,
        )

    def tile(self, job: Job, side: str, place: tuple[int, int, int]) -> bytes | None:
        """Return a tile that was cut."""
        level, column, row = place
        if side not in _SIDES:
            return None
        try:
            return (
                self._cut / job.id / f"{side}_files" / f"{level}/{column}_{row}.jpg"
            ).read_bytes()
        except OSError:
            return None

    # ---- inside

    def _make(self, folder: Path, source: Path, result: Path, job: Job) -> None:
        self._let_go()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            assert job.facts.plan is not None  # noqa: S101 - asked before
            grid = self._studio.pyramid(folder, source, result, job.facts.plan)
        except UpscaledError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        (folder / _GRID).write_text(json.dumps(grid), encoding="utf-8")

    def _let_go(self) -> None:
        grids = sorted(self._cut.glob(f"*/{_GRID}"), key=lambda one: one.stat().st_mtime)
        for grid in grids[: max(0, len(grids) - KEPT + 1)]:
            shutil.rmtree(grid.parent, ignore_errors=True)

    def _watch(self, job: Job) -> Watch | None:
        return self._settings.watch[job.watch] if job.watch >= 0 else None

    def _source(self, job: Job) -> Path | None:
        watch = self._watch(job)
        origin = watch and origin_of(job, leaves=watch.originals == "leave")
        if not watch or not origin or origin.root not in _ROOTS:
            return None
        root: Path = getattr(watch, origin.root)
        return _there(root / origin.path)

    def _result(self, job: Job) -> Path | None:
        watch, delivery = self._watch(job), job.facts.delivery
        if not watch or not delivery or job.state not in {State.DONE, State.REVIEW}:
            return None
        root = watch.outbox if delivery.root == "outbox" else watch.review
        return _there(root / delivery.path)


def _there(path: Path) -> Path | None:
    with suppress(UpscaledError):
        return path if disk.is_there(path) else None
    return None
