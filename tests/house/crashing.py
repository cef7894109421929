"""
The daemon, dying by kill -9 at the Nth durable fact: `python crashing.py N WHEN -- VERB...`.

WHEN is `before` (the deed is done, its record is lost) or `after`. The rest of the program is the
shipped one; only the ledger that it writes to is a subclass here.
"""

import os
import signal
import sys
from collections.abc import Sequence

from upscaled import house
from upscaled.cli.main import main
from upscaled.edge.ledger import Ledger
from upscaled.nouns import Job, PassDone


class CrashingLedger(Ledger):
    """A ledger that pulls the plug."""

    left = int(sys.argv[1])
    before = sys.argv[2] == "before"

    def record(self, job: Job, said: str = "", paid: Sequence[PassDone] = ()) -> None:
        """Write, and die before or after the Nth time."""
        CrashingLedger.left -= 1
        if self.left == 0 and self.before:
            os.kill(os.getpid(), signal.SIGKILL)
        super().record(job, said, paid)
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    vars(house)["Ledger"] = CrashingLedger  # the one seam: which ledger is built
    sys.exit(main(sys.argv[4:]))
