"""Where fal's keys come from: the environment or a systemd credential, never the config file."""

import os
from collections.abc import Mapping
from pathlib import Path

from upscaled.errors import Fatal

CREDENTIAL = "fal_key"
ADMIN_CREDENTIAL = "fal_admin_key"


def find_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """
    Return fal's key, None where there is none.

    Raises `Fatal` where a credential is named but cannot be read; its content is never shown.
    """
    return _found(environ, "FAL_KEY", CREDENTIAL)


def find_admin_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the key that may read bills, None where there is none; raises as `find_key`."""
    return _found(environ, "FAL_ADMIN_KEY", ADMIN_CREDENTIAL)


def find_web_token(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return what opens the window from other machines, None where there is none; as above."""
    return _found(environ, "UPSCALED_WEB_TOKEN", "web_token")


def _found(environ: Mapping[str, str], variable: str, name: str) -> str | None:
    key = environ.get(variable, "").strip()
    if key:
        return key
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / name if folder else None
    if credential is None or not credential.exists():
        return None
    try:
        return credential.read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise Fatal(f"the credential {name} cannot be read: {error.strerror}") from error
