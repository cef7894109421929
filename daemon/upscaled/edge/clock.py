"""Time begins here: the wall in UTC, a clock that only grows, and the machine's own zone."""

import time
from datetime import UTC, datetime, tzinfo

from tzlocal import get_localzone


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Return the aware UTC time of the wall."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()


def local_zone(named: tzinfo | None) -> tzinfo:
    """Return the zone that the config names, else the machine's own, with its clock changes."""
    return named if named is not None else get_localzone()
