"""
What an engine offers: models, endpoints, their fields and prices, and a recipe for each family.

All of it is data in `rules/models-*.toml`, because fal renames endpoints and models and changes
prices. This module says what such a file may hold and refuses what cannot be true; it must not know
any model by name.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from upscaled.core.choices import (
    Another,
    Choice,
    Step,
    check_params,
    choice_faults,
    choose,
    read_choices,
    read_others,
)
from upscaled.core.condition_faults import Names
from upscaled.core.conditions import Features
from upscaled.core.models import Field, Limits, Model
from upscaled.core.price import MEGAPIXEL, PriceRule, StartedBlocks, Tiers, micros
from upscaled.core.repairs import Stage, read_stages, without_repairs
from upscaled.core.tables import Table, is_number
from upscaled.errors import ConfigError
from upscaled.nouns import Family, Micros

FACES = "face_enhancement"
"""The field that turns face recovery on; fal's own default is on, so it is always sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Which model a family gets, and with what."""

    model: Model
    params: Mapping[str, Any]
    later: Family
    """The family whose recipe does a second pass: what is once restored needs no more inventing."""
    legacy: Model
    """The oldest model on offer for the family, or the nearest to it."""
    legacy_missing: str
    """The old model that is not on offer, empty where `legacy` is really it."""
    choices: tuple[Choice, ...] = ()
    """What the measures of a source change of this."""
    step: float | None = None
    """No pass goes further than this, and the second only where the first one's result is clean."""
    others: tuple[Another, ...] = ()
    """What keeps closer to the source, for a second try; the first that is another one is taken."""

    @property
    def names(self) -> frozenset[str]:
        """Return the models that belong to the family."""
        chosen = {one.model for one in self.choices if one.model}
        return frozenset({self.model.name, self.legacy.name, *chosen})


class Pick(NamedTuple):
    """What a picture gets."""

    model: Model
    params: dict[str, Any]
    steps: tuple[Step, ...] = ()
    """The choices that were asked for it."""

    def reasons(self, features: Features) -> tuple[str, ...]:
        """Return a sentence for every choice that changed something."""
        return tuple(step.choice.sentence(features) for step in self.steps if step.sets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One engine's offer."""

    name: str
    engine: str
    """`fal` or `local`."""
    recipes: Mapping[Family, Recipe]
    unit: Micros = 0
    """What one billable unit of the service costs."""
    models: Mapping[str, Model] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    """What a request does in which order; the last is the enlargement."""

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Return every endpoint that a recipe may call, sorted."""
        recipes = self.recipes.values()
        called = {model.endpoint for one in recipes for model in (one.model, one.legacy)}
        chosen = (choice.model for one in recipes for choice in one.choices if choice.model)
        again = (other.model for one in recipes for other in one.others)
        return tuple(sorted(called | {self.models[name].endpoint for name in (*chosen, *again)}))

    def pick(
        self, family: Family, *, legacy: bool = False, features: Features | None = None
    ) -> Pick:
        """
        Return a family's model and the parameters it takes of the recipe's.

        With a source's `features` the recipe's choices are asked: what they set goes before the
        recipe's own parameters. `legacy` goes before the model that they name.
        """
        recipe = self.recipes[family]
        chosen = choose(
            recipe.choices if features is not None else (),
            features or {},
            fixed=recipe.legacy.name if legacy else "",
        )
        model = recipe.legacy if legacy else self.models.get(chosen.model, recipe.model)
        params = {**recipe.params, **chosen.params}
        taken = {key: value for key, value in params.items() if key in model.fields}
        if FACES in model.fields:
            taken.setdefault(FACES, False)
        return Pick(model, taken, tuple(step.within(model.fields) for step in chosen.steps))

    def pick_later(self, family: Family, *, legacy: bool = False) -> Pick:
        """
        Return what a family's second pass gets: a recipe alone, and no repair of any kind.

        The choices rest on measures of the source, and the intermediate is another picture, its
        noise and compression gone.
        """
        pick = self.pick(self.recipes[family].later, legacy=legacy)
        return pick._replace(params=without_repairs(self.stages, pick.params))

    def legacy_note(self, family: Family) -> str | None:
        """Return a sentence where the engine has no old model for the family, else None."""
        recipe = self.recipes[family]
        if not recipe.legacy_missing:
            return None
        return (
            f"legacy: {self.name} has no {recipe.legacy_missing}"
            f" for {family.value}; the nearest is {recipe.legacy.name}."
        )


def load_catalogue(
    mapping: Mapping[str, Any], place: str = "models", known: Names = None
) -> Catalogue:
    """
    Return the catalogue of a parsed rule file; `place` names it in faults.

    `known` are the measures that pictures bring; without it their names are not checked. Raises
    `ConfigError` with every fault at once.
    """
    top = Table(place=place, values=mapping)
    top.only("name", "engine", "unit_usd", "limits", "price", "field", "model", "family", "stage")
    prices = {name: _price(table) for name, table in top.tables("price")}
    fields = {name: _field(table) for name, table in top.tables("field")}
    limits = _limits(top.table("limits"))
    reader = _Models(prices=prices, fields=fields, limits=limits)
    models = {name: reader.read(name, table) for name, table in top.tables("model")}
    stages = read_stages(top, fields)
    recipes = _recipes(top, models)
    engine = top.text("engine")
    if engine not in {"fal", "local", ""}:
        top.fault("engine", engine, "fal or local")
    name = top.text("name")
    unit = micros(top.number("unit_usd", least=0.0))
    for family, recipe in recipes.items():
        top.faults.extend(choice_faults(place, family, recipe.choices, known))
    if top.faults:
        raise ConfigError(tuple(top.faults))
    return Catalogue(
        name=name, engine=engine, recipes=recipes, unit=unit, models=models, stages=stages
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Models:
    """Reads models against what the file has named before."""

    prices: Mapping[str, PriceRule]
    fields: Mapping[str, Field]
    limits: Limits

    def read(self, name: str, table: Table) -> Model:
        table.only("endpoint", "price", "fields", "max_factor", "max_side", "input_mp", "output_mp")
        price = table.text("price")
        if price and price not in self.prices:
            table.fault("price", price, "one of " + ", ".join(self.prices))
        named = table.texts("fields")
        for unknown in (one for one in named if one not in self.fields):
            table.fault("fields", unknown, "only fields described under [field]")
        return Model(
            name=name,
            endpoint=table.text("endpoint"),
            price=self.prices.get(price, StartedBlocks(block_px=1, each=0)),
            limits=_limits(table, self.limits),
            fields={one: self.fields[one] for one in named if one in self.fields},
        )


def _limits(table: Table, default: Limits | None = None) -> Limits:
    """Return a table's limits; without a default each must be there and nothing else."""
    fallback: dict[str, float] = {}
    if default is None:
        table.only("max_factor", "max_side", "input_mp", "output_mp")
    else:
        fallback["max_factor"], fallback["max_side"] = default.max_factor, default.max_side
        fallback["input_mp"] = default.input_px / MEGAPIXEL
        fallback["output_mp"] = default.output_px / MEGAPIXEL
    return Limits(
        max_factor=table.number("max_factor", fallback.get("max_factor"), least=1),
        max_side=int(table.number("max_side", fallback.get("max_side"), least=1)),
        input_px=int(table.number("input_mp", fallback.get("input_mp")) * MEGAPIXEL),
        output_px=int(table.number("output_mp", fallback.get("output_mp")) * MEGAPIXEL),
    )


def _price(table: Table) -> PriceRule:
    table.only("tiers", "block_mp", "usd")
    if "tiers" not in table.values:
        block_px = int(table.number("block_mp", least=0.000001) * MEGAPIXEL)
        return StartedBlocks(block_px=block_px, each=micros(table.number("usd")))
    steps = table.values["tiers"]
    if not _is_staircase(steps):
        table.fault("tiers", steps, "a list of [up to megapixels, usd], rising in both")
        return Tiers(steps=((MEGAPIXEL, 0),))
    return Tiers(steps=tuple((int(mp * MEGAPIXEL), micros(usd)) for mp, usd in steps))


def _is_staircase(steps: object) -> bool:
    if not isinstance(steps, list) or not steps:
        return False
    if not all(isinstance(step, list) and len(step) == 2 for step in steps):
        return False
    if not all(is_number(number) and number > 0 for step in steps for number in step):
        return False
    return all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(steps))


def _field(table: Table) -> Field:
    table.only("type", "least", "most", "choices")
    types = ("number", "integer", "flag", "choice", "text")
    kind = table.text("type")
    if kind and kind not in types:
        table.fault("type", kind, "one of " + ", ".join(types))
    choices = table.texts("choices")
    if kind == "choice" and not choices:
        table.fault("choices", [], "at least one choice")
    least = table.number("least", least=-1e9) if "least" in table.values else None
    most = table.number("most", least=-1e9) if "most" in table.values else None
    return Field(type=kind, least=least, most=most, choices=choices)


def _recipes(top: Table, models: Mapping[str, Model]) -> dict[Family, Recipe]:
    group = top.table("family")
    group.only(*(family.value for family in Family))
    for family in Family:
        if family.value not in group.values:
            group.fault(family.value, None, "a table with the family's model")
    wanted = [family for family in Family if family.value in group.values]
    read = {family: _recipe(group.table(family.value), family, models) for family in wanted}
    return {family: recipe for family, recipe in read.items() if recipe is not None}


def _recipe(table: Table, family: Family, models: Mapping[str, Model]) -> Recipe | None:
    table.only("model", "params", "later", "legacy", "legacy_missing", "choice", "step", "again")
    model = models.get(name := table.text("model"))
    legacy = models.get(old := table.text("legacy", name))
    for key, asked, found in (("model", name, model), ("legacy", old, legacy)):
        if asked and found is None:
            table.fault(key, asked, "one of " + ", ".join(models))
    later = table.text("later", family.value)
    if later not in set(Family):
        table.fault("later", later, "one of " + ", ".join(Family))
    if "step" in table.values and later == family.value:
        table.fault("later", later, "another family: what is restored once is not restored again")
    fields = {one.name: one.fields for one in models.values()}
    choices, others = read_choices(table, name, fields), read_others(table, fields)
    if model is None or legacy is None or later not in set(Family):
        return None
    check_params(params := table.table("params"), model.fields)
    return Recipe(
        model=model,
        params=dict(params.values),
        later=Family(later),
        legacy=legacy,
        legacy_missing=table.text("legacy_missing", ""),
        choices=choices,
        step=table.number("step", least=1.0) if "step" in table.values else None,
        others=others,
    )
