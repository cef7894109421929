"""
Which files are quiet: unchanged in size and time over several looks on a clock that only grows.

Never `now - mtime`: the file server's clock may be hours away from ours.
"""

from dataclasses import dataclass

from upscaled.nouns import Sighting

LOOKS = 3
"""Two equal looks may fall into one pause of a writer; three over the quiet time rarely do."""


@dataclass(slots=True)
class _Watched:
    last: Sighting | None
    since: float
    looks: int


class Settling:
    """
    Remembers what was seen of files that are not settled yet.

    Owned by the conductor's thread. `quiet_seconds` is the watch's settle time.
    """

    def __init__(self, quiet_seconds: float) -> None:
        self.quiet_seconds = quiet_seconds
        self._watched: dict[str, _Watched] = {}

    def observe(self, seen: Sighting, now: float) -> bool:
        """
        Note one look at monotonic second `now`; say whether the file is quiet now.

        An empty file is never quiet: render farms put placeholders under the final name.
        """
        known = self._watched.get(seen.path)
        if known is None or known.last != seen:
            self._watched[seen.path] = _Watched(last=seen, since=now, looks=1)
            return False
        known.looks += 1
        return seen.size > 0 and known.looks >= LOOKS and now - known.since >= self.quiet_seconds

    def expect(self, path: str) -> None:
        """Watch a file that is known to be there and was not looked at for long."""
        self._watched.setdefault(path, _Watched(last=None, since=0.0, looks=0))

    def forget(self, path: str) -> None:
        """Drop what is known of a file: it was taken, or it left."""
        self._watched.pop(path, None)

    def paths(self) -> tuple[str, ...]:
        """Return the files still being watched."""
        return tuple(self._watched)

    def look_every(self) -> float:
        """Return the seconds between two looks that let a quiet file settle without delay."""
        return max(0.02, self.quiet_seconds / LOOKS)
