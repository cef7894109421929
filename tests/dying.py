"""Runs of the daemon that end by kill -9 at a chosen durable fact."""

import signal
import subprocess
import sys
from enum import IntEnum

from place import REPOSITORY, Place


class Fact(IntEnum):
    """The durable facts of one picture with one pass, in their order."""

    TAKEN = 1
    PLANNED = 2
    ADMITTED = 3
    PREPARED = 4
    UPLOADED = 5
    SUBMITTING = 6
    SUBMITTED = 7
    READY = 8
    FETCHED = 9
    FINISHED = 10
    DELIVERING = 11
    RECEIPTING = 12
    ARCHIVING = 13
    DONE = 14


def die_at(place: Place, fact: int | str, when: str = "after") -> None:
    """
    Run until the fact is written (or, `before`: until it would be), then pull the plug.

    `recipe` is the fact that a series is judged.
    """
    script = str(REPOSITORY / "tests" / "house" / "crashing.py")
    number = fact if isinstance(fact, str) else str(int(fact))
    command = [sys.executable, script, number, when, "--", "--config", str(place.config)]
    died = subprocess.run(
        [*command, "run", "--until-idle"],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, f"no plug was pulled: {died.stderr[-2000:]}"
