"""Values read back from plain JSON are those that the library reads that checked them."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from random import Random
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from pydantic import TypeAdapter

from upscaled.core.progress import Unrest
from upscaled.core.shaped import shaped
from upscaled.nouns import Facts, Recipe

DEEP = 5
_PLAIN: dict[Any, Any] = {
    str: lambda chance: "ä" * chance.randrange(3),
    int: lambda chance: chance.randrange(10**6),
    float: lambda chance: float(chance.randrange(100)),
    bool: lambda chance: chance.random() < 0.5,
    Any: lambda chance: chance.choice(["text", 3, 0.5, True, None, [1, "two"]]),
    datetime: lambda chance: datetime.fromtimestamp(chance.randrange(10**9) + 0.25, UTC),
}


def drawn(kind: Any, chance: Random, deep: int = 0) -> Any:
    """Return some value of a type, by its annotations."""
    if kind in _PLAIN:
        return _PLAIN[kind](chance)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        made: Any = kind
        return made(**{one.name: drawn(hints[one.name], chance, deep + 1) for one in fields(kind)})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return chance.choice(list(kind))
    return nested(kind, chance, deep)


def nested(kind: Any, chance: Random, deep: int) -> Any:
    """Return some value of a type that holds others."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple and inner[1] is ...:
        return tuple(drawn(inner[0], chance, deep) for _ in range(chance.randrange(3)))
    if origin is tuple:
        return tuple(drawn(one, chance, deep) for one in inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {str(number): drawn(inner[1], chance, deep) for number in range(2)}
    some = [one for one in inner if one is not NoneType]
    assert some, f"the test does not know how to draw {kind}"
    return None if deep > DEEP or chance.random() < 0.3 else drawn(some[0], chance, deep)


@pytest.mark.parametrize("kind", [Facts, Recipe, Unrest])
def test_what_the_ledger_wrote_is_read_as_it_was(kind: Any) -> None:
    adapter = TypeAdapter(kind)
    for seed in range(60):
        value = drawn(kind, Random(seed))
        written = adapter.dump_json(value, exclude_defaults=True)
        assert shaped(kind, json.loads(written)) == adapter.validate_json(written) == value, seed


def test_what_another_version_wrote_besides_is_passed_over() -> None:
    assert shaped(Facts, {"engine": "fal", "of another version": 1}) == Facts(engine="fal")


def test_what_cannot_be_read_is_no_value() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        shaped(Facts, {"sent_at": "yesterday"})
    with pytest.raises(TypeError, match="required"):
        shaped(Recipe, {})
