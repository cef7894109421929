"""
What pydantic found wrong, told so that a person can mend it. Knows no key by name.

A secret in the wrong place is never repeated: a fault ends in logs and in bug reports.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from upscaled.core.nearest import did_you_mean
from upscaled.core.settings_types import Expect, Secret
from upscaled.errors import Fault

LONGEST = 60
_SECRET_NAME = re.compile(r"key|secret|token|passw|credential", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}:[0-9a-f]{16,}|://[^/]*@", re.IGNORECASE)
"""The shape of fal's keys, and a password in an address."""
_NOT_SHOWN = "(not shown)"
_KEY_HINT = "the key comes from $FAL_KEY or the systemd credential fal_key, never from this file"


def shown(value: object) -> str:
    """Return a value as a fault shows it: short, on one line, without secrets."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    if _SECRET_VALUE.search(text):
        return _NOT_SHOWN
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def dotted(parts: Iterable[int | str]) -> str:
    """Return a key's place, as in `watch[0].settle_seconds`."""
    steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "".join(steps).lstrip(".")


def faults_of(error: ValidationError, model: type[BaseModel], source: Path) -> tuple[Fault, ...]:
    """Return one fault for each error, in the order of the file's keys."""
    return tuple(
        _fault(one, model, source) for one in error.errors(include_url=False) if one["loc"]
    )


def _fault(error: ErrorDetails, model: type[BaseModel], source: Path) -> Fault:
    loc = error["loc"]
    if error["type"] == "extra_forbidden":
        return _unknown_key(error, _table_at(model, loc[:-1]), source)
    missing = error["type"] == "missing"
    return Fault(
        place=str(source),
        key=dotted(loc),
        value="(missing)" if missing else _shown_at(error, _field_at(model, loc)),
        expected=_expected_by(error, model),
        hint=_hint(error, model),
    )


def _shown_at(error: ErrorDetails, field: FieldInfo | None) -> str:
    secret = field is not None and any(isinstance(one, Secret) for one in field.metadata)
    return _NOT_SHOWN if secret else shown(error["input"])


def _unknown_key(error: ErrorDetails, table: type[BaseModel], source: Path) -> Fault:
    name = str(error["loc"][-1])
    secret = _SECRET_NAME.search(name)
    return Fault(
        place=str(source),
        key=dotted(error["loc"]),
        value=_NOT_SHOWN if secret else shown(error["input"]),
        expected="no such key",
        hint=_KEY_HINT if secret else did_you_mean(name, table.model_fields),
    )


def _expected_by(error: ErrorDetails, model: type[BaseModel]) -> str:
    if error["type"] == "model_type":
        return "a table"
    field = _field_at(model, error["loc"])
    return expected(field) if field else error["msg"]


def _hint(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, given = error["type"], error["input"]
    if kind == "value_error":
        return str(error.get("ctx", {}).get("error", ""))
    if kind == "model_type" and len(error["loc"]) == 1:
        return f"write [{dotted(error['loc'])}] and its keys below"
    if isinstance(given, str):
        return _text_hint(kind, given, _field_at(model, error["loc"]))
    if error["loc"] == ("watch",):
        return "write [[watch]], once for each inbox"
    return ""


def _text_hint(kind: str, given: str, field: FieldInfo | None) -> str:
    if kind in {"literal_error", "enum"} and field:
        return did_you_mean(given[:LONGEST], choices(field))
    return "without quotes" if kind in {"float_type", "int_type", "bool_type"} else ""


def inner(annotation: Any) -> type[BaseModel] | None:
    """Return the table that a key holds, be it one, an array, or named by the person."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := inner(one))), None)


def _steps(model: type[BaseModel], loc: Sequence[int | str]) -> Iterable[FieldInfo]:
    for part in loc:
        if isinstance(part, str) and (field := model.model_fields.get(part)):
            yield field
            model = inner(field.annotation) or model


def _field_at(model: type[BaseModel], loc: Sequence[int | str]) -> FieldInfo | None:
    return next(reversed(list(_steps(model, loc))), None)


def _table_at(model: type[BaseModel], loc: Sequence[int | str]) -> type[BaseModel]:
    field = _field_at(model, loc)
    return (inner(field.annotation) if field else None) or model


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Return the words a key may have; empty where it is no choice."""
    kind = field.annotation
    for one in (kind, *get_args(kind)):  # a key that may be unset is a choice, or None
        if get_origin(one) is Literal:
            return get_args(one)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(one.value for one in kind)
    return ()


def expected(field: FieldInfo) -> str:
    """Return what may stand in a key, as the end of `expected ...`."""
    words = next((one.words for one in field.metadata if isinstance(one, Expect)), "")
    if words:
        return words
    if found := choices(field):
        return "one of " + ", ".join(f'"{word}"' for word in found)
    if limits := range_of(field):
        kind = "a whole number" if field.annotation is int else "a number"
        return f"{kind} from {limits}"
    return _PLAIN.get(get_origin(field.annotation) or field.annotation, "a table")


_PLAIN: dict[Any, str] = {
    bool: "true or false",
    str: "text in quotes",
    tuple: "an array of tables",
    dict: "tables with names of your own",
}


def range_of(field: FieldInfo) -> str:
    """Return the range of a number as words; empty where there is none."""
    low = next((one.ge for one in field.metadata if hasattr(one, "ge")), None)
    high = next((one.le for one in field.metadata if hasattr(one, "le")), None)
    return "" if low is None or high is None else f"{low} to {high}"
