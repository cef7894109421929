"""
fal.ai as a model behind the engine port: no sockets, no threads, time as the test says.

What it accepts it bills when it ends, whether or not anybody asks; what it lists it may list late
or twice; an answer may be lost, an acceptance come late, the caller die in the middle of a call.
"""

import os
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from paying import Hand
from upscaled.edge.ledger import Ledger
from upscaled.errors import Aside, Doubt, LedgerUnwritable, Missing, Outage, Stop, Void
from upscaled.flow.ports import Progress
from upscaled.nouns import Artifact, Code, Job, Pass, PassDone, Standing, Ticket

UNITS = 8.0
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - thousands of fsyncs


class PulledPlugError(BaseException):
    """The process dies here; nothing of ours may catch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of the next request that is accepted. Times in seconds."""

    end: str = "ready"
    """`ready`, `void` (a runner was lost) or `unbegun` (nobody started on it in time)."""
    takes: float = 5.0
    accepted_after: float = 0.0
    listed_after: float = 0.0
    listed_twice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One accepted request."""

    id: str
    url: str
    owner: str
    """Job and pass, as the upload's file name tells them."""
    accepted_at: datetime
    listed_at: datetime
    ends_at: datetime
    end: str
    rows: int


@dataclass(slots=True)
class ModelFal:
    """One account."""

    clock: Hand
    name: str = "fal"
    answers: deque[str] = field(default_factory=deque)
    """What comes of the next submits: see `submit`; an honest answer when it is empty."""
    fates: deque[Fate] = field(default_factory=deque)
    downloads: deque[str] = field(default_factory=deque)
    """What comes of the next downloads: `missing` or `broken`."""
    media: str = ""
    """What comes of every download: `missing`, `broken`, or the picture."""
    down: bool = False
    submits: int = 0
    looks: list[float] = field(default_factory=list)
    fetches: list[float] = field(default_factory=list)
    """When it was asked, in seconds of the test."""
    happened: Counter[str] = field(default_factory=Counter)
    requests: list[Request] = field(default_factory=list)
    _owners: dict[str, str] = field(default_factory=dict)

    def billed(self) -> list[Request]:
        """Return what was billed by now."""
        now = self.clock.now()
        return [one for one in self.requests if one.end == "ready" and one.ends_at <= now]

    def upload(self, upload: Artifact, _progress: Progress) -> str:
        """Give every upload an address of its own."""
        self._reached()
        url = f"https://v3.fal.media/files/{len(self._owners)}.png"
        self._owners[url] = re.sub(r".*/work/(.*)\.png", r"\1", upload.path)
        return url

    def submit(self, _one: Pass, image_url: str) -> Ticket:
        """Accept, refuse, or leave the caller in the dark."""
        self._reached()
        self.submits += 1
        answer = self.answers.popleft() if self.answers else "accepted"
        self.happened[answer] += 1
        if answer == "unreachable":
            raise Outage("no connection to queue.fal.run")
        if answer == "busy":
            raise Outage("fal asks to slow down (429)", after_seconds=30.0)
        if answer == "locked":
            raise Stop("locked", "fal has locked the account")
        if answer == "refused":
            raise Aside(Code.REFUSED, "the picture is refused", "look at it")
        if answer in {"never", "died before"}:
            return self._dark(answer)
        ticket = self._accept(image_url, late=answer == "late")
        return ticket if answer == "accepted" else self._dark(answer)

    def look_up(self, _one: Pass, image_url: str, since: datetime) -> Ticket | None:
        """Show what is listed by now."""
        self._reached()
        self.looks.append(self.clock.monotonic())
        now = self.clock.now()
        rows = [
            one
            for one in self.requests
            if one.url == image_url and one.listed_at <= now and since <= one.accepted_at <= now
            for _ in range(one.rows)
        ]
        return self._ticket(rows[0].id) if rows else None

    def poll(self, _one: Pass, ticket: Ticket) -> Standing:
        """Tell where a request stands."""
        self._reached()
        (found,) = (one for one in self.requests if one.id == ticket.request_id)
        if self.clock.now() < found.ends_at:
            return Standing(state="running")
        if found.end == "ready":
            url = f"https://v3b.fal.media/{found.id}.png"
            return Standing(state="ready", result_url=url, billable_units=UNITS)
        raise Void(f"fal could not serve the request: {found.end}", begun=found.end == "void")

    def fetch(self, one: Pass, _standing: Standing, to: Path, _progress: Progress) -> Artifact:
        """Give the picture, or not."""
        self._reached()
        self.fetches.append(self.clock.monotonic())
        trouble = self.downloads.popleft() if self.downloads else self.media
        self.happened[trouble or "fetched"] += 1
        if trouble == "missing":
            raise Missing("the media host answered 404", after_seconds=15.0)
        if trouble:
            raise Outage("the connection broke off")
        to.write_bytes(b"pixels")
        return Artifact(
            path=str(to), sha256="", bytes=6, width=one.width, height=one.height, format="PNG"
        )

    def forget(self, _request_id: str) -> None:
        """Keep it: nothing here is private."""

    def cancel(self, _ticket: Ticket) -> None:
        """Let it go on: fal may."""

    def _reached(self) -> None:
        if self.down:
            self.happened["outage"] += 1
            raise Outage("fal is down")

    def _dark(self, answer: str) -> Ticket:
        if answer.startswith("died"):
            raise PulledPlugError
        raise Doubt("the connection broke off while the paid request was under way")

    def _accept(self, url: str, *, late: bool) -> Ticket:
        fate = self.fates.popleft() if self.fates else Fate()
        at = self.clock.now() + timedelta(seconds=fate.accepted_after if late else 0.0)
        request = Request(
            id=f"r{len(self.requests)}",
            url=url,
            owner=self._owners[url],
            accepted_at=at,
            listed_at=at + timedelta(seconds=fate.listed_after),
            ends_at=at + timedelta(seconds=fate.takes),
            end=fate.end,
            rows=2 if fate.listed_twice else 1,
        )
        self.requests.append(request)
        return self._ticket(request.id)

    @staticmethod
    def _ticket(request_id: str) -> Ticket:
        return Ticket(request_id=request_id, status_url="", response_url="")


class Mortal(Ledger):
    """A ledger that may be deaf, or whose process dies at a chosen record."""

    deaf = False
    dies_in: int | None = None
    after = False

    def record(self, job: Job, said: str = "", paid: tuple[PassDone, ...] = ()) -> None:  # type: ignore[override]
        """Write, unless it is not to be."""
        if self.deaf:
            raise LedgerUnwritable("the ledger cannot be written: disk full")
        last = self.dies_in == 0
        if self.dies_in is not None:
            self.dies_in -= 1
        if last and not self.after:
            raise PulledPlugError
        super().record(job, said, paid)
        if last:
            raise PulledPlugError
