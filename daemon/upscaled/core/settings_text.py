"""
The commented configuration as text, drawn from the declaration in `settings`.

`config.toml`, `systemd/config.toml` and what `init` writes all come from here, so a key cannot be
explained in one and forgotten in another. Knows no TOML writer: that is an argument.
"""

from collections.abc import Callable, Iterator, Mapping
from textwrap import wrap
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from upscaled.core.settings import Settings
from upscaled.core.settings_faults import choices, inner, range_of
from upscaled.core.tokens import BUILT_IN_LIKE

Values = Mapping[str, Mapping[str, Any]]
"""Values by table and key that differ from the defaults."""
Dump = Callable[[Mapping[str, Any]], str]
"""Writes a mapping as TOML."""

SERVER: Values = {
    "watch": {
        role: f"/srv/upscaled/{role}" for role in ("inbox", "outbox", "archive", "failed", "review")
    },
    "state": {"directory": "/var/lib/upscaled"},
    "engine": {"name": "fal"},
}
"""What differs where systemd runs it: shared folders, its own state, and never a silent stand-in
for the engine that was paid for."""

_HEAD = """\
# The configuration of upscaled. Every key stands here; only one [[watch]] is needed, the rest are
# defaults. Relative paths are relative to this file. `upscaled check` tells every fault at once.
"""
_UNSET = {
    "settle_seconds": 3.0,
    "folder_usd": 10.0,
    "collision": "version",
    "window": "22:00-06:00",
}
"""Keys that mean something by their absence: shown as a comment with this value."""
_WIDTH = 96


def config_text(values: Values, dump: Dump) -> str:
    """Return a whole commented config file with these values, defaults for the rest."""
    sections = (_section(name, values.get(name, {}), dump) for name in Settings.model_fields)
    return "\n".join([_HEAD, *("".join(section) for section in sections)])


def _section(name: str, values: Mapping[str, Any], dump: Dump) -> Iterator[str]:
    table = inner(Settings.model_fields[name].annotation)
    if table is None:  # pragma: no cover - every key of the whole is a table
        raise TypeError(name)
    yield from _comment(" ".join((table.__doc__ or "").split()))
    yield {"watch": "[[watch]]", "target": "[target.broadcast]"}.get(name, f"[{name}]") + "\n"
    if name == "target":
        values = {"like": BUILT_IN_LIKE["broadcast"]} | dict(values)
    yield from _keys(table, values, dump)


def _keys(table: type[BaseModel], values: Mapping[str, Any], dump: Dump) -> Iterator[str]:
    for key, field in table.model_fields.items():
        yield from _comment(_about(field))
        value = values.get(key, field.default)
        yield f"# {dump({key: _UNSET[key]})}" if value is None else dump({key: value})


def _about(field: FieldInfo) -> str:
    words = " | ".join(word or '""' for word in choices(field))
    limits = words or range_of(field)
    return f"{field.description} ({limits})" if limits else str(field.description)


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {line}\n" for line in wrap(text, _WIDTH))
