"""
The loop. One thread owns every job; everything else only posts to it.

It takes what is due, asks the gate, counts the start of what costs money, runs the step in its
lane, and writes what came of it. Waiting is a row with a time, so five hundred waiting jobs hold no
thread.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue

import structlog

from upscaled.core.gate import Closed, Conditions, to_admit, to_submit
from upscaled.core.life import ENDS, LIFE, Lane
from upscaled.core.names import job_id
from upscaled.core.outcome import (
    Later,
    Leave,
    Next,
    Outcome,
    Patience,
    PutAside,
    advance,
    outcome_of,
)
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow import lanes, steps
from upscaled.flow.book import Book
from upscaled.flow.places import AHEAD, Due, Places, Seats
from upscaled.flow.series import Gathering
from upscaled.flow.stops import Stops
from upscaled.flow.telling import (
    enlarges_here,
    only_looked,
    say,
    unexpected,
    waits_for_a_wake,
)
from upscaled.flow.tools import Tools
from upscaled.nouns import Hold, Job, State

log = structlog.get_logger()

_RANK = {state: rank for rank, state in enumerate(LIFE)} | {State.SUBMITTING: len(LIFE)}
"""What is nearest to its end goes first, but for submits: they set fal to work meanwhile."""
LOCAL_AT_ONCE = 4
"""Local enlargements in flight: two pixel workers, and as many prepared behind them."""
LOOK_SECONDS = 0.2
_GATED = {State.PREPARED, State.SUBMITTING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step has come back."""

    job_id: str
    state: State
    outcome: Outcome


class Conductor:
    """
    Moves jobs along the corridor.

    `post` may be called from any thread, signal handlers included. Everything else belongs to the
    thread that calls `turn`.
    """

    def __init__(
        self,
        tools: Tools,
        book: Book,
        lane: dict[tuple[Lane, int], lanes.Lane],
        gathering: Gathering,
    ) -> None:
        self.tools = tools
        self.book = book
        self.gathering = gathering
        book.noted, book.left = gathering.note, gathering.left
        self.running: dict[str, State] = {}
        self.progress: dict[str, float] = {}
        self.stops = Stops()
        self.paused = False
        self.draining = False
        self._counted: set[str] = set()
        self.posts: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.conditions: Callable[[Job], Conditions] = self._unset
        self.resumed: Callable[[], None] = lambda: None
        self.ended: Callable[[Job], None] = lambda _job: None
        self.look_again: Callable[[int], None] = lambda _watch: None
        self.share: Callable[[int], str | None] = lambda _watch: ""
        self._lanes = lane
        self._due = Due()
        most = tools.settings.fal.max_in_flight
        self._places = Places({"fal": most + AHEAD, "local": LOCAL_AT_ONCE})
        self._seats = Seats(most)

    def post(self, message: Callable[[], None]) -> None:
        """Ask the conductor's thread to call something soon."""
        self.posts.put(message)

    def turn(self, timeout: float) -> None:
        """Wait for posts at most `timeout` seconds, handle all of them, start what is due."""
        wait = min(timeout, self._until_due())
        try:
            self.posts.get(timeout=max(0.0, wait))()
            while True:
                self.posts.get_nowait()()
        except Empty:
            pass
        if self.book.flush() and not self.draining:
            self._start_due()

    def load(self) -> None:
        """Take up every job that has not ended; each walks on from its last durable fact."""
        self.book.load()
        for job in list(self.book.jobs.values()):
            self._places.note(job)
            self._seats.note(job)
            if job.facts.delivery is not None:
                name = f"{job.watch}/{job.facts.delivery.root}/{job.facts.delivery.path}"
                self.tools.promised.reserve(name, job.id)
            if job.state is not State.SEEN or job.due_at is not None:
                self.wake(job, at_once=job.hold is not Hold.NOT_READY)

    def wake(self, job: Job, *, at_once: bool = False) -> None:
        """Put a job on the list of what is due: at its time, or at once."""
        self._due.put(job, 0.0 if at_once or job.due_at is None else job.due_at.timestamp())

    def wake_held(self, *holds: Hold) -> None:
        """Look at once at every job with one of these holds; all of them without an argument."""
        for job in list(self.book.jobs.values()):
            tried = job.hold is not Hold.NOT_READY or job.sha256 is not None
            if job.hold is not None and tried and (not holds or job.hold in holds):
                self.wake(job, at_once=True)

    def apply(self, job: Job, outcome: Outcome) -> None:
        """Advance a job, write it down, and put it on the list again unless it ended."""
        now = self.tools.clock.now()
        moved = advance(job, outcome, now, self._patience())
        said = outcome.said if isinstance(outcome, Next) else (moved.reason or "")
        paid = outcome.paid if isinstance(outcome, Next | PutAside) else ()
        if only_looked(job, moved):
            self.book.note(moved)  # a look that found nothing new is worth no disk write
        else:
            self.book.save(moved, said, paid)
            say(moved, said)
        self._after(job, moved, outcome)

    def idle(self) -> bool:
        """Say whether nothing runs and nothing is due by itself."""
        return not self.running and self.posts.empty()

    # ---- inside

    def _after(self, before: Job, moved: Job, outcome: Outcome) -> None:
        self._places.note(moved)
        self._seats.note(moved)
        self._open_lobby(self._places, before.facts.engine, State.PLANNED)
        self._open_lobby(self._seats, before.facts.engine, State.SUBMITTING)
        if moved.state is not State.SUBMITTING:
            self._counted.discard(moved.id)
        if moved.reserved < before.reserved and moved.cost - before.cost < before.reserved:
            self.wake_held(Hold.BUDGET)  # money that was reserved may be free again
        if moved.state in ENDS:
            self.tools.promised.release(moved.id)
            self.ended(moved)
            if moved.facts.archived is None and moved.facts.set_aside is None:
                self.look_again(moved.watch)  # what lies there now may be a new arrival
        elif moved.state is State.SEEN and moved.due_at is None:
            self.look_again(moved.watch)  # it changed while it was read: it settles anew
        elif not waits_for_a_wake(moved, outcome):
            self.wake(moved)

    def _open_lobby(self, places: Places, engine: str, where: State) -> None:
        while (next_id := places.next(engine)) is not None:
            waiting = self.book.jobs.get(next_id)
            if waiting is not None and waiting.state is where:
                self.wake(waiting)
                return

    def _start_due(self) -> None:
        for ripe in self.gathering.ripe():
            self.wake(self.book.jobs[ripe], at_once=True)
        now = self.tools.clock.now().timestamp()
        while self.book.writable and (due := self._due.pop(now)) is not None:
            job = self.book.jobs.get(due)
            if job is None or job.id in self.running:
                continue
            try:
                self._start(job)
            except LedgerUnwritable as error:
                self.book.complain(error)
                self._due.put(job, now + LOOK_SECONDS)
                return

    def _start(self, job: Job) -> None:
        stage = LIFE[job.state]
        if stage.lane is Lane.DESK:
            self._admit(job)
            return
        if job.state is State.JUDGED and not self._may_join(job):
            return
        if job.id in self._counted:
            # Counted while the ledger was deaf, but it never left: asked and stamped anew.
            self._counted.discard(job.id)
            job = replace(job, starts=0)
        if job.state in _GATED and job.starts == 0:
            seen = self.conditions(job)
            closed = to_submit(job, replace(seen, stops=self.stops.seen_by(job, seen.now)))
            if closed:
                self._hold(job, closed)
                return
        if job.state is State.SUBMITTING:
            self._send(job)
        else:
            self._run(job)

    def _send(self, job: Job) -> None:
        """Submit, or look up what was submitted: once a seat is free and the start is counted."""
        if job.starts == 0 and self._seats.full(job.facts.engine):
            self._queue(job, self._seats)
            return
        job = self._count_start(job)
        if self.book.writable:
            self._run(job)
            return
        self._counted.add(job.id)
        self.wake(job, at_once=True)

    def _may_join(self, job: Job) -> bool:
        """Say whether its series is judged, or could be just now; else it waits."""
        if self._is_unseen(job):
            return False  # more of the series may lie there
        if self.gathering.is_decided(job, self.tools.clock.now()):
            return True
        self.apply(job, Later(seconds=None, reason=self.gathering.waits(job)))
        return False

    def _is_unseen(self, job: Job) -> bool:
        """Let a job wait while its share is lost or was not looked at yet."""
        trouble = self.share(job.watch)
        if trouble == "":
            return False
        hold = Hold.SHARE if trouble else None
        # A lost share wakes its jobs itself when it is back.
        seconds = LOOK_SECONDS if trouble is None else None
        self.apply(job, Later(seconds=seconds, hold=hold, reason=trouble))
        return True

    def _admit(self, job: Job) -> None:
        if self._is_unseen(job):
            return  # nothing is paid for while nobody knows whether the original is still wanted
        outcome = steps.admit(job)
        if outcome.to is State.ADMITTED:
            closed = to_admit(job, outcome.reserved, self.conditions(job))
            if closed:
                self._hold(job, closed)
                return
            if self._places.full(job.facts.engine):
                self._queue(job, self._places)
                return
        self.apply(job, outcome)

    def _queue(self, job: Job, places: Places) -> None:
        places.wait(job)
        queued = f"Waits for one of {places.limit(job.facts.engine)} places to be free."
        self.apply(job, Later(seconds=None, reason=queued))

    def _hold(self, job: Job, closed: Closed) -> None:
        seconds = None
        if closed.until is not None:
            seconds = max(1.0, (closed.until - self.tools.clock.now()).total_seconds())
        self.apply(job, Later(seconds=seconds, hold=closed.hold, reason=closed.reason))

    def _count_start(self, job: Job) -> Job:
        """Write down that the submit is about to leave: from here on it is never just repeated."""
        now = self.tools.clock.now()
        sent = now if job.starts == 0 else job.facts.sent_at or now
        limit = (
            job.facts.start_timeout if job.starts else self.tools.settings.fal.start_timeout_seconds
        )
        facts = replace(job.facts, sent_at=sent, start_timeout=limit)
        started = replace(job, starts=job.starts + 1, facts=facts)
        self.book.save(started, "submitting" if started.starts == 1 else "")
        self._seats.note(started)
        return started

    def _run(self, job: Job) -> None:
        self.running[job.id] = job.state
        stage = LIFE[job.state]
        number = job.watch if stage.lane is Lane.ROOT else 0
        lane = Lane.PIXELS if enlarges_here(job) else stage.lane
        work = partial(self._step, job, steps.STEPS[stage.step])
        self._lanes[lane, number if lane is Lane.ROOT else 0].put(_RANK[job.state], work)

    def _step(self, job: Job, step: steps.Step) -> None:
        """Run in a lane; whatever happens, exactly one post comes back."""
        try:
            self.tools.disk.make_folder(self.tools.bench(job))
            outcome = step(job, self.tools, partial(self.progress.__setitem__, job.id))
        except UpscaledError as error:
            outcome = outcome_of(error, job.state)
        except Exception as error:
            log.exception("step_failed", job=job.id, state=job.state.value)
            outcome = unexpected(job, error)
        self.post(partial(self._came_back, Done(job_id=job.id, state=job.state, outcome=outcome)))

    def _came_back(self, done: Done) -> None:
        self.running.pop(done.job_id, None)
        self.progress.pop(done.job_id, None)
        job = self.book.jobs.get(done.job_id)
        if job is None or job.state is not done.state:
            log.warning("outcome_of_a_job_that_moved", job=done.job_id, state=done.state.value)
            return
        lifted = self.stops.note(job, done.outcome, self.tools.clock.now())
        if job.state is State.SEEN and isinstance(done.outcome, Leave):
            self.book.forget(job)
            return
        self.apply(job, done.outcome)
        if lifted is not None:
            self.wake_held(lifted)

    def _patience(self) -> Patience:
        retry = self.tools.settings.retry
        return Patience(
            first_seconds=retry.first_seconds,
            max_seconds=retry.max_seconds,
            attempts=retry.attempts,
            die=self.tools.die(),
        )

    def _until_due(self) -> float:
        first = self._due.first() if self.book.writable else None
        return 1.0 if first is None else first - self.tools.clock.now().timestamp()

    def new_id(self) -> str:
        """Return a fresh job id that sorts by time."""
        return job_id(os.urandom(5), self.tools.clock.now())

    def _unset(self, _job: Job) -> Conditions:
        raise RuntimeError("the house gives the conductor its conditions before the first turn")
