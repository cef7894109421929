"""A sign of life to a dead man's switch elsewhere: who hears nothing for long raises the alarm."""

import os
from collections.abc import Mapping
from pathlib import Path

import httpx

from upscaled.core.settings_types import secret_url_problem
from upscaled.errors import Fatal, Outage

SECONDS = 10.0


def ping(url: str) -> None:
    """
    Ask an address once.

    Raises `Outage` without the address, which is a secret: who has it can pretend that we live.
    """
    try:
        answer = httpx.get(url, timeout=SECONDS, follow_redirects=False, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Outage(f"the heartbeat did not arrive ({type(error).__name__})") from None
    if answer.is_error:
        raise Outage(f"the heartbeat was answered with {answer.status_code}")


def find_url(configured: str, environ: Mapping[str, str] = os.environ) -> str:
    """
    Return the heartbeat's address: $UPSCALED_HEARTBEAT_URL, a credential, else the config's.

    Raises `Fatal` where it cannot be read or would travel in the open; it is not shown.
    """
    url = environ.get("UPSCALED_HEARTBEAT_URL", "").strip() or _credential(environ) or configured
    if url and (problem := secret_url_problem(url)):
        raise Fatal(f"the heartbeat's address is no good: {problem}")
    return url


def _credential(environ: Mapping[str, str]) -> str:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / "heartbeat_url" if folder else None
    if path is None or not path.exists():
        return ""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Fatal("the credential heartbeat_url cannot be read") from error
