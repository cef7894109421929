"""
A share of the test's own, on FUSE: what lies in SOURCE, seen at MOUNT, failing as CONTROL says.

`python fuse_server.py SOURCE MOUNT CONTROL` serves until it is unmounted. CONTROL is a JSON file:
`{"errno": "ESTALE", "only": ["open"], "below": "/inbox"}` makes operations fail with that error,
`{}` none; each that failed is a line in CONTROL.struck. Nothing is cached, so that a stopped server
hangs at once. As many servers do, it knows no RENAME_NOREPLACE.
"""

import ctypes
import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import mfusepy  # type: ignore[import-untyped]

_STAT = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino")
_TIMES = ("st_atime", "st_mtime", "st_ctime")
_ROOM = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files", "f_frsize")


class Share(mfusepy.Operations):  # type: ignore[misc]
    """Passes everything through, unless it is told to fail."""

    use_ns = True

    def __init__(self, source: Path, control: Path) -> None:
        self._source = os.fspath(source)
        self._control = control
        self._struck = control.with_name(f"{control.name}.struck")

    def _at(self, path: str, name: str) -> str:
        told = json.loads(self._control.read_text() or "{}")
        if told and name in told.get("only", (name,)) and path.startswith(told.get("below", "/")):
            with self._struck.open("a") as struck:
                struck.write(f"{told['errno']} {name} {path}\n")
            raise mfusepy.FuseOSError(getattr(errno, told["errno"]))
        return self._source + path

    def init_with_config(self, _info: Any, config: Any) -> None:
        """Keep inodes as they are, and let the kernel remember nothing."""
        if config:
            config.contents.use_ino = 1
            config.contents.attr_timeout = config.contents.entry_timeout = 0.0
            config.contents.negative_timeout = 0.0

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """Say what a stat says."""
        at = self._at(path, "getattr")
        found = os.fstat(fh) if fh else os.lstat(at)
        times = {name: getattr(found, f"{name}_ns") for name in _TIMES}
        return {name: getattr(found, name) for name in _STAT} | times

    def readdir(self, path: str, _fh: int) -> list[str]:
        """List a folder."""
        return [".", "..", *(one.name for one in Path(self._at(path, "readdir")).iterdir())]

    def statfs(self, path: str) -> dict[str, int]:
        """Say what is free."""
        found = os.statvfs(self._at(path, "statfs"))
        return {name: getattr(found, name) for name in _ROOM}

    def access(self, path: str, amode: int) -> int:
        """Say whether a thing may be done."""
        if not os.access(self._at(path, "access"), amode):
            raise mfusepy.FuseOSError(errno.EACCES)
        return 0

    def open(self, path: str, flags: int) -> int:
        """Open."""
        return os.open(self._at(path, "open"), flags)

    def create(self, path: str, mode: int, _fi: Any = None) -> int:
        """Make a file."""
        return os.open(self._at(path, "create"), os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Read."""
        self._at(path, "read")
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Write."""
        self._at(path, "write")
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Cut off."""
        os.truncate(fh or self._at(path, "truncate"), length)
        return 0

    def fsync(self, path: str, _datasync: int, fh: int) -> int:
        """Make durable, or say that it is not."""
        self._at(path, "fsync")
        os.fsync(fh)
        return 0

    def release(self, _path: str, fh: int) -> int:
        """Close."""
        os.close(fh)
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        """Make a folder."""
        Path(self._at(path, "mkdir")).mkdir(mode)
        return 0

    def rmdir(self, path: str) -> int:
        """Remove a folder."""
        Path(self._at(path, "rmdir")).rmdir()
        return 0

    def unlink(self, path: str) -> int:
        """Remove a file."""
        Path(self._at(path, "unlink")).unlink()
        return 0

    def rename(self, old: str, new: str) -> int:
        """Rename, over what is there."""
        Path(self._at(old, "rename")).rename(self._at(new, "rename"))
        return 0

    def link(self, target: str, source: str) -> int:
        """Give a second name."""
        os.link(self._at(source, "link"), self._at(target, "link"))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """Change a mode."""
        Path(self._at(path, "chmod")).chmod(mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Change an owner."""
        os.chown(self._at(path, "chown"), uid, gid)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """Change times."""
        at = self._at(path, "utimens")
        os.utime(at, ns=times) if times else os.utime(at)
        return 0


class Server(mfusepy.FUSE):  # type: ignore[misc]
    """The binding drops a rename's flags: a rename without clobber would clobber."""

    def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
        """Refuse what is not known here, as libfuse's own example does."""
        return -errno.EINVAL if flags else int(super().rename_fuse_3(old, new, flags))


if __name__ == "__main__":
    source, mount, control = (Path(word).absolute() for word in sys.argv[1:4])
    ctypes.CDLL(None).umask(0)
    shown = {"fsname": "share", "subtype": "share", "foreground": True}
    Server(Share(source, control), os.fspath(mount), **shown)
