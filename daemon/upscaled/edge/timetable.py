"""
A clock on the wall, no more: short UTC ticks that only post.

Cron triggers skip and double around clock changes, so nothing here knows a date; the conductor asks
the calendar itself, and a job's `due_at` in the ledger is the only job clock.
"""

from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler


class Timetable:
    """Calls `post()` every so many seconds from its own thread."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1}
        )

    def every(self, seconds: float, name: str, post: Callable[[], None]) -> None:
        """Add a tick, spread by a fifth, so that several watches do not meet at one server."""
        self._scheduler.add_job(post, "interval", seconds=seconds, jitter=seconds / 5, id=name)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking at once."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
