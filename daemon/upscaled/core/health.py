"""Is the daemon alive, and does it do its work? Values in, sentences out."""

from dataclasses import dataclass

BEHIND_SECONDS = 60.0
"""The loop turns twice a second; its longest turns take a few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What the conductor's thread said of itself and of the place, last."""

    ledger: str = ""
    """Why the ledger cannot be written; empty where it can."""
    watches: tuple[str, ...] = ()
    """By watch: what is wrong with its folders; empty where nothing is."""
    looked: bool = False
    """Every watch was looked at whole since the start."""
    stopping: bool = False


def dead(pulse_age: float) -> str:
    """Return why the daemon counts as dead, empty while it lives; `pulse_age` in seconds."""
    if pulse_age <= BEHIND_SECONDS:
        return ""
    return f"the conductor has not turned for {pulse_age:.0f} s"


def unready(vitals: Vitals, pulse_age: float) -> tuple[str, ...]:
    """
    Return why it does not do its work, empty while it does.

    A pause, a closed window, a cap or a locked account are no ill health: somebody wanted them, or
    is told otherwise.
    """
    found = [dead(pulse_age)]
    if vitals.stopping:
        found.append("it stops")
    if vitals.ledger:
        found.append(f"the ledger: {vitals.ledger}")
    found += [f"watch {number}: {why}" for number, why in enumerate(vitals.watches) if why]
    if not vitals.looked and not any(vitals.watches):
        found.append("not every inbox was looked at yet")
    return tuple(filter(None, found))
