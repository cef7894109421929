"""A sign of life to a dead man's switch elsewhere: who hears nothing for long raises the alarm."""

import os
from collections.abc import Mapping
from pathlib import Path

import httpx

from upscaled.errors import Outage

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
    """Return the heartbeat's address: $UPSCALED_HEARTBEAT_URL, a credential, else the config's."""
    if url := environ.get("UPSCALED_HEARTBEAT_URL", "").strip():
        return url
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / "heartbeat_url" if folder else None
    if credential is not None and credential.exists():
        return credential.read_text(encoding="utf-8").strip()
    return configured
