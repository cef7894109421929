"""
The daemon: conductor, patrol, orders and the status that others read, turned by one thread.

It ends when asked (local steps are finished, fal's requests are left for the next start), or, with
`until_idle`, when every file has ended or waits for what this run cannot bring about.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import time, timedelta, tzinfo
from functools import partial

import structlog

from upscaled.core.folders import drop_folder
from upscaled.core.gate import Conditions
from upscaled.core.hands import rests
from upscaled.core.life import Lane
from upscaled.core.standing import sentence
from upscaled.edge import boxes, disk
from upscaled.edge.bounded import ask
from upscaled.edge.clock import local_zone
from upscaled.edge.pictures.studio import SCRATCH_PREFIX
from upscaled.edge.service import Service
from upscaled.edge.signals import two_stages
from upscaled.edge.timetable import Timetable
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow import billing
from upscaled.flow.attendance import Attendance, Manager
from upscaled.flow.book import Book
from upscaled.flow.census import Office
from upscaled.flow.conductor import Conductor
from upscaled.flow.logbooks import Logbooks
from upscaled.flow.models import Models
from upscaled.flow.nights import Nights
from upscaled.flow.orders import LOOK_AGAIN, Orders
from upscaled.flow.pulse import Pulse
from upscaled.flow.reception import Reception
from upscaled.flow.series import Gathering
from upscaled.flow.showing import tiles_folder
from upscaled.flow.space import LOOK_SECONDS
from upscaled.house import House
from upscaled.housekeeping import EVERY_SECONDS, Housekeeping
from upscaled.measures import Known
from upscaled.nightly import AGAIN_SECONDS
from upscaled.nightwatch import Nightwatch
from upscaled.nouns import Hold, Job, Sighting, State
from upscaled.staff import cashier_of, eyes_of, nightly_of, patrol_of, silence_of

log = structlog.get_logger()

TURN_SECONDS = 0.5
"""Orders and the pause flag act well within two seconds."""
DRAIN_SECONDS = 8.0
"""An end is promised within ten; what still runs then is repeated at the next start."""
STOP_SECONDS = 0.5
LOOK_UPS = 4
"""How often a doubtful submit is looked up before `--until-idle` stops waiting for it."""
OUTAGES = 5
"""How many faults of fal or the network in a row end `--until-idle`: about a minute by default."""

Shown = Callable[["Daemon"], None]


class Daemon:
    """One run over an open house."""

    def __init__(self, house: House, manager: Manager | None = None) -> None:
        self.house = house
        self.pulse = Pulse(house.tools.clock.monotonic())
        self.attendance = Attendance(manager or Service(), self.pulse)
        self._zone = local_zone(house.settings.schedule.timezone)
        self.book = Book(house.ledger, self._aim)
        gathering = Gathering(house.tools.grammar, house.ledger.series)
        self.conductor = Conductor(house.tools, self.book, house.roads, gathering)
        self.cashier = cashier_of(house, gathering.costs, self._zone)
        self.eyes = eyes_of(house, self._hint)
        self.patrol = patrol_of(house, self.conductor, self.eyes, self._left_in_place)
        self.silence = silence_of(house)
        self.orders = Orders(self.conductor, house.ledger, house.roads)
        self.models = Models(house.ledger)
        self.nights = Nights(house.ledger, house.tools.clock, self.conductor.post, self._calendar)
        self.nightwatch = Nightwatch(self._known())
        self.nightly = nightly_of(house)
        self.logbooks = Logbooks(
            self.conductor, self.patrol, house.roads, house.ledger.standings, self._zone
        )
        self.reception = Reception(self.conductor, self.patrol, house.ledger, boxes, self._office())
        self._join()
        self.failures = 0
        self.heir: Daemon | None = None
        self.relief: Callable[[], Daemon | None] = lambda: None
        """Asked after each turn who takes over from here on, with other settings."""
        self.config_trouble = ""
        self._succeeds = False
        """Steps of the one before are under way, with scratch of their own."""
        self._forgetting, self.asked_to_stop = 0, False
        self.leaving: Callable[[], None] = lambda: None
        """Called when the end begins, in the conductor's thread."""
        self._told: object = None
        self._told_at = 0.0
        self._said = ""
        self._said_from: object = None

    def _join(self) -> None:
        """Let those who work here ask and tell one another."""
        conductor, patrol = self.conductor, self.patrol
        conductor.ended = self._ended
        conductor.resumed = self._resumed
        conductor.look_again = patrol.soon
        conductor.unready = patrol.unready
        conductor.door.conditions = self._conditions
        conductor.door.share = patrol.share
        conductor.door.silent = patrol.silent
        patrol.silence = self.silence.of
        self.cashier.warned = self.nightwatch.warned
        self.nights.write = self.nightly.write

    def run(self, *, until_idle: bool, shown: Shown | None = None) -> int:
        """Work until asked to stop, or until idle; return the exit code."""
        self.conductor.load()
        self.models.load(self.house.ledger.get(LOOK_AGAIN))
        self.conductor.look_for_room()
        if not self._succeeds:
            self._sweep()
        self._prune()
        timetable = self._timetable()
        self.nightwatch.start(timetable)
        timetable.start()
        log.info("started", engine=self.house.tools.engine, ledger=self.house.ledger.id)
        clean = False
        try:
            with two_stages(self.stop):
                code = self._turns(until_idle=until_idle, shown=shown or _unseen)
            clean = True
        finally:
            timetable.stop()
            self.nights.stop()
            self.nightwatch.stop(clean=clean)
            self.logbooks.stop()
            if self.heir is None:
                self.reception.stop()
            else:  # it goes on, and so does what the folders say
                self.reception.give_way(self.heir.reception)
            self.silence.stop()
            ask({eyes: eyes.stop for eyes in self.eyes}, STOP_SECONDS)  # a mount may hang
            if self.heir is None:
                self._note_status(alive=False)
                log.info("stopped")
        return code

    def _timetable(self) -> Timetable:
        """Return what is done now and then, beside the work; some of it is asked for at once."""
        made, post = Timetable(), self.conductor.post
        made.every(LOOK_SECONDS, "room", partial(post, self.conductor.look_for_room))
        made.every(AGAIN_SECONDS, "reports", self.nightly.again)
        made.every(3600.0, "prune", partial(post, self._prune))
        keeping = Housekeeping(self.house.settings, self.house.ledger, self.house.tools.clock.now)
        made.every(EVERY_SECONDS, "housekeeping", keeping.ask)
        keeping.ask()
        if self.house.bills is not None:
            self._ask_for_bills()
            made.every(billing.EVERY_SECONDS, "bills", self._ask_for_bills)
        return made

    def stop(self) -> None:
        """Have the turn under way be the last one; called from signal handlers, too."""
        self.asked_to_stop = True
        self.conductor.post(lambda: None)  # so that the turn need not wait for its time

    def succeed(self, other: "Daemon") -> None:
        """Take over from a daemon over the same house, between two of its turns."""
        self.conductor.succeed(other.conductor)
        self.orders.succeed(other.orders)
        self.failures = other.failures
        self._succeeds = True

    def _turns(self, *, until_idle: bool, shown: Shown) -> int:
        while not self.asked_to_stop:
            self.orders.turn()
            self.silence.turn()
            wait = self.patrol.turn()
            self.conductor.turn(min(wait, TURN_SECONDS))
            self._look_at_money()
            self.nights.turn()
            self.nightwatch.turn()
            self._note_status(alive=True)
            self._give_signs()
            self.logbooks.turn()
            self.reception.turn()
            shown(self)
            if until_idle and self._is_idle():
                self.nightwatch.finish()
                return self._verdict()
            if (heir := self.relief()) is not None:
                self.heir = heir
                return 0
        return self._drain()

    def _drain(self) -> int:
        """Begin nothing new; let local steps come back, then leave."""
        self.conductor.draining = True
        self.leaving()
        self.nightwatch.stopping()
        self.attendance.stopping("Stops: the last steps come back.")
        clock = self.house.tools.clock
        until = clock.monotonic() + DRAIN_SECONDS
        while self.conductor.works() and clock.monotonic() < until:
            self.conductor.turn(0.1)
            self._give_signs()
        if self.conductor.running:
            log.warning("left_running", jobs=sorted(self.conductor.running))
            self.house.close_now()
        return 0

    def _hint(self, number: int, folder: str | None) -> None:
        self.patrol.hint(number, folder)

    def _aim(self, job: Job) -> tuple[int, str]:
        return job.watch, drop_folder(self.house.tools.grammar, job.path)

    # ---- idle

    def _is_idle(self) -> bool:
        if self.book.trouble:
            return self.conductor.idle() and self.patrol.settled()
        return (
            self.conductor.idle()
            and not self._forgetting
            and not self.nights.busy
            and self.patrol.settled()
            and self.reception.settled()
            and not self.house.ledger.asked()
            and all(self._waits(job) for job in self.book.jobs.values())
            and not self.book.refill()
        )

    def _waits(self, job: Job) -> bool:
        """Say whether a job waits for what this run cannot bring about."""
        if job.state is State.SEEN and self.patrol.wrong(job.watch):
            return True
        if job.state is State.PLANNED and (first := self.conductor.door.behind(job)):
            return self._waits(first)
        if job.hold is Hold.DOUBT:
            waiting = self.house.settings.fal.on_doubt == "wait" and self.house.has_key
            return not waiting or job.starts > LOOK_UPS or job.outages >= OUTAGES
        return job.hold is not None or job.outages >= OUTAGES

    def _verdict(self) -> int:
        strays = any(beat.intake.strays or beat.odd or beat.trouble for beat in self.patrol.beats)
        book = self.book
        left = self.failures or book.jobs or book.backlog or book.asleep or book.trouble or strays
        return 3 if left else 0

    # ---- what the conductor asks

    def _conditions(self, job: Job) -> Conditions:
        settings, now = self.house.settings, self.house.tools.clock.now()
        return Conditions(
            now=now,
            zone=self._zone,
            paused=self.conductor.paused,
            has_key=self.house.has_key,
            window=settings.window_of(job.watch),
            stops=self.conductor.door.stops,
            models=self.models.paused,
            spend=self.cashier.spend_of(job, now),
            caps=self.cashier.caps,
            day_starts=settings.day_starts,
            series=self.cashier.series_of(job),
        )

    def _known(self) -> Known:
        return Known(
            settings=lambda: self.house.settings,
            ledger=self.house.ledger,
            conductor=self.conductor,
            patrol=self.patrol,
            nights=self.nights,
            pulse=self.pulse,
            engine=self._engine,
        )

    def _calendar(self) -> tuple[tzinfo, time]:
        settings = self.house.settings
        return local_zone(settings.schedule.timezone), settings.night_ends

    def _resumed(self) -> None:
        """Let through what the brake held and models that pause: a person has looked at it."""
        now = self.house.tools.clock.now()
        self.cashier.release(self.book.jobs.values(), now)
        self.models.resume(now)
        self.conductor.gathering.pilots.resume(now)

    def _look_at_money(self) -> None:
        clock = self.house.tools.clock
        self.cashier.look(clock.now(), clock.monotonic())

    def _ended(self, job: Job) -> None:
        self.models.note(job)
        self.nightwatch.ended(job)
        self.reception.ended(job)
        if job.state is not State.DONE:
            self.failures += job.state is not State.WITHDRAWN
        disk.clear(self.house.tools.bench(job))
        delivered = job.state in {State.DONE, State.REVIEW} and job.facts.accepted is None
        if self.house.settings.fal.delete_payloads and delivered:
            self._forget(job)

    def _forget(self, job: Job) -> None:
        """Have fal delete what it keeps of a delivered job; else its lifecycle does, in days."""
        engine = self.house.tools.engines.get("fal")
        ids = [one.request_id for one in job.facts.passes if one.engine == "fal"]

        def ask() -> None:
            for request_id in ids:
                try:
                    if engine is not None and request_id is not None:
                        engine.forget(request_id)
                except UpscaledError as error:
                    log.warning("payloads_not_deleted", job=job.id, reason=error.message)
            self.conductor.post(done)

        def done() -> None:
            self._forgetting -= 1

        if ids:
            self._forgetting += 1
            self.house.roads[Lane.NETWORK, 0].put(0, ask)

    def _left_in_place(self, number: int, sightings: Sequence[Sighting]) -> set[str]:
        """Return which originals were done already and stay where they are."""
        if self.house.settings.watch[number].originals != "leave":
            return set()
        ends = self.house.ledger.ends_at(number, [one.path for one in sightings])
        return {
            one.path
            for one in sightings
            if rests(one, ends.get(one.path), self.book.away_from(number, one.path))
        }

    # ---- housekeeping

    def _ask_for_bills(self) -> None:
        bills, ledger, now = self.house.bills, self.house.ledger, self.house.tools.clock.now()
        if bills is not None:
            work = partial(billing.ask, ledger, bills, now, self.conductor.post)
            self.house.roads[Lane.NETWORK, 0].put(0, work)

    def _sweep(self) -> None:
        """Remove private working folders of jobs that have ended, and scratch of a killed run."""
        work = self.house.tools.work
        living = self.house.ledger.living()
        for folder in work.iterdir():
            if folder.name not in living:
                disk.clear(folder)
            for left in folder.glob(f"{SCRATCH_PREFIX}*"):
                disk.clear(left)

    def _prune(self) -> None:
        """Let go of paid pixels that nobody asked for again, and of old small pictures."""
        state, now = self.house.settings.state, self.house.tools.clock.now()
        tiles = tiles_folder(self.house.settings)
        kept = (self.house.tools.paid, state.keep_paid_days), (tiles, state.keep_tiles_days)
        for folder, days in kept:
            disk.prune(folder, (now - timedelta(days=days)).timestamp())

    # ---- what others read

    def _give_signs(self) -> None:
        self.attendance.turned(self.house.tools.clock.monotonic(), self._sentence)

    def _sentence(self) -> str:
        troubles = [self.config_trouble, self.book.trouble]
        troubles += [beat.trouble for beat in self.patrol.beats]
        paused, book = self.conductor.paused, self.book
        made_from = (book.revision, len(book.backlog), paused, tuple(filter(None, troubles)))
        if made_from != self._said_from:
            self._said_from = made_from
            self._said = sentence(
                book.jobs.values(), len(book.backlog), paused=paused, troubles=made_from[-1]
            )
        return self._said

    def _note_status(self, *, alive: bool) -> None:
        clock, beats = self.house.tools.clock, self.patrol.beats
        # Strays may be many: they are compared as they are, and spelt out only when they changed.
        told = alive, self._brief(), [beat.intake.strays for beat in beats], [*self._odd()]
        if told == self._told and clock.monotonic() - self._told_at < 10.0:
            return
        try:
            words = json.dumps(self.told() | {"alive": alive}, sort_keys=True)
            self.house.ledger.put("daemon", words)
        except LedgerUnwritable:
            return  # the book has said so already; what others read is as old as the ledger
        self._told, self._told_at = told, clock.monotonic()

    def _odd(self) -> Iterator[str]:
        return (name for beat in self.patrol.beats for name in beat.odd)

    def told(self) -> dict[str, object]:
        """Return what `status` shows of the living daemon, besides what the ledger knows."""
        strays = [
            {"watch": beat.intake.watch, **asdict(stray)}
            for beat in self.patrol.beats
            for stray in beat.intake.strays
        ]
        return self._brief() | {"strays": strays, "odd": [*self._odd()]}

    def _brief(self) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "engine": self._engine(),
            "watches": [
                {
                    "inbox": str(self.house.settings.watch[number].inbox),
                    "observer": eyes.observer,
                    "healthy": not self.patrol.wrong(number),
                    "reason": self.patrol.wrong(number) or eyes.reason,
                    "probe": eyes.probe,
                }
                for number, eyes in enumerate(self.eyes)
            ],
            "ledger": self.book.trouble,
        }

    def _office(self) -> Office:
        """Return what the folders' own status says of the engine and of money."""
        now = self.house.tools.clock.now

        def engine() -> tuple[str, str]:
            told = self._engine()
            stands = told["state"] != "ready"
            return str(told["name"]), str(told["reason"]) if stands else ""

        return Office(
            engine=engine,
            spend=lambda: self.cashier.spend(now()),
            caps=self.cashier.caps,
            zone=self._zone,
            people=self.house.ledger.people,
            settle_seconds=[eyes.settle_seconds for eyes in self.eyes],
        )

    def _engine(self) -> dict[str, str | None]:
        name = self.house.tools.engine
        now = self.house.tools.clock.now()
        if name == "fal" and not self.house.has_key:
            return {"name": name, "state": "no_key", "reason": "fal's key is not there"}
        stop = self.conductor.door.stops.get("")
        if name == "fal" and stop and (stop.until is None or now < stop.until):
            return {"name": name, "state": stop.hold.value, "reason": stop.reason}
        if self.conductor.paused:
            return {"name": name, "state": "paused", "reason": "paused by hand"}
        return {"name": name, "state": "ready", "reason": None}


def _unseen(_daemon: Daemon) -> None:
    """Show nothing: nobody looks at a terminal."""
