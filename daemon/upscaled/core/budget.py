"""
May this be spent? The three caps of `[budget]`, decided on numbers that the ledger supplies.

Money in flight or in doubt counts as spent, in the day and in the month: a cap that forgets what is
on its way is passed by exactly that much.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from upscaled.core.price import usd
from upscaled.nouns import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Settled money of today and of this month, and what is reserved besides."""

    today: Micros = 0
    month: Micros = 0
    reserved: Micros = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The caps of the config; 0 means spend nothing."""

    daily: Micros
    monthly: Micros
    per_job: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Which cap stands in the way, and the sentence for the person."""

    cap: str
    """`per_job_usd`, `monthly_usd` or `daily_usd`."""
    sentence: str


def admit(cost: Micros, spend: Spend, caps: Caps) -> Refusal | None:
    """
    Return None where `cost` may be reserved, else the cap that longest stands in the way.

    A free job is always admitted, whatever the caps say.
    """
    if cost <= 0:
        return None
    return next(_refusals(cost, spend, caps), None)


def _refusals(cost: Micros, spend: Spend, caps: Caps) -> Iterator[Refusal]:
    if cost > caps.per_job:
        yield Refusal(
            cap="per_job_usd",
            sentence=f"It would cost {_money(cost)}, over the cap of {_money(caps.per_job)} for one"
            " picture (budget.per_job_usd); it waits until the cap is raised.",
        )
    if spend.month + spend.reserved + cost > caps.monthly:
        sentence = _period(cost, spend.month, spend.reserved, "month", caps.monthly)
        yield Refusal(cap="monthly_usd", sentence=sentence)
    if spend.today + spend.reserved + cost > caps.daily:
        sentence = _period(cost, spend.today, spend.reserved, "day", caps.daily)
        yield Refusal(cap="daily_usd", sentence=sentence)


def _period(cost: Micros, spent: Micros, reserved: Micros, period: str, cap: Micros) -> str:
    key = {"day": "daily_usd", "month": "monthly_usd"}[period]
    lifts = "" if cost > cap else f" or a new {period} begins"
    return (
        f"It would cost {_money(cost)}; {_money(spent)} are spent this {period} and"
        f" {_money(reserved)} are reserved, of a cap of {_money(cap)} (budget.{key});"
        f" it waits until the cap is raised{lifts}."
    )


def _money(money: Micros) -> str:
    return f"${usd(money):.2f}" if money % 10_000 == 0 else f"${usd(money):.4f}"
