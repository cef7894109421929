"""
The daemon by clocks that a test pushes on: `python by_its_clock.py FILE -- VERB...`.

FILE holds three numbers: what the wall said (seconds since 1970), when it was set to that by the
machine's own wall, and by how many seconds all clocks were pushed on so far. Between two pushes the
wall goes at a tenth of its pace, so that what comes in a burst is one burst on a busy machine too;
the clock that only grows goes at the machine's. The rest of the program is the shipped one.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from upscaled import house
from upscaled.cli.main import main
from upscaled.edge.clock import SystemClock

PACE = 0.1


class PushedClock(SystemClock):
    """The machine's clocks, as a test set them and pushes them on."""

    def now(self) -> datetime:
        """Return the aware UTC time of the wall."""
        wall, since, _ = _set()
        return datetime.fromtimestamp(wall + (time.time() - since) * PACE, UTC)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic() + _set()[2]


def _set() -> tuple[float, ...]:
    return tuple(map(float, Path(sys.argv[1]).read_text().split()))


if __name__ == "__main__":
    vars(house)["SystemClock"] = PushedClock  # the one seam: which clocks are built
    sys.exit(main(sys.argv[3:]))
