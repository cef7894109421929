"""
The real corridor from a planned pass to its fetched picture, without folders and without waiting.

The conductor, its book, the SQLite ledger, the gate and every step that money hangs on are the
shipped ones. The lanes work at once in the test's own thread, the clock is pushed on by the test,
and what needs pixels is parked. The engine is given: the door to a stand-in, or a model of fal.
"""

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from PIL import Image

from orders import shipped
from upscaled.core.assessment import Limit
from upscaled.core.budget import Caps, Spend
from upscaled.core.folders import Grammar
from upscaled.core.gate import Closed, Conditions
from upscaled.core.life import ENDS, LIFE, Lane
from upscaled.core.price import micros
from upscaled.core.provenance import Story
from upscaled.core.rulebook import Rulebook
from upscaled.core.settings import Settings, parse_settings
from upscaled.core.window import day_start, month_start
from upscaled.edge import disk
from upscaled.edge.ledger import Ledger
from upscaled.flow import lanes
from upscaled.flow.book import Book
from upscaled.flow.conductor import Conductor
from upscaled.flow.ports import Engine, Pictures, Progress
from upscaled.flow.promises import Promises
from upscaled.flow.series import Gathering
from upscaled.flow.tools import Tools
from upscaled.nouns import (
    Artifact,
    Facts,
    Family,
    Fidelity,
    Format,
    Hold,
    Job,
    Pass,
    Plan,
    Probe,
    State,
)

BEGIN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UNIFIED = "fal-ai/topaz/upscale/image"
PRICE = 80_000
DONE = frozenset({State.FETCHED, State.FAILING, *ENDS})
"""Where no money moves any more."""
_CATALOGUE = shipped("unified")
PROBE = Probe(format="PNG", width=64, height=48, mode="RGB", features={"r_eff": 0.5})
_PARKED = frozenset({State.TAKEN, State.FETCHED, State.FAILING})


@contextmanager
def hushed() -> Iterator[None]:
    """Log faults only: a job's story by the thousand is no test's output."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.reset_defaults()


class Hand:
    """A clock that the test pushes on."""

    def __init__(self, at: datetime = BEGIN) -> None:
        self.at = at
        self._set_forward = timedelta()

    def set_forward(self, by: timedelta) -> None:
        """Set the wall clock forward: no time has passed."""
        self.at += by
        self._set_forward += by

    def now(self) -> datetime:
        """Return the test's time."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds since the test began."""
        return (self.at - BEGIN - self._set_forward).total_seconds()


class AtOnce(lanes.Lane):
    """A lane without threads: what it may do it does in `put`; the rest is parked."""

    def __init__(self, parked: frozenset[State]) -> None:
        super().__init__("at-once", 0)
        self._parked = {rank for rank, state in enumerate(LIFE) if state in parked}

    def put(self, rank: int, work: lanes.Work) -> None:
        """Work now."""
        if rank not in self._parked:
            work()


class Copies:
    """The pixel door where pixels do not matter: what is uploaded is the file itself."""

    def examine(self, source: Path, *, waited: bool = False) -> Probe:
        """Be parked before."""
        raise NotImplementedError(source)

    def prepare(self, source: Path, stem: Path, size: tuple[int, int] | None = None) -> Artifact:
        """Copy; nothing here is ever sent smaller."""
        assert size is None
        to = stem.with_suffix(".png")
        shutil.copyfile(source, to)
        amount = to.stat().st_size
        return Artifact(path=str(to), sha256="", bytes=amount, width=64, height=48, format="PNG")

    def enlarge(self, source: Path, to: Path, one: Pass, progress: Progress) -> Artifact:
        """Be parked before."""
        raise NotImplementedError(source, to, one, progress)

    def finish(self, raw: Path, source: Path, plan: Plan, to: Path, _story: Story) -> Artifact:
        """Be parked before."""
        raise NotImplementedError(raw, source, plan, to)

    def check(self, source: Path, result: Path, plan: Plan, compare: Path | None) -> Fidelity:
        """Be parked before."""
        raise NotImplementedError(source, result, plan, compare)


class Present:
    """Roots that are always there."""

    def require(self, _watch: int) -> None:
        """Say that all is well."""


def settings_of(folder: Path, **tables: Mapping[str, Any]) -> Settings:
    """Return a config: everything by default but what is given."""
    values = {"watch": [{"inbox": "inbox"}], "engine": {"name": "fal"}, **tables}
    return parse_settings(values, source=folder / "config.toml")


def plan_of(passes: int = 1) -> Plan:
    """Return a plan of so many passes, each 2x of a picture of 64 x 48 pixels at eight cents."""
    made = tuple(
        Pass(
            endpoint=UNIFIED,
            model="Standard V2",
            factor=2.0,
            width=64 * 2 ** (number + 1),
            height=48 * 2 ** (number + 1),
            params={"output_format": "png", "face_enhancement": False},
            cost=PRICE,
        )
        for number in range(passes)
    )
    width, height = made[-1].width, made[-1].height
    return Plan(
        model=Family.CORE,
        passes=made,
        width=width,
        height=height,
        target_width=width,
        target_height=height,
        format=Format.PNG,
        ppi=None,
        scaled_width=width,
        scaled_height=height,
    )


def draw(path: Path) -> Path:
    """Draw what is enlarged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(path, "PNG")
    return path


class Corridor:
    """One state directory; `restart` is a new process on it."""

    pictures: Pictures = Copies()
    parked = _PARKED
    done = DONE
    second_pass: tuple[Limit, ...] = ()

    def __init__(
        self, folder: Path, engine: Engine, settings: Settings, at: datetime = BEGIN
    ) -> None:
        self.folder, self.engine, self.settings = folder, engine, settings
        self.clock = Hand(at)
        self.die = 0.5
        self.models: dict[tuple[str, str], Closed] = {}
        """Models that pause, by endpoint and name."""
        self._number = 0
        (folder / "work").mkdir(parents=True, exist_ok=True)
        self.restart()

    def restart(self, ledger: type[Ledger] = Ledger) -> None:
        """Forget everything that is not on disk, and begin again from there."""
        self.close()
        self.ledger = ledger(self.folder / "ledger.sqlite", ["/inbox"])
        self.ledger.create()
        self.tools = self._tools()
        lane = AtOnce(self.parked)
        self.roads: dict[tuple[Lane, int], lanes.Lane] = {
            (Lane.PIXELS, 0): lane,
            (Lane.NETWORK, 0): lane,
            (Lane.ROOT, 0): lane,
        }
        self.book = Book(self.ledger)
        self.conductor = Conductor(
            self.tools, self.book, dict(self.roads), Gathering(Grammar({}), self.ledger.series)
        )
        self.conductor.door.conditions = self._conditions
        self.conductor.load()

    def close(self) -> None:
        """Let go of the ledger."""
        if hasattr(self, "ledger"):
            self.ledger.close()

    def drop(
        self, passes: int = 1, path: str = "", sha256: str = "", plan: Plan | None = None
    ) -> str:
        """Bring in a picture that is planned already; return its job's id."""
        self._number += 1
        now = self.clock.now()
        name = f"j{self._number:04}"
        draw(self.folder / "work" / name / "source")
        job = Job(
            id=name,
            state=State.PLANNED,
            watch=0,
            path=path or f"4k/{name}.png",
            size=1,
            mtime_ns=1,
            inode=self._number,
            sha256=sha256 or f"{self._number:064}",
            seen_at=now,
            updated_at=now,
            facts=Facts(engine="fal", plan=plan or plan_of(passes), probe=PROBE),
        )
        self.book.add([job])
        self.conductor.wake(job, at_once=True)
        return name

    def pause(self, endpoint: str, model: str, reason: str) -> None:
        """Let a model pause from now on."""
        self.models[endpoint, model] = Closed(hold=Hold.ENDPOINT, reason=reason, until=None)

    def settle(self) -> None:
        """Do everything that is due by now."""
        for _ in range(10_000):
            self.conductor.turn(0)
            if self.conductor.posts.empty() and not (self._is_due() and self._hears()):
                return
        raise AssertionError("it never settles")

    def advance(self, seconds: float) -> None:
        """Push the clock on, stopping at everything that falls due on the way."""
        until = self.clock.at + timedelta(seconds=seconds)
        self.settle()
        while (due := self._next_due()) is not None and due <= until:
            self.clock.at = max(self.clock.at, due)
            self.settle()
        self.clock.at = until
        self.settle()

    def job(self, job_id: str) -> Job:
        """Return a job as the ledger has it."""
        found = self.ledger.job(job_id)
        assert found is not None
        return found

    def jobs(self) -> Iterable[Job]:
        """Return every living job as the book has it."""
        return tuple(self.book.jobs.values())

    def waiting(self) -> list[Job]:
        """Return the jobs that have neither come to their end nor say what they wait for."""
        living = (job for job in self.jobs() if job.state not in self.done)
        return [job for job in living if not (job.hold and job.reason)]

    def spend(self) -> Spend:
        """Return what the ledger counts as spent and reserved at this moment."""
        now = self.clock.now()
        return Spend(
            today=self.ledger.spent(day_start(now, UTC)),
            month=self.ledger.spent(month_start(now, UTC)),
            reserved=self.ledger.reserved(),
        )

    def _next_due(self) -> datetime | None:
        due = [
            job.due_at
            for job in self.jobs()
            if job.due_at is not None
            and job.state not in self.parked
            and job.due_at > self.clock.at
        ]
        return min(due, default=None)

    def _is_due(self) -> bool:
        return any(
            job.due_at is not None and job.due_at <= self.clock.at and job.state not in self.parked
            for job in self.jobs()
        )

    def _hears(self) -> bool:
        """Say whether anything can be written down; while it cannot, nothing is begun."""
        return self.book.flush() and not self.book.trouble

    def _tools(self) -> Tools:
        return Tools(
            settings=self.settings,
            grammar=Grammar({}),
            rulebook=Rulebook(rules=(), evidence=(), priors={}, temperature=1.0, gate={}),
            catalogues={"fal": _CATALOGUE},
            engines={"fal": self.engine},
            engine="fal",
            pictures=self.pictures,
            disk=disk,
            roots=Present(),
            clock=self.clock,
            work=self.folder / "work",
            paid=self.folder / "paid",
            version="test",
            made=lambda _sha256: None,
            promised=Promises(),
            recipe=lambda _watch, _series: None,
            second_pass=self.second_pass,
            die=lambda: self.die,
        )

    def _conditions(self, _job: Job) -> Conditions:
        now, budget = self.clock.now(), self.settings.budget
        return Conditions(
            now=now,
            zone=UTC,
            paused=self.conductor.paused,
            has_key=True,
            window=None,
            stops=self.conductor.door.stops,
            spend=self.spend(),
            caps=Caps(
                daily=micros(budget.daily_usd),
                monthly=micros(budget.monthly_usd),
                per_job=micros(budget.per_job_usd),
            ),
            models=self.models,
        )


def is_held(job: Job, hold: Hold) -> bool:
    """Say whether a job waits for just this, and says so."""
    return job.hold is hold and bool(job.reason)
