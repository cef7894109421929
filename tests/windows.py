"""A place's daemon with its window open in a process beside it."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Thread
from typing import Any

import httpx

from place import Place
from upscaled.edge.web.app import server
from upscaled.edge.web.listening import address_of, bind


def free_address() -> str:
    """Return an address of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def open_window(place: Place, address: str, **tables: Any) -> str:
    """Start the daemon with a window at an address; return it as a URL, once it answers."""
    place.configure(web={"listen": address}, **tables)
    place.start()
    url = f"http://{address}"
    place.wait_for(lambda: is_alive(url), "the window")
    return url


def is_alive(url: str) -> bool:
    """Say whether a window answers, and shows a living daemon."""
    try:
        return bool(httpx.get(f"{url}/api/v1/status", timeout=5).json()["running"])
    except httpx.HTTPError:
        return False


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an application on a free port of loopback."""
    with closing(bind("127.0.0.1", 0)) as listening:
        serving = server(app)
        thread = Thread(target=serving.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield address_of(listening)
        serving.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
