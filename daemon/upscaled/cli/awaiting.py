"""
Waiting for jobs to end: by the sidecars on the share, and by the ledger where it can be read.

Without the ledger nobody here knows of a hold: then only an end, or the time, ends the waiting. And
nothing is concluded from what is not there: a picture that left the inbox is looked for.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from upscaled.cli.tracing import Lies, Traces, Watched
from upscaled.core.life import ENDS, Word, word_of
from upscaled.edge import disk
from upscaled.edge import roots as roots_door
from upscaled.edge.ledger import Ledger
from upscaled.endings import Ending, Roots
from upscaled.errors import UpscaledError
from upscaled.nouns import Job, State
from upscaled.submitting import Asked

LOOK_SECONDS = 0.5
"""How often the share is looked at, at first; ever less often."""
LOOK_MOST_SECONDS = 5.0
GONE_SECONDS = 90.0
"""Longer than a client of NFS may remember that a folder is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What came of it."""

    state: str
    """`done`, `review`, `failed`, `held`, or `waiting` where the time was over."""
    reason: str | None
    result: str | None


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
        self._traces = Traces(roots=roots, asked=asked)
        self._gone: dict[str, float] = {}
        """Since when each picture is not in the inbox, nor its sidecar anywhere."""
        kinds = {roots_door.file_system(one) for one in (roots.outbox, roots.review, roots.archive)}
        self._may_be_stale = any(not kind or roots_door.is_network(kind) for kind in kinds)

    def look(self, watched: Mapping[int, Watched], now: float) -> dict[int, Awaited]:
        """Look once where each of them stands, at a second of the clock that only grows."""
        jobs = self._jobs(watched)  # first: an end is in the ledger after its sidecar is there
        self._traces.look(watched)
        gone = [one for one in watched.values() if one.id not in jobs and self._is_gone(one, now)]
        searched = self._traces.search() if gone else True
        return {
            number: self._stands(one, jobs.get(one.id), now, searched=searched)
            for number, one in watched.items()
        }

    def _jobs(self, watched: Mapping[int, Watched]) -> dict[str, Job]:
        """Return what the ledger knows of them, nothing where it cannot be read here."""
        opened = self._ledger()
        try:
            return opened.named([one.id for one in watched.values()]) if opened else {}
        except UpscaledError:
            return {}

    def _is_gone(self, one: Watched, now: float) -> bool:
        if one.id in self._traces.found or disk.is_there(self._roots.inbox / one.path):
            self._gone.pop(one.id, None)
            return False
        self._gone.setdefault(one.id, now)
        return True

    def _stands(self, one: Watched, job: Job | None, now: float, *, searched: bool) -> Awaited:
        ending = self._traces.found.get(one.id)
        if job is not None and not self._comes_again(one, job):
            return self._by_ledger(job, ending)
        if ending is not None:
            return Awaited(state=ending.state, reason=ending.reason, result=ending.result)
        if one.id not in self._gone:
            return _WAITING
        lies = self._traces.lying.get(one.id)
        if lies is None:
            return _GONE
        young = self._may_be_stale and now - self._gone[one.id] < GONE_SECONDS
        return _by_ticket(lies, sure=searched and not young)

    def _comes_again(self, one: Watched, job: Job) -> bool:
        """Say whether it was taken away before, and lies there anew: the daemon will see it."""
        return job.state is State.WITHDRAWN and disk.is_there(self._roots.inbox / one.path)

    def _by_ledger(self, job: Job, ending: Ending | None) -> Awaited:
        if job.state in ENDS:
            return _of_job(self._roots, job, ending)
        if job.hold is not None:
            return Awaited(state=Word.HELD, reason=f"{job.hold.value}: {job.reason}", result=None)
        return _WAITING


_WAITING = Awaited(state=Word.WAITING, reason="The time was over before it ended.", result=None)
_GONE = Awaited(
    state=Word.WAITING,
    reason=(
        "It is not in the inbox any more, and neither a sidecar nor its ticket says where it is: "
        "its owner took it away, or somebody took both; `upscaled show` knows beside the daemon."
    ),
    result=None,
)


def _by_ticket(lies: Lies, *, sure: bool) -> Awaited:
    """Return how a job ended whose sidecar is not there: by where its ticket lies."""
    where = f"Its original is {lies.original}"
    if not sure:
        reason = f"{where}; its sidecar is not seen yet."
        return Awaited(state=Word.WAITING, reason=reason, result=None)
    state = Word.DONE if lies.archived else Word.FAILED
    return Awaited(state=state, reason=f"{where}; its sidecar was taken away.", result=None)


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
