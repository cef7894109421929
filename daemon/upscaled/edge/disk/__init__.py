"""
Files on shares: taking a private copy, staging, revealing without clobber, archiving.

Every operating-system error leaves here as one of ours: a full disk and a lost share are outages
and never a picture's fault. Nothing here knows what a job is.
"""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from upscaled.edge.disk import owners
from upscaled.edge.disk.private import (
    clear,
    content,
    drop,
    lend,
    make_folder,
    mark,
    names,
    prune,
    sizes,
    words,
)
from upscaled.edge.disk.renaming import is_there, rename_kind, rename_new, sync_folder
from upscaled.edge.disk.translating import blaming, making, translated, writing
from upscaled.errors import Gone, NotReady, Outage
from upscaled.nouns import ANYHOW, Access, Identity, Room, Taken

__all__ = [
    "CHUNK", "STAGING", "clear", "content", "digest", "drop", "drop_note", "identity",
    "is_same", "is_there", "lend", "make_folder", "mark", "may_leave", "names", "note",
    "open_folder", "prune", "rename_kind", "rename_new", "retire", "reveal", "room", "sizes",
    "small", "stage", "stage_bytes", "sync_folder", "take", "translated", "words", "write_new",
    "write_whole",
]  # fmt: skip

CHUNK = 1024 * 1024
STAGING = ".upscaled-staging"
"""Hidden folder inside a root, on the same file system, so that the last step is one rename."""


def identity(path: Path) -> Identity:
    """
    Return what a stat says of a regular file, never following a link.

    Raises `Gone` where there is none, `Outage` where the share does not answer.
    """
    with translated(path):
        found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise Gone(f"{path} is not a regular file any more")
    return _identity(found)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, read through a fresh open."""
    with translated(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take(source: Path, to: Path) -> Taken:
    """
    Copy a file in whole, hashing on the way; the one read from the share.

    Raises `NotReady` where it changed while being read, `Gone` where it vanished. Leaves nothing
    at `to` unless it returns.
    """
    make_folder(to.parent)
    part = to.with_name(to.name + ".part")
    try:
        with translated(source), _opened(source) as handle:
            before = _identity(os.fstat(handle))
            with blaming(part):
                sha256 = _copy(handle, part)
            after = _identity(os.fstat(handle))
    except (Gone, Outage):
        drop(part)  # on a full disk it would keep the very room that is waited for
        raise
    if not before == after == identity(source):
        part.unlink()
        raise NotReady(f"{source.name} changed while it was read")
    with translated(to):
        part.replace(to)
    return Taken(sha256=sha256, identity=after)


def stage(made: Path, sha256: str, root: Path, name: str, access: Access = ANYHOW) -> Path:
    """
    Copy a finished file into the root's hidden staging folder and prove it by reading it back.

    Raises `Outage` where what was read back is not what was written.
    """
    staged = root / STAGING / name
    with translated(made), made.open("rb") as file, writing(staged):
        staged.parent.mkdir(parents=True, exist_ok=True)
        _copy(file.fileno(), staged)
        owners.give(staged, access)
        sync_folder(staged.parent)
    if digest(staged) != sha256:
        staged.unlink()
        raise Outage(f"{staged}: what was read back differs from what was written", hold="share")
    return staged


def stage_bytes(content: bytes, root: Path, name: str, access: Access = ANYHOW) -> Path:
    """Write a small file into the root's hidden staging folder, durably."""
    staged = root / STAGING / name
    with writing(staged):
        staged.parent.mkdir(parents=True, exist_ok=True)
        with staged.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        owners.give(staged, access)
        sync_folder(staged.parent)
    return staged


def write_whole(content: bytes | Iterable[bytes], to: Path) -> None:
    """Replace one of our own notes in one step; a reader never sees half of it."""
    with translated(to):
        part = to.with_name(f".upscaled-{to.name}.part")
        part.unlink(missing_ok=True)  # whatever it was: a link put there is not written through
        try:
            with part.open("xb") as file:
                file.writelines([content] if isinstance(content, bytes) else content)
            part.replace(to)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def reveal(staged: Path, final: Path, access: Access = ANYHOW) -> None:
    """
    Give a staged file its final name in one step, never over another file.

    Raises `NameTaken`, or `Gone` where the staged file is missing (it was revealed before).
    """
    with making(final.parent):
        owners.make_folders(final.parent, access)
    owners.follow(staged, final.parent, access)
    rename_new(staged, final)
    with making(final.parent):
        sync_folder(final.parent)


def retire(source: Path, final: Path, sha256: str, access: Access = ANYHOW) -> None:
    """
    Move an original to its archive, whole or not at all.

    On one device it is a rename; across devices a copy, fsync, re-hash through a fresh open, a
    rename without clobber, and only then the unlink. Raises `NameTaken` or `Outage`.
    """
    with making(final.parent):
        owners.make_folders(final.parent, access)
        there = final.parent.stat().st_dev
    with translated(source):
        same_device = source.lstat().st_dev == there
    if same_device:
        with suppress(_CrossDeviceError):
            _rename_same_device(source, final)
            return
    before = identity(source)
    copied = stage(source, sha256, final.parent, f"original-{sha256}")
    with suppress(OSError):  # metadata is best effort: CIFS refuses it after a good copy
        shutil.copystat(source, copied)
    reveal(copied, final, access)
    with suppress(OSError):
        copied.parent.rmdir()
    if identity(source) != before:
        raise Gone(f"{source} was replaced while it was copied; the new content stays")
    with translated(source):
        source.unlink()
        sync_folder(source.parent)


class _CrossDeviceError(Exception):
    """A bind mount or a quota project made a rename impossible on what looked like one device."""


def _rename_same_device(source: Path, final: Path) -> None:
    try:
        rename_new(source, final)
    except Outage as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.EXDEV:
            raise _CrossDeviceError from error
        raise
    with translated(final.parent):
        sync_folder(final.parent)
        sync_folder(source.parent)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def _identity(found: os.stat_result) -> Identity:
    return Identity(size=found.st_size, mtime_ns=found.st_mtime_ns, inode=found.st_ino)


def _copy(source: int, to: Path) -> str:
    seen = hashlib.sha256()
    with to.open("wb") as out:
        while chunk := os.read(source, CHUNK):
            seen.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return seen.hexdigest()


def may_leave(path: Path) -> bool:
    """Say whether a file may be moved out of its folder."""
    return os.access(path.parent, os.W_OK | os.X_OK)


def is_same(one: Path, other: Path) -> bool:
    """Say whether two names are one file: a crash fell between link and unlink."""
    with translated(other):
        return one.samefile(other)


def room(folder: Path) -> Room:
    """Return what a folder's file system has; quotas of a user or a project are not seen."""
    with translated(folder):
        found = os.statvfs(folder)
        device = folder.stat().st_dev
    return Room(
        device=device,
        free=found.f_bavail * found.f_frsize,
        total=found.f_blocks * found.f_frsize,
    )


def small(path: Path, most: int) -> bytes | None:
    """
    Return the bytes of a small file in a shared folder; None for a link, a pipe, or a larger one.

    Raises `OSError` where it cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        found = file.read(most + 1)
    return found if len(found) <= most else None


def drop_note(path: Path, *, signature: str) -> None:
    """Take one of our notes away, if it is there and its words are ours."""
    with translated(path):
        if path.is_file() and signature in path.read_text(encoding="utf-8", errors="replace"):
            path.unlink(missing_ok=True)


def note(content: str, to: Path) -> None:
    """
    Write one of our notes into a shared folder, whole, only when it changed.

    UTF-8; where it is more than ASCII with a byte order mark: without it Quick Look and older
    editors show the letters of names as others.
    """
    data = content.encode("utf-8" if content.isascii() else "utf-8-sig", "replace")
    with translated(to):
        if to.is_file() and to.read_bytes() == data:  # a pipe there is not waited for
            return
    write_whole(data, to)


def write_new(content: bytes, to: Path, aside: str) -> None:
    """
    Make a small file appear whole and durable, never over another one.

    `aside` is a hidden name of its own beside it. Raises `NameTaken`.
    """
    part = to.with_name(aside)
    with translated(to):
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            rename_new(part, to)
            sync_folder(to.parent)
        finally:
            part.unlink(missing_ok=True)


def open_folder(root: Path, inside: str) -> Path:
    """
    Make a folder below a root that is there, each part with the root's own mode; return it.

    So whoever may take files out of the root may take them out of it. Raises `Outage` where a part
    is a link or a file.
    """
    folder = root
    with translated(root):
        mode = stat.S_IMODE(root.stat().st_mode)
        for name in inside.split("/"):
            folder /= name
            with suppress(FileExistsError):
                folder.mkdir()
                with suppress(OSError):  # CIFS has one mode for all
                    folder.chmod(mode)
            if not stat.S_ISDIR(folder.lstat().st_mode):
                raise Outage(f"{folder} is no folder", "a link is not followed", hold="share")
    return folder
