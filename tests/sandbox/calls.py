"""Which calls a process may make: the unit's filters as seccomp programs, through libseccomp."""

import ctypes
import errno
import socket
import stat
import subprocess
from collections.abc import Callable, Sequence
from functools import cache

from sandbox.unit import Settings

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NE, _EQ, _MASKED = 1, 4, 7
_PROT_WRITE, _PROT_EXEC, _SHM_EXEC = 2, 4, 0o100000
_SPACES = 0x7E020080
"""CLONE_NEW* of all kinds but time, which clone cannot make."""
_FIFO, _RR, _DEADLINE = 1, 2, 6


class _Compare(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("one", ctypes.c_uint64),
        ("other", ctypes.c_uint64),
    )


Test = tuple[int, int, int, int]
"""An argument's number, how it is compared, and with what: a value, or a mask and a value."""


class Filter:
    """One program; several are loaded one after the other, and the strictest answer holds."""

    def __init__(self, otherwise: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(otherwise)))

    def add(self, action: int, call: str, *tests: Test) -> None:
        """Answer a call so where all tests hold; what this machine does not know is passed over."""
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return
        compares = (_Compare * max(1, len(tests)))(*(_Compare(*test) for test in tests))
        words = (self._context, ctypes.c_uint32(action), number, len(tests), compares)
        if self._library.seccomp_rule_add_array(*words) not in {0, -errno.EEXIST}:
            raise OSError(f"seccomp: {call} {tests}")

    def load(self) -> None:
        """Put it into effect, for good."""
        if (code := self._library.seccomp_load(self._context)) != 0:
            raise OSError(-code, "seccomp_load")


def _refused(name: str) -> int:
    return _ERRNO | int(getattr(errno, name))


@cache
def members(group: str) -> frozenset[str]:
    """Return the calls of one of systemd's groups, by its own word."""
    if not group.startswith("@"):
        return frozenset({group})
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    )
    lines = [line.strip() for line in told.stdout.splitlines()[1:]]
    names = [line for line in lines if line and not line.startswith("#")]
    return frozenset(call for name in names for call in members(name))


def prepared(settings: Settings) -> list[Filter]:
    """Return every filter that the unit asks for, to be loaded last of all."""
    made = [_families(settings)]
    makers: dict[str, Callable[[], Filter]] = {
        "MemoryDenyWriteExecute": _no_code_made,
        "RestrictNamespaces": _no_spaces,
        "RestrictRealtime": _no_realtime,
        "RestrictSUIDSGID": _no_set_ids,
        "LockPersonality": _one_personality,
        "ProtectClock": lambda: _without(members("@clock")),
        "ProtectKernelLogs": lambda: _without(["syslog"]),
        "ProtectKernelModules": lambda: _without(members("@module")),
        "ProtectHostname": lambda: _without(["sethostname", "setdomainname"]),
    }
    made += [make() for key, make in makers.items() if settings.yes(key)]
    # Another architecture's calls are what libseccomp refuses unless it is told otherwise.
    settings.one("SystemCallArchitectures", "native")
    return [*made, _allowed(settings)]  # last: it forbids to load another one


def _allowed(settings: Settings) -> Filter:
    refused = _refused(settings.one("SystemCallErrorNumber", "EPERM"))
    allowed: set[str] = set()
    for value in settings.all("SystemCallFilter"):
        named = {call for group in value.lstrip("~").split() for call in members(group)}
        allowed = allowed - named if value.startswith("~") else allowed | named
    made = Filter(refused)
    for call in sorted(allowed | members("@default")):
        made.add(_ALLOW, call)
    return made


def _families(settings: Settings) -> Filter:
    names = settings.one("RestrictAddressFamilies").split()
    known = {int(getattr(socket, name)) for name in names}
    made = Filter(_ALLOW)
    for family in set(range(64)) - known:
        made.add(_refused("EAFNOSUPPORT"), "socket", (0, _EQ, family, 0))
    return made


def _without(calls: Sequence[str] | frozenset[str]) -> Filter:
    made = Filter(_ALLOW)
    for call in calls:
        made.add(_refused("EPERM"), call)
    return made


def _no_code_made() -> Filter:
    made, both = Filter(_ALLOW), _PROT_WRITE | _PROT_EXEC
    made.add(_refused("EPERM"), "mmap", (2, _MASKED, both, both))
    for call in ("mprotect", "pkey_mprotect"):
        made.add(_refused("EPERM"), call, (2, _MASKED, _PROT_EXEC, _PROT_EXEC))
    made.add(_refused("EPERM"), "shmat", (2, _MASKED, _SHM_EXEC, _SHM_EXEC))
    return made


def _no_spaces() -> Filter:
    made = _without(["setns"])
    made.add(_refused("ENOSYS"), "clone3")
    for bit in (1 << one for one in range(32) if _SPACES & 1 << one):
        made.add(_refused("EPERM"), "clone", (0, _MASKED, bit, bit))
        made.add(_refused("EPERM"), "unshare", (0, _MASKED, bit, bit))
    return made


def _no_realtime() -> Filter:
    made = Filter(_ALLOW)
    for policy in (_FIFO, _RR, _DEADLINE):
        made.add(_refused("EPERM"), "sched_setscheduler", (1, _EQ, policy, 0))
    made.add(_refused("EPERM"), "sched_setattr")
    return made


def _no_set_ids() -> Filter:
    made = Filter(_ALLOW)
    places = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "mkdir": 1, "mkdirat": 2, "creat": 1}
    places |= {"mknod": 1, "mknodat": 2}
    for bit in (stat.S_ISUID, stat.S_ISGID):
        for call, place in places.items():
            made.add(_refused("EPERM"), call, (place, _MASKED, bit, bit))
        for call, flags in (("open", 1), ("openat", 2)):
            creates = (flags, _MASKED, 0o100, 0o100)
            made.add(_refused("EPERM"), call, creates, (flags + 1, _MASKED, bit, bit))
    made.add(_refused("ENOSYS"), "openat2")
    return made


def _one_personality() -> Filter:
    made = Filter(_ALLOW)
    made.add(_refused("EPERM"), "personality", (0, _NE, 0xFFFFFFFF, 0))
    return made
