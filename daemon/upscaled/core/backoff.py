"""
How long to wait before trying or looking again.

Pure arithmetic: the time and the die are arguments.
"""

_DOUBLINGS = 40
"""Far past every maximum; keeps the power from overflowing after weeks of an outage."""

_OLD_SECONDS, _SELDOM_SECONDS = 600.0, 45.0
"""From ten minutes on: 200 requests are then four or five looks a second."""


def delay(attempt: int, first: float, maximum: float, die: float) -> float:
    """
    Return seconds to wait before try number `attempt` + 1; `attempt` counts from 1.

    Doubles from `first` and is bounded by `maximum`. `die`, 0..1, takes away up to half, so that a
    hundred jobs that failed together do not come back together ("equal jitter", Brooker,
    "Exponential Backoff And Jitter", 2015).
    """
    doublings = min(max(attempt - 1, 0), _DOUBLINGS)
    whole = min(maximum, first * 2.0**doublings)
    return whole * (0.5 + 0.5 * die)


def poll_delay(age_seconds: float, poll_seconds: float, die: float) -> float:
    """
    Return seconds until the next look at a request: young ones often, old ones seldom.

    The pause grows with the power 1.5 of the age: a result is noticed 0.5 % late on the average at
    ten seconds, 1.2 % at a minute, 3.8 % at ten minutes. `die`, 0..1, moves the look at an old one
    by up to a fifth to either side, so that two hundred requests of one evening are not looked at
    in the same instant.
    """
    share = min(max(age_seconds, 0.0) / _OLD_SECONDS, 1.0)
    seldom: float = _SELDOM_SECONDS * share**1.5
    return max(poll_seconds, seldom * (0.8 + 0.4 * die))
