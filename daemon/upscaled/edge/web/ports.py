"""What the window asks of the house. Called from worker threads, several at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Told = dict[str, Any]
"""What JSON can say, in the words of the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs a list shows."""

    state: str = ""
    """One of the six words, empty for all."""
    search: str = ""
    """A part of the path, whatever its case."""
    after: int = 0
    """How many of them are passed over."""
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list, and how long the whole is."""

    jobs: Sequence[Told]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What became of something a person asked for."""

    job: str
    asked: str
    answer: str | None = None
    """None while there is none: it is done as soon as the daemon gets to it."""

    @property
    def refused(self) -> bool:
        """Say whether it was not done."""
        return bool(self.answer and self.answer.startswith("not "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture that came whole over the wire, and what it is wanted as."""

    file: Path
    """Where its bytes lie; its name is the picture's own."""
    target: str
    watch: int = 0
    model: str | None = None
    series: str | None = None
    urgent: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Two pictures of one size, cut into tiles: see `Answers.view`."""

    width: int
    height: int
    tile: int
    levels: int
    """Level 0 is a single tile; each next one has twice the pixels, the last all of them."""
    worst: Sequence[float] | None = None
    """Left, top, right, bottom as shares of the picture."""
    sharpest: Sequence[float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What the judge says of a picture that somebody tries."""

    told: Told = field(default_factory=dict)
    lines: Sequence[str] = ()


class Answers(Protocol):
    """Everything behind the pages. Each call may raise an `UpscaledError`."""

    def version(self) -> int:
        """Return a number that changes when anything shown may have changed; cheap."""

    def status(self) -> Told:
        """Return what `status --json` prints."""

    def jobs(self, wanted: Wanted) -> Page:
        """Return jobs as `jobs --json` prints them, unfinished first."""

    def job(self, job_id: str) -> Told | None:
        """Return what `show --json` prints, None for an unknown id."""

    def receipt(self, job_id: str) -> bytes | None:
        """Return a job's sidecar as it lies on the disk, None where there is none."""

    def ask(self, verb: str, ids: Sequence[str], argument: str | None = None) -> Sequence[Said]:
        """Ask for `accept`, `reject`, `redo`, `retry` or `cancel` of jobs."""

    def pause(self, *, paused: bool) -> None:
        """Begin nothing more, or go on and look at everything held."""

    @property
    def incoming(self) -> Path:
        """Return where a picture that comes in may lie for a moment."""

    def submit(self, upload: Upload) -> Told:
        """Hand a picture in as `submit` does; return what it prints."""

    def series(self) -> Sequence[Told]:
        """Return every series with its progress."""

    def members(self, watch: int, key: str, wanted: Wanted) -> Page:
        """Return some members of a series, in their order, as `jobs --json` prints them."""

    def rules(self) -> Sequence[Told]:
        """Return how often each rule decided: `rule`, `model`, `count`, `last_at`."""

    def classify(self, file: Path, name: str) -> Try:
        """Judge a picture as `classify --explain` does; nothing is kept. `name` is its own."""

    def plan(self, file: Path, name: str, target: str) -> Told:
        """Return what `plan --json` prints of a picture; nothing is sent and nothing kept."""

    def report(self, since: str) -> str:
        """Return the report of the last `24h`, `7d` as a page of its own."""

    def reports(self) -> Sequence[Told]:
        """Return the reports on the disk: `id`, `date`, `watch`."""

    def old_report(self, report_id: str) -> bytes | None:
        """Return one of them; only what `reports` names is ever opened."""

    def small(self, job_id: str, name: str) -> bytes | None:
        """Return one of a job's small pictures as WebP: `thumb.webp`, `worst-before.webp`, ..."""

    def view(self, job_id: str) -> Shown | None:
        """Have source and result cut into tiles, once; None where one is not there any more."""

    def tile(self, job_id: str, side: str, place: tuple[int, int, int]) -> bytes | None:
        """Return a JPEG tile of `before` or `after`: level, column, row."""

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Return what forms offer: `targets` that exist, `families`, `watches` by their inbox."""
