"""
How many requests may be at fal at once: the config's bound, and what the account turns out to bear.

fal lets a new account work on two at once and tells nobody; the rest waits in its queue, where the
start timeout runs. So what is seen to work at once bounds what is sent, with a few to spare that
keep the queue from running dry. Pure.
"""

from dataclasses import dataclass, replace

SPARE = 2
"""Requests that may wait at fal beside those it works on."""
QUEUED_SECONDS = 30.0
"""A request that is still queued after this waits for a place of the account, not for a runner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A bound that narrows when requests queue and widens when none does."""

    most: int
    """The config's bound."""
    now: int
    """What holds at present, 1 to `most`."""

    def queued(self, seconds: float, running: int) -> "Pace":
        """Return the bound after a look that found a request queued; so many others run."""
        if seconds < QUEUED_SECONDS:
            return self
        return replace(self, now=max(1, min(self.now, running + SPARE)))

    def ended(self, *, waited: bool) -> "Pace":
        """Return the bound after a request came to its end; `waited` for a place of the account."""
        return self if waited else replace(self, now=min(self.most, self.now + 1))
