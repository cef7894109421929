"""Signals begin here: the first asks for an end, the second ends at once; SIGHUP reads anew."""

import faulthandler
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

AT_ONCE = 130
"""Exit code of an end without tidying up, as shells know it from an interrupt."""


def tell_where() -> None:
    """Have SIGABRT, which systemd's watchdog sends, write every thread's stack to stderr first."""
    faulthandler.enable()


class HangUps:
    """SIGHUPs as they come: by them a daemon is asked to read its configuration again."""

    def __init__(self) -> None:
        self._came = False

    def take(self) -> bool:
        """Say whether one has come since this was asked last."""
        came, self._came = self._came, False
        return came

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Note each SIGHUP meanwhile, instead of ending by it."""

        def note(_number: int, _frame: FrameType | None) -> None:
            self._came = True

        before = signal.signal(signal.SIGHUP, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGHUP, before)


@contextmanager
def two_stages(ask: Callable[[], None]) -> Iterator[None]:
    """Call `ask` on the first SIGTERM or SIGINT; leave the process at once on the second."""
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(AT_ONCE)
        asked = True
        ask()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
