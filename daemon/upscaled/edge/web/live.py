"""
Says that something changed, and no more: pages fetch themselves again.

One look every few seconds for all windows together, and none while nobody looks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from upscaled.errors import UpscaledError

LOOK_SECONDS = 3.0
"""As often as people read; while much is going on something always changes."""
BEAT_SECONDS = 15.0
"""A word now and then, so that a window notices when nobody is there any more."""


class Live:
    """Counts changes for any number of windows. `version` is called in a worker thread."""

    def __init__(self, version: Callable[[], int]) -> None:
        self._version = version
        self._seen = 0
        self._count = 0
        self._windows = 0
        self._changed = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None

    async def events(self) -> AsyncIterator[str]:
        """Yield a server-sent event at first, at each change, and a comment now and then."""
        self._windows += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        told = self._count
        try:
            yield f"retry: 2000\ndata: {told}\n\n"
            while True:
                try:
                    async with asyncio.timeout(BEAT_SECONDS), self._changed:
                        await self._changed.wait_for(lambda: self._count != told)  # noqa: B023
                    told = self._count
                    yield f"data: {told}\n\n"
                except TimeoutError:
                    yield ": well\n\n"
        finally:
            self._windows -= 1

    async def _look(self) -> None:
        while self._windows:
            try:
                found = await run_in_threadpool(self._version)
            except UpscaledError:  # the ledger is away, which is news too; it is asked again
                found = -1
            if found != self._seen:
                self._seen = found
                async with self._changed:
                    self._count += 1
                    self._changed.notify_all()
            await asyncio.sleep(LOOK_SECONDS)
