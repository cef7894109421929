"""
In which order a model repairs and enlarges, and that nothing is repaired after an enlargement.

The order is data beside the models: Topaz denoises, then sharpens, then recovers faces, then
enlarges, all within one request. A later pass enlarges what is repaired already, so it is sent no
repair: it would work on what the pass before has made up. Knows no field and no model by name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from upscaled.core.tables import Table
from upscaled.nouns import Pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One thing that a request does, in its turn."""

    does: str
    """What is then done with the picture, such as `denoised`."""
    fields: tuple[str, ...]
    """What asks for it."""


def read_stages(top: Table, known: Collection[str]) -> tuple[Stage, ...]:
    """Return the stages of a rule file in their order; `known` are its fields."""
    stages, taken = list[Stage](), set[str]()
    for table in top.array("stage", lambda one: f"stage {one.get('does')}"):
        table.only("does", "fields")
        fields = table.texts("fields")
        for wrong in (one for one in fields if one not in known or one in taken):
            table.fault("fields", wrong, "fields described under [field], each in one stage")
        taken |= {*fields}
        stages.append(Stage(does=table.text("does"), fields=fields))
    return tuple(stages)


def repairs_of(stages: Sequence[Stage], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a pass's parameters that ask for a repair: all stages but the last."""
    fields = {one for stage in stages[:-1] for one in stage.fields}
    return {key: value for key, value in params.items() if key in fields and value}


def without_repairs(stages: Sequence[Stage], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a later pass: flags that ask for a repair off, the others gone."""
    asked = repairs_of(stages, params)
    off = {key: False for key, value in asked.items() if value is True}
    return {key: value for key, value in params.items() if key not in asked} | off


def order_sentence(stages: Sequence[Stage], passes: Sequence[Pass]) -> str:
    """Return what is done in which order; empty where nothing is repaired and one pass enlarges."""
    repaired = any(repairs_of(stages, one.params) for one in passes)
    if not passes or (len(passes) == 1 and not repaired):
        return ""
    return f"In this order: {', then '.join(_words(stages, one) for one in passes)}."


def _words(stages: Sequence[Stage], one: Pass) -> str:
    words = []
    for stage in stages[:-1]:
        asked = {key: one.params[key] for key in stage.fields if one.params.get(key)}
        if asked:
            words.append(f"{stage.does} ({', '.join(_asked(*pair) for pair in asked.items())})")
    last = f"enlarged {one.factor:.3g}x" if one.factor > 1 else "given back at its size"
    return ", ".join([*words, f"{last} by {one.model}"])


def _asked(field: str, value: object) -> str:
    return field if value is True else f"{field} {value}"
