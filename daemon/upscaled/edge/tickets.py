"""
The door to tickets: small TOML files that other programs put beside pictures, read and written.

Each is read once as long as its stat stays the same; a fresh one is read anew at every look, since
whoever writes it in place shows it half-written first, and the clocks of shares are coarse.
"""

import os
import stat
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import tomli_w

from upscaled.core.tickets import MOST_BYTES, as_values, digest_of, picture_of, wishes_of
from upscaled.errors import Gone, Outage
from upscaled.nouns import Wishes

FRESH_SECONDS = 3.0
"""Longer than the coarsest clock of a file system: FAT counts in two seconds."""

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: _Stamp
    since: float
    """When this stamp was first seen, on the clock that only grows."""
    read_at: float
    wishes: Wishes


class Tickets:
    """What the tickets of one inbox say. Owned by the inbox's lane."""

    def __init__(self, inbox: Path, clock: Callable[[], float] = monotonic) -> None:
        self._inbox = inbox
        self._clock = clock
        self._known: dict[str, dict[str, _Known]] = {}

    def folder(self, path: str) -> "Folder":
        """Begin a look into one folder."""
        return Folder(self._inbox / path, self._known.get(path, {}), self._clock)

    def looked(self, path: str, seen: "Folder") -> None:
        """End a look into one folder: what was not in it is forgotten."""
        if seen.found:
            self._known[path] = seen.found
        else:
            self._known.pop(path, None)


class Folder:
    """One look at the tickets of one folder."""

    def __init__(
        self, place: Path, known: Mapping[str, _Known], clock: Callable[[], float]
    ) -> None:
        self.found: dict[str, _Known] = {}
        self._place = place
        self._before = known
        self._clock = clock

    def read(self, names: Iterable[str]) -> dict[str, Wishes]:
        """Return what these tickets say, by the name of their picture. Raises `Outage`."""
        for name in names:
            if (known := self._one(name)) is not None:
                self.found[name] = known
        said = {picture_of(name): self.found[name].wishes for name in names if name in self.found}
        return {picture: wishes for picture, wishes in said.items() if picture}

    def _one(self, name: str) -> _Known | None:
        now, before = self._clock(), self._before.get(name)
        try:
            stamp = _stamp((self._place / name).lstat())
            if before and before.stamp == stamp and before.read_at - before.since >= FRESH_SECONDS:
                return before
            wishes = read(self._place / name)
        except (FileNotFoundError, Gone):
            return None
        except OSError as error:
            raise _lost(self._place / name, error) from error
        since = before.since if before and before.stamp == stamp else now
        return _Known(stamp=stamp, since=since, read_at=now, wishes=wishes)


def read(path: Path) -> Wishes:
    """
    Return what a ticket says; what is wrong with it is its fault.

    Raises `Gone` where it is not there, `Outage` where the share does not answer.
    """
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Gone(f"{path} is not there any more") from error
    except PermissionError:
        return Wishes(ticket="", fault="it may not be read")
    except OSError as error:
        raise _lost(path, error) from error
    if content is None:
        return Wishes(ticket="", fault="it is no regular file (links are not followed)")
    digest = digest_of(content)
    if len(content) > MOST_BYTES:
        return Wishes(ticket=digest, fault=f"it is larger than {MOST_BYTES // 1024} KiB")
    try:
        return wishes_of(tomllib.loads(content.decode("utf-8-sig")), digest)
    except UnicodeDecodeError as error:
        return Wishes(ticket=digest, fault=f"it is no UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits are one, too
        said = " ".join(str(error).split())
        return Wishes(ticket=digest, fault=f"it is no valid TOML: {said}")


def text(wishes: Wishes) -> bytes:
    """Return a ticket's bytes."""
    return tomli_w.dumps(as_values(wishes)).encode()


def _content(path: Path) -> bytes | None:
    """Return a ticket's bytes, one more than it may have at most; None where it is no file."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return None  # a link or a socket does not even open: no reason to call the share away
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return file.read(MOST_BYTES + 1)


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_size, found.st_mtime_ns, found.st_ino


def _lost(path: Path, error: OSError) -> Outage:
    return Outage(f"{path}: {error.strerror or error}", hold="share")
