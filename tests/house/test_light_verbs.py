"""Verbs that only read load nothing heavy: how soon they answer follows from that."""

import subprocess
import sys
from pathlib import Path

import pytest

from long_ledgers import fill, job_id
from place import Place

HEAVY = (
    "sqlalchemy", "numpy", "PIL", "pyvips", "httpx", "watchdog", "apscheduler", "structlog",
    "starlette", "tifffile", "asyncio",
)  # fmt: skip
_TOLD = """
import sys
from upscaled.cli.main import main
code = main(sys.argv[2:])
print(*(name for name in sys.argv[1].split(",") if sys.modules.get(name)), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Make a place whose ledger knows every kind of job."""
    made = Place(tmp_path_factory.mktemp("light"))
    for folder in ("state", "inbox"):
        made.path(folder).mkdir()
    fill(made.path("state/ledger.sqlite"), str(made.path("inbox")), done=50, unfinished=4).close()
    return made


def test_status_jobs_and_show_load_no_heavy_library(place: Place) -> None:
    for words in (("status",), ("jobs", "--json"), ("show", job_id(2))):
        command = [sys.executable, "-c", _TOLD, ",".join(HEAVY), "--config", str(place.config)]
        done = subprocess.run(
            [*command, *words],
            env=place.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr.split() == [], words


def test_a_daemon_without_a_terminal_loads_nothing_that_paints_on_one(tmp_path: Path) -> None:
    place = Place(tmp_path)
    words = ["--config", str(place.config), "run", "--until-idle"]
    done = subprocess.run(
        [sys.executable, "-c", _TOLD, "rich,pygments,click,structlog", *words],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.split()[-1] == "structlog"


def test_a_heavy_library_would_be_told(place: Place) -> None:
    command = [sys.executable, "-c", "import sqlalchemy\n" + _TOLD, ",".join(HEAVY), "--config"]
    done = subprocess.run(
        [*command, str(place.config), "jobs"],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "sqlalchemy" in done.stderr.split()


def test_a_list_whose_reader_leaves_ends_in_silence(place: Place) -> None:
    left = subprocess.Popen(
        place.command("jobs"), env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert left.stdout is not None
    left.stdout.close()
    _, said = left.communicate(timeout=60)
    assert (left.returncode, said) == (0, b"")
