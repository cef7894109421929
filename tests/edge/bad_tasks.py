"""Tasks that misbehave, for the pool's tests; loaded by a real worker process."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from upscaled.errors import Aside, NotReady

_MB = 1_000_000


def _echo(arguments: dict[str, Any], _progress: Any) -> dict[str, Any]:
    return {**arguments, "pid": os.getpid(), "environment": dict(os.environ)}


def _steps(_arguments: dict[str, Any], progress: Any) -> str:
    for share in (0.25, 0.5, 1.0):
        progress(share)
    return "done"


def _hang(arguments: dict[str, Any], progress: Any) -> None:
    if begun := arguments.get("begun"):
        Path(begun).write_text(str(os.getpid()))
    progress(0.0)
    time.sleep(600)


def _wait_for(arguments: dict[str, Any], _progress: Any) -> int:
    Path(arguments["begun"]).write_text(str(os.getpid()))
    while not Path(arguments["go"]).exists():
        time.sleep(0.01)
    return os.getpid()


def _die(arguments: dict[str, Any], _progress: Any) -> str:
    deaths = Path(arguments["deaths"])
    count = len(deaths.read_text()) if deaths.exists() else 0
    if count < arguments["times"]:
        deaths.write_text("x" * (count + 1))
        sys.stderr.write("about to fall\n")
        os.kill(os.getpid(), signal.SIGSEGV)
    return "survived"


def _fail(arguments: dict[str, Any], _progress: Any) -> None:
    if arguments["how"] == "aside":
        raise Aside("truncated", "cut short", "save it anew", billed_units=2.5)
    if arguments["how"] == "not_ready":
        raise NotReady("not complete yet")
    raise ValueError("seven is not a colour")


def _eat(arguments: dict[str, Any], _progress: Any) -> int:
    eaten = [bytearray(10 * _MB) for _ in range(arguments["megabytes"] // 10)]
    return len(eaten)


def _print(_arguments: dict[str, Any], _progress: Any) -> str:
    sys.stdout.write("a library chats\n" * 3_000)
    os.write(1, b"and so does its C part\n")
    return "unharmed"


def _descriptors(_arguments: dict[str, Any], _progress: Any) -> list[str]:
    return [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()]


TASKS = {
    "echo": _echo,
    "steps": _steps,
    "hang": _hang,
    "wait_for": _wait_for,
    "die": _die,
    "fail": _fail,
    "eat": _eat,
    "print": _print,
    "descriptors": _descriptors,
}
