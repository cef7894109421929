"""A ledger that cannot be written just when a start is counted: nothing leaves, nothing is lost."""

from pathlib import Path

import pytest

from model_fal import Fate, ModelFal, Mortal
from paying import Corridor, settings_of
from upscaled.nouns import Hold, State


@pytest.fixture
def corridor(tmp_path: Path) -> Corridor:
    config = settings_of(tmp_path, fal={"start_timeout_seconds": 600.0})
    made = Corridor(tmp_path, ModelFal(None), config)  # type: ignore[arg-type]
    made.engine = ModelFal(made.clock)
    made.restart(Mortal)
    return made


def disk_full(corridor: Corridor, *, deaf: bool) -> None:
    assert isinstance(corridor.ledger, Mortal)
    corridor.ledger.deaf = deaf


def test_a_look_up_that_could_not_be_counted_never_becomes_a_second_submit(
    corridor: Corridor,
) -> None:
    fal = corridor.engine
    assert isinstance(fal, ModelFal)
    fal.answers.append("lost")
    fal.fates.append(Fate(listed_after=300.0, takes=10.0))
    name = corridor.drop()
    corridor.advance(1.0)
    assert corridor.job(name).hold is Hold.DOUBT

    disk_full(corridor, deaf=True)
    corridor.advance(30.0)
    assert corridor.book.trouble
    disk_full(corridor, deaf=False)
    corridor.advance(1000.0)

    assert fal.submits == 1
    assert len(fal.billed()) == 1
    assert corridor.job(name).state is State.FETCHED
    corridor.close()
