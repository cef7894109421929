"""
Brings a result home: streamed, hashed on the way, resumed where the host honours ranges, visible
only whole. The media host gets neither key nor token, and no redirect is followed.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from upscaled.edge.fal import answers
from upscaled.edge.fal.addresses import Addresses
from upscaled.edge.fal.header import read_header
from upscaled.edge.fal.options import MIB
from upscaled.edge.fal.wire import Dropped, Wire
from upscaled.errors import Again, Aside, Missing, Outage
from upscaled.nouns import Artifact, Code, Hold, Pass, Standing

TRIES = 4
NOT_YET_SECONDS = 15.0
"""A result may take some seconds to appear on the media host."""


def cap(one: Pass) -> int:
    """Return the most bytes a result may have: 8 for each pixel, and some for profiles."""
    return one.width * one.height * 8 + 64 * MIB


@dataclass(slots=True, kw_only=True)
class _Part:
    """What has arrived so far."""

    file: BinaryIO
    whole: int | None
    """Bytes expected, None where nobody said."""
    cap: int
    progress: Callable[[float], None]
    have: int = 0
    etag: str = ""
    hash: Any = field(default_factory=hashlib.sha256)

    def restart(self) -> None:
        """Forget what has arrived."""
        self.file.seek(0)
        self.file.truncate()
        self.have, self.etag, self.hash = 0, "", hashlib.sha256()

    def take(self, chunk: bytes) -> None:
        """Add a chunk."""
        if self.have + len(chunk) > self.cap:
            raise Aside(
                Code.BAD_RESULT,
                f"the result is larger than a picture of its size can be ({self.cap} bytes)",
                "ask fal about it; retry it to pay once more",
            )
        self.file.write(chunk)
        self.hash.update(chunk)
        self.have += len(chunk)
        if self.whole:
            self.progress(min(1.0, self.have / self.whole))


class Downloads:
    """fal's media hosts."""

    def __init__(
        self, wire: Wire, addresses: Addresses, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._wire = wire
        self._addresses = addresses
        self._pause = pause

    def get(
        self, one: Pass, standing: Standing, to: Path, progress: Callable[[float], None]
    ) -> Artifact:
        """Download the result whole to `to`, or raise and leave nothing there."""
        if not self._addresses.is_media(standing.result_url):
            raise Aside(
                Code.BAD_RESULT,
                "the result's address is not on one of fal's media hosts",
                "ask fal about it; retry it to pay once more",
            )
        part = to.with_name(to.name + ".part")
        try:
            with part.open("w+b") as file:
                state = _Part(
                    file=file, whole=standing.result_bytes, cap=cap(one), progress=progress
                )
                self._fill(standing, state)
                file.flush()
                os.fsync(file.fileno())
            return _kept(part, to, state)
        except OSError as error:
            raise Outage(
                f"the result cannot be written: {error.strerror}", "free some space", Hold.DISK
            ) from error
        finally:
            with suppress(FileNotFoundError):
                part.unlink()

    def _fill(self, standing: Standing, part: _Part) -> None:
        for tried in range(1, TRIES + 1):
            try:
                self._stream(standing, part)
            except Dropped:
                if tried == TRIES:
                    raise
                self._pause(0.5 * tried)
            else:
                return

    def _stream(self, standing: Standing, part: _Part) -> None:
        headers = {}
        if part.have and part.etag:
            headers = {"Range": f"bytes={part.have}-", "If-Range": part.etag}
        else:
            part.restart()
        with self._wire.download(standing.result_url, headers) as reply:
            _admit(reply, part)
            # Unbuffered: what has arrived before a drop is kept.
            for chunk in reply.iter_raw():
                part.take(chunk)
        _measure(reply, standing, part)


def _admit(reply: httpx.Response, part: _Part) -> None:
    """Raise unless the host sends the picture, or the rest of it from where we stopped."""
    status = reply.status_code
    rest = reply.headers.get("content-range", "").startswith(f"bytes {part.have}-")
    if status == 206 and part.have and rest:
        return
    if status == 200:
        part.restart()
        etag = reply.headers.get("etag", "")
        part.etag = etag if etag.startswith('"') else ""
        part.whole = part.whole or answers.count(reply.headers.get("content-length"))
        return
    part.restart()
    if status in {206, 416}:
        raise Dropped(
            "the media host sent another range than the one asked for", "it is tried again"
        )
    if 300 <= status < 400:
        raise Again("the media host redirects, which is never followed", "it is tried again")
    kind = Missing if status in {404, 410} else Outage
    raise kind(
        f"the media host answered {status}",
        "the result is paid for and stays at fal for days; it is fetched again",
        after_seconds=NOT_YET_SECONDS if status in {401, 403, 404, 410} else None,
    )


def _measure(reply: httpx.Response, standing: Standing, part: _Part) -> None:
    """Raise where the host sent another length than fal had told."""
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise Again("the media host packed the picture though it was asked not to")
    if standing.result_bytes is not None and part.have != standing.result_bytes:
        raise Again(f"the result has {part.have} bytes, fal had told {standing.result_bytes}")


def _kept(part: Path, to: Path, state: _Part) -> Artifact:
    """Give a whole download its name, durably."""
    header = read_header(part)
    if header is None:
        raise Again("what the media host sent is neither a PNG nor a JPEG", "it is fetched again")
    kind, width, height = header
    part.replace(to)
    folder = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Artifact(
        path=str(to),
        sha256=state.hash.hexdigest(),
        bytes=state.have,
        width=width,
        height=height,
        format=kind,
    )
