"""A price that was reserved under one cap is not spent under a lower one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model_fal import ModelFal
from paying import PRICE, Corridor, hushed, settings_of
from upscaled.core.settings import Settings
from upscaled.nouns import Hold, State


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with hushed():
        yield


def capped(folder: Path, daily: float) -> Settings:
    return settings_of(folder, budget={"daily_usd": daily})


def lowered(corridor: Corridor, daily: float) -> None:
    corridor.settings = capped(corridor.folder, daily)
    corridor.restart()


@pytest.fixture
def corridor(tmp_path: Path) -> Iterator[Corridor]:
    made = Corridor(tmp_path, ModelFal(None), capped(tmp_path, 20.0))  # type: ignore[arg-type]
    made.engine = ModelFal(made.clock)
    made.restart()
    yield made
    made.close()


def test_a_reserved_picture_is_not_sent_once_nothing_may_be_spent(corridor: Corridor) -> None:
    fal = corridor.engine
    assert isinstance(fal, ModelFal)
    fal.down = True
    name = corridor.drop()
    corridor.advance(1.0)
    assert corridor.job(name).state is State.PREPARED
    assert corridor.job(name).reserved == PRICE

    lowered(corridor, 0.0)
    fal.down = False
    corridor.advance(2 * 86_400.0)

    assert fal.submits == 0
    assert corridor.job(name).hold is Hold.BUDGET
    assert "of a cap of $0.00 (budget.daily_usd)" in (corridor.job(name).reason or "")
    lowered(corridor, 20.0)
    corridor.advance(600.0)
    assert corridor.job(name).state is State.FETCHED
    assert len(fal.billed()) == 1


def test_a_second_pass_waits_for_the_cap_too_and_the_first_is_not_paid_again(
    corridor: Corridor,
) -> None:
    fal = corridor.engine
    assert isinstance(fal, ModelFal)
    name = corridor.drop(passes=2)
    corridor.advance(1.0)
    assert corridor.job(name).state is State.SUBMITTED

    lowered(corridor, 0.10)
    corridor.advance(3600.0)

    assert corridor.job(name).hold is Hold.BUDGET
    assert fal.submits == 1
    corridor.advance(86_400.0)
    assert corridor.job(name).state is State.FETCHED
    assert fal.submits == 2
