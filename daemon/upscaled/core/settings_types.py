"""
Kinds of values in the configuration that TOML has no word for: folders, addresses, hours, zones.

Each reader raises `ValueError` with a hint for the person; `Expect` says what would be right.
"""

from dataclasses import dataclass
from datetime import time
from ipaddress import IPv4Network, IPv6Address, ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import PlainValidator, ValidationInfo

from upscaled.core.hours import ALWAYS, Window, parse_time, parse_window
from upscaled.core.nearest import did_you_mean

_LOOPBACK = IPv4Network("127.0.0.0/8")


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
Zone = Annotated[
    ZoneInfo | None,
    PlainValidator(_zone),
    Expect('a time zone such as "Europe/Berlin", or empty'),
]
TimeOfDay = Annotated[
    time | None, PlainValidator(_time), Expect('a time of the day, "06:00", or empty')
]
