"""
The daemon, dying by kill -9 at the Nth durable fact: `python crashing.py N WHEN -- VERB...`.

N is a number among the jobs' facts, or `recipe`: the first series that is written down.
WHEN is `before` (the deed is done, its record is lost) or `after`. The rest of the program is the
shipped one; only the ledger that it writes to is a subclass here.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from upscaled import rooms
from upscaled.cli.main import main
from upscaled.edge.ledger import Ledger
from upscaled.nouns import Job, PassDone


class CrashingLedger(Ledger):
    """A ledger that pulls the plug."""

    left = int(sys.argv[1]) if sys.argv[1].isdigit() else 0

    def __init__(self, path: Path, inboxes: Sequence[str]) -> None:
        super().__init__(path, inboxes)
        if sys.argv[1] == "recipe":
            decided = self.series.decided
            vars(self.series)["decided"] = lambda *row: dying(lambda: decided(*row))

    def record(self, job: Job, said: str = "", paid: Sequence[PassDone] = ()) -> None:
        """Write, and die before or after the Nth time."""
        CrashingLedger.left -= 1
        if self.left == 0:
            dying(lambda: super(CrashingLedger, self).record(job, said, paid))
        else:
            super().record(job, said, paid)


def dying(write: Callable[[], None]) -> None:
    """Pull the plug before or after a write."""
    if sys.argv[2] == "after":
        write()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    vars(rooms)["Ledger"] = CrashingLedger  # the one seam: which ledger is built
    sys.exit(main(sys.argv[4:]))
