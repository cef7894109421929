"""Where fal's key comes from: the environment or a systemd credential, never the config file."""

import os
from collections.abc import Mapping
from pathlib import Path

from upscaled.errors import Fatal

CREDENTIAL = "fal_key"


def find_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """
    Return fal's key, None where there is none.

    Raises `Fatal` where a credential is named but cannot be read; its content is never shown.
    """
    key = environ.get("FAL_KEY", "").strip()
    if key:
        return key
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / CREDENTIAL if folder else None
    if credential is None or not credential.exists():
        return None
    try:
        return credential.read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise Fatal(f"the credential {CREDENTIAL} cannot be read: {error.strerror}") from error
