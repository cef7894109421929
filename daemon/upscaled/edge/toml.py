"""
The door to TOML files: the configuration and the rules, read; a commented configuration, written.

Here tomllib and tomli-w begin and end. Knows where files lie, not what their keys mean.
"""

import errno
import os
import re
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import tomli_w

import upscaled
from upscaled.core.settings import Settings, parse_settings
from upscaled.core.settings_text import Values, config_text
from upscaled.errors import ConfigError, Fatal, Fault, UsageError

SYSTEM_CONFIG = Path("/etc/upscaled/config.toml")
ENVIRONMENT = "UPSCALED_CONFIG"
IN_FORCE = "config-in-force.toml"
"""In the state directory: the config file as a daemon last took it over."""

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)\s*$")

_STATE = re.compile(
    r"""^\[state\][^\n]*\n(?:(?!\[)[^\n]*\n)*?directory\s*=\s*(["'])(?P<path>.*?)\1""", re.MULTILINE
)
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems without hard links answer."""


def load_mapping(path: Path) -> dict[str, Any]:
    """
    Read a TOML file whole.

    Raises `ConfigError` where it is missing, may not be read, or is no TOML: with line and column.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")  # editors on Windows begin with a mark
        return tomllib.loads(text)
    except FileNotFoundError:
        hint = f"`upscaled init` writes one; --config or ${ENVIRONMENT} names another"
        raise _error(path, "file", "(missing)", ("a config file", hint)) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise _error(path, "file", why, ("a file that can be read", "")) from error
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, str(error)) from None
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
        raise _error(path, where, "no UTF-8", ("text in UTF-8", "save it as UTF-8")) from None


def _error(path: Path, key: str, value: str, why: tuple[str, str]) -> ConfigError:
    fault = Fault(place=str(path), key=key, value=value, expected=why[0], hint=why[1])
    return ConfigError((fault,))


def _not_toml(path: Path, message: str) -> ConfigError:
    found = _PLACE.search(message)
    where = f"line {found[1]}, column {found[2]}" if found and found[1] else "end of file"
    hint = "text stands in quotes; see https://toml.io"
    return _error(path, where, _PLACE.sub("", message), ("valid TOML", hint))


def load_settings(path: Path) -> Settings:
    """Read and check a config file; raises `ConfigError` with every fault at once."""
    path = path.absolute()
    return parse_settings(load_mapping(path), source=path)


def state_of(path: Path) -> Path:
    """
    Return the state directory that a config file names, however wrong the rest of it may be.

    Where it names none that can be read, the default beside the file.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        text = ""
    found = _STATE.search(text)
    return path.parent / (found["path"] if found else "state")


def keep_in_force(path: Path, state: Path) -> None:
    """Keep a copy of the config file beside the ledger, whole; raises `OSError`."""
    staged = state / f".{IN_FORCE}"
    staged.write_bytes(path.read_bytes())
    staged.chmod(0o600)
    staged.replace(state / IN_FORCE)


def find_config(cli: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """
    Return the config file to read: `--config`, `$UPSCALED_CONFIG`, `./config.toml`, the system's.

    What is named is returned whether it exists or not; where nothing exists, `./config.toml`.
    """
    named = cli or environ.get(ENVIRONMENT)
    if named:
        return cwd / named
    here = cwd / "config.toml"
    return SYSTEM_CONFIG if not here.exists() and SYSTEM_CONFIG.exists() else here


def find_rules(package: Path | None = None) -> Path:
    """
    Return the folder of the shipped rules: in a wheel within the package, else the repository's.

    `package` is the folder of the import package, this one's unless given.
    """
    package = package or Path(upscaled.__file__).resolve().parent
    for folder in (package / "_rules", package.parents[1] / "rules"):
        if folder.is_dir():
            return folder
    raise Fatal(f"{package}: the shipped rules are missing", "install upscaled again")


def load_rules(directory: Path | None, name: str, *, shipped: Path | None = None) -> dict[str, Any]:
    """
    Read one rule file, such as `models.toml`; one of that name in `directory` wins whole.

    Raises `ConfigError` where the directory is missing or a file is no TOML.
    """
    if directory is not None and not directory.is_dir():
        why = ("a folder with rule files", "leave it empty for the shipped rules")
        raise _error(directory, "rules.directory", "(missing)", why)
    own = directory / name if directory else None
    chosen = own if own and own.exists() else (shipped or find_rules()) / name
    return load_mapping(chosen)


def rule_place(directory: Path | None, name: str) -> str:
    """Return where faults of a rule file are told: the override's path, or `rules/` if shipped."""
    own = directory / name if directory else None
    return str(own) if own and own.exists() else f"rules/{name}"


def own_rules(directory: Path | None, name: str) -> str:
    """
    Return the text of a rule file in the override folder, nothing where the shipped one holds.

    Raises `ConfigError` where it is no TOML.
    """
    own = directory / name if directory else None
    if own is None or not own.exists():
        return ""
    load_mapping(own)
    return own.read_bytes().decode("utf-8-sig")


def stray_rules(directory: Path, *, shipped: Path | None = None) -> tuple[str, ...]:
    """Return the files of an override folder that override nothing: most likely misspelt."""
    known = {path.name for path in (shipped or find_rules()).glob("*.toml")}
    return tuple(sorted({path.name for path in directory.glob("*.toml")} - known))


def rule_sums(directory: Path | None) -> dict[str, str]:
    """Return the first hash digits of each rule file in the override folder, by name."""
    files = sorted(directory.glob("*.toml")) if directory is not None else []
    return {path.name: sha256(path.read_bytes()).hexdigest()[:12] for path in files}


def render_config(values: Values | None = None) -> str:
    """Return a commented config file; `values` by table and key differ from the defaults."""
    return config_text(values or {}, tomli_w.dumps)


def write_config(path: Path, values: Values | None = None) -> None:
    """
    Write a commented config file whole, where none stands.

    Raises `UsageError` where one stands already, `Fatal` where it cannot be written.
    """
    try:
        _place(path, render_config(values).encode())
    except FileExistsError:
        raise UsageError(f"{path} exists already", "it was left as it is") from None
    except OSError as error:
        raise Fatal(f"{path} cannot be written: {error.strerror}") from error


def _place(path: Path, content: bytes) -> None:
    """Make a file appear whole: a hard link, unlike a rename, never overwrites."""
    with NamedTemporaryFile(dir=path.parent, prefix=".upscaled-config-") as staged:
        staged.write(content)
        staged.flush()
        os.fsync(staged.fileno())
        Path(staged.name).chmod(0o644)
        try:
            path.hardlink_to(staged.name)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _place_without_links(path, content)


def _place_without_links(path: Path, content: bytes) -> None:
    """Write on a file system that knows no hard links (FAT, some shares), still exclusively."""
    with path.open("xb") as file:
        file.write(content)
