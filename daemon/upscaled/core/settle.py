"""
Which files are quiet: unchanged in size and time over several looks on a clock that only grows.

Never `now - mtime`: the file server's clock may be hours away from ours.
"""

import heapq
from dataclasses import dataclass
from math import inf

from upscaled.nouns import Sighting

LOOKS = 3
"""Two equal looks may fall into one pause of a writer; three over the quiet time rarely do."""
QUICKEST_SECONDS = 0.02
SLOWEST_SECONDS = 15.0
"""What stood still for long (an empty placeholder may stand for days) is looked at so often."""


@dataclass(slots=True)
class _Watched:
    last: Sighting | None
    since: float
    looks: int
    look_at: float = inf
    asked: bool = False
    """A look is under way; `look_at` is for the case that it never comes back."""


class Settling:
    """
    Remembers what was seen of files that are not settled yet.

    Owned by the conductor's thread. `quiet_seconds` is the watch's settle time.
    """

    def __init__(self, quiet_seconds: float) -> None:
        self.quiet_seconds = quiet_seconds
        self._watched: dict[str, _Watched] = {}
        self._order: list[tuple[float, str]] = []
        """A heap of looks to come; entries that are not true any more stay until they are met."""

    def observe(self, seen: Sighting, now: float) -> bool:
        """
        Note one look at monotonic second `now`; say whether the file is quiet now.

        An empty file is never quiet: render farms put placeholders under the final name.
        """
        known = self._watched.get(seen.path)
        if known is None or known.last != seen:
            known = _Watched(last=seen, since=now, looks=0)
            self._watched[seen.path] = known
        known.looks += 1
        self._plan(seen.path, known, now)
        quiet = known.looks >= LOOKS and now >= known.since + self.quiet_seconds
        return quiet and seen.size > 0

    def expect(self, path: str) -> None:
        """Watch a file that is known to be there and was not looked at for long."""
        if path not in self._watched:
            self._watched[path] = known = _Watched(last=None, since=0.0, looks=0)
            self._put(path, known, 0.0)

    def rests(self, path: str, now: float) -> None:
        """Look at a file seldom that was tried as it is: events may not tell when it goes on."""
        if (known := self._watched.get(path)) is not None:
            known.asked = False
            self._put(path, known, now + max(self._pace(), SLOWEST_SECONDS))

    def forget(self, path: str) -> None:
        """Drop what is known of a file: it was taken, or it left."""
        self._watched.pop(path, None)

    def paths(self) -> tuple[str, ...]:
        """Return the files still being watched."""
        return tuple(self._watched)

    def next_at(self) -> float:
        """Return the monotonic second of the next look, infinity where none is to come."""
        while self._order and not self._is_true(self._order[0]):
            heapq.heappop(self._order)
        return self._order[0][0] if self._order else inf

    def due(self, now: float) -> tuple[str, ...]:
        """
        Return the files to look at by `now`; each comes up again even if its look never comes back.

        Every file has its own times, counted from when it was first seen so, the last at the very
        end of its quiet time: one that came between two others does not wait for their looks.
        """
        found = []
        while self.next_at() <= now:
            path = heapq.heappop(self._order)[1]
            known = self._watched[path]
            self._put(path, known, now + self._pace())
            known.asked = True
            found.append(path)
        return tuple(found)

    # ---- inside

    def _pace(self) -> float:
        """Return the seconds between two looks."""
        return max(QUICKEST_SECONDS, self.quiet_seconds / LOOKS)

    def _plan(self, path: str, known: _Watched, now: float) -> None:
        quiet_at, stood = known.since + self.quiet_seconds, now - known.since
        at = now + max(self._pace(), min(SLOWEST_SECONDS, stood / 4))
        if now < quiet_at:
            at = min(at, quiet_at)
        if known.asked or not now < known.look_at <= at:  # else what is to come anyway will do
            self._put(path, known, at)
        known.asked = False

    def _put(self, path: str, known: _Watched, at: float) -> None:
        known.look_at = at
        heapq.heappush(self._order, (at, path))

    def _is_true(self, entry: tuple[float, str]) -> bool:
        known = self._watched.get(entry[1])
        return known is not None and known.look_at == entry[0]
