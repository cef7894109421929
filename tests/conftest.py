"""What every test may ask for, and the count of faults at the end of a run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from dice import ROLLS
from place import Place
from standin.faults import TALLY

# A busy machine is no fault.
settings.register_profile("calm", deadline=None, derandomize=not ROLLS)
settings.load_profile("calm")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Make a config with all its folders, and a daemon to start on it; ended with the test."""
    made = Place(tmp_path)
    yield made
    made.end()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker process counted."""
    told = getattr(node, "workeroutput", {}).get("faults", {"struck": 0, "missed": []})
    TALLY.struck += told["struck"]
    TALLY.missed += told["missed"]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand the count on from a worker; fail a run in which a scripted fault never happened."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["faults"] = {"struck": TALLY.struck, "missed": TALLY.missed}
    elif TALLY.missed and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many faults were injected, and which were not."""
    if TALLY.struck or TALLY.missed:
        terminalreporter.write_line(
            f"{TALLY.struck} faults injected, {len(TALLY.missed)} missed", red=bool(TALLY.missed)
        )
    for missed in TALLY.missed:
        terminalreporter.write_line(f"  {missed}", red=True)
