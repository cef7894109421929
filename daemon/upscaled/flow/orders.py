"""
Orders from the command line (retry, cancel, pause, resume), done by the conductor's thread.

Orders lie in the ledger, so they outlive both the command and the daemon.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Protocol

import structlog

from upscaled.core import names
from upscaled.core.life import Lane, check_move
from upscaled.core.outcome import PutAside
from upscaled.errors import Gone, LedgerUnwritable, UpscaledError
from upscaled.flow.conductor import Conductor
from upscaled.flow.lanes import Lane as Road
from upscaled.flow.request import is_settled, pass_done
from upscaled.nouns import Code, Facts, Job, PassDone, Standing, State, Trouble

log = structlog.get_logger()

PAUSED = "paused"
LOOK_AGAIN = "look_again"
"""Changes with every `resume`: everything held is looked at, paused or not."""
EVERY_SECONDS = 0.3
_TOO_LATE = {State.DELIVERING, State.RECEIPTING, State.ARCHIVING, State.FAILING}


class Asked(Protocol):
    """One order."""

    @property
    def id(self) -> int:
        """Return its number."""

    @property
    def verb(self) -> str:
        """Return `retry` or `cancel`."""

    @property
    def job(self) -> str:
        """Return the job's id."""


class Desk(Protocol):
    """What orders need of the ledger."""

    def get(self, key: str) -> str | None:
        """Return a remembered value."""

    def asked(self) -> Sequence[Asked]:
        """Return the orders that nobody has answered yet."""

    def answer(self, order: int, answer: str) -> None:
        """Say what became of an order."""

    def job(self, job_id: str) -> Job | None:
        """Return one job, ended ones too."""


class Orders:
    """Reads the orders and carries them out."""

    def __init__(
        self, conductor: Conductor, desk: Desk, roads: dict[tuple[Lane, int], Road]
    ) -> None:
        self._conductor = conductor
        self._desk = desk
        self._roads = roads
        self._taken: set[int] = set()
        self._answers: dict[int, str] = {}
        self._look_again = desk.get(LOOK_AGAIN)
        self._next = 0.0

    def turn(self) -> None:
        """Look at the pause flag and at new orders, a few times a second at most."""
        now = self._conductor.tools.clock.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        try:
            self._read()
        except LedgerUnwritable as error:
            self._conductor.book.complain(error)

    def _read(self) -> None:
        self._tell()
        paused = self._desk.get(PAUSED) == "1"
        if paused != self._conductor.paused:
            self._conductor.paused = paused
            log.info("paused" if paused else "resumed")
        look_again = self._desk.get(LOOK_AGAIN)
        if look_again != self._look_again and not paused:
            self._look_again = look_again
            self._conductor.door.stops.clear()
            self._conductor.resumed()
            self._conductor.wake_held()
        for order in self._desk.asked():
            if order.id in self._taken:
                continue
            try:
                self._carry_out(order)
            except LedgerUnwritable:
                raise
            except UpscaledError as error:
                self._answer(order, f"not done: {error.message}")

    def _carry_out(self, order: Asked) -> None:
        job = self._conductor.book.jobs.get(order.job) or self._desk.job(order.job)
        if job is None:
            self._answer(order, "not done: there is no such job")
        elif job.watch < 0:
            self._answer(order, "not done: its inbox is not in the configuration any more")
        elif job.id not in self._conductor.running:  # else it is read again at the next turn
            self._obey(order, job)

    def _obey(self, order: Asked, job: Job) -> None:
        self._conductor.book.rouse(job)
        if order.verb == "retry":
            self._retry(order, job)
        else:
            self._cancel(order, job)

    def _retry(self, order: Asked, job: Job) -> None:
        if job.id in self._conductor.book.jobs:
            if job.state is State.SEEN and job.sha256 is None:
                self._conductor.look_again(job.watch, None)
            else:
                self._conductor.wake(job, at_once=True)
            self._answer(order, "looked at again")
        elif job.state is State.FAILED and job.facts.set_aside:
            self._taken.add(order.id)
            self._roads[Lane.ROOT, job.watch].put(0, partial(self._put_back, order, job))
        else:
            self._answer(order, f"not retried: it is {job.state.value}")

    def _put_back(self, order: Asked, job: Job) -> None:
        """Run in the watch's lane: the original returns to the inbox, its reason is taken away."""
        try:
            path = self._moved_back(job)
        except UpscaledError as error:
            said = f"not moved back: {error.message}"
            self._conductor.post(partial(self._answer, order, said))
        else:
            self._conductor.post(partial(self._was_put_back, order, job, path))

    def _moved_back(self, job: Job) -> str:
        tools = self._conductor.tools
        tools.roots.require(job.watch)
        set_aside = tools.watch(job).failed / (job.facts.set_aside or "")
        sha256 = job.sha256 or tools.disk.digest(set_aside)
        if tools.disk.digest(set_aside) != sha256:
            raise Gone("the file in failed/ is not the one that was set aside")
        wanted = PurePosixPath(job.path)
        inbox = tools.watch(job).inbox
        for name in names.versions(wanted.name):
            if not tools.disk.is_there(inbox / wanted.with_name(name)):
                tools.disk.retire(set_aside, inbox / wanted.with_name(name), sha256)
                break
        tools.disk.drop(set_aside.with_name(names.sidecar_name(set_aside.name)))
        return str(wanted.with_name(name))

    def _was_put_back(self, order: Asked, job: Job, path: str) -> None:
        """Let the same job begin anew: its history and what it has cost stay with it."""
        check_move(job.state, State.SEEN)
        facts = Facts(passes=job.facts.passes)
        anew = replace(
            job,
            state=State.SEEN,
            path=path,
            sha256=None,
            reason=None,
            attempts=0,
            facts=facts,
            updated_at=self._conductor.tools.clock.now(),
        )
        self._conductor.book.save(anew, f"retried by hand; back in the inbox as {path}")
        self._answer(order, f"back in the inbox as {path}")
        self._conductor.look_again(job.watch, None)

    def _cancel(self, order: Asked, job: Job) -> None:
        if job.id not in self._conductor.book.jobs:
            self._answer(order, f"not cancelled: it is {job.state.value}")
            return
        if job.state in _TOO_LATE:
            self._answer(order, "not cancelled, too late: it is being delivered")
            return
        paid = self._cancel_at_engine(job)
        trouble = Trouble(
            code=Code.CANCELLED,
            message="Cancelled by hand.",
            hint="use `upscaled retry` to have it done after all",
        )
        self._conductor.apply(job, PutAside(trouble=trouble, paid=paid))
        self._answer(order, "cancelled")

    def _cancel_at_engine(self, job: Job) -> tuple[PassDone, ...]:
        """
        Ask the engine to drop the request; nobody knows whether it is still billed.

        So its estimate counts as spent: the cap must hold even then.
        """
        doubtful = job.state is State.SUBMITTING and job.starts > 0
        if not doubtful and (job.state is not State.SUBMITTED or is_settled(job.facts)):
            return ()
        tools, ticket = self._conductor.tools, job.facts.ticket
        paid = (pass_done(job, tools, Standing(state="running")),)
        engine = tools.engines.get(job.facts.engine)
        if ticket is None or engine is None:
            return paid

        def ask() -> None:
            try:
                engine.cancel(ticket)
            except UpscaledError as error:
                log.warning("cancel_not_heard", job=job.id, reason=error.message)

        self._roads[Lane.NETWORK, 0].put(0, ask)
        return paid

    def _answer(self, order: Asked, said: str) -> None:
        log.info("order_done", verb=order.verb, job=order.job, said=said)
        self._taken.add(order.id)  # done once in this run, whether or not it can be answered yet
        self._answers[order.id] = said
        self._tell()

    def _tell(self) -> None:
        """Write the answers that wait; while the ledger is deaf they wait on."""
        for number, said in list(self._answers.items()):
            try:
                self._desk.answer(number, said)
            except LedgerUnwritable as error:
                self._conductor.book.complain(error)
                return
            del self._answers[number]
