"""Where the window listens. Loads no server: the daemon only waits for the first who comes."""

import socket

from upscaled.errors import Fatal


def bind(host: str, port: int) -> socket.socket:
    """Take the address, or raise `Fatal` naming it; `port` 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise Fatal(
            f"the window cannot listen on {host}:{port}: {error.strerror or error}",
            "choose another address in [web] listen",
        ) from error
    return taken


def address_of(listening: socket.socket) -> str:
    """Return where a browser finds it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
