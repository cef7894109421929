"""Put a unit's sandbox on a command: `python -m sandbox UNIT FOLDERS PROGRAM -- COMMAND...`."""

import ctypes
import json
import os
import resource
import sys
from pathlib import Path

from sandbox import calls, root
from sandbox.unit import Settings, service_of

UID = 64321
"""Of the unit's user, who need not exist: sysusers makes one on a server."""
STUDIO = 64322
"""A group that the administrator added the user to: whose results may be given to."""
_SET_PDEATHSIG, _DROP_BOUNDING, _NO_NEW_PRIVS = 1, 24, 38
_AMBIENT, _CLEAR_ALL = 47, 4


def main() -> None:
    """Read the unit, enter its root, give up every right, and become the command."""
    unit, folders, program, _, *command = sys.argv[1:]
    settings = Settings(service_of(Path(unit)))
    libc = ctypes.CDLL(None, use_errno=True)
    filters = calls.prepared(settings)  # systemd-analyze must still be there
    root.enter(settings, json.loads(folders), Path(program))
    _limit(settings)
    _give_up(settings, libc)
    for one in filters:
        one.load()
    if left := settings.unasked():
        raise NotImplementedError(f"the sandbox of the tests does not know {sorted(left)}")
    os.execvpe(command[0], command, os.environ)  # noqa: S606 - our own command


def _limit(settings: Settings) -> None:
    # Where even root may not raise its own limit, as far as the machine allows.
    files = min(int(settings.one("LimitNOFILE")), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.umask(int(settings.one("UMask"), 8))
    if seconds := settings.one("WatchdogSec"):
        os.environ["WATCHDOG_USEC"] = str(int(seconds) * 1_000_000)
    credentials = settings.all("LoadCredential")
    if credentials:
        os.environ["CREDENTIALS_DIRECTORY"] = "/run/credentials/unit"
    for one in credentials:
        name, _, _source = one.partition(":")
        if not Path("/run/credentials/unit", name).is_file():
            raise ValueError(f"the test hands over no credential {name}")
    int(settings.one("StateDirectoryMode"), 8)


def _give_up(settings: Settings, libc: ctypes.CDLL) -> None:
    """Become the unit's user, without a right to get any back."""
    settings.one("CapabilityBoundingSet", "")
    settings.one("AmbientCapabilities", "")
    libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        libc.prctl(_DROP_BOUNDING, capability, 0, 0, 0)
    if settings.one("User") and settings.one("Group"):
        os.setgroups([STUDIO])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
    if settings.yes("NoNewPrivileges"):
        libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_SET_PDEATHSIG, 9, 0, 0, 0)  # a test that ends leaves nothing behind


if __name__ == "__main__":
    main()
