"""
A submit that dies by kill -9: `python dying_submit.py N -- VERB...`.

It dies before the Nth thing it does to the share: a folder, a copy, an fsync, a rename.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from upscaled.cli.main import main
from upscaled.edge import disk

left = int(sys.argv[1])


def counted(done: Callable[..., Any], *words: Any, **named: Any) -> Any:
    """Do it, unless it is the one before which the plug is pulled."""
    globals()["left"] -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done(*words, **named)


if __name__ == "__main__":
    for name in ("open_folder", "take", "write_new", "rename_new", "sync_folder", "drop"):
        vars(disk)[name] = partial(counted, getattr(disk, name))
    vars(os)["fsync"] = partial(counted, os.fsync)
    sys.exit(main(sys.argv[3:]))
