"""
Roots: the folders that people share with us, their markers, and the file systems under them.

A marker with the ledger's id stands in every root. A root that was known and lost its marker is an
outage: an empty mount point must never look like "everything was deleted".
"""

import fcntl
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

from upscaled.core.causes import cause_of, outage
from upscaled.core.names import ROOT_MARKER
from upscaled.errors import Fatal

MARKER = ROOT_MARKER
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "afs", "ceph", "glusterfs", "ncpfs"}
)
MOUNTS = Path("/proc/self/mountinfo")
FSTAB = Path("/etc/fstab")
_OCTAL = re.compile(r"\\([0-7]{3})")
_TRIES, _TRY_SECONDS = 20, 0.05


class Marker(StrEnum):
    """What a root's marker says."""

    OURS = "ours"
    MISSING = "missing"
    FOREIGN = "foreign"


def read_marker(root: Path, ledger_id: str) -> Marker:
    """
    Say whose root this is.

    Raises `Outage` where the folder itself cannot be asked.
    """
    try:
        said = (root / MARKER).read_bytes().strip()
    except (FileNotFoundError, NotADirectoryError):
        return Marker.MISSING
    except OSError as error:
        raise outage(root, error) from error
    if not said:
        return Marker.MISSING  # a plug was pulled while it was written
    return Marker.OURS if said == ledger_id.encode() else Marker.FOREIGN


def claim(root: Path, ledger_id: str) -> None:
    """Make a root that this ledger has never known, and mark it as ours."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: two watches may share a folder, and the other reads it just now.
        made = root / f"{MARKER}-{token_hex(4)}"
        made.write_text(ledger_id + "\n", encoding="utf-8")
        made.replace(root / MARKER)
    except OSError as error:
        raise Fatal(
            f"{root}: cannot be made ours: {cause_of(error).says}",
            f"let user {os.getuid()} create, write and rename files there",
        ) from error


def file_system(path: Path) -> str:
    """
    Return the file system type under a path (`ext4`, `cifs`, `fuse.sshfs`, ...).

    Empty where the mount table cannot be read (not Linux).
    """
    return file_system_at(os.path.realpath(path))


def file_system_at(real: str) -> str:
    """Return the same of a path that is resolved already; asks the mount table alone."""
    try:
        table = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    best, kind = "", ""
    for line in table.splitlines():
        left, _, right = line.partition(" - ")
        mount = _unescaped(left.split(" ")[4])
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, right.split(" ")[0]
    return kind


def missing_mount(folder: Path) -> str:
    """
    Return the mount point at or above a folder that the system's table has and that is not mounted.

    Empty where there is none, or where neither table can be read (not Linux).
    """
    real = os.path.realpath(folder)
    try:
        planned = [line.split() for line in FSTAB.read_text(encoding="utf-8").splitlines()]
        table = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, UnicodeDecodeError):
        return ""
    mounted = {_unescaped(line.split(" ")[4]) for line in table.splitlines()}
    points = [_unescaped(words[1]) for words in planned if len(words) > 1 and words[0][0] != "#"]
    missing = [one for one in points if one.startswith("/") and one != "/" and one not in mounted]
    return next((one for one in missing if Path(real).is_relative_to(one)), "")


def _unescaped(path: str) -> str:
    """Return a path as it is: the tables write blanks and backslashes as three octal digits."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), path)


def is_network(kind: str) -> bool:
    """Say whether remote writes on this file system type raise no events here."""
    return kind in _NETWORK or (kind.startswith("fuse.") and kind != "fuse.portal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a folder really lies."""

    real: str
    keys: tuple[tuple[int, int] | None, ...]
    """Device and inode of itself and of each parent; None where there is nothing yet."""

    def inside(self, outer: "Placed") -> bool:
        """
        Say whether this is `outer` or lies in it, by resolved path and by device and inode.

        The second look catches bind mounts and hard-linked roots, which resolve to different paths.
        """
        if Path(self.real).is_relative_to(outer.real):
            return True
        return outer.keys[0] is not None and outer.keys[0] in self.keys


def placed(folder: Path) -> Placed:
    """Ask where a folder lies; a hung mount does not answer."""
    real = Path(os.path.realpath(folder))
    return Placed(real=str(real), keys=tuple(_key(one) for one in (real, *real.parents)))


def same_or_inside(inner: Path, outer: Path) -> bool:
    """Say whether `inner` is `outer` or lies in it."""
    return placed(inner).inside(placed(outer))


def _key(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None  # it does not exist yet; there is nothing to be the same as
    return found.st_dev, found.st_ino


def _lock(handle: int) -> None:
    """Take a lock; who only asks whether it is taken (`is_taken`) has it for an instant."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TRY_SECONDS)
        else:
            return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class StateLock:
    """
    The lock that keeps two daemons from one ledger.

    The descriptor is close-on-exec, so no worker process holds it after the daemon died.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lock"
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock or raise `Fatal` naming who has it."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(handle)
        except OSError as error:
            owner = os.read(handle, 64).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise Fatal(
                f"another upscaled (process {owner}) works with {self._path.parent}",
                "stop it first, or give this one its own [state] directory",
            ) from error
        self._handle = handle
        with suppress(OSError):  # the lock holds without it, on a full disk too
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())

    def is_taken(self) -> bool:
        """Say whether a living daemon holds the lock; takes nothing."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(handle)
        return False

    def release(self) -> None:
        """Let go of the lock."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
