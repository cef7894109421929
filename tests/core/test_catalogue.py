"""The engines' offers, as data."""

import tomllib
from copy import deepcopy
from typing import Any

import pytest

from orders import RULES, shipped
from upscaled.core.catalogue import FACES, load_catalogue
from upscaled.core.price import Tiers
from upscaled.errors import ConfigError
from upscaled.nouns import Family

FAL = ("unified", "split")


def raw(name: str) -> dict[str, Any]:
    return deepcopy(tomllib.loads((RULES / f"models-{name}.toml").read_text()))


@pytest.mark.parametrize("name", [*FAL, "local"])
def test_the_shipped_files_are_sound_and_serve_every_family(name: str) -> None:
    catalogue = shipped(name)

    assert catalogue.name == name
    assert set(catalogue.recipes) == set(Family)


@pytest.mark.parametrize("name", FAL)
@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("legacy", [False, True])
def test_every_recipe_asks_for_png_and_sends_only_what_its_model_takes(
    name: str, family: Family, *, legacy: bool
) -> None:
    model, params, _ = shipped(name).pick(family, legacy=legacy)

    assert params["output_format"] == "png"
    assert all(model.fields[key].allows(value) for key, value in params.items())
    assert model.limits.max_factor == 4.0


def test_the_two_families_of_endpoints_are_told_apart() -> None:
    assert shipped("unified").endpoints == ("fal-ai/topaz/upscale/image",)
    assert shipped("split").endpoints == (
        "topaz/upscale/image/generative",
        "topaz/upscale/image/precision",
    )
    split = shipped("split").recipes
    invent = {one for one in Family if split[one].model.endpoint.endswith("generative")}
    assert invent == {Family.RECOVER, Family.REDEFINE}


def test_redefine_stays_close_to_the_picture_and_recover_is_the_second_version() -> None:
    _, redefine, _ = shipped("unified").pick(Family.REDEFINE)
    model, recover, _ = shipped("split").pick(Family.RECOVER)

    assert redefine["creativity"] in {1, 2}
    assert redefine["texture"] == 1
    assert redefine["autoprompt"] is False
    assert model.name == "Recovery V2"
    assert "detail" in recover


@pytest.mark.parametrize("name", FAL)
def test_only_models_that_know_faces_have_the_field(name: str) -> None:
    recipes = shipped(name).recipes
    knows = {one for one in Family if FACES in recipes[one].model.fields}

    assert knows == set(Family) - {Family.REDEFINE}


def test_legacy_is_the_oldest_model_or_the_nearest_by_name() -> None:
    unified = shipped("unified")

    assert unified.pick(Family.RECOVER, legacy=True)[0].name == "Recovery"
    assert unified.legacy_note(Family.RECOVER) is None
    assert unified.legacy_note(Family.CORE) == (
        "legacy: unified has no Standard V1 for core; the nearest is Standard V2."
    )


def test_every_fault_is_told_at_once_with_its_place() -> None:
    data = raw("unified")
    data["engine"] = "aws"
    data["limits"]["max_side"] = "large"
    data["price"]["precision"]["tiers"] = [[48, 0.16], [24, 0.08]]
    data["model"]["CGI"]["price"] = "cheap"
    data["model"]["CGI"]["fields"].append("vigour")
    data["family"]["redefine"]["params"]["creativity"] = 9
    data["family"]["text"]["params"]["strenght"] = 0.3
    data["family"]["core"]["model"] = "Standard V9"
    del data["family"]["cgi"]
    data["colour"] = "blue"

    with pytest.raises(ConfigError) as caught:
        load_catalogue(data, "models-unified.toml")

    faults = {fault.key: fault for fault in caught.value.faults}
    assert set(faults) == {
        "engine",
        "limits.max_side",
        "price.precision.tiers",
        "model.CGI.price",
        "model.CGI.fields",
        "family.redefine.params.creativity",
        "family.text.params.strenght",
        "family.core.model",
        "family.cgi",
        "colour",
    }
    assert faults["family.text.params.strenght"].hint == "did you mean strength?"
    assert faults["family.redefine.params.creativity"].expected == "an integer from 1 up to 6"
    assert {fault.place for fault in faults.values()} == {"models-unified.toml"}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"name": 1, "engine": 2, "price": 3, "field": 4, "model": 5, "family": 6, "limits": 7},
        {"family": {"core": []}, "model": {"x": 1}, "field": {"y": {"type": "choice"}}},
        {"price": {"p": {"tiers": [[1]]}, "q": {"block_mp": True, "usd": float("nan")}}},
    ],
)
def test_a_file_of_any_shape_is_refused_not_crashed_on(broken: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        load_catalogue(broken, "odd.toml")


def test_a_model_may_bear_less_than_the_file_says_for_all() -> None:
    recipes = shipped("unified").recipes

    assert recipes[Family.CORE].model.limits.output_px == 512_000_000
    assert recipes[Family.REDEFINE].model.limits.output_px == 256_000_000
    assert isinstance(recipes[Family.CORE].model.price, Tiers)
