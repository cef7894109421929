"""The conductor's pulse: when its thread last went round. Others only read it."""


class Pulse:
    """
    Beaten by the conductor's own thread after each turn, read from any thread.

    Times are seconds of the clock that only grows. A helper thread that beat it would go on beating
    while the conductor hangs, and say nothing.
    """

    def __init__(self, now: float) -> None:
        self.at = now
        self.turns = 0

    def beat(self, now: float) -> None:
        """Note that a turn was made."""
        self.at = now
        self.turns += 1

    def age(self, now: float) -> float:
        """Return the seconds since the last turn, or since the start."""
        return now - self.at
