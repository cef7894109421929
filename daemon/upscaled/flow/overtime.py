"""Who is worked on for too long. In memory alone: a restart begins to count anew."""

from collections.abc import Iterable

from upscaled.core.life import Word, word_of
from upscaled.nouns import Job


class Overtime:
    """Each job is named once. Times are seconds of the clock that only grows."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._named: set[str] = set()

    def late(self, jobs: Iterable[Job], now: float, most_seconds: float) -> list[Job]:
        """Return the jobs that have been worked on, unheld, for longer than `most_seconds`."""
        working = {
            job.id: job
            for job in jobs
            if word_of(job.state, held=job.hold is not None) is Word.WORKING
        }
        self._since = {one: self._since.get(one, now) for one in working}
        self._named &= working.keys()
        late = [
            job
            for one, job in working.items()
            if one not in self._named and now - self._since[one] > most_seconds
        ]
        self._named.update(job.id for job in late)
        return late
