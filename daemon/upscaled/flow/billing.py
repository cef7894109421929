"""
Bills that come later: asks now and then what paid requests really cost, and corrects the sum.

Asked in a network lane, written by the conductor's thread.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.nouns import Micros

log = structlog.get_logger()

EVERY_SECONDS = 900.0
LOOK_BACK = timedelta(days=7)
"""Events come within hours; what has none after a week keeps what its own answer said."""

Post = Callable[[Callable[[], None]], None]


class Settled(Protocol):
    """A paid request that no bill has confirmed."""

    @property
    def request_id(self) -> str:
        """Return the engine's id of it."""

    @property
    def at(self) -> datetime:
        """Return when it was settled."""


class Accounts(Protocol):
    """What is needed of the ledger."""

    def settled(self, since: datetime) -> Sequence[Settled]:
        """Return the paid requests since a moment that no bill has confirmed."""

    def bill(self, request_id: str, total: Micros) -> Micros | None:
        """Write what a request was billed; return the difference, None where it is known."""


class Source(Protocol):
    """Who knows what was billed."""

    def totals(self, requests: Collection[str], since: datetime) -> dict[str, Micros]:
        """Return what these requests were billed, without those not billed yet."""


def ask(accounts: Accounts, source: Source, now: datetime, post: Post) -> None:
    """Ask for the bills of the last days; run in a lane. A fault is said, and asked again later."""
    try:
        open_ones = accounts.settled(now - LOOK_BACK)
        if open_ones:
            since = min(one.at for one in open_ones)
            totals = source.totals([one.request_id for one in open_ones], since)
            post(partial(write, accounts, totals))
    except UpscaledError as error:
        log.warning("bills_unknown", reason=error.message, hint=error.hint)


def write(accounts: Accounts, totals: dict[str, Micros]) -> None:
    """Write bills down; run by the conductor's thread."""
    for request_id, total in totals.items():
        try:
            more = accounts.bill(request_id, total)
        except LedgerUnwritable:
            return  # asked again, as nothing says that they are known
        if more:
            log.warning("billed_otherwise", request=request_id, difference_usd=more / 1e6)
