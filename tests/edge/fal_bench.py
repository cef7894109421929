"""What the tests of the fal door share: a door onto a stand-in, pictures, and fault checks."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from standin import Options, Standin
from upscaled.edge.fal import Fal, FalOptions
from upscaled.errors import UpscaledError
from upscaled.nouns import Artifact, Pass, Standing, Ticket

KEY = "0a1b2c3d-play:5e6f7a8b9c0d-play-key"
UNIFIED = "fal-ai/topaz/upscale/image"
ONE = Pass(
    endpoint=UNIFIED,
    model="Standard V2",
    factor=2.0,
    width=128,
    height=96,
    params={"output_format": "png", "face_enhancement": False},
)


def still(_: float) -> None:
    """Sleep not, tell nobody."""


def options_of(fal: Standin, **more: Any) -> FalOptions:
    """Return options that point at the stand-in."""
    given: dict[str, Any] = {
        "queue_url": fal.queue_url,
        "rest_url": fal.rest_url,
        "cdn_url": fal.cdn_url,
        "api_url": fal.api_url,
        "request_timeout_seconds": 1.0,
    }
    return FalOptions(**{**given, **more})


@contextmanager
def door_to(fal: Standin, key: str = KEY, **more: Any) -> Iterator[Fal]:
    """Open a door, close it at the end."""
    door = Fal(key, options_of(fal, **more), pause=still)
    try:
        yield door
    finally:
        door.close()


def picture(folder: Path, width: int = 64, height: int = 48, kind: str = "PNG") -> Artifact:
    """Return a small picture on disk."""
    path = folder / f"upload.{kind.lower()}"
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(path, kind)
    return artifact_of(path, width, height, kind)


def artifact_of(path: Path, width: int = 64, height: int = 48, kind: str = "PNG") -> Artifact:
    """Return a file as its maker would describe it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Artifact(
        path=str(path),
        sha256=digest,
        bytes=path.stat().st_size,
        width=width,
        height=height,
        format=kind,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A stand-in, a door to it and an upload that is there already."""

    fal: Standin
    door: Fal
    folder: Path
    image_url: str

    def submit(self, one: Pass = ONE) -> Ticket:
        """Submit the picture."""
        return self.door.submit(one, self.image_url)

    def until_ended(self, ticket: Ticket, one: Pass = ONE) -> Standing:
        """Poll until the request has ended."""
        for _ in range(500):
            standing = self.door.poll(one, ticket)
            if standing.state == "ready":
                return standing
            time.sleep(0.01)
        raise AssertionError("it never ended")

    def settle(self, request_id: str) -> None:
        """Wait until the stand-in has ended a request."""
        for _ in range(500):
            if any(one["request_id"] == request_id for one in self.fal.ledger()["ended"]):
                return
            time.sleep(0.01)
        raise AssertionError("it never ended")

    def clean(self, *, faults: int = 0) -> dict[str, Any]:
        """Return the ledger, after checking that every fault was injected and no rule broken."""
        ledger = self.fal.ledger()
        assert ledger["violations"] == []
        assert ledger["pending"] == []
        assert len(ledger["faults"]) >= faults
        return ledger


@contextmanager
def bench_in(folder: Path, options: Options | None = None, **more: Any) -> Iterator[Bench]:
    """Open a bench."""
    with Standin(folder / "fal", options) as fal, door_to(fal, **more) as door:
        url = door.upload(picture(folder), still)
        yield Bench(fal=fal, door=door, folder=folder, image_url=url)


def changed(**fields: Any) -> Pass:
    """Return the usual pass with some fields changed."""
    return replace(ONE, **fields)


def ended(bench: Bench, script: list[dict[str, Any]]) -> Ticket:
    """Submit under a script and wait until the request has ended at fal."""
    bench.fal.script(script)
    ticket = bench.submit()
    bench.settle(ticket.request_id)
    return ticket


def detail(kind: str, loc: list[str] | None = None, **ctx: object) -> dict[str, Any]:
    entry = {"loc": loc or ["body", "image_url"], "msg": "no", "type": kind, "input": "x" * 999}
    return {"detail": [entry | ({"ctx": ctx} if ctx else {})]}


def failing(status: int, body: object, **more: Any) -> dict[str, Any]:
    return {"on": "run", "do": "fail", "status": status, "json": body, **more}


def outcome(bench: Bench, fault: dict[str, Any]) -> UpscaledError:
    """Return what a poll raises for a request that ended so."""
    ticket = ended(bench, [fault])
    with pytest.raises(UpscaledError) as caught:
        bench.door.poll(ONE, ticket)
    ledger = bench.clean(faults=1)
    assert ledger["accepted"] == 1
    assert KEY not in str(caught.value)
    assert "xxx" not in caught.value.message
    return caught.value
