"""
Waiting for jobs to end: by the sidecars on the share, and by the ledger where it can be read.

Without the ledger nobody here knows of a hold: then only an end, or the time, ends the waiting.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import DirEntry, scandir
from pathlib import Path

from upscaled.core import names
from upscaled.core.life import ENDS, Word, word_of
from upscaled.edge import disk
from upscaled.edge.ledger import Ledger
from upscaled.endings import Ending, Roots, places, read_ending
from upscaled.errors import UpscaledError
from upscaled.nouns import Job
from upscaled.submitting import Asked

LOOK_SECONDS = 0.5
"""How often the share is looked at, at first; ever less often."""
LOOK_MOST_SECONDS = 5.0
GONE_SECONDS = 90.0
"""Longer than a client of NFS may remember that a folder is as it was."""
_LIKE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A job that is waited for."""

    id: str
    path: str
    """As in the inbox."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What came of it."""

    state: str
    """`done`, `review`, `failed`, `held`, or `waiting` where the time was over."""
    reason: str | None
    result: str | None


@dataclass(slots=True, kw_only=True)
class _Sidecars:
    """What the sidecars beside each other say; each is read once, and again when it is replaced."""

    roots: Roots
    asked: Asked
    found: dict[str, Ending] = field(default_factory=dict)
    _seen: dict[Path, tuple[int, int, int]] = field(default_factory=dict)

    def look(self, watched: Mapping[int, Watched]) -> None:
        """Read those that are new and may belong to one of these."""
        wanted: dict[Path, set[str]] = {}
        for one in watched.values():
            for root, name in places(self.roots, self.asked.order, one.name):
                wanted.setdefault(root, set()).add(Path(name).stem[:_LIKE])
        for root, stems in wanted.items():
            self._look_into(root, root / self.asked.folder, tuple(stems))
        apart = self.roots.outbox / names.SIDECARS / self.asked.folder
        self._look_into(self.roots.outbox, apart, tuple(wanted.get(self.roots.outbox, ())))

    def _look_into(self, root: Path, folder: Path, stems: tuple[str, ...]) -> None:
        try:
            entries = list(scandir(folder))
        except OSError:
            return  # not made yet, or the share is away: looked at again
        for entry in entries:
            path = Path(entry.path)
            ours = entry.name.startswith(stems) and entry.name.endswith(names.SIDECAR)
            if ours and self._is_new(entry) and (ending := read_ending(path, root)):
                self.found[ending.job] = ending

    def _is_new(self, entry: DirEntry[str]) -> bool:
        """Say whether a sidecar was not read as it is: a frame rendered again replaces its own."""
        try:
            found = entry.stat()
        except OSError:
            return False  # just leaving
        stamp = found.st_mtime_ns, found.st_size, found.st_ino
        path = Path(entry.path)
        if self._seen.get(path) == stamp:
            return False
        self._seen[path] = stamp
        return True


def await_ends(
    roots: Roots,
    asked: Asked,
    watched: Mapping[int, Watched],
    ledger: Callable[[], Ledger | None],
    timeout: float | None,
) -> dict[int, Awaited]:
    """Wait until all have ended or are held, at most so many seconds; say what came of each."""
    until = None if timeout is None else time.monotonic() + timeout
    bench, pause = _Bench(roots, asked, ledger), LOOK_SECONDS
    while True:
        now = time.monotonic()
        found = bench.look(watched, now)
        ended = all(one.state != Word.WAITING for one in found.values())
        if ended or (until is not None and now >= until):
            return found
        time.sleep(pause if until is None else max(0.0, min(pause, until - now)))
        pause = min(LOOK_MOST_SECONDS, pause * 1.2)


class _Bench:
    """Where whoever waits sits, and what was seen from there."""

    def __init__(self, roots: Roots, asked: Asked, ledger: Callable[[], Ledger | None]) -> None:
        self._roots = roots
        self._ledger = ledger
        self._sidecars = _Sidecars(roots=roots, asked=asked)
        self._gone: dict[str, float] = {}

    def look(self, watched: Mapping[int, Watched], now: float) -> dict[int, Awaited]:
        """Look once where each of them stands, at a second of the clock that only grows."""
        jobs = self._jobs(watched)  # first: an end is in the ledger after its sidecar is there
        self._sidecars.look(watched)
        return {number: self._stands(one, jobs.get(one.id), now) for number, one in watched.items()}

    def _jobs(self, watched: Mapping[int, Watched]) -> dict[str, Job]:
        """Return what the ledger knows of them, nothing where it cannot be read here."""
        opened = self._ledger()
        try:
            return opened.named([one.id for one in watched.values()]) if opened else {}
        except UpscaledError:
            return {}

    def _stands(self, one: Watched, job: Job | None, now: float) -> Awaited:
        ending = self._sidecars.found.get(one.id)
        if job is not None:
            return self._by_ledger(job, ending)
        if ending is not None:
            return Awaited(state=ending.state, reason=ending.reason, result=ending.result)
        if disk.is_there(self._roots.inbox / one.path):
            self._gone.pop(one.id, None)
            return _WAITING
        return _WAITING if now - self._gone.setdefault(one.id, now) < GONE_SECONDS else _GONE

    def _by_ledger(self, job: Job, ending: Ending | None) -> Awaited:
        if job.state in ENDS:
            return _of_job(self._roots, job, ending)
        if job.hold is not None:
            return Awaited(state=Word.HELD, reason=f"{job.hold.value}: {job.reason}", result=None)
        return _WAITING


_WAITING = Awaited(state=Word.WAITING, reason="The time was over before it ended.", result=None)
_GONE = Awaited(
    state=Word.FAILED,
    reason="It is not in the inbox any more, and no sidecar says where it is.",
    result=None,
)


def _of_job(roots: Roots, job: Job, ending: Ending | None) -> Awaited:
    word = word_of(job.state, held=False)
    error, delivery = job.facts.error, job.facts.delivery
    result = None
    if delivery is not None and word in {Word.DONE, Word.REVIEW}:
        root = roots.outbox if delivery.root == "outbox" else roots.review
        result = str(root / delivery.path)
    elif job.facts.set_aside:
        result = str(roots.failed / job.facts.set_aside)
    reason = job.reason or (error.message if error else None)
    if reason is None and ending is not None:
        reason = ending.reason
    return Awaited(state=word, reason=reason, result=result)
