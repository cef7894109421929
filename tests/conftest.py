"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from place import Place

settings.register_profile("calm", deadline=None)  # a busy machine is no fault
settings.load_profile("calm")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Make a config with all its folders, and a daemon to start on it; ended with the test."""
    made = Place(tmp_path)
    yield made
    made.end()
