"""
A studio on real folders, its whole corridor turned by hand: for what people say of finished work.

Conductor, patrol, orders, steps, disk and ledger are the shipped ones; pixels are a few bytes, fal
is a model, time is the test's. A fuse may pull the plug before or after any durable write.
"""

import copy
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from model_fal import ModelFal, PulledPlugError
from orders import PRISTINE, shipped
from paying import BEGIN, Hand, settings_of
from place import NOTES
from upscaled.core.budget import Caps, Spend
from upscaled.core.flicker import CELLS, packed
from upscaled.core.folders import Grammar
from upscaled.core.gate import Conditions
from upscaled.core.hands import rests
from upscaled.core.life import ENDS, Lane
from upscaled.core.names import job_id
from upscaled.core.provenance import Story
from upscaled.core.rulebook import Rulebook
from upscaled.core.settle import Settling
from upscaled.edge import boxes, disk
from upscaled.edge.ledger import Ledger
from upscaled.errors import Outage
from upscaled.eyes import Eyes
from upscaled.flow import lanes
from upscaled.flow.beat import Beat
from upscaled.flow.book import Book
from upscaled.flow.census import Office
from upscaled.flow.conductor import Conductor
from upscaled.flow.intake import Intake
from upscaled.flow.orders import Orders
from upscaled.flow.patrol import Patrol
from upscaled.flow.ports import Progress
from upscaled.flow.promises import Promises
from upscaled.flow.reception import Reception
from upscaled.flow.series import Gathering
from upscaled.flow.tools import Tools
from upscaled.nouns import (
    Artifact,
    Family,
    Fidelity,
    Job,
    Pass,
    Plan,
    Probe,
    Sighting,
    Standing,
    State,
    Ticket,
)

ROOTS = ("inbox", "outbox", "archive", "failed", "review")
WRITES = frozenset(
    {"take", "stage", "stage_bytes", "reveal", "retire", "drop", "lend", "mark", "make_folder"}
)
RICH = Caps(daily=10**9, monthly=10**9, per_job=10**9)


class Fuse:
    """Counts durable writes, and pulls the plug before or after one of them."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.after = False
        self.blown = 0
        self.counted = 0

    def around(self, write: Callable[[], Any]) -> Any:
        """Write, unless the plug is pulled before."""
        self.counted += 1
        last = self.left == 0
        if self.left is not None:
            self.left -= 1
        if last and not self.after:
            self._blow()
        done = write()
        if last and self.after:
            self._blow()
        return done

    def _blow(self) -> None:
        self.left = None
        self.blown += 1
        raise PulledPlugError


class FusedDisk:
    """The disk door, each write of it on the fuse."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        """Return the door's own function."""
        found = getattr(disk, name)
        if name not in WRITES:
            return found
        return lambda *words: self._fuse.around(partial(found, *words))


class FusedLedger(Ledger):
    """The ledger, each write of jobs and answers on the fuse."""

    fuse: Fuse

    def add(self, jobs: Any) -> None:
        """Write rows."""
        self.fuse.around(partial(super().add, list(jobs)))

    def record(self, job: Job, said: str = "", paid: Any = ()) -> None:
        """Write a change."""
        self.fuse.around(partial(super().record, job, said, paid))

    def tell(self, job: Job, at: datetime, said: str) -> None:
        """Write a line of history."""
        self.fuse.around(partial(super().tell, job, at, said))

    def answer(self, order: int, answer: str) -> None:
        """Write an answer."""
        self.fuse.around(partial(super().answer, order, answer))


class Kiosk(ModelFal):
    """A model of fal whose pictures are told apart, and that says for what it was paid."""

    def __init__(self, clock: Hand) -> None:
        super().__init__(clock)
        self.paid: list[tuple[str, str]] = []
        """The source's hash and the model, of each accepted request."""
        self._pictures: dict[str, str] = {}

    def fetch(self, one: Pass, standing: Standing, to: Path, progress: Progress) -> Artifact:
        """Give pixels that name their request."""
        made = super().fetch(one, standing, to, progress)
        to.write_bytes(f"pixels of {standing.result_url}".encode())
        return made

    def upload(self, upload: Artifact, progress: Progress) -> str:
        """Note which picture it is: an upload here has the source's bytes."""
        url = super().upload(upload, progress)
        self._pictures[url] = hashlib.sha256(Path(upload.path).read_bytes()).hexdigest()
        return url

    def submit(self, one: Pass, image_url: str) -> Ticket:
        """Note for which picture and model it is paid."""
        ticket = super().submit(one, image_url)
        self.paid.append((self._pictures[image_url], one.model))
        return ticket


class Words:
    """Pixels as words: a source says what its results are worth."""

    def __init__(self) -> None:
        self.made = 0

    def examine(self, source: Path, *, waited: bool = False) -> Probe:
        """Find a picture that bears twice its size, whether or not it was waited for."""
        del waited
        assert source.stat().st_size
        dark = {"p95": 3.0} if b"black" in source.read_bytes() else {}
        return Probe(width=1920, height=1440, format="PNG", mode="RGB", features=PRISTINE | dark)

    def prepare(self, source: Path, stem: Path, size: tuple[int, int] | None = None) -> Artifact:
        """Copy."""
        assert size is None
        to = stem.with_suffix(".png")
        shutil.copyfile(source, to)
        return Artifact(path=str(to), sha256="", bytes=1, width=1920, height=1440, format="PNG")

    def enlarge(self, source: Path, to: Path, one: Pass, progress: Progress) -> Artifact:
        """Never be asked."""
        raise NotImplementedError(source, to, one, progress)

    def finish(self, raw: Path, source: Path, plan: Plan, to: Path, _story: Story) -> Artifact:
        """Make a result that nobody else has."""
        self.made += 1
        assert source.exists()
        content = b"result %d of %s" % (self.made, raw.read_bytes())
        to.write_bytes(content)
        return Artifact(
            path=str(to),
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            width=plan.width,
            height=plan.height,
            format=plan.format.value,
        )

    def check(self, source: Path, result: Path, plan: Plan, compare: Path | None) -> Fidelity:
        """Find what the source says; as text it always passes."""
        said = source.read_text().split()[1]
        verdict = "pass" if plan.model is Family.TEXT else said
        if compare is not None and verdict != "pass":
            compare.write_bytes(b"comparison of " + result.read_bytes())
        bright = 110.0 if "bright" in source.read_text() else 100.0
        light = [[level] * CELLS * CELLS for level in (100.0, bright, 100.0, bright)]
        return Fidelity(verdict=verdict, swatch=packed(light))


class Shares:
    """The roots, which may be lost for a while."""

    lost = False

    def require(self, _watch: int) -> None:
        """Raise while they are lost."""
        if self.lost:
            raise Outage("the share is not there", "mount it again", hold="share")


class AtOnce(lanes.Lane):
    """A lane without threads."""

    def __init__(self) -> None:
        super().__init__("at-once", 0)

    def put(self, _rank: int, work: lanes.Work) -> None:
        """Work now."""
        work()


class Studio:
    """One state directory and its folders; `restart` is a new process on them."""

    listens = False
    """Its folders speak and answer, as the daemon's do."""
    inbox_name = "/inbox"
    """What the ledger calls the inbox."""

    def __init__(self, folder: Path, **watch: str) -> None:
        self.folder, self.clock = folder, Hand()
        table = {"inbox": "inbox", "observer": "polling", "settle_seconds": 0.1, **watch}
        self.watch = watch
        tables: dict[str, Any] = {"watch": [table]}
        self.settings = settings_of(folder, **tables)
        self.fal, self.pictures, self.fuse = Kiosk(self.clock), Words(), Fuse()
        self.shares = Shares()
        self.dropped: dict[str, str] = {}
        """What was put into the inbox: its worth by its hash."""
        self.seen: set[str] = set()
        """Results that were visible somewhere."""
        for name in (*ROOTS, "work", "paid"):
            (folder / name).mkdir(exist_ok=True)
        self.restart()

    def twin(self, folder: Path) -> "Studio":
        """Return a copy of everything, elsewhere; this one must be at rest and closed."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        made = type(self)(folder, **self.watch)
        made.clock.at, made.pictures.made = self.clock.at, self.pictures.made
        made.dropped, made.seen = dict(self.dropped), set(self.seen)
        made.fal = copy.deepcopy(self.fal)
        made.fal.clock = made.clock
        made.restart()
        return made

    def restart(self) -> None:
        """Forget everything that is not on disk, and begin again from there."""
        self.close()
        self.ledger = FusedLedger(self.folder / "ledger.sqlite", [self.inbox_name])
        self.ledger.fuse = self.fuse
        self.ledger.create()
        road = AtOnce()
        self.roads: dict[tuple[Lane, int], lanes.Lane] = {
            (lane, 0): road for lane in (Lane.PIXELS, Lane.NETWORK, Lane.ROOT)
        }
        self.book = Book(self.ledger)
        gathering = Gathering(Grammar({}), self.ledger.series)
        self.conductor = Conductor(self._tools(), self.book, dict(self.roads), gathering)
        self.conductor.door.conditions = self._conditions
        settling = Settling(0.1)
        intake = Intake(0, Grammar({}), settling, self.book, self._left_in_place)
        eyes = Eyes(0, self.settings.watch[0], lambda _folder: None)
        self.patrol = Patrol(self.conductor, [Beat(intake=intake, eyes=eyes, lane=road)])
        self.conductor.look_again = self.patrol.soon
        self.conductor.door.share = self.patrol.share
        self.conductor.ended = lambda job: disk.clear(self.folder / "work" / job.id)
        self.orders = Orders(self.conductor, self.ledger, self.roads)
        office = Office(
            engine=lambda: ("fal", ""),
            spend=Spend,
            caps=RICH,
            zone=UTC,
            people=self.ledger.people,
            settle_seconds=[0.1],
        )
        self.reception = Reception(self.conductor, self.patrol, self.ledger, boxes, office)
        self.conductor.load()

    def close(self) -> None:
        """Let go of the ledger."""
        if hasattr(self, "ledger"):
            self.ledger.close()

    def drop(self, worth: str, path: str = "") -> str:
        """Put a picture into the inbox whose results are worth `pass`, `review` or `fail`."""
        number = len(self.dropped)
        content = f"{number} {worth}".encode()
        to = self.folder / "inbox" / (path or f"4k/{number % 3}.png")
        while to.exists():
            to = to.with_name(f"{to.stem}x.png")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        self.dropped[sha256] = worth
        return sha256

    def ask(self, verb: str, job_id: str, argument: str | None = None) -> int:
        """Give an order, as another process does."""
        return self.ledger.ask(verb, job_id, self.clock.now(), argument)

    def told(self, verb: str, job_id: str, argument: str | None = None) -> str:
        """Give an order and return its answer, everything done that follows from it."""
        order = self.ask(verb, job_id, argument)
        self.settle()
        return self.ledger.answered(order) or ""

    def settle(self) -> None:
        """Work, through every pulled plug, until nothing moves by itself."""
        quiet = 0
        for _ in range(600):
            try:
                quiet = 0 if self.turn() else quiet + 1
            except PulledPlugError:
                self.restart()
                quiet = 0
            if quiet > (4 if self.listens else 1):
                return
        raise AssertionError([(job.id, job.state, job.reason) for job in self.book.jobs.values()])

    def turn(self) -> bool:
        """Turn once; say whether anything is still on its way."""
        self.clock.at += timedelta(seconds=2.0)
        self.orders.turn()
        self.patrol.soon(0)
        for _ in range(8):
            self.patrol.turn()
            self.conductor.turn(0)
        if self.listens:
            self.reception.turn()
            self.conductor.turn(0)
        moving = [job for job in self.book.jobs.values() if job.hold is None]
        unheard = self.listens and not self.reception.settled()
        return bool(moving or self.ledger.asked() or unheard)

    def jobs(self) -> list[Job]:
        """Return every job, oldest first."""
        return sorted(self.ledger.jobs(), key=lambda job: job.id)

    def job(self, job_id: str) -> Job:
        """Return a job as the ledger has it."""
        found = self.ledger.job(job_id)
        assert found is not None
        return found

    def only(self) -> Job:
        """Return the one job there is."""
        (job,) = self.jobs()
        return job

    def files(self, *roots: str) -> dict[str, bytes]:
        """Return what people see in these folders, by path below the studio's; without notes."""
        found = {}
        for root in roots or ROOTS:
            for path in sorted((self.folder / root).rglob("*")):
                inside = path.relative_to(self.folder)
                hidden = any(part.startswith(".") for part in inside.parts)
                if path.is_file() and not hidden and path.name not in NOTES:
                    found[str(inside)] = path.read_bytes()
        return dict(sorted(found.items()))

    def originals(self) -> Counter[str]:
        """Return how often each dropped content lies where originals lie."""
        found = Counter[str]()
        for path, content in self.files("inbox", "archive", "failed").items():
            if not path.startswith(("archive/_rejected", "archive/_superseded")):
                found[hashlib.sha256(content).hexdigest()] += 1
        return Counter({sha256: found[sha256] for sha256 in self.dropped})

    def results(self) -> dict[str, list[str]]:
        """Return the places of each result, by its hash."""
        found: dict[str, list[str]] = {}
        for path, content in self.files("outbox", "review", "archive").items():
            if content.startswith(b"result "):
                found.setdefault(hashlib.sha256(content).hexdigest(), []).append(path)
        return found

    # ---- inside

    def _new_id(self) -> str:
        return job_id(hashlib.sha256(str(self.fuse.counted).encode()).digest(), self.clock.now())

    def _left_in_place(self, sightings: Sequence[Sighting]) -> set[str]:
        if self.settings.watch[0].originals != "leave":
            return set()
        ends = self.ledger.ends_at(0, [one.path for one in sightings])
        return {
            one.path
            for one in sightings
            if rests(one, ends.get(one.path), self.book.away_from(0, one.path))
        }

    def _conditions(self, _job: Job) -> Conditions:
        return Conditions(
            now=self.clock.now(),
            zone=UTC,
            paused=False,
            has_key=True,
            window=None,
            stops=self.conductor.door.stops,
            spend=Spend(reserved=self.ledger.reserved(), today=self.ledger.spent(BEGIN)),
            caps=RICH,
        )

    def _tools(self) -> Tools:
        priors = dict.fromkeys(Family, 0.0) | {Family.CORE: 9.0}
        return Tools(
            settings=self.settings,
            grammar=Grammar({}),
            rulebook=Rulebook(rules=(), evidence=(), priors=priors, temperature=1.0, gate={}),
            catalogues={"fal": shipped("unified")},
            engines={"fal": self.fal},
            engine="fal",
            pictures=self.pictures,
            disk=FusedDisk(self.fuse),
            roots=self.shares,
            clock=self.clock,
            work=self.folder / "work",
            paid=self.folder / "paid",
            version="test",
            made=self.ledger.made,
            promised=Promises(),
            recipe=self.ledger.series.recipe,
            neighbours=self.ledger.standings.neighbours,
            known=self.ledger.job,
            tell=self.ledger.tell,
            left=self.ledger.latest_end,
            restamp=self.ledger.restamp,
            die=lambda: 0.5,
        )


class Listening(Studio):
    """A studio whose folders speak and answer."""

    listens = True


def sidecar_of(studio: Studio, path: str) -> str:
    """Return where the sidecar of a file is to stand."""
    if studio.watch.get("sidecars") == "folder" and path.startswith("outbox/"):
        path = path.replace("outbox/", "outbox/_sidecars/", 1)
    return f"{path}.json"


def told_beside(studio: Studio, path: str) -> dict[str, Any]:
    """Return the sidecar of a file."""
    told: dict[str, Any] = json.loads((studio.folder / sidecar_of(studio, path)).read_text())
    return told


def assert_law(studio: Studio) -> None:
    """
    Hold every folder against the ledger.

    Each original lies in exactly one place, each result that ever was visible in exactly one place,
    and nothing else stands in the folders but what says why.
    """
    assert set(studio.originals().values()) <= {1}, (studio.originals(), list(studio.files()))
    results = studio.results()
    assert all(len(places) == 1 for places in results.values()), results
    assert studio.seen <= results.keys(), (studio.seen - results.keys(), list(studio.files()))
    studio.seen |= results.keys()
    wanted = set[str]()
    for job in studio.jobs():
        wanted |= set(_places(studio, job))
    found = set(studio.files("outbox", "review", "failed"))
    assert found == wanted, (found ^ wanted, [(job.id, job.state) for job in studio.jobs()])


def _places(studio: Studio, job: Job) -> Iterator[str]:
    """Yield the files that an ended job has, and hold their words and bytes against it."""
    facts = job.facts
    assert job.state in ENDS, (job.id, job.state, job.reason)
    assert job.reserved == 0
    if job.state in {State.DONE, State.REVIEW}:
        assert facts.delivery is not None
        assert facts.result is not None
        path = f"{facts.delivery.root}/{facts.delivery.path}"
        kept = studio.results()[facts.result.sha256]
        if kept[0].startswith("archive/_superseded/"):
            return
        assert kept == [path]
        told = told_beside(studio, path)
        assert (told["job"], told["status"]) == (job.id, job.state.value)
        assert (told["accepted"] is None) == (facts.accepted is None)
        yield from (path, sidecar_of(studio, path))
        if job.state is State.REVIEW:
            yield f"{path}.compare.png"
    if job.state is State.FAILED and facts.set_aside:
        path = f"failed/{facts.set_aside}"
        assert facts.error is not None
        told = told_beside(studio, path)
        assert (told["status"], told["error"]["code"]) == ("failed", facts.error.code)
        yield f"{path}.json"
        if not facts.stays:
            yield from (path, f"{path}.job.toml") if facts.wishes is not None else (path,)


def assert_paid_once(studio: Studio) -> None:
    """Assert that no model was paid twice for one picture."""
    assert set(Counter(studio.fal.paid).values()) <= {1}, studio.fal.paid
