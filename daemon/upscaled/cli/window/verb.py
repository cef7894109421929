"""
`upscaled window`: the page, served until it is told to end. `run` starts it when somebody comes.

What reads and checks a configuration takes more memory than a whole page: so it is read here, and
`serving` takes over this process with plain values in hand.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from upscaled.cli.config import config_path, settings_of
from upscaled.edge.secrets import find_web_token
from upscaled.edge.web.listening import address_of, bind
from upscaled.errors import Fatal, Fault, UsageError

if TYPE_CHECKING:
    from upscaled.core.settings import Settings

INSTALL = ".venv/bin/pip install --require-hashes -r lock/web.txt"
BESIDE = "UPSCALED_WINDOW_BESIDE"
"""Set by `run`: the number of the socket that it listens on. The window ends when its standard
input ends, which it does with the daemon's process, however."""
MAKE_ONE = 'a good one: python3 -c "import secrets; print(secrets.token_urlsafe(32))" > web_token'
LEAN = {"MALLOC_ARENA_MAX": "1", "PYTHONNODEBUGRANGES": "1"}
"""One heap for all threads, and no columns of source lines: megabytes for nothing."""


def window(arguments: argparse.Namespace) -> int:
    """Serve the window; ends with SIGTERM, or with the daemon that started it."""
    settings, path = settings_of(arguments), config_path(arguments)
    if settings.web.listen is None:
        raise UsageError("[web] listen is empty", 'set it, as in listen = "127.0.0.1:8642"')
    require_extra()
    token_of(settings)
    if not (settings.state.directory / "ledger.sqlite").exists():
        raise UsageError(
            f"there is no ledger in {settings.state.directory} yet", "start the daemon once first"
        )
    _serve(settings, path)


def _serve(settings: "Settings", path: Path) -> NoReturn:
    """Go on as the process that serves."""
    from upscaled.cli.window.gathering import given_of  # noqa: PLC0415 - the extra may be missing

    listening = os.environ.get(BESIDE) or str(_bound(settings))
    with tempfile.TemporaryFile() as file:
        given_of(settings, path).write(file)
        file.seek(0)
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003
        words = ["-m", "upscaled.cli.window.serving", listening, str(file.fileno()), "window"]
        os.execve(sys.executable, [sys.executable, *words], os.environ | LEAN)  # noqa: S606


def _bound(settings: "Settings") -> int:
    """Take the address; return the number of the socket, which the next program has too."""
    address = settings.web.listen
    assert address is not None  # noqa: S101 - asked before
    listening = bind(address.host, address.port)
    print(f"upscaled: the window is at {address_of(listening)}", file=sys.stderr, flush=True)
    listening.set_inheritable(True)
    return listening.detach()


def require_extra() -> None:
    """Raise `Fatal` where the window's packages are not installed."""
    from importlib.util import find_spec  # noqa: PLC0415

    for name in ("jinja2", "starlette", "uvicorn"):
        if find_spec(name) is None:
            raise Fatal(f"the window needs the package {name}", INSTALL)


def window_faults(settings: "Settings", path: Path) -> Iterator[Fault]:
    """Yield what would keep the window from opening."""
    if settings.web.listen is None:
        return
    for look in (require_extra, lambda: token_of(settings)):
        try:
            look()
        except Fatal as error:
            yield Fault(
                place=str(path),
                key="web.listen",
                value=str(settings.web.listen),
                expected="a window that can open",
                hint=f"{error.message}: {error.hint}",
            )


def token_of(settings: "Settings") -> str:
    """Return the token, empty where this machine alone is answered; raises `Fatal` on a bad one."""
    from upscaled.core.settings_types import is_loopback  # noqa: PLC0415
    from upscaled.core.settings_web import token_problem  # noqa: PLC0415

    token, names = find_web_token() or "", settings.web.names
    address = settings.web.listen
    if token and (problem := token_problem(token)):
        raise Fatal(f"$UPSCALED_WEB_TOKEN or the credential web_token: {problem}", MAKE_ONE)
    if not token and (names or not is_loopback(address.host if address else None)):
        why = "[web] names is set" if names else f"[web] listen is {address}"
        raise Fatal(
            f"{why}: other machines need a token",
            f"set $UPSCALED_WEB_TOKEN or the credential web_token, or listen on 127.0.0.1 without"
            f" names; {MAKE_ONE}",
        )
    return token
