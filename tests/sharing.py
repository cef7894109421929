"""
A share and the people at it: files come, grow, are replaced, renamed and taken away, while the
share is lost and comes back. `Shared` is a studio whose roots carry real markers.

What a person put in is known by its hash; `assert_kept` says where each of them has to be.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from handling import ROOTS, Fuse, Studio, Words
from model_fal import PulledPlugError
from upscaled.core.folders import Grammar, Target
from upscaled.edge import disk
from upscaled.errors import Aside, NotReady
from upscaled.flow.tools import Tools
from upscaled.nouns import Code, Hold, Job, Pass, Probe, State, Ticket
from upscaled.shares import Marked
from upscaled.whereabouts import Places

WHOLE = b"."
"""The last byte of a whole picture: what ends otherwise is still being written."""
PLACES = ("inbox", "archive", "failed")
"""Where originals lie."""
LONG_SECONDS = 4000.0
"""Longer than any pause of anything here."""


class Halves(Words):
    """Pixels as words, where a picture whose last byte is missing does not decode."""

    def examine(self, source: Path, *, waited: bool = False) -> Probe:
        """Find a picture, or the first half of one."""
        if not source.read_bytes().endswith(WHOLE):
            if waited:
                raise Aside(Code.TRUNCATED, "it ends too early", "drop it again")
            raise NotReady("it ends too early")
        return super().examine(source, waited=waited)

    def check(self, source: Path, result: Path, plan: Any, compare: Path | None) -> Any:
        """Find what the source says."""
        found = super().check(source, result, plan, compare)
        return replace(found, verdict=found.verdict.removesuffix(WHOLE.decode()))


class Snare(Fuse):
    """A fuse that may do something else than pull the plug, such as take the share away."""

    deed: Callable[[], None] | None = None

    def _blow(self) -> None:
        if self.deed is None:
            super()._blow()
        self.left = None
        self.blown += 1
        deed, self.deed = self.deed, None
        if deed is not None:
            deed()


class SnaredDisk:
    """The disk door, every use of it on the snare: a share may be lost before a look, too."""

    def __init__(self, snare: Snare) -> None:
        self._snare = snare

    def __getattr__(self, name: str) -> Any:
        """Return the door's own function."""
        found = getattr(disk, name)
        return lambda *words: self._snare.around(partial(found, *words))


class Shared(Studio):
    """A studio whose folders lie on one share."""

    def __init__(self, folder: Path, **watch: str) -> None:
        self.away = folder / "away"
        self.away.mkdir()
        self.lost = ""
        """How the share is lost: `gone`, `empty` or `unmarked`; empty while it is there."""
        self.lost_roots: tuple[str, ...] = ()
        self.living: dict[str, str] = {}
        """The hash of each file that its owner has put in and not taken back, and its worth."""
        self.halves: set[str] = set()
        """Hashes of files whose last byte is still to come."""
        self.touched: set[str] = set()
        """Paths in the inbox that an owner took away, replaced or renamed."""
        self.bought: list[tuple[str, str]] = []
        """The source's hash and the whole of each accepted pass."""
        self.moves = Counter[str]()
        """How often each file was renamed: under another name it is done again."""
        self.number = self.written = self.torn = 0
        self.fuse: Snare
        self.inbox_name = os.path.realpath(folder / "inbox")
        super().__init__(folder, **watch)
        self.pictures, self.fuse = Halves(), Snare()
        self._note_what_is_bought()
        self.restart()

    # ---- people

    def arrive(self, worth: str, path: str) -> None:
        """Put a new file under a name that is free."""
        self._arrive(worth, path, half=False)

    def arrive_by_half(self, worth: str, path: str) -> None:
        """Begin to write a file under a name that is free."""
        self._arrive(worth, path, half=True)

    def _arrive(self, worth: str, path: str, *, half: bool) -> None:
        place = self.inbox / path
        if self.is_reachable and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"")
            self._write(place, self._content(worth), half=half)

    def place_holder(self, path: str) -> None:
        """Put an empty file there: it is filled some day, or never."""
        place = self.inbox / path
        if self.is_reachable and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()

    def grow(self, number: int) -> None:
        """Write the last byte of what was written by half."""
        halves = [place for place in self.put() if self.hash_of(place) in self.halves]
        if halves:
            place = halves[number % len(halves)]
            self._write(place, place.read_bytes() + WHOLE, half=False)

    def replace(self, number: int, worth: str, in_place: bool) -> None:  # noqa: FBT001 - drawn
        """Put another picture under the same name, by a rename or by writing over it."""
        if found := self.put():
            place = found[number % len(found)]
            self._let_go(place)
            if not in_place:
                place.unlink()
            self._write(place, self._content(worth), half=False)

    def take_back(self, number: int) -> None:
        """Delete a file."""
        if found := self.put():
            self._let_go(found[number % len(found)])
            found[number % len(found)].unlink()

    def rename(self, number: int, path: str) -> None:
        """Move a file to another name."""
        found, place = self.put(), self.inbox / path
        if found and not place.exists():
            source = found[number % len(found)]
            self.touched.add(str(source.relative_to(self.inbox)))
            place.parent.mkdir(parents=True, exist_ok=True)
            self.moves[self.hash_of(source)] += 1
            source.rename(place)

    def rename_folder(self, old: str, new: str) -> None:
        """Give a whole folder another name."""
        source, place = self.inbox / old, self.inbox / new
        within = place.is_relative_to(source)
        if source.is_dir() and not place.exists() and not within and self.is_reachable:
            inside = [one for one in source.rglob("*") if one.is_file()]
            self.touched |= {str(one.relative_to(self.inbox)) for one in inside}
            self.moves.update(self.hash_of(one) for one in inside)
            place.parent.mkdir(parents=True, exist_ok=True)
            source.rename(place)

    # ---- the share

    def lose(self, how: str, roots: tuple[str, ...] = ROOTS) -> None:
        """Take roots away (`gone`), put empty folders there (`empty`), or take their markers."""
        if self.lost:
            return
        self.lost, self.lost_roots = how, roots
        for root in roots:
            here, away = self._ends(root)
            here.rename(away)
            if how == "empty":
                here.mkdir()

    def _ends(self, root: str) -> tuple[Path, Path]:
        """Return what is taken away of a root, and where it is meanwhile."""
        if self.lost == "unmarked":
            return self.folder / root / ".upscaled-root", self.away / f"marker-{root}"
        return self.folder / root, self.away / root

    def lose_at(self, writes: int, after: bool, how: str, roots: tuple[str, ...]) -> None:  # noqa: FBT001 - drawn
        """Lose it in the middle of a step: before or after one of the next uses of a file."""
        self.fuse.left, self.fuse.after = writes, after
        self.fuse.deed = partial(self._lost_in_a_step, how, roots)
        self.work(8)

    def _lost_in_a_step(self, how: str, roots: tuple[str, ...]) -> None:
        self.torn += not self.lost
        self.lose(how, roots)

    def give_back(self) -> None:
        """Let the share return as it was; nothing was made in its place."""
        if self.lost:
            for root in self.lost_roots:
                here, away = self._ends(root)
                if self.lost != "unmarked":
                    self._clear_ruins(here)
                away.rename(here)
        self.lost = ""

    def _clear_ruins(self, root: Path) -> None:
        """Remove an empty mount point; staging may have been written while the share went."""
        if not root.exists():
            return
        left = [path for path in root.rglob("*") if path.is_file()]
        assert all(".upscaled-staging" in path.parts for path in left), left
        for path in sorted(root.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        root.rmdir()

    # ---- the daemon

    def die_at(self, writes: int, after: bool) -> None:  # noqa: FBT001 - drawn
        """Pull the plug before or after one of the next writes."""
        self.fuse.left, self.fuse.after, self.fuse.deed = writes, after, None
        self.work(8)

    def turn_fal(self, down: bool) -> None:  # noqa: FBT001 - drawn
        """Begin or end an outage of fal."""
        self.fal.down = down

    def work(self, beats: int) -> None:
        """Let the daemon turn so often."""
        for _ in range(beats):
            self.beat()

    def beat(self) -> None:
        """Turn once, a little later; rise again where the plug was pulled."""
        self.clock.at += timedelta(seconds=0.3)
        try:
            self.orders.turn()
            self.patrol.turn()
            self.conductor.turn(0)
        except PulledPlugError:
            self.restart()

    def sleep(self, seconds: float) -> None:
        """Let time pass in which nothing happens."""
        self.clock.at += timedelta(seconds=seconds)

    def come_to_rest(self) -> None:
        """Bring the share back and work until nothing moves by itself any more."""
        self.give_back()
        self.fuse.left, self.fal.down = None, False
        for _ in range(4):
            self.clock.at += timedelta(seconds=LONG_SECONDS)  # every look and every pause is over
            self.work(60)

    def _tools(self) -> Tools:
        places = Places(self.settings, self.folder)
        places.look(0)
        marked = Marked(self.settings, self.ledger, places)
        marked.open(start=lambda _watch, work: work())
        return replace(super()._tools(), roots=marked, disk=SnaredDisk(self.fuse))

    # ---- what is where

    @property
    def inbox(self) -> Path:
        """Return the inbox, wherever the share is."""
        return self.folder / "inbox"

    @property
    def is_reachable(self) -> bool:
        """Say whether people reach the inbox."""
        return self.lost in {"", "unmarked"} or "inbox" not in self.lost_roots

    def put(self) -> list[Path]:
        """Return the files in the inbox that people may lay hands on."""
        if not self.is_reachable:
            return []
        return [
            path
            for path in sorted(self.inbox.rglob("*"))
            if path.is_file() and not path.name.startswith((".", "_"))
        ]

    def hash_of(self, path: Path) -> str:
        """Return a file's hash."""
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def everywhere(self, *roots: str) -> list[Path]:
        """Return every file in these roots, on the share and in its place."""
        return [
            path
            for base in (self.folder, self.away)
            for root in roots
            for path in (base / root).rglob("*")
            if path.is_file() and not any(part.startswith(".") for part in path.parts[-4:])
        ]

    # ---- inside

    def _content(self, worth: str) -> bytes:
        self.number += 1
        return f"{self.number} {worth}".encode()

    def _write(self, place: Path, content: bytes, *, half: bool) -> None:
        """Write a file, each write a second later than the last by the file's own time."""
        if place.exists() and place.stat().st_size:
            self._let_go(place)
        data = content if half or content.endswith(WHOLE) else content + WHOLE
        place.write_bytes(data)
        self.written += 1
        os.utime(place, ns=(self.written * 10**9, self.written * 10**9))
        sha256 = hashlib.sha256(data).hexdigest()
        self.living[sha256] = data.decode().split()[1].removesuffix(WHOLE.decode())
        if half:
            self.halves.add(sha256)

    def _let_go(self, place: Path) -> None:
        """Note that what lies there is its owner's to take away."""
        self.living.pop(self.hash_of(place), None)
        self.touched.add(str(place.relative_to(self.inbox)))

    def _note_what_is_bought(self) -> None:
        fal, submit = self.fal, self.fal.submit

        def noted(one: Pass, image_url: str) -> Ticket:
            ticket = submit(one, image_url)
            self.bought.append((fal.paid[-1][0], f"{one.endpoint} {one.model} {one.factor}"))
            return ticket

        self.fal.submit = noted  # type: ignore[method-assign]


def assert_none_lost(studio: Shared) -> None:
    """At any moment: each original lies in one place, each result in one, nothing is paid twice."""
    lies = Counter(studio.hash_of(path) for path in studio.everywhere(*PLACES))
    lost = {sha256: lies[sha256] for sha256 in studio.living if lies[sha256] != 1}
    assert not lost, (lost, studio.everywhere(*ROOTS))
    results = Counter(
        studio.hash_of(path)
        for path in studio.everywhere("outbox", "review")
        if path.read_bytes().startswith(b"result ")
    )
    assert set(results.values()) <= {1}, results
    assert studio.seen <= results.keys(), studio.everywhere(*ROOTS)
    studio.seen |= results.keys()
    twice = [one for one, times in Counter(studio.bought).items() if times > 1]
    assert not twice, (twice, [(job.id, job.path, job.state) for job in studio.jobs()])


def assert_kept(studio: Shared) -> None:
    """At rest: each file is in exactly one place and says why; nothing else stands anywhere."""
    assert_none_lost(studio)
    jobs = studio.jobs()
    for sha256 in studio.living:
        (place,) = (one for one in studio.everywhere(*PLACES) if studio.hash_of(one) == sha256)
        _placed(studio, place.relative_to(studio.folder), sha256, jobs)
    wanted = {
        f"{job.facts.delivery.root}/{job.facts.delivery.path}"
        for job in jobs
        if job.state in {State.DONE, State.REVIEW} and job.facts.delivery
    }
    found = {
        str(path.relative_to(studio.folder))
        for path in studio.everywhere("outbox", "review")
        if not path.name.endswith((".json", ".compare.png"))
    }
    assert found == wanted, (found ^ wanted, [(job.path, job.state) for job in jobs])
    left = {job.path for job in jobs if job.state is State.WITHDRAWN}
    assert left <= studio.touched, (left - studio.touched, "nobody took it away")


def _placed(studio: Shared, place: Path, sha256: str, jobs: list[Job]) -> None:
    root, path = place.parts[0], "/".join(place.parts[1:])
    ended = [job for job in jobs if job.sha256 == sha256 and job.state is not State.WITHDRAWN]
    assert len(ended) <= 1 + studio.moves[sha256], [(job.path, job.state) for job in ended]
    if root == "inbox":
        _explained(studio, path, ended)
    elif root == "failed":
        (job,) = (job for job in ended if job.facts.set_aside == path)
        assert job.state is State.FAILED
        assert (studio.folder / f"{place}.json").exists()
        assert sha256 in studio.halves
    else:
        (job,) = (job for job in ended if job.facts.archived == path)
        assert job.state is (State.DONE if studio.living[sha256] == "pass" else State.REVIEW)
        assert job.facts.delivery is not None
        result = studio.folder / job.facts.delivery.root / job.facts.delivery.path
        assert result.exists()
        assert result.with_name(f"{result.name}.json").exists()


def _explained(studio: Shared, path: str, ended: list[Job]) -> None:
    """Hold a file in the inbox against what the daemon says of it."""
    folder = path.rpartition("/")[0]
    if not isinstance(Grammar({}).resolve(folder), Target):
        strays = [stray.path for stray in studio.patrol.beats[0].intake.strays]
        assert any(folder == one or folder.startswith(f"{one}/") for one in strays), path
        return
    if any(job.facts.delivery or job.facts.stays for job in ended):
        assert studio.settings.watch[0].originals == "leave"
        told = [job.facts.set_aside for job in ended if job.state is State.FAILED]
        assert all((studio.folder / f"failed/{path}.json").exists() for path in told)
        return
    job = studio.book.at(0, path)
    assert job is not None, path
    assert job.hold is Hold.NOT_READY, (path, job.state, job.hold, job.reason)
    assert job.reason
