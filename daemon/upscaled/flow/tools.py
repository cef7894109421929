"""What every step may use: the ports, the settings, the rules. Built once by the house."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from upscaled.core.assessment import Limit
from upscaled.core.catalogue import Catalogue
from upscaled.core.folders import Grammar
from upscaled.core.rulebook import Rulebook
from upscaled.core.settings import Settings, Watch
from upscaled.flow.ports import Clock, Engine, Pictures
from upscaled.flow.promises import Promises
from upscaled.nouns import ANYHOW, Access, Box, Identity, Job, Plan, Recipe, Room, Taken


class Disk(Protocol):
    """Files on shares; `edge/disk` fits it as a module."""

    def identity(self, path: Path) -> Identity:
        """Return what one stat says, or raise `Gone`."""

    def digest(self, path: Path) -> str:
        """Return the SHA-256 of a file, read through a fresh open."""

    def take(self, source: Path, to: Path) -> Taken:
        """Copy a file in whole, hashing on the way."""

    def stage(
        self, made: Path, sha256: str, root: Path, name: str, access: Access = ANYHOW
    ) -> Path:
        """Copy a finished file into a root's staging folder and prove it."""

    def stage_bytes(self, content: bytes, root: Path, name: str, access: Access = ANYHOW) -> Path:
        """Write a small file into a root's staging folder."""

    def reveal(self, staged: Path, final: Path, access: Access = ANYHOW) -> None:
        """Give a staged file its final name, or raise `NameTaken` or `Gone`."""

    def retire(self, source: Path, final: Path, sha256: str, access: Access = ANYHOW) -> None:
        """Move an original, whole or not at all, or raise `NameTaken`."""

    def make_folder(self, folder: Path) -> None:
        """Make a private working folder, where it is missing."""

    def is_same(self, one: Path, other: Path) -> bool:
        """Say whether two names are one file."""

    def may_leave(self, path: Path) -> bool:
        """Say whether a file may be moved out of its folder."""

    def mark(self, path: Path) -> None:
        """Make an empty private file, durable before this returns."""

    def lend(self, source: Path, to: Path) -> None:
        """Give a private file a second name."""

    def note(self, content: str, to: Path) -> None:
        """Write a small file of ours, whole."""

    def drop_note(self, path: Path, *, signature: str) -> None:
        """Take one of our notes away, if its words are ours."""

    def words(self, path: Path) -> str:
        """Return what a small private file says, nothing where it is missing."""

    def is_there(self, path: Path) -> bool:
        """Say whether anything has this name."""

    def names(self, folder: Path) -> Sequence[str]:
        """Return the names in a private folder, none where it is missing."""

    def drop(self, path: Path) -> None:
        """Remove one of our own working files, if it is there."""

    def clear(self, folder: Path) -> None:
        """Remove a private working folder with all that is in it."""

    def room(self, folder: Path) -> Room:
        """Return what a folder's file system has."""


class Roots(Protocol):
    """The folders people share with us."""

    def require(self, watch: int) -> None:
        """Raise `Outage` unless every root of a watch carries our marker."""


class DrawTiles(Protocol):
    """Cuts a job's small pictures into a folder."""

    def __call__(
        self, to: Path, source: Path, result: Path, plan: Plan, places: Mapping[str, Box]
    ) -> None:
        """Raise one of `upscaled.errors` where it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showcase:
    """Small pictures of what was done, for the report."""

    folder: Path
    """One folder a job inside."""
    draw: DrawTiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The bundle."""

    settings: Settings
    grammar: Grammar
    rulebook: Rulebook
    catalogues: Mapping[str, Catalogue]
    """By engine name: `fal`, `local`."""
    engines: Mapping[str, Engine]
    """Without `fal` where no key is found."""
    engine: str
    """The pinned engine's name."""
    pictures: Pictures
    disk: Disk
    roots: Roots
    clock: Clock
    work: Path
    """Private working folder; one folder a job inside."""
    paid: Path
    """What was paid for, by fingerprint: served again instead of being bought again."""
    version: str
    made: Callable[[str], str | None]
    """Bytes' SHA-256 to the job that delivered them as a result."""
    promised: Promises
    recipe: Callable[[int, str], Recipe | None]
    """What a watch's series was judged as, None while it was not."""
    second_pass: tuple[Limit, ...] = ()
    """What a first pass's result must keep to before a second one follows."""
    showcase: Showcase | None = None
    """None where no small pictures are kept."""
    known: Callable[[str], Job | None] = lambda _id: None
    """Every job by its id, ended ones too."""
    tell: Callable[[Job, datetime, str], None] = lambda _job, _at, _said: None
    """Add a line to a job's history."""
    left: Callable[[int, str], Job | None] = lambda _watch, _path: None
    """The latest ended job of a path in an inbox: what an original left in place is known by."""
    restamp: Callable[[Job, Identity], None] = lambda _job, _seen: None
    """Note what an ended job's original looks like now."""
    accesses: Mapping[int, Access] = field(default_factory=dict)
    """By watch: whose its results are."""
    at_root: Callable[[int, Callable[[], Taken]], Taken] = lambda _watch, work: work()
    """Does what touches a watch's folders in their lane: a hung mount may keep no pixel worker."""
    neighbours: Callable[[Job], Sequence[tuple[str, str]]] = lambda _job: ()
    """Path and swatch of the finished frames before and after one, of the same series."""
    die: Callable[[], float] = random.random
    """Chance, 0..1, for the jitter of looks."""

    def watch(self, job: Job) -> Watch:
        """Return the job's watch."""
        return self.settings.watch[job.watch]

    def access(self, job: Job) -> Access:
        """Return whose the job's result is to be."""
        return self.accesses.get(job.watch, ANYHOW)

    def inbox(self, job: Job) -> Path:
        """Return where the original lies."""
        return self.watch(job).inbox / job.path

    def bench(self, job: Job) -> Path:
        """Return the job's private working folder."""
        return self.work / job.id

    def source(self, job: Job) -> Path:
        """Return the private copy that every step uses."""
        return self.bench(job) / "source"
