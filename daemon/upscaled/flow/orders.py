"""
Orders from the command line, read and answered on the conductor's thread; `hands/` does them.

Orders lie in the ledger, so they outlive both the command and the daemon.
"""

from collections.abc import Mapping
from functools import partial

import structlog

from upscaled.core.life import Lane
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.conductor import Conductor
from upscaled.flow.hands.cancel import cancel
from upscaled.flow.hands.desk import Asked, Bench, Desk, Verb
from upscaled.flow.hands.redo import closing, redo
from upscaled.flow.hands.retry import retry
from upscaled.flow.hands.review import accept, reject
from upscaled.flow.lanes import Lane as Road

log = structlog.get_logger()

PAUSED = "paused"
LOOK_AGAIN = "look_again"
"""Changes with every `resume`: everything held is looked at, paused or not."""
EVERY_SECONDS = 0.3
ANYWAY_SECONDS = 5.0
"""Orders are read so often even where nobody seems to have written any."""
VERBS: Mapping[str, Verb] = {
    "retry": retry,
    "cancel": cancel,
    "accept": accept,
    "reject": reject,
    "redo": redo,
}


class Orders:
    """Reads the orders and carries them out."""

    def __init__(
        self, conductor: Conductor, desk: Desk, roads: dict[tuple[Lane, int], Road]
    ) -> None:
        self._conductor = conductor
        self._desk = desk
        self._taken: set[int] = set()
        self._answers: dict[int, str] = {}
        self._bench = Bench(
            conductor=conductor,
            desk=desk,
            roads=roads,
            answer=self._answer,
        )
        conductor.ending = partial(closing, conductor, desk)
        self._look_again = desk.get(LOOK_AGAIN)
        self._next = 0.0
        self._read_at = -ANYWAY_SECONDS

    def turn(self) -> None:
        """Look at the pause flag and at new orders, a few times a second at most."""
        now = self._conductor.tools.clock.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        if not self._desk.stirred() and now < self._read_at + ANYWAY_SECONDS:
            return
        self._read_at = now
        try:
            self._read()
        except LedgerUnwritable as error:
            self._conductor.book.complain(error)

    def succeed(self, other: "Orders") -> None:
        """Take over from orders that are at rest: what was asked of them last is known here."""
        self._taken, self._answers = other._taken, other._answers  # noqa: SLF001 - one of us
        self._look_again = other._look_again  # noqa: SLF001

    @property
    def rests(self) -> bool:
        """Say whether no order is being carried out, and every answer is written."""
        return not self._bench.busy and not self._answers

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
        if not self._conductor.book.writable:
            return  # the rows are older than what happened
        for order in self._desk.asked():
            if order.id in self._taken or order.job in self._bench.busy:
                continue
            try:
                self._carry_out(order)
            except LedgerUnwritable:
                raise
            except UpscaledError as error:
                self._answer(order, f"not done: {error.message}")

    def _carry_out(self, order: Asked) -> None:
        job = self._conductor.book.jobs.get(order.job) or self._desk.job(order.job)
        verb = VERBS.get(order.verb)
        if job is None:
            self._answer(order, "not done: there is no such job")
        elif job.watch < 0:
            self._answer(order, "not done: its inbox is not in the configuration any more")
        elif verb is None:
            self._answer(order, f"not done: this version does not know `{order.verb}`")
        elif job.id not in self._conductor.running:
            self._conductor.book.rouse(job)
            verb(self._bench, order, job)
        # Else its step is under way; the order is read again at the next turn.

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
