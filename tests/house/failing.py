"""
The daemon, on folders that fail at every first touch: `python failing.py FOLDER LOG -- VERB...`.

Python tells its audit hooks of most calls before they are made; here the first of each kind at each
path below FOLDER ends in an error of the operating system, one after the other of those that shares
are known for. Each that happened is a line in LOG. Markers and listings are left to other tests,
where every fault costs the pause after an outage. The rest of the program is the shipped one.
"""

import errno
import os
import sys
from itertools import cycle
from pathlib import Path

from upscaled.cli.main import main

KINDS = ("open", "os.mkdir", "os.rename", "os.link", "os.remove")
ERRORS = ("ESTALE", "EIO", "EHOSTDOWN", "EBUSY", "ENOTCONN", "ETIMEDOUT", "EROFS", "EACCES")
FULL = ("ENOSPC", "EDQUOT")

folder, log = (os.path.abspath(word) for word in sys.argv[1:3])  # noqa: PTH100 - no look at the disk
names = cycle([*ERRORS, *FULL])
touched: set[tuple[str, str]] = set()


def strike(kind: str, arguments: tuple[object, ...]) -> None:
    """Fail at the first call of a kind at a path."""
    if kind not in KINDS or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    path = os.fsdecode(arguments[0])
    if not path.startswith(folder + "/") or path.endswith("/.upscaled-root"):
        return
    if (kind, path) not in touched and not Path(path).is_dir():
        touched.add((kind, path))
        name = next(names)
        with open(log, "a", encoding="utf-8") as struck:  # noqa: PTH123 - outside FOLDER
            struck.write(f"{name} {kind} {path}\n")
        raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)), path)


if __name__ == "__main__":
    sys.addaudithook(strike)
    sys.exit(main(sys.argv[4:]))
