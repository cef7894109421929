"""
Sub-choices of a family: which of its models, and how strongly, by what was measured.

They are ordered data beside the models. The first that holds and names a model decides the model;
of the rest each that holds, and names no other model, sets what the earlier ones have not set. Only
a source's own measures are asked. Knows no model by name.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from upscaled.core.condition_faults import Entry, Names
from upscaled.core.conditions import SLOT, Condition, Example, Features, covers, figure
from upscaled.core.tables import Table
from upscaled.errors import Fault


class Bounds(Protocol):
    """What may be sent as one parameter."""

    def allows(self, value: object) -> bool:
        """Return whether a value may be sent."""

    def expected(self) -> str:
        """Return what may be sent, in words."""


Fields = Mapping[str, Bounds]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of the list."""

    when: Condition
    model: str
    """Empty where it leaves the model as it is."""
    params: Mapping[str, Any]
    say: str
    """A sentence without its full stop; `{noise}` stands for that measure."""
    examples: tuple[Example, ...]

    def sentence(self, features: Features) -> str:
        """Return why, with the measured figures in their places."""

        def filled(slot: re.Match[str]) -> str:
            return figure(features[slot[1]]) if slot[1] in features else slot[0]

        return SLOT.sub(filled, self.say) + "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Another:
    """One line of what keeps closer to the source, for a second try."""

    model: str
    params: Mapping[str, Any]
    say: str
    """Why, without its full stop."""


class Step(NamedTuple):
    """One choice as it was asked."""

    choice: Choice
    held: bool
    sets: Mapping[str, Any]
    """What it set, `model` among it; empty where nothing was left to set."""

    def within(self, fields: Collection[str]) -> "Step":
        """Return the same step without parameters that the model does not take (`legacy`)."""
        kept = {key: value for key, value in self.sets.items() if key in {*fields, "model"}}
        return self._replace(sets=kept)


class Chosen(NamedTuple):
    """What the choices came to."""

    model: str
    """Empty where none named one."""
    params: dict[str, Any]
    steps: tuple[Step, ...]


def choose(choices: Sequence[Choice], features: Features, fixed: str = "") -> Chosen:
    """Return the model and parameters of the choices that hold; `fixed` is a model already set."""
    holding = [choice.when.holds(features) for choice in choices]
    named = (one.model for one, held in zip(choices, holding, strict=True) if held and one.model)
    model = fixed or next(named, "")
    open_, params = not fixed, dict[str, Any]()
    steps = []
    for choice, held in zip(choices, holding, strict=True):
        sets: dict[str, Any] = {}
        if held and choice.model in ("", model):
            sets = {key: value for key, value in choice.params.items() if key not in params}
            params |= sets
            if choice.model and open_:
                sets, open_ = {"model": model, **sets}, False
        steps.append(Step(choice, held, sets))
    return Chosen(model, params, tuple(steps))


def read_choices(table: Table, base: str, models: Mapping[str, Fields]) -> tuple[Choice, ...]:
    """
    Return a family's choices; `base` is its own model, `models` every model with its fields.

    A choice's parameters must be fields of the model it names; without one, of every model that
    the family may get.
    """
    entries = list(table.array("choice", lambda one: f"{table.key}.choice {one.get('when')}"))
    named = {base} | {str(one.values.get("model")) for one in entries if "model" in one.values}
    shared = _shared([models[name] for name in sorted(named) if name in models])
    return tuple(_choice(one, models, shared) for one in entries)


def read_others(table: Table, models: Mapping[str, Fields]) -> tuple[Another, ...]:
    """Return what a family's second try may be, the best first; `models` as for the choices."""
    found = []
    for one in table.array("again", lambda one: f"{table.key}.again {one.get('model')}"):
        one.only("model", "params", "say")
        name = one.text("model")
        if name and name not in models:
            one.fault("model", name, "one of " + ", ".join(models))
        check_params(params := one.table("params"), models.get(name, {}))
        found.append(Another(model=name, params=dict(params.values), say=one.text("say")))
    return tuple(found)


def choice_faults(
    place: str, family: str, choices: Sequence[Choice], known: Names
) -> Iterator[Fault]:
    """Yield what is wrong with choices that can be read: names, examples, those without effect."""
    for number, choice in enumerate(choices):
        key = f"family.{family}.choice {choice.when}"
        entry = Entry(place=place, key=key, when=choice.when, examples=choice.examples)
        if not choice.when.terms:
            continue  # its grammar is a fault already
        yield from entry.faults(known)
        for slot in sorted(set(SLOT.findall(choice.say)) - choice.when.names):
            yield entry.fault(slot, "measures of its own condition in braces", at="say")
        if not choice.model and not choice.params:
            yield entry.fault("nothing", "a model or params", at="")
        elif choice.when.possible and _shadowed(choice, choices[:number]):
            hint = "earlier choices have set all of it wherever it holds"
            yield entry.fault(choice.when, "a choice that sets something", hint)


def _shadowed(choice: Choice, earlier: Sequence[Choice]) -> bool:
    """Return whether earlier choices leave it nothing to set, or take another model before it."""
    covering = [one for one in earlier if one.when.terms and covers([one.when], choice.when)]
    rivals = {one.model for one in earlier if one.model}
    if choice.model and rivals and choice.model not in rivals:
        return any(one.model for one in covering)
    same = [one for one in covering if one.model in ("", choice.model)]
    left = choice.params.keys() - {key for one in same for key in one.params}
    return not left and (not choice.model or any(one.model for one in same))


def _shared(models: Sequence[Fields]) -> Fields:
    """Return the fields that every one of the models takes."""
    first, *others = models or [{}]
    return {name: field for name, field in first.items() if all(name in one for one in others)}


def _choice(table: Table, models: Mapping[str, Fields], shared: Fields) -> Choice:
    table.only("when", "model", "params", "say", "example")
    name = table.text("model", "")
    if name and name not in models:
        table.fault("model", name, "one of " + ", ".join(models))
    params = table.table("params")
    check_params(params, models.get(name, shared))
    return Choice(
        when=table.condition("when"),
        model=name,
        params=dict(params.values),
        say=table.text("say"),
        examples=table.examples(),
    )


def check_params(table: Table, fields: Fields) -> None:
    """Note every parameter that a model does not take, and every value out of its range."""
    table.only(*fields)
    for key in table.values.keys() & fields.keys():
        if not fields[key].allows(table.values[key]):
            table.fault(key, table.values[key], fields[key].expected())
