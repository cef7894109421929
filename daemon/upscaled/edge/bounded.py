"""
Asking what may never answer: a hung mount keeps its thread in the kernel, so it is never ours.

What does not answer in time is left behind in a thread that nobody waits for.
"""

from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")

Start = Callable[[K, Callable[[], None]], None]
"""Begins a piece of work somewhere that is not here."""


def in_a_thread(key: object, work: Callable[[], None]) -> None:
    """Begin work in a thread of its own."""
    Thread(target=work, name=f"asks-{key}", daemon=True).start()


def ask(
    works: Mapping[K, Callable[[], T]], seconds: float, start: Start[K] = in_a_thread
) -> dict[K, T]:
    """
    Begin every piece of work at once; return what came back within `seconds` in all.

    What did not answer is missing from the result. Raises the first error that any of them raised.
    """
    answers: SimpleQueue[tuple[K, T | None, Exception | None]] = SimpleQueue()

    def run(key: K, work: Callable[[], T]) -> None:
        try:
            answers.put((key, work(), None))
        except Exception as error:  # noqa: BLE001 - raised again where it was asked
            answers.put((key, None, error))

    for key, work in works.items():
        start(key, lambda key=key, work=work: run(key, work))  # type: ignore[misc]
    until, found = monotonic() + seconds, dict[K, T]()
    while len(found) < len(works):
        try:
            key, value, error = answers.get(timeout=max(0.0, until - monotonic()))
        except Empty:
            break
        if error is not None:
            raise error
        found[key] = value  # type: ignore[assignment]
    return {key: found[key] for key in works if key in found}
