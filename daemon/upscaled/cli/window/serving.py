"""
`python -m upscaled.cli.window.serving SOCKET HANDED`: the window's process, once all is read.

Loads neither what checks a configuration nor what writes a ledger: a test says so. The two numbers
are files that `verb` left open.
"""

import gc
import os
import signal
import socket
import sys
import threading

from upscaled import __version__
from upscaled.cli.window.answers import House
from upscaled.cli.window.given import Given, taken
from upscaled.cli.window.idle import Idle
from upscaled.cli.window.pictures import Pictures
from upscaled.cli.window.verb import BESIDE
from upscaled.edge.secrets import find_web_token, kept_secret
from upscaled.edge.web.app import application, server
from upscaled.edge.web.guarding import Keys

KEY = "window.key"
"""In the state directory: what the forms are marked with."""


def main() -> None:
    """Serve until told to end; beside a daemon also until nobody has come for a while."""
    for number in (signal.SIGTERM, signal.SIGINT):  # the server raises it again at its end
        signal.signal(number, lambda *_: sys.exit(0))
    listening = socket.socket(fileno=int(sys.argv[1]))
    with os.fdopen(int(sys.argv[2]), "rb") as file:
        given = taken(file)
    house = House(given, Pictures(given))
    try:
        app = Idle(application(house, _keys(given), __version__))
        serving = server(app)
        if os.environ.get(BESIDE):
            os.nice(10)  # pages wait for pictures, not pictures for pages
            threading.Thread(target=_end_with_parent, daemon=True).start()
            app.then(lambda: setattr(serving, "should_exit", True))
        gc.collect()
        gc.freeze()  # what is loaded stays: it need not be looked at again
        serving.run(sockets=[listening])
    finally:
        house.close()


def _keys(given: Given) -> Keys:
    secret = kept_secret(given.settings.state.directory / KEY)
    return Keys(token=find_web_token() or "", names=given.names, secret=secret)


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
