"""The window's process: what it loads, when it begins, when it ends, and that it ends in time."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import psutil
import pytest

from place import REPOSITORY, Place, photo
from upscaled.cli.window.idle import Idle
from windows import free_address, is_alive, open_window

HEAVY = (
    "sqlalchemy", "pydantic", "numpy", "PIL", "pyvips", "httpx", "watchdog", "apscheduler",
    "structlog", "rich", "tifffile",
)  # fmt: skip


def test_what_serves_the_window_loads_nothing_heavy() -> None:
    told = "import upscaled.cli.window.serving, sys; print(*sys.modules)"
    paths = {"PYTHONPATH": str(REPOSITORY / "daemon")}
    done = subprocess.run(
        [sys.executable, "-c", told],
        env=os.environ | paths,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "starlette.applications" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_nobody_there_for_a_while_is_noticed_and_somebody_is_not() -> None:
    begun, let_go, acted = asyncio.Event(), asyncio.Event(), Event()

    async def stream(_scope: Any, _receive: Any, _send: Any) -> None:
        begun.set()
        await let_go.wait()

    async def visit() -> None:
        looking = asyncio.create_task(app({}, None, None))  # type: ignore[arg-type]
        await begun.wait()
        app.then(acted.set)
        assert not await asyncio.to_thread(acted.wait, 0.3)
        let_go.set()
        await looking
        assert await asyncio.to_thread(acted.wait, 5)

    app = Idle(stream, seconds=0.05)
    asyncio.run(visit())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.end()


def windows_of(place: Place) -> list[psutil.Process]:
    return [one for one in psutil.Process(place.pid).children() if "window" in one.cmdline()]


@pytest.mark.long
def test_a_window_begins_with_its_first_visitor_and_anew_after_its_end(place: Place) -> None:
    address = free_address()
    place.configure(web={"listen": address})
    place.start()
    place.wait_for(lambda: place.ask("status")["running"], "the daemon")
    assert windows_of(place) == []
    url = f"http://{address}"
    place.wait_for(lambda: is_alive(url), "the window")
    (window,) = windows_of(place)
    assert place.path("state/views").exists()
    window.terminate()
    window.wait(10)
    assert not place.path("state/views").exists()
    place.wait_for(lambda: is_alive(url), "the next one")
    assert windows_of(place) != [window]


@pytest.mark.long
def test_the_window_ends_while_the_last_steps_come_back(place: Place) -> None:
    photo(place.path("large.jpg"), (6000, 4500))
    url = open_window(place, free_address())
    (window,) = windows_of(place)
    with ExitStack() as stack:
        for _ in range(3):  # pages that stay open never end by themselves
            stack.enter_context(httpx.stream("GET", f"{url}/live", timeout=30))
        place.path("inbox/8k").mkdir(parents=True)
        place.path("large.jpg").rename(place.path("inbox/8k/large.jpg"))
        place.wait_for(lambda: place.ask("status")["jobs"]["working"], "a step under way")
        began = time.monotonic()
        daemon = psutil.Process(place.pid)
        daemon.send_signal(signal.SIGTERM)
        window.wait(10)
        assert '"stopped"' not in place.path("daemon.log").read_text(), "it ended afterwards"
        assert daemon.wait(10) == 0
        assert '"stopped"' in place.path("daemon.log").read_text()
    assert time.monotonic() - began < 10
