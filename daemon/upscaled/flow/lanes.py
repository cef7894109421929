"""
Lanes: a few threads each, so that a hung share or a long upload starves nothing else.

What is nearest to its end goes first: a thousand new files must not stand before one finished one.
"""

from collections.abc import Callable
from itertools import count
from queue import Empty, PriorityQueue, SimpleQueue
from threading import Thread
from typing import TypeVar

import structlog

from upscaled.errors import Outage, UpscaledError

log = structlog.get_logger()

Work = Callable[[], None]
T = TypeVar("T")
WAITED_FOR_RANK = 500
WAIT_SECONDS = 120.0
"""Other work is before it in the lane; what it did all the same is found at the next attempt."""


class Lane:
    """Some daemon threads working on one queue, highest `rank` first."""

    def __init__(self, name: str, threads: int) -> None:
        self._queue: PriorityQueue[tuple[int, int, Work]] = PriorityQueue()
        self._order = count()
        self._name = name
        self._stopped = False
        self._threads = 0
        self.grow(threads)

    def grow(self, threads: int) -> None:
        """Have so many threads at least; there are never fewer than there were."""
        for number in range(self._threads, threads):
            Thread(target=self._work, name=f"{self._name}-{number}", daemon=True).start()
        self._threads = max(self._threads, threads)

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


def within(lane: Lane, work: Callable[[], T], seconds: float = WAIT_SECONDS) -> T:
    """
    Do what touches a share in its own lane, from another one; raises `Outage` where it hangs.

    Its place is before every step that waits there, since another lane's thread waits for it.
    """
    answers: SimpleQueue[T | UpscaledError] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(work())
        except UpscaledError as error:
            answers.put(error)

    lane.put(WAITED_FOR_RANK, run)
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        said = f"the watch's folders have not answered for {seconds:.0f} s"
        raise Outage(said, "see that their server runs", hold="share") from None
    if isinstance(answer, UpscaledError):
        raise answer
    return answer
