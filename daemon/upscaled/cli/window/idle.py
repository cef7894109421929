"""
Notices that nobody looks: no request under way, and none for a while.

Meanwhile what a large answer took is given back.
"""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from upscaled.edge.memory import give_back

IDLE_SECONDS = 60.0
"""An open page keeps a stream open; a closed one costs nothing after so long."""

TRIM_SECONDS = 5.0


class Idle:
    """Stands before an application and counts who is there."""

    def __init__(self, app: ASGIApp, seconds: float = IDLE_SECONDS) -> None:
        self._app = app
        self._seconds = seconds
        self._there = 0
        self._last = monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        self._there += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._there -= 1
            self._last = monotonic()

    def then(self, act: Callable[[], None]) -> None:
        """Act once nobody is there any more; looked at in a thread of its own."""
        Thread(target=self._look, args=(act,), name="idle", daemon=True).start()

    def _look(self, act: Callable[[], None]) -> None:
        pause, given_back = Event(), 0.0
        while self._there or monotonic() - self._last < self._seconds:
            pause.wait(min(TRIM_SECONDS, self._seconds / 4))
            if self._last != given_back:
                given_back = self._last
                give_back()
        act()
