"""
The data types that walk the corridor. Frozen, slotted, keyword-only; no behaviour beyond reading.

Units: sizes in pixels, `bytes` in bytes, money in whole micro-dollars (`1 USD = 1_000_000`) so that
sums are exact, times as aware UTC datetimes.
"""

from upscaled.nouns.files import ANYHOW, Access, Artifact, Carried, Identity, Room, Sighting, Taken
from upscaled.nouns.jobs import (
    Acceptance,
    Delivery,
    Dragged,
    Facts,
    Job,
    Redo,
    Reviewed,
    Tried,
    Trouble,
    Wishes,
)
from upscaled.nouns.passes import Assessment, Box, Fidelity, Flicker, PassDone, Standing, Ticket
from upscaled.nouns.plans import Micros, Order, Pass, Plan, Printed, Probe, Recipe, Verdict
from upscaled.nouns.words import INVENTING, Assume, Code, Family, Fit, Format, Hold, State

__all__ = [
    "ANYHOW",
    "INVENTING",
    "Acceptance",
    "Access",
    "Artifact",
    "Assessment",
    "Assume",
    "Box",
    "Carried",
    "Code",
    "Delivery",
    "Dragged",
    "Facts",
    "Family",
    "Fidelity",
    "Fit",
    "Flicker",
    "Format",
    "Hold",
    "Identity",
    "Job",
    "Micros",
    "Order",
    "Pass",
    "PassDone",
    "Plan",
    "Printed",
    "Probe",
    "Recipe",
    "Redo",
    "Reviewed",
    "Room",
    "Sighting",
    "Standing",
    "State",
    "Taken",
    "Ticket",
    "Tried",
    "Trouble",
    "Verdict",
    "Wishes",
]
