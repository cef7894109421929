"""
Values of our own types from plain JSON, by their annotations alone.

For who only looks: what the ledger wrote is read back without the library that checked it, which
takes more memory than all that is shown. Nothing is checked here but what a type cannot hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
_Read = Callable[[Any], Any]


def shaped(kind: type[_T], value: Any) -> _T:
    """Return JSON as a value of a type; raises `ValueError` or `TypeError` where it is none."""
    found: _T = _reader(kind)(value)  # type: ignore[arg-type]
    return found


@cache
def _reader(kind: Any) -> _Read:
    if is_dataclass(kind):
        return _record(kind)
    if isinstance(kind, type) and issubclass(kind, (Enum, float)):
        return kind
    if isinstance(kind, type) and issubclass(kind, date):
        return _moment if issubclass(kind, datetime) else date.fromisoformat
    return _nested(get_origin(kind), get_args(kind))


def _nested(origin: Any, inner: tuple[Any, ...]) -> _Read:
    if origin in {Union, UnionType}:
        return _optional([one for one in inner if one is not NoneType])
    if origin is tuple:
        return _row(inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, read = _reader(inner[0]), _reader(inner[1])
        return lambda value: {key(one): read(other) for one, other in value.items()}
    return lambda value: value


def _record(kind: Any) -> _Read:
    held: dict[str, _Read] = {}

    def read(value: Any) -> Any:
        if not held:  # only now: a type may hold itself
            hints = get_type_hints(kind)
            held.update({one.name: _reader(hints[one.name]) for one in fields(kind) if one.init})
        return kind(**{name: held[name](one) for name, one in value.items() if name in held})

    return read


def _row(inner: tuple[Any, ...]) -> _Read:
    if len(inner) == 2 and inner[1] is ...:
        each = _reader(inner[0])
        return lambda value: tuple(each(one) for one in value)
    reads = [_reader(one) for one in inner]
    return lambda value: tuple(read(one) for read, one in zip(reads, value, strict=True))


def _optional(inner: list[Any]) -> _Read:
    read = _reader(inner[0]) if len(inner) == 1 else lambda value: value
    return lambda value: None if value is None else read(value)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
