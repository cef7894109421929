"""What differs between two configurations, key by key, as values that a line of JSON can hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from upscaled.core.settings import Settings
from upscaled.core.settings_types import Secret

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key that differs; None where it was, or is, not there."""

    key: str
    before: Plain
    after: Plain

    def told(self) -> dict[str, Plain]:
        """Return it as JSON tells it."""
        return {"key": self.key, "from": self.before, "to": self.after}


def flat(settings: Settings) -> dict[str, Plain]:
    """
    Return every value by its dotted key; a watch goes by its inbox, whatever its place in the file.

    A key that may hold a secret is told by a few digits of its hash: that it changed, not to what.
    """
    found: dict[str, Plain] = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name == "watch":
            for watch in value:
                found |= _below(f"watch[{watch.inbox}]", watch)
        else:
            found |= _below(name, value)
    return found


def changes(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> tuple[Change, ...]:
    """Return what differs, in the order of the configuration, what has left it last."""
    keys = [*after, *(key for key in before if key not in after)]
    return tuple(
        Change(key=key, before=before.get(key), after=after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    )


def _below(key: str, value: Any) -> dict[str, Plain]:
    return dict(_walk(key, value))


def _walk(key: str, value: Any) -> Iterator[tuple[str, Plain]]:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        value = {name: _hidden(getattr(value, name), field) for name, field in fields.items()}
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(f"{key}.{name}", inner)
    else:
        yield key, _plain(value)


def _hidden(value: Any, field: FieldInfo) -> Any:
    """Return a value as it is, or what may be told of it."""
    if not any(isinstance(one, Secret) for one in field.metadata):
        return value
    words = value.get_secret_value() if isinstance(value, SecretStr) else "\0".join(value)
    return f"(not shown, {sha256(words.encode()).hexdigest()[:8]})" if words else ""


def _plain(value: Any) -> Plain:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return ", ".join(str(_plain(one)) for one in value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
