"""The daemon as a person starts it: at a terminal."""

import os
import pty
import subprocess
import time

import pytest

from place import Place


@pytest.mark.long
def test_at_a_terminal_it_says_where_pictures_go_and_how_it_ends(place: Place) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        place.command("run"),
        env={**place.environment, "TERM": "xterm", "COLUMNS": "200"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as running:
        os.close(theirs)
        said, until = b"", time.monotonic() + 30
        while b"today $0.00" not in said and time.monotonic() < until:
            said += os.read(ours, 4096)
        running.terminate()
        assert running.wait(20) == 0
    os.close(ours)

    assert said.index(b"Ctrl-C ends it") < said.index(b"today $0.00")
    assert b"Engine local (plain resampling here, costs nothing)." in said
    assert str(place.path("inbox/4k")).encode() in said
