"""
Who works in a house, each made from it alone; `daemon` joins them to one another.

A room of the house: what is built here keeps to one configuration and leaves with it.
"""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from functools import partial

from upscaled.core.life import Lane
from upscaled.core.settle import Settling
from upscaled.eyes import Eyes, light_of
from upscaled.flow.beat import Beat
from upscaled.flow.cashier import Cashier
from upscaled.flow.conductor import Conductor
from upscaled.flow.intake import Intake
from upscaled.flow.lanes import Lane as Road
from upscaled.flow.patrol import Patrol
from upscaled.flow.series_costs import SeriesCosts
from upscaled.flow.silence import Silence
from upscaled.flow.sums import Days
from upscaled.house import House
from upscaled.nightly import Nightly
from upscaled.nouns import Sighting
from upscaled.whereabouts import roots_of

Hint = Callable[[int, str | None], None]
"""Told that something stirred in a watch's folder; None is nobody knows where."""
Left = Callable[[int, Sequence[Sighting]], set[str]]
"""Returns which originals of a watch were done already and stay where they are."""


def cashier_of(house: House, costs: SeriesCosts, zone: tzinfo) -> Cashier:
    """Return who knows the sums of the house's ledger."""
    settings = house.settings
    days = Days(zone=zone, starts=settings.day_starts)
    return Cashier(house.ledger, settings, days, house.ledger.inboxes, costs)


def eyes_of(house: House, hint: Hint) -> list[Eyes]:
    """Return who sees each inbox."""
    made = []
    for number, config in enumerate(house.settings.watch):
        light, real = light_of(house.settings.finish), house.ledger.inboxes[number]
        eyes = Eyes(number, config, partial(hint, number), light, real)
        eyes.access = house.tools.accesses[number]
        eyes.require = partial(house.marked.require, number)
        made.append(eyes)
    return made


def patrol_of(house: House, conductor: Conductor, eyes: Sequence[Eyes], left: Left) -> Patrol:
    """Return who goes round the inboxes; what the house could not open is in trouble already."""
    grammar, roads = house.tools.grammar, root_roads(house)
    beats = [
        Beat(
            intake=Intake(
                number,
                grammar,
                Settling(one.settle_seconds),
                conductor.book,
                partial(left, number),
            ),
            eyes=one,
            lane=roads[number],
        )
        for number, one in enumerate(eyes)
    ]
    for number, reason in house.marked.refused.items():
        beats[number].trouble = reason
    return Patrol(conductor, beats)


def silence_of(house: House) -> Silence:
    """Return who asks whether the folders of each watch answer at all."""
    watched = [roots_of(house.settings, number) for number in range(len(house.settings.watch))]
    return Silence(watched, house.marked.ask, house.tools.clock)


def nightly_of(house: House) -> Nightly:
    """Return who writes the nights' reports."""
    clock, roads = house.tools.clock, root_roads(house)
    return Nightly(lambda: house.settings, house.ledger, clock, roads, house.marked.real)


def root_roads(house: House) -> dict[int, Road]:
    """Return the lane that leads to the folders of each watch."""
    watches = range(len(house.settings.watch))
    return {number: house.roads[Lane.ROOT, number] for number in watches}
