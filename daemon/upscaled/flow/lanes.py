"""
Lanes: a few threads each, so that a hung share or a long upload starves nothing else.

What is nearest to its end goes first: a thousand new files must not stand before one finished one.
"""

from collections.abc import Callable
from itertools import count
from queue import PriorityQueue
from threading import Thread

import structlog

log = structlog.get_logger()

Work = Callable[[], None]


class Lane:
    """Some daemon threads working on one queue, highest `rank` first."""

    def __init__(self, name: str, threads: int) -> None:
        self._queue: PriorityQueue[tuple[int, int, Work]] = PriorityQueue()
        self._order = count()
        self._name = name
        self._stopped = False
        for number in range(threads):
            Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def put(self, rank: int, work: Work) -> None:
        """Queue a piece of work; it must catch its own faults."""
        self._queue.put((-rank, next(self._order), work))

    def stop(self) -> None:
        """Begin nothing more; what runs is left to end."""
        self._stopped = True

    def _work(self) -> None:
        while True:
            _, _, work = self._queue.get()
            if not self._stopped:
                self._try(work)

    def _try(self, work: Work) -> None:
        try:
            work()
        except Exception:
            # A lane that dies is a watch that is dead while it looks healthy.
            log.exception("lane_work_failed", lane=self._name)
