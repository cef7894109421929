"""`upscaled window`: the page, served until it is told to end. `run` starts it beside itself."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from upscaled import __version__
from upscaled.cli.config import settings_of
from upscaled.cli.ledgers import ledger_of
from upscaled.cli.main import DONE
from upscaled.core.settings import Settings
from upscaled.core.settings_types import Address, is_loopback
from upscaled.core.settings_web import token_problem
from upscaled.edge.secrets import find_web_token, kept_secret
from upscaled.errors import Fatal, Fault, UsageError
from upscaled.reading import read_rules

INSTALL = ".venv/bin/pip install --require-hashes -r lock/web.txt"
WITH_PARENT = "UPSCALED_WINDOW_BESIDE"
"""Set by `run`: end when our standard input ends, which it does with its process, however."""

MAKE_ONE = 'a good one: python3 -c "import secrets; print(secrets.token_urlsafe(32))" > web_token'
KEY = "window.key"
"""In the state directory: what the forms are marked with."""


def window(arguments: argparse.Namespace) -> int:
    """Serve the window; ends with SIGTERM, or with the daemon that started it."""
    settings = settings_of(arguments)
    address = settings.web.listen
    if address is None:
        raise UsageError("[web] listen is empty", 'set it, as in listen = "127.0.0.1:8642"')
    require_extra()
    from upscaled.cli.window.answers import House  # noqa: PLC0415 - the extra may be missing
    from upscaled.cli.window.pictures import Pictures  # noqa: PLC0415
    from upscaled.edge.web.app import address_of, application, bind, server  # noqa: PLC0415
    from upscaled.edge.web.guarding import Keys  # noqa: PLC0415

    token = _token(address, settings.web.names)
    ledger = ledger_of(settings)
    if ledger is None:
        raise UsageError(
            f"there is no ledger in {settings.state.directory} yet", "start the daemon once first"
        )
    with ExitStack() as stack:
        listening = bind(address.host, address.port)
        stack.callback(listening.close)
        pictures = Pictures(settings)
        stack.callback(pictures.workers.close, now=True)
        stack.callback(ledger.close)
        house = House(settings, ledger, read_rules(settings), pictures)
        secret = kept_secret(settings.state.directory / KEY)
        keys = Keys(token=token, names=frozenset(settings.web.names), secret=secret)
        if os.environ.get(WITH_PARENT):
            os.nice(10)  # pages wait for pictures, not pictures for pages
            threading.Thread(target=_end_with_parent, daemon=True).start()
        print(f"upscaled: the window is at {address_of(listening)}", file=sys.stderr, flush=True)
        server(application(house, keys, __version__)).run(sockets=[listening])
    return DONE


def require_extra() -> None:
    """Raise `Fatal` where the window's packages are not installed."""
    try:
        import jinja2  # noqa: F401, PLC0415
        import starlette  # noqa: F401, PLC0415
        import uvicorn  # noqa: F401, PLC0415
    except ImportError as error:
        raise Fatal(f"the window needs the package {error.name}", INSTALL) from error


def window_faults(settings: Settings, path: Path) -> Iterator[Fault]:
    """Yield what would keep the window from opening."""
    address = settings.web.listen
    if address is None:
        return
    for look in (require_extra, lambda: _token(address, settings.web.names)):
        try:
            look()
        except Fatal as error:
            yield Fault(
                place=str(path),
                key="web.listen",
                value=f"{address.host}:{address.port}",
                expected="a window that can open",
                hint=f"{error.message}: {error.hint}",
            )


def is_open(settings: Settings) -> bool:
    """Say whether a window is asked for."""
    return settings.web.listen is not None


def _token(address: Address, names: Sequence[str]) -> str:
    token = find_web_token() or ""
    if token and (problem := token_problem(token)):
        raise Fatal(f"$UPSCALED_WEB_TOKEN or the credential web_token: {problem}", MAKE_ONE)
    if not token and (names or not is_loopback(address.host)):
        why = "[web] names is set" if names else f"[web] listen is {address}"
        raise Fatal(
            f"{why}: other machines need a token",
            f"set $UPSCALED_WEB_TOKEN or the credential web_token, or listen on 127.0.0.1 without"
            f" names; {MAKE_ONE}",
        )
    return token


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
