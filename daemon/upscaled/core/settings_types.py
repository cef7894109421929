"""
Kinds of values in the configuration that TOML has no word for: folders, addresses, hours, zones.

Each reader raises `ValueError` with a hint for the person; `Expect` says what would be right.
"""

import re
import shlex
from dataclasses import dataclass
from datetime import time
from functools import partial
from ipaddress import IPv4Network, IPv6Address, ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import PlainValidator, SecretStr, ValidationInfo

from upscaled.core.hours import ALWAYS, Window, parse_time, parse_window
from upscaled.core.nearest import did_you_mean
from upscaled.core.notice_kinds import Kind

_LOOPBACK = IPv4Network("127.0.0.0/8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Secret:
    """Marks a key whose value is shown nowhere, not even where it is wrong."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What a person should write instead, as the end of `expected ...`."""

    words: str


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("write it in quotes")  # noqa: TRY004 - pydantic collects ValueError only
    return value


def folder_problem(text: str) -> str:
    """Say why a text is no folder's path; empty where it can be one."""
    if not text.strip():
        return "the path is empty"
    if "\0" in text:
        return "a path holds no zero byte"
    if text.startswith("~"):
        return "~ is not expanded here; write the whole path"
    return ""


def _folder(value: object, info: ValidationInfo) -> Path:
    text = _text(value)
    if problem := folder_problem(text):
        raise ValueError(problem)
    base: Path = (info.context or {})["base"]
    return base / text


def _mode(value: object, *, least: int) -> int | None:
    text = _text(value)
    if not text:
        return None
    if not re.fullmatch(r"[0-7]{3,4}", text):
        raise ValueError("three or four digits from 0 to 7")
    if int(text, 8) & least != least:
        raise ValueError(f"we must be able to work with it ourselves: at least {least:o}")
    return int(text, 8)


def _optional_folder(value: object, info: ValidationInfo) -> Path | None:
    return None if value == "" else _folder(value, info)


def is_loopback(host: str | None) -> bool:
    """Tell whether a host is this machine: 127.0.0.0/8, ::1 or localhost."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host or "")
    except ValueError:
        return False
    return address == IPv6Address("::1") or address in _LOOPBACK


def _url(value: object) -> str:
    text = _text(value)
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("an address holds plain letters only, and no space")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:  # whose own words would repeat what was written: perhaps a password
        raise ValueError("its host or port cannot be read") from None
    if problem := _url_problem(parts):
        raise ValueError(problem)
    return text.rstrip("/")


def _url_problem(parts: SplitResult) -> str:
    if parts.username is not None or parts.password is not None:
        return "no name or password in it; the key comes from $FAL_KEY"
    if parts.query or parts.fragment:
        return "a path is fine, ? and # are not"
    if not parts.hostname:
        return "it names no host"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return ""
    return "the key would travel in the open" if parts.scheme == "http" else "it begins https://"


def secret_url_problem(text: str) -> str:
    """Say why a text is no address to be asked; empty where it is one. Repeats no part of it."""
    try:
        parts = urlsplit(text)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    except ValueError:
        return "its host or port cannot be read"
    if safe and parts.hostname and text.isascii() and text.isprintable():
        return ""
    return "it begins https://, or http:// on this machine; it is not shown here"


def _secret_url(value: object) -> SecretStr:
    text = _text(value).strip()
    if text and (problem := secret_url_problem(text)):
        raise ValueError(problem)
    return SecretStr(text)


def _command(value: object) -> tuple[str, ...]:
    """Read a program and its arguments: an array, or one text split as a shell would, no more."""
    if isinstance(value, str):
        words = shlex.split(value)
    elif isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        words = list(value)
    else:
        raise ValueError('write ["/usr/local/bin/tell", "night"]')
    if any("\0" in word for word in words) or (words and not words[0]):
        raise ValueError("its first word is the program")
    return tuple(words)


def _kinds(value: object) -> tuple[Kind, ...]:
    known = [kind.value for kind in Kind]
    if not isinstance(value, list | tuple):
        raise ValueError("an array of words")  # noqa: TRY004 - as above
    for word in value:
        if word not in known:
            raise ValueError(did_you_mean(str(word)[:64], known))
    return tuple(dict.fromkeys(Kind(word) for word in value))


def _address(value: object) -> Address | None:
    text = _text(value).strip()
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError('a port stands after the last colon, as in "127.0.0.1:9464"')
    if not host.strip("[]"):
        raise ValueError("an address stands before the port; 0.0.0.0 is every one of this machine")
    return Address(host=host.strip("[]"), port=int(port))


def _listen(value: object) -> Address | None:
    address = _address(value)
    if address and not is_loopback(address.host):
        raise ValueError("only this machine is answered: there is no password on it")
    return address


def _prom(value: object, info: ValidationInfo) -> Path | None:
    path = _optional_folder(value, info)
    if path is not None and path.suffix != ".prom":
        raise ValueError("the collector reads names that end in .prom alone")
    return path


def _hours(value: object) -> Window | None:
    return parse_window(_text(value))


def _own_hours(value: object) -> Window | None:
    return None if value is None else _hours(value) or ALWAYS


def _time(value: object) -> time | None:
    return parse_time(_text(value))


def _zone(value: object) -> ZoneInfo | None:
    text = _text(value)
    if not text:
        return None
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(_zone_hint(text)) from None


def _zone_hint(text: str) -> str:
    hint = did_you_mean(text[:64], sorted(available_timezones()))
    return hint.partition(";")[0]


Folder = Annotated[
    Path, PlainValidator(_folder), Expect("a folder, absolute or relative to this file")
]
OptionalFolder = Annotated[
    Path | None,
    PlainValidator(_optional_folder),
    Expect("a folder, absolute or relative to this file, or empty"),
]
FileMode = Annotated[
    int | None,
    PlainValidator(partial(_mode, least=0o600)),
    Expect('octal digits such as "0664", or empty'),
]
FolderMode = Annotated[
    int | None,
    PlainValidator(partial(_mode, least=0o700)),
    Expect('octal digits such as "2775", or empty'),
]
OptionalFile = Annotated[
    Path | None,
    PlainValidator(_optional_folder),
    Expect("a file, absolute or relative to this file, or empty"),
]
Url = Annotated[
    str, PlainValidator(_url), Expect("an https:// address; plain http:// only on loopback")
]
_HOURS_WORDS = 'hours such as "22:00-06:00" or "mon-fri 22:00-06:00; sat 00:00-24:00", or empty'
Hours = Annotated[Window | None, PlainValidator(_hours), Expect(_HOURS_WORDS)]
OwnHours = Annotated[Window | None, PlainValidator(_own_hours), Expect(_HOURS_WORDS)]
"""Unset is None, empty is `ALWAYS`."""
SecretUrl = Annotated[
    SecretStr,
    PlainValidator(_secret_url),
    Expect("an https:// address, or empty; plain http:// only on loopback"),
    Secret(),
]
Command = Annotated[
    tuple[str, ...],
    PlainValidator(_command),
    Expect("a program and its arguments, as an array or in one text"),
    Secret(),
]
Kinds = Annotated[
    tuple[Kind, ...],
    PlainValidator(_kinds),
    Expect("an array of " + ", ".join(f'"{kind.value}"' for kind in Kind)),
]
Listen = Annotated[
    Address | None,
    PlainValidator(_listen),
    Expect('host and port on loopback, "127.0.0.1:9464", or empty'),
]
WindowListen = Annotated[
    Address | None, PlainValidator(_address), Expect('host and port, "127.0.0.1:8642", or empty')
]
Textfile = Annotated[
    Path | None,
    PlainValidator(_prom),
    Expect("a file that ends in .prom, absolute or relative to this file, or empty"),
]
Zone = Annotated[
    ZoneInfo | None,
    PlainValidator(_zone),
    Expect('a time zone such as "Europe/Berlin", or empty'),
]
TimeOfDay = Annotated[
    time | None, PlainValidator(_time), Expect('a time of the day, "06:00", or empty')
]
