"""
`make demo-fal`: the demo through a stand-in of fal.ai on loopback, killed halfway, with play money.

The daemon is killed with SIGKILL while requests are accepted and unfinished, then started again.
Ends with 1 unless every picture ended as planned and every accepted request was paid exactly once.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
# Run as a script, this folder itself is on the path: its modules' names are nobody else's business.
sys.path[:] = [
    str(TESTS),
    *(one for one in sys.path if Path(one or ".").resolve() != TESTS / "standin"),
]

from rich.console import Console  # noqa: E402 - the path must be set first

from standin import Options, Standin  # noqa: E402 - the path must be set first
from upscaled.cli.demo import prepare, results, show  # noqa: E402 - the path must be set first
from upscaled.edge import toml  # noqa: E402 - the path must be set first
from upscaled.rooms import open_ledger  # noqa: E402 - the path must be set first

FOLDER = Path(".demo-fal")
LATENCY_SECONDS = 1.5
"""A model's work; long enough that requests are under way when the kill comes."""
KILL_AFTER = 2
"""Accepted requests; the demo has four to make."""
PATIENCE_SECONDS = 90.0


def main() -> int:
    """Run, kill, run again, and count."""
    console = Console()
    config = prepare(FOLDER)
    with Standin(FOLDER / "fal", Options(latency=LATENCY_SECONDS, concurrency=2)) as fal:
        _configure(config, fal)
        console.print(f"fal's stand-in listens at {fal.url}")
        _killed_halfway(config, fal, console)
        exit_code = _again(config)
        rows = _told(config, console)
        return _account(fal.ledger(), exit_code, rows, console)


def _configure(config: Path, fal: Standin) -> None:
    """Write the demo's configuration anew, with fal as its engine and the stand-in as fal."""
    config.unlink()
    toml.write_config(
        config,
        {
            "engine": {"name": "fal"},
            "watch": {"settle_seconds": 0.3, "patience_seconds": 1.0},
            "retry": {"first_seconds": 0.2, "max_seconds": 2.0},
            "fal": {
                "queue_url": fal.queue_url,
                "rest_url": fal.rest_url,
                "cdn_url": fal.cdn_url,
                "api_url": fal.api_url,
                "poll_seconds": 0.2,
                "start_timeout_seconds": 5,
            },
        },
    )


def _command(config: Path) -> list[str]:
    return [sys.executable, "-m", "upscaled", "--config", str(config), "run"]


def _environment() -> dict[str, str]:
    return {**os.environ, "FAL_KEY": "test"}


def _killed_halfway(config: Path, fal: Standin, console: Console) -> None:
    """Start the daemon and kill it while accepted requests are unfinished; raise if it ends."""
    log = (FOLDER / "killed.log").open("wb")
    with log, subprocess.Popen(_command(config), env=_environment(), stderr=log) as daemon:
        try:
            _await(lambda: fal.ledger()["accepted"] >= KILL_AFTER, daemon)
        finally:
            daemon.send_signal(signal.SIGKILL)
        daemon.wait()
    told = fal.ledger()
    console.print(
        f"kill -9 of process {daemon.pid}: {told['accepted']} requests were accepted, "
        f"{told['downloads']} results fetched. Starting again."
    )


def _again(config: Path) -> int:
    """Run to the end; return the exit code."""
    with (FOLDER / "again.log").open("wb") as log:
        done = subprocess.run(
            [*_command(config), "--until-idle"],
            env=_environment(),
            stderr=log,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    return done.returncode


def _await(done: Callable[[], bool], daemon: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if daemon.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"the daemon did not get so far; see {FOLDER / 'killed.log'}")
        time.sleep(0.02)


def _told(config: Path, console: Console) -> bool:
    """Print what became of the pictures; say whether all ended as planned."""
    settings = toml.load_settings(config)
    ledger = open_ledger(settings)
    try:
        rows = results(settings, ledger)
    finally:
        ledger.close()
    show(rows, console)
    return all(row.as_planned for row in rows)


def _account(told: dict[str, Any], exit_code: int, as_planned: bool, console: Console) -> int:  # noqa: FBT001 - a fact among facts
    """Print the stand-in's own ledger and hold it to the promise."""
    console.print(
        f"submits {told['submits']}, accepted {told['accepted']}, billed {told['billed']}, "
        f"play money ${told['billed_usd']:.2f}"
    )
    faults = {
        "a picture was paid for twice": bool(told["duplicates"]),
        "a submit was refused or repeated": told["submits"] != told["accepted"],
        "an accepted request was not billed once": told["billed"] != told["accepted"],
        "fal's rules were broken": bool(told["violations"]),
        "a picture did not end as planned": not as_planned,
        # 3: finished, but some failed (the broken ones are meant to) or wait.
        f"the second run ended with {exit_code}": exit_code not in {0, 3},
    }
    found = [sentence for sentence, is_so in faults.items() if is_so]
    for sentence in found:
        console.print(sentence, style="red")
    if not found:
        console.print("Nothing was paid twice, nothing was lost.", style="green")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
