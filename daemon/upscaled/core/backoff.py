"""
How long to wait before trying or looking again.

Pure arithmetic: the time and the die are arguments.
"""

_DOUBLINGS = 40
"""Far past every maximum; keeps the power from overflowing after weeks of an outage."""

_AGE_SHARE = 20
"""An old request is looked at about every twentieth of its age: at most 5 % late."""

_SELDOM_SECONDS = 30.0


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


def poll_delay(age_seconds: float, poll_seconds: float) -> float:
    """Return seconds until the next look at a request: young ones often, old ones seldom."""
    slowest = max(poll_seconds, _SELDOM_SECONDS)
    return min(max(poll_seconds, age_seconds / _AGE_SHARE), slowest)
