"""
A circuit breaker for each of fal's services and each class of error.

When a service failed in the same way several times in a row, nobody asks it for a while; then one
call is let through, and its fate decides. So an outage costs a few calls and not one for each job,
and an ingress that loses answers puts a few submits in doubt and not a whole night's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from upscaled.edge.fal.wire import Dropped
from upscaled.errors import Doubt, Missing, Outage, UpscaledError

IN_A_ROW = 4
PROBE_SECONDS = 0.2
"""How soon to come again while somebody else's call decides."""
_DOUBLINGS = 10


@dataclass(slots=True)
class _Fuse:
    """One service and one class of error."""

    failed: int = 0
    until: datetime | None = None
    """Closed to calls until then; None: open to all."""
    probing: bool = False
    """One call was let through and has not come back."""


def class_of(error: UpscaledError) -> str:
    """Return the class of an error that speaks for a whole service, empty for any other."""
    if isinstance(error, Doubt):
        return "lost answers"
    if not isinstance(error, Outage) or isinstance(error, Missing) or error.hold:
        return ""
    if error.after_seconds is not None:
        return "pleas to slow down"
    return "broken connections" if isinstance(error, Dropped) else "failures"


class Breaker:
    """
    All fuses of one door. Safe to use from many threads.

    A service is left alone for `first` seconds, then doubling up to `most`.
    """

    def __init__(
        self, now: Callable[[], datetime], first: float = 5.0, most: float = 120.0
    ) -> None:
        self._now = now
        self._first, self._most = first, most
        self._lock = Lock()
        self._fuses: dict[tuple[str, str], _Fuse] = {}

    @contextmanager
    def watching(self, service: str) -> Iterator[None]:
        """
        Let one call through and note how it went.

        Raises `Outage` before anything is sent while the service is left alone.
        """
        probes = self._admit(service)
        kind = ""
        try:
            yield
        except UpscaledError as error:
            kind = class_of(error)
            self._failed(service, kind, error)
            raise
        finally:
            self._came_back(service, kind, probes)

    def _admit(self, service: str) -> list[_Fuse]:
        """Return the fuses that this call decides on."""
        now, probes = self._now(), list[_Fuse]()
        with self._lock:
            for (name, kind), fuse in self._fuses.items():
                if name != service or fuse.until is None:
                    continue
                left = (fuse.until - now).total_seconds()
                if left > 0 or fuse.probing:
                    raise _left_alone(service, kind, fuse.failed, max(PROBE_SECONDS, left))
                probes.append(fuse)
            for fuse in probes:
                fuse.probing = True
        return probes

    def _failed(self, service: str, kind: str, error: UpscaledError) -> None:
        if not kind:
            return
        with self._lock:
            fuse = self._fuses.setdefault((service, kind), _Fuse())
            fuse.failed += 1
            asked = error.after_seconds if isinstance(error, Outage) else None
            if fuse.failed >= IN_A_ROW:
                doublings = min(fuse.failed - IN_A_ROW, _DOUBLINGS)
                pause = max(min(self._most, self._first * 2.0**doublings), asked or 0.0)
                fuse.until = self._now() + timedelta(seconds=pause)

    def _came_back(self, service: str, kind: str, probes: list[_Fuse]) -> None:
        """Close what this call has proven well; a call that went well proves every class."""
        with self._lock:
            for fuse in probes:
                fuse.probing = False
            for (name, other), fuse in self._fuses.items():
                if name == service and other != kind and (not kind or fuse in probes):
                    fuse.failed, fuse.until = 0, None


def _left_alone(service: str, kind: str, failed: int, seconds: float) -> Outage:
    return Outage(
        f"{service} had {failed} {kind} in a row and is left alone for {seconds:.3g} s",
        "it is asked again by itself",
        after_seconds=seconds,
    )
