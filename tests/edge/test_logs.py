"""One line a fact, in the form that its reader wants."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from upscaled.edge.logs import FORMATS, chosen

SAYS = """
import structlog
from upscaled.edge.logs import configure
configure(form={form!r})
log = structlog.get_logger()
log.info("job_ended", job="j1", path='4k/a "b"\\nc.png', stages={{"taken": 0.5}}, models=["m"])
log.warning("share_lost")
try:
    raise ValueError("two\\nlines")
except ValueError:
    log.exception("step_failed")
"""


def lines(form: str) -> list[str]:
    daemon = str(Path(__file__).parents[2] / "daemon")
    done = subprocess.run(
        [sys.executable, "-c", SAYS.format(form=form)],
        env={**os.environ, "PYTHONPATH": daemon},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_the_journal_gets_weights_and_no_times_or_colours() -> None:
    ended, lost, failed = lines("journal")

    assert ended.startswith('<6>event=job_ended job=j1 path="4k/a \\"b\\"\\nc.png"')
    assert "stages.taken=0.5" in ended
    assert 'models="[\\"m\\"]"' in ended
    assert lost == "<4>event=share_lost"
    assert failed.startswith("<3>event=step_failed exception=")
    assert "\x1b" not in ended + lost + failed
    assert "timestamp" not in ended


def test_logfmt_and_json_are_one_line_a_fact_with_its_time() -> None:
    logfmt, as_json = lines("logfmt"), lines("json")

    assert len(logfmt) == len(as_json) == 3
    assert logfmt[0].startswith("timestamp=")
    told = json.loads(as_json[0])
    assert (told["event"], told["level"], told["stages"]) == ("job_ended", "info", {"taken": 0.5})
    assert told["timestamp"].endswith("Z")


def test_under_systemd_the_journals_own_form_is_chosen(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        found = os.fstat(stream.fileno())
        here = f"{found.st_dev}:{found.st_ino}"

        assert chosen(stream, {"JOURNAL_STREAM": here}) == "journal"
        assert chosen(stream, {"JOURNAL_STREAM": "1:2"}) == "json"
        assert chosen(stream, {}) == "json"
    assert chosen(io.StringIO(), {"JOURNAL_STREAM": "1:2"}) == "json"


@pytest.mark.parametrize("form", ["console"])
def test_every_form_is_known(form: str) -> None:
    assert form in FORMATS
    assert any("job_ended" in line for line in lines(form))
