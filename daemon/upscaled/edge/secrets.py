"""
Where secrets come from: the environment or a systemd credential, never the config file.

One is our own: what the window's forms are marked with is made here once, and kept.
"""

import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from upscaled.errors import Fatal

CREDENTIAL = "fal_key"
ADMIN_CREDENTIAL = "fal_admin_key"
KEPT_BYTES = 32


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


def kept_secret(file: Path) -> bytes:
    """
    Return the random bytes that a file keeps, made at the first time: a restart knows them still.

    Made anew where somebody else could have read or written them. Raises `Fatal` where the folder
    takes no file.
    """
    try:
        return _kept(file) or _made(file)
    except OSError as error:
        raise Fatal(f"{file} cannot be kept: {error.strerror}", "free it for its owner") from error


def _kept(file: Path) -> bytes | None:
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # not there, or a link: either is replaced
        return None
    with open(handle, "rb") as opened:  # noqa: PTH123 - opened already
        found = os.fstat(handle)
        ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        secret = opened.read(KEPT_BYTES + 1) if ours and not found.st_mode & 0o077 else b""
    return secret if len(secret) == KEPT_BYTES else None


def _made(file: Path) -> bytes:
    secret = os.urandom(KEPT_BYTES)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # 0600
    try:
        with open(handle, "wb") as opened:  # noqa: PTH123 - opened already
            opened.write(secret)
            opened.flush()
            os.fsync(handle)
        os.replace(name, file)  # noqa: PTH105 - a name, not a path
    except OSError:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - as above
        raise
    return secret


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
