"""
What each verb costs with ten thousand done jobs and two hundred unfinished: `make bench-cli`.

Beside `python -c pass` and an import of SQLAlchemy in the same run. A bound holds for the CPU time
of the whole process (user and system), since the wall on a busy machine says little of us; where
nothing else runs the two are the same. Exit 1 on a miss.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from long_ledgers import fill, job_id
from place import Place

ROUNDS = 7
DONE, UNFINISHED = 10_000, 200
READING, OTHER = 0.4, 1.0
"""Seconds: the first for what only reads, the second for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Medians, in seconds."""

    cpu: float
    wall: float


def main() -> int:
    """Measure; print a table; return 1 where a bound does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        for made in ("state", "inbox"):
            place.path(made).mkdir()
        ledger, inbox = place.path("state/ledger.sqlite"), str(place.path("inbox"))
        fill(ledger, inbox, done=DONE, unfinished=UNFINISHED).close()
        rows = [
            ("python -c pass", measured([sys.executable, "-c", "pass"], place), 0.0),
            (
                "import sqlalchemy",
                measured([sys.executable, "-c", "import sqlalchemy"], place),
                0.0,
            ),
        ]
        rows += [
            (words.partition(" --output")[0], measured(place.command(*words.split()), place), most)
            for words, most in _verbs(place)
        ]
    bare = rows[0][1].cpu
    say(f"{DONE} done, {UNFINISHED} unfinished; median of {ROUNDS}; load {os.getloadavg()[0]:.1f}")
    say(f"{'':<28} {'CPU ms':>7} {'wall ms':>8} {'CPU x':>6} {'bound':>6}")
    for name, cost, most in rows:
        limit = f"{most * 1000:6.0f}" if most else ""
        mark = "  MISSED" if most and cost.cpu > most else ""
        times = f"{cost.cpu * 1000:7.0f} {cost.wall * 1000:8.0f} {cost.cpu / bare:6.1f}"
        say(f"{name:<28} {times} {limit}{mark}")
    return int(any(most and cost.cpu > most for _, cost, most in rows))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _verbs(place: Place) -> list[tuple[str, float]]:
    one, failed, review = job_id(5), job_id(1), job_id(2)
    reading = ["status", "status --json", "jobs", "jobs --json", "jobs --state failed"]
    reading += [f"show {one}", f"show {one} --json"]
    others = [f"retry {failed}", f"cancel {failed}", f"accept {review}", f"reject {review}"]
    others += [f"redo {one}", "pause", "resume", "series", "prune --dry-run"]
    others += [f"report --since 30d --output {place.path('report.html')}"]  # all are in its span
    return [(words, READING) for words in reading] + [(words, OTHER) for words in others]


def measured(command: Sequence[str], place: Place) -> Cost:
    """Return what a command costs; once without being counted, so that its files are warm."""
    walls, cpus = [], []
    for _ in range(ROUNDS + 1):
        before, begun = getrusage(RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, env=place.environment, capture_output=True, check=False)
        walls.append(time.perf_counter() - begun)
        after = getrusage(RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode not in {0, 3}:
            raise SystemExit(f"{command}: {done.returncode} {done.stderr.decode()[-500:]}")
    return Cost(cpu=median(cpus[1:]), wall=median(walls[1:]))


if __name__ == "__main__":
    sys.exit(main())
