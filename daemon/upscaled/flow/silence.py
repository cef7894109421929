"""
Which watches do not answer: each root is asked every few seconds, in a thread of its watch's own.

A hung mount keeps whoever asks in the kernel, for hours if need be. It is asked beside the work,
since a long copy keeps the watch's lane just as busy and is no fault. Owned by the conductor's
thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from upscaled.flow.lanes import Lane
from upscaled.flow.ports import Clock

EVERY_SECONDS = 5.0
SILENT_SECONDS = 15.0
"""A disk that sleeps wakes in ten; nothing but time is lost where it takes longer."""
_STEP_SECONDS = 5
"""In such steps a silence is told: each new number is written to the ledger."""

Ask = Callable[[Path], None]
"""Returns once the root's server has answered, whatever it said."""


@dataclass(slots=True)
class _Question:
    lane: Lane
    roots: Sequence[Path]
    next_at: float = 0.0
    asked_at: float | None = None
    """None while no question is open."""
    at: Path | None = None
    """The root that is being asked."""


class Silence:
    """What each watch's folders say when they are asked whether they are there."""

    def __init__(self, watches: Sequence[Sequence[Path]], ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._open = [
            _Question(lane=Lane(f"asks-{number}", 1), roots=tuple(roots))
            for number, roots in enumerate(watches)
        ]

    def turn(self) -> None:
        """Ask every watch whose time it is."""
        now = self._clock.monotonic()
        for question in self._open:
            if question.asked_at is None and now >= question.next_at:
                question.asked_at, question.next_at = now, now + EVERY_SECONDS
                question.lane.put(0, partial(self._run, question))

    def of(self, watch: int) -> str:
        """Return what is wrong with a watch that does not answer; empty where it does."""
        question = self._open[watch]
        asked_at, at = question.asked_at, question.at
        if asked_at is None or at is None:
            return ""
        seconds = self._clock.monotonic() - asked_at
        return f"{at} has not answered for {told(seconds)}" if seconds >= SILENT_SECONDS else ""

    def stop(self) -> None:
        """Ask nothing more."""
        for question in self._open:
            question.lane.stop()

    def _run(self, question: _Question) -> None:
        for root in question.roots:
            question.at = root
            self._ask(root)
        question.at = question.asked_at = None


def told(seconds: float) -> str:
    """Return a span in words: by five seconds, then by minutes."""
    if seconds < 120.0:
        return f"{int(seconds) // _STEP_SECONDS * _STEP_SECONDS} s"
    return f"{int(seconds) // 60} min"
