"""
The loop. One thread owns every job; everything else only posts to it.

It takes what is due, asks the door, runs the step in its lane, and writes what came of it. Waiting
is a row with a time, so five hundred waiting jobs hold no thread.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

import structlog

from upscaled.core.life import ENDS, LIFE, Lane
from upscaled.core.names import job_id
from upscaled.core.outcome import (
    Leave,
    Next,
    Outcome,
    Patience,
    PutAside,
    advance,
    outcome_of,
)
from upscaled.errors import Gone, LedgerUnwritable, UpscaledError
from upscaled.flow import lanes, steps
from upscaled.flow.book import Book, parted
from upscaled.flow.door import LOOK_SECONDS, Door
from upscaled.flow.naming import spoken_for
from upscaled.flow.places import Due
from upscaled.flow.posts import Done, Message, NotBegun, Post
from upscaled.flow.series import Gathering
from upscaled.flow.space import LOOK_RANK
from upscaled.flow.telling import (
    enlarges_here,
    only_looked,
    say,
    unexpected,
    waits_for_a_wake,
)
from upscaled.flow.tools import Tools
from upscaled.nouns import Hold, Job, Room, State

log = structlog.get_logger()

_RANK = {state: rank for rank, state in enumerate(LIFE)} | {State.SUBMITTING: len(LIFE)}
"""What is nearest to its end goes first, but for submits: they set fal to work meanwhile."""
URGENT_RANK = 100
"""Before every step of what is not urgent, and behind every look."""


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
        self.door = Door(tools, book, gathering)
        self.running: dict[str, State] = {}
        self.progress: dict[str, float] = {}
        self.paused = False
        self.draining = False
        self.posts: SimpleQueue[Post] = SimpleQueue()
        self.resumed: Callable[[], None] = lambda: None
        self.ending: Callable[[Job], None] = lambda _job: None
        """Told of an end before it is written down; may raise `LedgerUnwritable`."""
        self.ended: Callable[[Job], None] = lambda _job: None
        self.look_again: Callable[[int, str | None], None] = lambda _watch, _folder: None
        self.unready: Callable[[Job], None] = lambda _job: None
        """Told of a file that does not decode yet: it is looked at for its own sake."""
        self._lanes = lane
        self._due = Due()

    def post(self, message: Callable[[], None]) -> None:
        """Ask the conductor's thread to call something soon."""
        self.posts.put(Message(to=self, call=message))

    def turn(self, timeout: float) -> None:
        """Wait for posts at most `timeout` seconds, handle all of them, start what is due."""
        wait = min(timeout, self._until_due())
        try:
            self._hear(self.posts.get(timeout=max(0.0, wait)))
            while True:
                self._hear(self.posts.get_nowait())
        except Empty:
            pass
        if self.book.flush() and not self.draining:
            self._start_due()

    def load(self) -> None:
        """Take up every job that has not ended; each walks on from its last durable fact."""
        self.book.load()
        for job in list(self.book.jobs.values()):
            self.door.note(job)
            for name in spoken_for(job):
                self.tools.promised.reserve(name, job.id)
            if job.state is not State.SEEN or job.due_at is not None:
                self.wake(job, at_once=job.hold is not Hold.NOT_READY)

    def succeed(self, other: "Conductor") -> None:
        """
        Take over from a conductor that worked with other settings; `load` follows.

        Steps under way end with the tools they began with and are heard here; those that lie in
        their lane still are not begun there. What else was asked of the other one is dropped.
        """
        self.posts, self.running, self.progress = other.posts, other.running, other.progress
        self.paused, self.door.stops = other.paused, other.door.stops
        other.draining = True

    def wake(self, job: Job, *, at_once: bool = False) -> None:
        """Put a job on the list of what is due: at its time, or at once."""
        self._due.put(job, 0.0 if at_once or job.due_at is None else job.due_at.timestamp())

    def wake_held(self, *holds: Hold) -> None:
        """Look at once at every job with one of these holds; all of them without an argument."""
        for job in list(self.book.jobs.values()):
            tried = job.hold is not Hold.NOT_READY or job.sha256 is not None
            if job.hold is not None and tried and (not holds or job.hold in holds):
                self.wake(job, at_once=True)

    def look_for_room(self) -> None:
        """Measure every watch's file systems in its own lane; who has room then goes on."""
        for watch in range(len(self.tools.settings.watch)):
            if self.door.space.begin(watch):
                self._lanes[Lane.ROOT, watch].put(LOOK_RANK, partial(self._measure, watch))

    def apply(self, job: Job, outcome: Outcome) -> None:
        """Advance a job, write it down, and put it on the list again unless it ended."""
        now = self.tools.clock.now()
        moved = advance(job, outcome, now, self._patience())
        said = outcome.said if isinstance(outcome, Next) else (moved.reason or "")
        paid = outcome.paid if isinstance(outcome, Next | PutAside) else ()
        if moved.state in ENDS and not self._may_end(job, moved):
            return
        if only_looked(job, moved):
            self.book.note(moved)  # a look that found nothing new is worth no disk write
        else:
            self.book.save(moved, said, paid)
            say(moved, said)
        self._after(job, moved, outcome)

    def begin(self, job: Job, said: str) -> bool:
        """Take in a job that no scan has seen; False while the ledger cannot be written."""
        self.book.add([job])
        if job.id not in self.book.jobs:
            return False
        self.book.save(job, said)
        self.door.note(job)
        self.wake(job, at_once=True)
        return True

    def idle(self) -> bool:
        """Say whether nothing runs and nothing is due by itself; what hangs does not run."""
        return self.posts.empty() and not self.works()

    def works(self) -> bool:
        """Say whether any step runs that may come back."""
        return not all(map(self.hangs, self.running))

    def hangs(self, job_id: str) -> bool:
        """Say whether a job's step is kept by folders that do not answer."""
        job = self.book.jobs.get(job_id)
        at_root = job is not None and LIFE[job.state].lane is Lane.ROOT
        return job is not None and at_root and bool(self.door.silent(job.watch))

    # ---- inside

    def _hear(self, post: Post) -> None:
        if isinstance(post, Done):
            self._came_back(post)
        elif isinstance(post, NotBegun):
            self._not_begun(post.job_id)
        elif post.to is self:
            post.call()

    def _after(self, before: Job, moved: Job, outcome: Outcome) -> None:
        self.door.note(moved)
        for waiting in self.door.next_in(before.facts.engine):
            self.wake(waiting)
        if moved.reserved < before.reserved and moved.cost - before.cost < before.reserved:
            self.wake_held(Hold.BUDGET)  # money that was reserved may be free again
        if moved.state is State.SEEN and moved.hold is Hold.NOT_READY:
            self.unready(moved)
        if moved.state in ENDS:
            self.tools.promised.release(moved.id)
            self.ended(moved)
            if moved.facts.archived is None and moved.facts.set_aside is None:
                self.look_again(
                    moved.watch, parted(moved.path)[0]
                )  # what lies there now may be a new arrival
        elif moved.state is State.SEEN and moved.due_at is None:
            self.look_again(
                moved.watch, parted(moved.path)[0]
            )  # it changed while it was read: it settles anew
        elif not waits_for_a_wake(moved, outcome):
            self.wake(moved)

    def _may_end(self, job: Job, moved: Job) -> bool:
        """Let others write first what an end must not come before; else the step is repeated."""
        try:
            self.ending(moved)
        except LedgerUnwritable as error:
            self.book.complain(error)
            self._due.put(job, self.tools.clock.now().timestamp() + LOOK_SECONDS)
            return False
        return True

    def _start_due(self) -> None:
        for ripe in self.gathering.ripe():
            self.wake(self.book.jobs[ripe], at_once=True)
        self._wake_over_caps()
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

    def _wake_over_caps(self) -> None:
        """Look again at what a cap holds where a series moved: it began, grew, shrank."""
        for stirred in self.gathering.costs.stirred():
            job = self.book.jobs.get(stirred)
            if job is not None and job.hold is Hold.BUDGET:
                self.wake(job, at_once=True)
        if self.gathering.costs.freed():
            self.wake_held(Hold.BUDGET)

    def _start(self, job: Job) -> None:
        entered = self.door.ask(job)
        if isinstance(entered, Job):
            self._run(entered)
        elif entered is not None:
            self.apply(job, entered)
        else:
            self.wake(job, at_once=True)  # counted, but not durable yet: it did not leave

    def _run(self, job: Job) -> None:
        self.running[job.id] = job.state
        stage = LIFE[job.state]
        number = job.watch if stage.lane is Lane.ROOT else 0
        lane = Lane.PIXELS if enlarges_here(job) else stage.lane
        work = partial(self._step, job, steps.STEPS[stage.step])
        rank = _RANK[job.state] + URGENT_RANK * job.urgent
        self._lanes[lane, number if lane is Lane.ROOT else 0].put(rank, work)

    def _step(self, job: Job, step: steps.Step) -> None:
        """Run in a lane; whatever happens, exactly one post comes back."""
        if self.draining:
            self.posts.put(NotBegun(job_id=job.id))
            return
        try:
            self.tools.disk.make_folder(self.tools.bench(job))
            outcome = step(job, self.tools, partial(self.progress.__setitem__, job.id))
            self._require(job)
        except UpscaledError as error:
            outcome = self._sorted(job, error)
        except Exception as error:
            log.exception("step_failed", job=job.id, state=job.state.value)
            outcome = unexpected(job, error)
        self.posts.put(Done(job_id=job.id, state=job.state, outcome=outcome))

    def _require(self, job: Job) -> None:
        """Believe nothing that was seen on a share while it vanished: the step is repeated."""
        if LIFE[job.state].lane is Lane.ROOT:
            self.tools.roots.require(job.watch)

    def _sorted(self, job: Job, error: UpscaledError) -> Outcome:
        if isinstance(error, Gone):
            try:
                self._require(job)
            except UpscaledError as lost:
                error = lost
        return outcome_of(error, job.state)

    def _not_begun(self, job_id: str) -> None:
        self.running.pop(job_id, None)
        if (job := self.book.jobs.get(job_id)) is not None:
            self.wake(job, at_once=True)

    def _came_back(self, done: Done) -> None:
        self.running.pop(done.job_id, None)
        self.progress.pop(done.job_id, None)
        job = self.book.jobs.get(done.job_id)
        if job is None or job.state is not done.state:
            log.warning("outcome_of_a_job_that_moved", job=done.job_id, state=done.state.value)
            return
        lifted = self.door.stops.note(job, done.outcome, self.tools.clock.now())
        if job.state is State.SEEN and isinstance(done.outcome, Leave):
            self.book.forget([job])
            self.tools.disk.clear(self.tools.bench(job))
            self.look_again(job.watch, parted(job.path)[0])  # another ticket makes it anew
            return
        self.apply(job, done.outcome)
        if lifted is not None:
            self.wake_held(lifted)

    def _measure(self, watch: int) -> None:
        found = self.door.space.look(watch)
        self.post(partial(self._measured, watch, found))

    def _measured(self, watch: int, found: Mapping[Path, Room]) -> None:
        self.door.space.looked(watch, found)
        for job in list(self.door.space.fitting()):
            self.wake(job, at_once=True)

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
