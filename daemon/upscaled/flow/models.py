"""
Models that pause because too many of their results did not pass: noticed, held, lifted by `resume`.

Owned by the conductor's thread. The window is made anew from the ledger's ended jobs at every
start; what `resume` has lifted begins a new window, and that moment is remembered.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from upscaled.core.gate import Closed
from upscaled.core.quality import Key, Result, counts, last, pause, results_of
from upscaled.errors import LedgerUnwritable
from upscaled.nouns import Hold, Job, State

log = structlog.get_logger()

SINCE, PAUSED = "model_windows", "paused_models"
LOOK_BACK = 2000
"""Ended jobs that are read at the start; a model rarer than that begins a new window."""
_ENDED_WELL = [State.DONE, State.REVIEW, State.SUPERSEDED]


class Records(Protocol):
    """What is needed of the ledger."""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""

    def put(self, key: str, value: str) -> None:
        """Remember a value."""

    def each(self, states: Sequence[State] | None, limit: int) -> Iterable[Job]:
        """Yield jobs, the latest ends first."""


class Models:
    """The last results of every model."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._results: dict[Key, list[Result]] = {}
        """No more than a window of each: whatever else comes is newer, or older than all of it."""
        self._since: dict[Key, datetime] = {}
        self.paused: dict[Key, Closed] = {}

    def load(self, resumed: str | None) -> None:
        """Read what the ledger has; `resumed` is when `resume` was said last, heard or not."""
        told = json.loads(self._records.get(SINCE) or "{}")
        self._since = {_key(name): datetime.fromisoformat(at) for name, at in told.items()}
        for states in (_ENDED_WELL, [State.FAILED]):  # a night of broken files hides no result
            for job in self._records.each(states, LOOK_BACK):
                self._take(job)
        self._look(self._results)
        if resumed is not None:
            at = datetime.fromisoformat(resumed)
            heard = [key for key in self.paused if at > self._results[key][-1].at]
            self._begin_anew(heard, at)

    def note(self, job: Job) -> None:
        """Take in a job that has ended."""
        self._look(self._take(job))

    def resume(self, now: datetime) -> None:
        """Let every paused model go on, with a new window: somebody has looked."""
        self._begin_anew(list(self.paused), now)

    # ---- inside

    def _take(self, job: Job) -> list[Key]:
        found = results_of(job) if counts(job) else []
        for key, result in found:  # a review that was accepted ends once more, with the same result
            self._results[key] = last([*self._results.get(key, []), result], None)
        return [key for key, _ in found]

    def _look(self, keys: Iterable[Key]) -> None:
        for key in keys:
            why = pause(key, last(self._results[key], self._since.get(key)))
            if why and key not in self.paused:
                log.warning("model_paused", endpoint=key[0], model=key[1], reason=why)
                self.paused[key] = Closed(hold=Hold.ENDPOINT, reason=why, until=None)
                self._tell()

    def _begin_anew(self, keys: list[Key], at: datetime) -> None:
        for key in keys:
            log.info("model_goes_on", endpoint=key[0], model=key[1])
            self._since[key] = at
            del self.paused[key]
        if keys:
            self._tell()

    def _tell(self) -> None:
        """Write down what `status` shows and what a restart must know."""
        paused = [
            {"endpoint": key[0], "model": key[1], "reason": stop.reason}
            for key, stop in self.paused.items()
        ]
        since = {_name(key): at.isoformat() for key, at in self._since.items()}
        try:
            self._records.put(SINCE, json.dumps(since))
            self._records.put(PAUSED, json.dumps(paused))
        except LedgerUnwritable as error:
            log.warning("pause_not_written", reason=error.message)


def _name(key: Key) -> str:
    return " ".join(key)


def _key(name: str) -> Key:
    endpoint, _, model = name.partition(" ")
    return endpoint, model
