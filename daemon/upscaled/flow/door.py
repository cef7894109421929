"""
May a job's step begin now? Asks its series, the gate and the places; counts what costs money.

Owned by the conductor's thread. The start of a submit is counted durably before it may leave; what
may not begin is told why and until when.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from upscaled.core.gate import Closed, Conditions, to_admit, to_submit
from upscaled.core.life import LIFE, Lane
from upscaled.core.outcome import Later, Outcome, PutAside, outcome_of
from upscaled.errors import UpscaledError
from upscaled.flow import kept, steps
from upscaled.flow.bench import is_second
from upscaled.flow.book import Book
from upscaled.flow.places import AHEAD, Places, Seats
from upscaled.flow.series import Gathering
from upscaled.flow.space import Space
from upscaled.flow.stops import Stops
from upscaled.flow.tools import Tools
from upscaled.flow.twins import Twins, held_by
from upscaled.nouns import Code, Hold, Job, Micros, State, Trouble

LOCAL_AT_ONCE = 4
"""Local enlargements in flight: two pixel workers, and as many prepared behind them."""
LOOK_SECONDS = 0.2
_GATED = {State.PREPARED, State.SUBMITTING}
_SERVED_BY = "The same picture is just being enlarged for {}: what is paid there serves here too."


class Door:
    """Before every step."""

    def __init__(self, tools: Tools, book: Book, gathering: Gathering) -> None:
        self.stops = Stops()
        self.twins = Twins()
        self.conditions: Callable[[Job], Conditions] = self._unset
        self.share: Callable[[int], str | None] = lambda _watch: ""
        self.silent: Callable[[int], str] = lambda _watch: ""
        self._tools = tools
        self._book = book
        self._gathering = gathering
        self._counted: set[str] = set()
        most = tools.settings.fal.max_in_flight
        self._places = Places({"fal": most + AHEAD, "local": LOCAL_AT_ONCE})
        self._seats = Seats(most)
        self.space = Space(
            tools.work,
            [{"outbox": one.outbox, "review": one.review} for one in tools.settings.watch],
            tools.disk.room,
            packed=tools.settings.finish.tiff_compression != "none",
        )

    def ask(self, job: Job) -> Job | Outcome | None:
        """
        Return the job as its step may begin, or what becomes of it instead.

        None where its start was counted and the ledger could not write that down: it is asked again
        at once. Raises `LedgerUnwritable` where the ledger cannot be read.
        """
        if LIFE[job.state].lane is Lane.DESK:
            return self._admit(job)
        if LIFE[job.state].lane is Lane.ROOT and (silent := self.silent(job.watch)):
            return Later(seconds=None, hold=Hold.SHARE, reason=silent)  # its lane may hang
        if job.state is State.JUDGED:
            return self._join(job)
        if job.id in self._counted:
            # Counted while the ledger was deaf, but it never left: that one start does not count.
            # Earlier ones do: a look-up must not become a submit.
            self._counted.discard(job.id)
            job = replace(job, starts=job.starts - 1)
        if job.state in _GATED and job.starts == 0:
            seen = self.conditions(job)
            closed = to_submit(job, replace(seen, stops=self.stops.seen_by(job, seen.now)))
            if closed:
                return self._held(job, closed)
        if short := self.space.ask(job):
            return short
        return self._send(job) if job.state is State.SUBMITTING else job

    def note(self, job: Job) -> None:
        """Note where a job is now."""
        self._places.note(job)
        self._seats.note(job)
        self.space.note(job)
        if job.state is not State.SUBMITTING:
            self._counted.discard(job.id)
        self.twins.note(job)

    def next_in(self, engine: str) -> Iterator[Job]:
        """Yield who waited for an equal picture or a pilot, and who is next for a place or seat."""
        for freed in (self.twins.freed(), self._gathering.pilots.freed()):
            yield from filter(None, map(self._book.jobs.get, freed))
        for places, where in ((self._places, State.PLANNED), (self._seats, State.SUBMITTING)):
            while (next_id := places.next(engine)) is not None:
                waiting = self._book.jobs.get(next_id)
                if waiting is not None and waiting.state is where:
                    yield waiting
                    break

    def behind(self, job: Job) -> Job | None:
        """Return whom a planned job waits for: who pays for the same picture, or is its pilot."""
        return self.twins.payer(job) or (None if job.hold else self._gathering.pilots.first(job))

    # ---- inside

    def _send(self, job: Job) -> Job | Outcome | None:
        """Submit, or look up what was submitted: once a seat is free and the start is counted."""
        if job.starts == 0 and self._seats.full(job.facts.engine):
            return self._queued(job, self._seats)
        job = self._count_start(job)
        if self._book.writable:
            return job
        self._counted.add(job.id)
        return None

    def _join(self, job: Job) -> Job | Outcome:
        """Say whether its series is judged, or could be just now; else it waits."""
        if unseen := self._unseen(job):
            return unseen  # more of the series may lie there
        if self._gathering.is_decided(job, self._tools.clock.now()):
            return job
        return Later(seconds=None, reason=self._gathering.waits(job))

    def _unseen(self, job: Job) -> Later | None:
        """Let a job wait while its share is lost or was not looked at yet."""
        trouble = self.share(job.watch)
        if trouble == "":
            return None
        hold = Hold.SHARE if trouble else None
        # A lost share wakes its jobs itself when it is back.
        return Later(seconds=LOOK_SECONDS if trouble is None else None, hold=hold, reason=trouble)

    def _admit(self, job: Job) -> Outcome:
        if unseen := self._unseen(job):
            return unseen  # nothing is paid for while nobody knows whether it is still wanted
        outcome = steps.admit(job)
        if outcome.to is not State.ADMITTED:
            return self.space.ask(job) or outcome
        return self._instead(job, outcome.reserved) or outcome

    def _instead(self, job: Job, cost: Micros) -> Outcome | None:
        """Return what becomes of a job instead of being paid for now, None where nothing does."""
        if payer := self._payer(job):
            self.twins.wait(job, payer)
            said, held = _SERVED_BY.format(payer.path), held_by(payer)
            return Later(seconds=None, reason=f"{said} It is held by {held}" if held else said)
        closed = to_admit(job, cost, self.conditions(job))
        # Another job may have paid for it since it was planned; that needs no money any more.
        if (closed is None or job.hold is None) and (served := self._served(job)):
            return served
        if closed:
            return self._held(job, closed)
        if waits := self._gathering.pilots.ask(job):
            return waits
        if self._places.full(job.facts.engine):
            return self._queued(job, self._places)
        return self.space.ask(job)

    def _served(self, job: Job) -> Outcome | None:
        try:
            return kept.served(job, self._tools)
        except UpscaledError as error:
            return outcome_of(error, job.state)

    def _payer(self, job: Job) -> Job | None:
        keeps = self._tools.settings.state.keep_paid_days > 0
        return self.twins.payer(job) if keeps else None

    def _queued(self, job: Job, places: Places) -> Later:
        places.wait(job)
        queued = f"Waits for one of {places.limit(job.facts.engine)} places to be free."
        return Later(seconds=None, reason=queued)

    def _held(self, job: Job, closed: Closed) -> Outcome:
        if closed.hold is Hold.ENDPOINT and is_second(job.facts):
            # What was paid for does not wait for a model: a person looks at the first result.
            hint = "look at the first result"
            return PutAside(trouble=Trouble(code=Code.REFUSED, message=closed.reason, hint=hint))
        seconds = None
        if closed.until is not None:
            seconds = max(1.0, (closed.until - self._tools.clock.now()).total_seconds())
        return Later(seconds=seconds, hold=closed.hold, reason=closed.reason)

    def _count_start(self, job: Job) -> Job:
        """Write down that the submit is about to leave: from here on it is never just repeated."""
        clock, facts = self._tools.clock, job.facts
        if job.starts == 0 or facts.sent_at is None:
            facts = replace(
                facts,
                sent_at=clock.now(),
                sent_monotonic=clock.monotonic(),
                start_timeout=self._tools.settings.fal.start_timeout_seconds,
            )
        started = replace(job, starts=job.starts + 1, facts=facts)
        self._book.save(started, "submitting" if started.starts == 1 else "")
        self._seats.note(started)
        return started

    def _unset(self, _job: Job) -> Conditions:
        raise RuntimeError("the house gives the door its conditions before the first turn")
