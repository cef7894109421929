"""
Messages leave here: through a command of the studio's own, or Apprise where it is installed.

Addresses of Apprise hold tokens. They come from the environment or a systemd credential, or from a
file that the config names, never from the config itself, and no fault of this module repeats one.
"""

import json
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from upscaled.core.notices import Message
from upscaled.errors import Fatal, Outage

SECONDS = 30.0
"""A command that takes longer is ended, with everything that it started."""
_OURS = (
    "FAL_KEY",
    "FAL_ADMIN_KEY",
    "UPSCALED_NOTIFY_URLS",
    "UPSCALED_HEARTBEAT_URL",
    "UPSCALED_WEB_TOKEN",
)
"""Secrets that a command has no business with."""


def host() -> str:
    """Return this machine's name: a studio has several, and all write to one channel."""
    return socket.gethostname()


def run_command(words: Sequence[str], message: Message) -> None:
    """
    Run a command with the message as JSON on its standard input, and wait for its end.

    `UPSCALED_EVENT`, `UPSCALED_TITLE` and `UPSCALED_TEXT` hold the same as plain text. No shell is
    between, so nothing in a file's name is ever executed. What it prints goes nowhere: it may hold
    a token. Raises `Outage` where it cannot be started, fails, or takes too long.
    """
    told = message.as_json() | {"host": host()}
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own command, without a shell
            list(words),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(message),
            start_new_session=True,
        )
    except OSError as error:
        raise Outage(f"notify_command cannot be started: {error.strerror}") from error
    with process:
        code = _fed(process, json.dumps(told).encode() + b"\n")
    if code != 0:
        raise Outage(f"notify_command ended with {code}")


def _fed(process: "subprocess.Popen[bytes]", content: bytes) -> int:
    try:
        process.communicate(content, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):  # it ended just now, and left nobody behind
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Outage(f"notify_command took more than {SECONDS:.0f} s and was ended") from None
    return process.returncode


def _environment(message: Message) -> dict[str, str]:
    """Return our environment without our secrets; a name's bytes that are no text are replaced."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    kept.pop("CREDENTIALS_DIRECTORY", None)
    said = {
        "UPSCALED_EVENT": message.kind.value,
        "UPSCALED_TITLE": f"upscaled on {host()}: {message.title}",
        "UPSCALED_TEXT": message.text,
    }
    return kept | said


def has_apprise() -> bool:
    """Return whether the extra `notify` is installed; imports nothing."""
    return find_spec("apprise") is not None


def send_by_apprise(url: str, message: Message) -> None:
    """
    Send through one address; raises `Outage` where it takes nothing.

    As plain text: a file's name must not become markup in a chat.
    """
    apprise = _apprise()
    sender = apprise.Apprise()
    if not sender.add(url):
        raise Outage("this address is none that Apprise knows")
    kind = apprise.NotifyType.INFO if _is_good(message) else apprise.NotifyType.WARNING
    sent = sender.notify(
        title=f"upscaled on {host()}: {message.title}",
        body=message.text,
        notify_type=kind,
        body_format=apprise.NotifyFormat.TEXT,
    )
    if not sent:
        raise Outage("Apprise could not deliver")


def unknown(urls: Sequence[str]) -> int:
    """Return how many addresses are none that Apprise knows; sends nothing."""
    sender = _apprise().Apprise()
    return sum(not sender.add(url) for url in urls)


def _apprise() -> Any:
    """Load Apprise: an extra, and heavy, so only who sends does."""
    try:
        import apprise  # noqa: PLC0415
    except ImportError as error:
        raise Outage("Apprise is not installed; install the extra notify") from error
    for library in ("apprise", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)  # their words hold addresses
    return apprise


def _is_good(message: Message) -> bool:
    return message.over or message.kind.value == "night"


def find_urls(file: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """
    Return Apprise's addresses: from $UPSCALED_NOTIFY_URLS, a credential, and the named file.

    The file holds one on each line, as Apprise's own do; `#` begins a comment. Raises `Fatal` where
    it cannot be read.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / "notify_urls" if folder else None
    texts = [environ.get("UPSCALED_NOTIFY_URLS", "").replace(" ", "\n")]
    named = [file] if file is not None else []
    there = [credential] if credential is not None and credential.exists() else []
    texts += [_words(path) for path in there + named]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return tuple(line for line in lines if line and not line.startswith("#"))


def _words(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Fatal(f"the addresses for messages in {path} cannot be read") from error


def schemes(urls: Sequence[str]) -> list[str]:
    """Return what may be shown of addresses, in their order: their schemes."""
    return [url.partition("://")[0] if "://" in url else "?" for url in urls]
