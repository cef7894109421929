"""Run inside the sandbox: try what is forbidden, and say as JSON how each attempt ended."""

import errno
import json
import mmap
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

_NEW_USER = 0x10000000


def attempt(what: Callable[[], object]) -> str:
    """Return the name of the error that an attempt ends in, empty where it succeeds."""
    try:
        what()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return ""


def _writable(folder: str) -> Callable[[], object]:
    def write() -> None:
        path = Path(folder, ".probe")
        path.touch()
        path.unlink()

    return write


def _set_group_bit(folder: str) -> Callable[[], object]:
    def change() -> None:
        path = Path(folder, ".probe-mode")
        path.touch()
        try:
            path.chmod(0o2755)
        finally:
            path.unlink()

    return change


def _give(folder: str, group: int) -> Callable[[], object]:
    def change() -> None:
        path = Path(folder, ".probe-group")
        path.touch()
        try:
            os.chown(path, -1, group)
        finally:
            path.unlink()

    return change


def main() -> None:
    """Print what came of everything."""
    own, shared, checkout = sys.argv[1:]
    packet = lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()  # noqa: E731
    attempts: dict[str, Callable[[], object]] = {
        "write /usr": _writable("/usr"),
        "write /etc": _writable("/etc"),
        "write the checkout": _writable(checkout),
        "write /var": _writable("/var"),
        "write /tmp": _writable("/tmp"),  # noqa: S108 - its own
        "write its state": _writable(own),
        "write the shared folders": _writable(shared),
        "list /root": lambda: list(Path("/root").iterdir()),
        "a packet socket": packet,
        "an internet socket": lambda: socket.socket(socket.AF_INET).close(),
        "a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "a name space": lambda: os.unshare(_NEW_USER) if hasattr(os, "unshare") else _unshare(),
        "writable code": lambda: mmap.mmap(-1, 4096, prot=7),
        "a set-group bit": _set_group_bit(own),
        "a group of its own": _give(own, os.getgroups()[0]),
        "somebody else's group": _give(own, os.getgid() + 1000),
        "another root": lambda: os.chroot("/"),
        "to be root": lambda: os.setuid(0),
        "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        "lower priority": lambda: os.nice(1),
        "process 1": lambda: Path("/proc/1/status").read_text(),
        "the kernel's settings": lambda: Path("/proc/sys/kernel/hostname").read_text(),
        "a disk": lambda: os.open("/dev/vda", os.O_RDONLY),
    }
    told = {name: attempt(what) for name, what in attempts.items()}
    status = Path("/proc/self/status").read_text().splitlines()
    facts = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    limit = os.sysconf("SC_OPEN_MAX")
    print(json.dumps({"attempts": told, "status": facts, "files": limit}))  # noqa: T201


def _unshare() -> None:
    import ctypes  # noqa: PLC0415 - Python has no call of its own before 3.12

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


if __name__ == "__main__":
    main()
