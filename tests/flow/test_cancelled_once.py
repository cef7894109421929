"""Cancelling a picture counts what it may have cost, and never what is counted already."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from model_fal import Fate, ModelFal
from paying import BEGIN, PRICE, Corridor, hushed, settings_of
from upscaled.flow.orders import Orders
from upscaled.nouns import State


@pytest.fixture
def corridor(tmp_path: Path) -> Iterator[Corridor]:
    with hushed():
        made = Corridor(tmp_path, ModelFal(None), settings_of(tmp_path))  # type: ignore[arg-type]
        made.engine = ModelFal(made.clock)
        made.restart()
        yield made
        made.close()


def cancel(corridor: Corridor, name: str) -> None:
    corridor.ledger.ask("cancel", name, corridor.clock.now())
    Orders(corridor.conductor, corridor.ledger, corridor.roads).turn()


def spent(corridor: Corridor) -> int:
    return corridor.ledger.spent(BEGIN - timedelta(days=1))


def test_a_result_asked_for_anew_and_then_cancelled_is_counted_once(corridor: Corridor) -> None:
    fal = corridor.engine
    assert isinstance(fal, ModelFal)
    fal.media = "broken"
    name = corridor.drop()
    corridor.advance(15.0)
    assert corridor.job(name).state is State.READY
    fal.down = True
    corridor.advance(3 * 3600.0)
    assert corridor.job(name).state is State.SUBMITTED
    assert spent(corridor) == PRICE

    cancel(corridor, name)

    assert spent(corridor) == PRICE
    assert len(corridor.job(name).facts.passes) == 1


def test_a_request_under_way_that_is_cancelled_counts_as_spent(corridor: Corridor) -> None:
    fal = corridor.engine
    assert isinstance(fal, ModelFal)
    fal.fates.append(Fate(takes=1000.0))
    name = corridor.drop()
    corridor.advance(10.0)

    cancel(corridor, name)

    assert spent(corridor) == PRICE
    assert corridor.ledger.reserved() == 0
