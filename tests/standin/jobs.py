"""Requests from acceptance to end: a queue, a few workers, one real enlargement each."""

import io
import threading
import urllib.request
import uuid
from collections import deque
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from PIL import Image, UnidentifiedImageError

from standin import catalogue
from standin.pixels import SPOILT
from standin.world import World

_FORMATS = {"jpeg": ("JPEG", ".jpg", "image/jpeg"), "png": ("PNG", ".png", "image/png")}


@dataclass(slots=True, kw_only=True)
class Job:
    """One accepted request."""

    id: str
    endpoint: str
    asked: dict[str, Any]
    sent: float
    """By the stand-in's clock, as are the others."""
    patience: float | None
    """Seconds in which it must begin."""
    state: str = "IN_QUEUE"
    started: float | None = None
    ended: float | None = None
    status: int = 200
    body: Any = None
    error: str | None = None
    error_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Failure(Exception):
    """The model's step ended with an error."""

    def __init__(self, status: int, body: Any, units: float = 0) -> None:
        super().__init__(status)
        self.status, self.body, self.units = status, body, units


class Jobs:
    """All requests, and the workers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._work = threading.Condition(world.lock)
        self._threads = [
            threading.Thread(target=self._worker, name=f"runner-{n}")
            for n in range(world.options.concurrency)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the workers."""
        with self._work:
            self._work.notify_all()
        for thread in self._threads:
            thread.join()

    def accept(self, endpoint: str, asked: dict[str, Any], patience: float | None) -> Job:
        """Take a request: from here on it may be billed."""
        job = Job(
            id=str(uuid.uuid4()),
            endpoint=endpoint,
            asked=asked,
            sent=self._world.clock(),
            patience=patience,
        )
        url = str(asked.get("image_url"))[:500]
        self._world.book.write(
            "accepted", request_id=job.id, endpoint=endpoint, image_url=url, asked=asked
        )
        with self._work:
            self._all[job.id] = job
            self._queue.append(job)
            self._work.notify()
        return job

    def find(self, request_id: str) -> Job | None:
        """Return a request that the queue still remembers."""
        with self._world.lock:
            job = self._all.get(request_id)
            life = self._world.options.result_life
            if job and job.ended is not None and self._world.clock() > job.ended + life:
                return None
            return job

    def listed(self) -> list[Job]:
        """Return the requests the platform lists, newest first."""
        with self._world.lock:
            since = self._world.clock() - self._world.options.listing_delay
            return [job for job in reversed(self._all.values()) if job.sent <= since]

    def position(self, job: Job) -> int:
        """Return how many are before it."""
        with self._world.lock:
            return self._queue.index(job) if job in self._queue else 0

    def cancel(self, job: Job) -> bool:
        """Drop a request that has not begun; return whether it was one."""
        with self._world.lock:
            if job not in self._queue:
                return False
            self._queue.remove(job)
            job.error, job.error_type, job.status = "cancelled", "client_cancelled", 499
            self._end(job)
            return True

    def _worker(self) -> None:
        while True:
            with self._work:
                self._work.wait_for(lambda: self._queue or self._world.stopping.is_set())
                if self._world.stopping.is_set():
                    return
                job = self._queue.popleft()
                job.state, job.started = "IN_PROGRESS", self._world.clock()
            self._run(job)

    def _run(self, job: Job) -> None:
        waited = (job.started or job.sent) - job.sent
        fault = self._world.script.take("run") or {}
        if fault:
            self._world.book.write("fault", on="run", do=fault["do"], request_id=job.id)
        if job.patience is not None and waited > job.patience:
            job.status, job.error, job.error_type = 504, "Request timed out", "request_timeout"
        elif self._world.stopping.wait(
            None if fault.get("do") == "endless" else self._world.options.latency
        ):
            return
        else:
            self._try(job, fault)
        with self._world.lock:
            self._end(job)

    def _try(self, job: Job, fault: dict[str, Any]) -> None:
        job.error, job.error_type = fault.get("error"), fault.get("error_type")
        job.headers = dict(fault.get("headers", {}))
        try:
            units = self._enlarge(job, fault) if fault.get("do") != "fail" else _fail(fault)
            if fault.get("do") == "foreign":
                job.body["image"]["url"] = fault["url"]
        except Failure as failure:
            job.status, job.body, units = failure.status, failure.body, failure.units
        job.headers["X-Fal-Billable-Units"] = f"{units:g}"
        if units:
            self._world.book.write(
                "billed", request_id=job.id, units=units, image_url=job.asked.get("image_url")
            )

    def _end(self, job: Job) -> None:
        job.ended, job.state = self._world.clock(), "COMPLETED"
        self._world.book.write(
            "ended", request_id=job.id, status=job.status, error_type=job.error_type, body=job.body
        )

    def _enlarge(self, job: Job, fault: dict[str, Any]) -> float:
        wrong = catalogue.complaints(job.endpoint, job.asked)
        if wrong:
            raise Failure(422, {"detail": wrong})
        image = _opened(_fetched(str(job.asked["image_url"])))
        factor = catalogue.factor_of(job.endpoint, job.asked)
        size = (round(image.width * factor), round(image.height * factor))
        kind, extension, type_ = _FORMATS[job.asked.get("output_format", "jpeg")]
        name = uuid.uuid4().hex + extension
        path = self._world.file(name)
        model = catalogue.model_of(job.endpoint, job.asked)
        if other := self._world.options.pictures.get(model):
            image = _opened(other.read_bytes())
        larger = image.resize(size, Image.Resampling.LANCZOS)
        if fault.get("do") == "spoil":
            larger = SPOILT[fault["how"]](larger)
        larger.save(path, kind, compress_level=1, quality=95)
        job.body = {
            "image": {
                "url": f"{self._world.url}/cdn/files/{name}",
                "content_type": type_,
                "file_name": name,
                "file_size": path.stat().st_size,
            }
        }
        return catalogue.units(job.endpoint, model, *size)


def _fail(fault: dict[str, Any]) -> float:
    raise Failure(fault.get("status", 500), fault.get("json", {}), fault.get("units", 0))


def _complaint(kind: str, message: str) -> dict[str, Any]:
    return {"detail": [{"loc": ["body", "image_url"], "msg": message, "type": kind}]}


def _fetched(url: str) -> bytes:
    """Fetch the picture as a runner does: over HTTP, without anybody's key."""
    if not url.startswith("http://127.0.0.1:"):
        raise Failure(422, _complaint("file_download_error", "Not on loopback"))
    request = urllib.request.Request(url, headers={"X-Standin-Runner": "1"})  # noqa: S310 (loopback)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 (loopback)
            return bytes(reply.read())
    except (OSError, HTTPException):
        raise Failure(422, _complaint("file_download_error", "Could not download")) from None


def _opened(raw: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(raw))
        image.load()
    except (OSError, UnidentifiedImageError):
        raise Failure(422, _complaint("image_load_error", "Could not load the image")) from None
    return image if image.mode in {"RGB", "L"} else image.convert("RGB")
