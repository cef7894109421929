"""
The child's side: `python -m upscaled.edge.pictures.worker PARENT MEMORY NICE TASKS`.

Takes one task at a time from stdin and answers on stdout. It dies with its parent, whatever ends
the parent, and leaves the group's polite signals to the parent. Knows nothing of what a task does.
"""

import ctypes
import importlib
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from upscaled.edge.pictures import wire
from upscaled.errors import Aside, UpscaledError
from upscaled.nouns import Code

Task = Callable[[dict[str, Any], Callable[[float], None]], Any]
"""A task takes its arguments and a progress function, and returns what JSON can say."""

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Set the limits, then answer requests until the parent hangs up."""
    parent, memory, niceness = (int(word) for word in sys.argv[1:4])
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.nice(niceness)
    _limit_memory(memory)
    replies = _private_stdout()
    requests = _listen()
    tasks: dict[str, Task] = importlib.import_module(sys.argv[4]).TASKS
    while True:
        replies.write(wire.encode(_answer(tasks, wire.decode(requests.get()), replies)))


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the line above took effect.
    if os.getppid() != parent:
        os._exit(1)


def _limit_memory(limit: int) -> None:
    # RLIMIT_DATA counts private writable memory alone; RLIMIT_AS would also count mapped files.
    if limit and sys.platform == "linux":
        import resource  # noqa: PLC0415 - absent on some systems

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _private_stdout() -> BinaryIO:
    """Keep the pipe to the parent; what a library prints goes to stderr."""
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return pipe


def _listen() -> "queue.SimpleQueue[bytes]":
    """Read requests in a thread of their own, so that the parent's hanging up is always heard."""
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            requests.put(line)
        os._exit(0)

    threading.Thread(target=read, name="requests", daemon=True).start()
    return requests


def _answer(tasks: dict[str, Task], request: dict[str, Any], replies: BinaryIO) -> dict[str, Any]:
    def progress(share: float) -> None:
        replies.write(wire.encode({"progress": share}))

    name = request["task"]
    try:
        return {"result": tasks[name](request["arguments"], progress)}
    except UpscaledError as error:
        return {"error": wire.pack(error)}
    except MemoryError:
        return {"error": wire.pack(_too_large(name))}
    except Exception as error:  # noqa: BLE001 - it crosses the pipe as an error that says what it was
        traceback.print_exc()
        return {"error": wire.pack(_unexpected(name, error))}


def _too_large(task: str) -> Aside:
    return Aside(
        Code.TOO_LARGE,
        f"to {task} this picture needs more memory than a worker may use",
        "make the picture smaller, or ask for a smaller target",
    )


def _unexpected(task: str, error: Exception) -> Aside:
    return Aside(
        Code.UNREADABLE,
        f"could not {task} this picture: {type(error).__name__}: {str(error)[:500]}",
        "open it in an editor and save it anew; where that works, it is a fault worth reporting",
    )


if __name__ == "__main__":
    main()
