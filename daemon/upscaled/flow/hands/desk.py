"""
Where orders lie and are answered: what every verb may use.

An order is answered once in a run. It stays in the ledger until its answer is written, so a verb
must bear being asked again after a crash.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from upscaled.core.life import Lane
from upscaled.errors import UpscaledError
from upscaled.flow.conductor import Conductor
from upscaled.flow.lanes import Lane as Road
from upscaled.nouns import Dragged, Job

T = TypeVar("T")
Work = Callable[[], T]


class Asked(Protocol):
    """One order."""

    @property
    def id(self) -> int:
        """Return its number."""

    @property
    def at(self) -> datetime:
        """Return when it was given."""

    @property
    def verb(self) -> str:
        """Return `retry`, `cancel`, `accept`, `reject` or `redo`."""

    @property
    def job(self) -> str:
        """Return the job's id."""

    @property
    def argument(self) -> str | None:
        """Return what else was said: the family of a redo."""

    @property
    def dragged(self) -> Dragged | None:
        """Return where a person put it who said so by moving files; None from a command."""


class Desk(Protocol):
    """What orders need of the ledger."""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""

    def stirred(self) -> bool:
        """Say whether anybody may have written since the last call."""

    def asked(self) -> Sequence[Asked]:
        """Return the orders that nobody has answered yet."""

    def answer(self, order: int, answer: str) -> None:
        """Say what became of an order."""

    def job(self, job_id: str) -> Job | None:
        """Return one job, ended ones too."""

    def ends(self, watch: int, path: str) -> Iterable[Job]:
        """Return every ended job of a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a verb works with."""

    conductor: Conductor
    desk: Desk
    roads: dict[tuple[Lane, int], Road]
    answer: Callable[[Asked, str], None]
    busy: set[str] = field(default_factory=set)
    """Jobs on which an order is being carried out; the next order on them waits."""

    def at_root(self, order: Asked, job: Job, work: Work[T], then: Callable[[T], None]) -> None:
        """
        Do what touches a watch's folders in its lane, then go on in the conductor's thread.

        What goes wrong is the order's answer.
        """
        self.busy.add(job.id)

        def run() -> None:
            try:
                go_on = partial(then, work())
            except UpscaledError as error:
                hint = f"; {error.hint}" if error.hint else ""
                go_on = partial(self.answer, order, f"not done: {error.message}{hint}")
            self.conductor.post(partial(self._back, job, go_on))

        self.roads[Lane.ROOT, job.watch].put(0, run)

    def _back(self, job: Job, go_on: Callable[[], None]) -> None:
        self.busy.discard(job.id)
        go_on()


class Verb(Protocol):
    """One verb."""

    def __call__(self, bench: Bench, order: Asked, job: Job) -> None:
        """Carry out an order on a job that is in nobody's hands just now."""
