"""Denoise, sharpen, recover faces, enlarge: for every family, choice, token and endpoint."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from orders import DIGITAL, FOUR_K, POOR, PRISTINE, probe, raw, shipped, verdict
from standin.catalogue import complaints
from upscaled.core.catalogue import FACES, Catalogue, load_catalogue
from upscaled.core.draft import PlanRequest
from upscaled.core.plan import make_plan
from upscaled.core.repairs import order_sentence, repairs_of, without_repairs
from upscaled.core.second_try import Failed, second_plan
from upscaled.errors import Aside, ConfigError
from upscaled.nouns import Family, Fidelity, Pass, Plan

FAL = ("unified", "split")
ORDER = ["denoised", "sharpened", "faces recovered", "enlarged"]
SIZES = ((700, 500), (1000, 800), (5000, 4000))
WISHES: tuple[dict[str, Any], ...] = (
    {},
    {"faces": True},
    {"faces": False},
    {"legacy": True},
    {"faces": True, "clean": True},
)


def measured(catalogue: Catalogue, family: Family) -> Iterator[dict[str, float]]:
    """Yield measures under which every single choice of a family holds, and none."""
    yield PRISTINE
    yield POOR
    for choice in catalogue.recipes[family].choices:
        for example in choice.examples:
            yield POOR | dict(example.features)


def plans(name: str, family: Family) -> Iterator[Plan]:
    catalogue = shipped(name)
    orders = [replace(order, **wish) for wish in WISHES for order in (FOUR_K, DIGITAL)]
    for measures, size, order in product(measured(catalogue, family), SIZES, orders):
        request = PlanRequest(
            probe=probe(*size, measures), verdict=verdict(family), order=order, catalogue=catalogue,
            resample_limit=16.0,
        )  # fmt: skip
        try:
            yield make_plan(request)
        except Aside:
            continue


def second_try(name: str, plan: Plan, *, named: bool) -> Plan | None:
    first = plan.passes[0]
    width, height = (round(side / first.factor) for side in (first.width, first.height))
    failed = Failed(
        plan=plan,
        fidelity=Fidelity(verdict="fail"),
        source=(width, height),
        catalogue=shipped(name),
        named=named,
        spent=0,
        per_job=100_000_000,
        resample_limit=16.0,
    )
    return second_plan(failed)[0]


def asked(one: Pass) -> dict[str, object]:
    return {
        **one.params, "image_url": "https://x", "model": one.model, "upscale_factor": one.factor,
    }  # fmt: skip


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("name", FAL)
def test_repairs_come_in_their_order_and_never_after_an_enlargement(
    name: str, family: Family
) -> None:
    stages = shipped(name).stages
    assert [stage.does for stage in stages] == ORDER
    two = 0
    for plan in plans(name, family):
        two += len(plan.passes) == 2
        assert all(not repairs_of(stages, one.params) for one in plan.passes[1:])
        for one in plan.passes:
            assert complaints(one.endpoint, asked(one)) == []
            if FACES in shipped(name).models[one.model].fields:
                assert one.params[FACES] in {True, False}, "fal's own default is on"
        said = order_sentence(stages, plan.passes)
        told = [note for note in plan.notes if note.startswith("In this order")]
        assert told == ([said] if said else [])
        places = [said.find(word) for word in ORDER[:-1] if word in said]
        assert places == sorted(places)
        assert not places or said.find("enlarged") > max(places) or "given back" in said
    assert two or family in {Family.REDEFINE, Family.TEXT}


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("name", FAL)
@pytest.mark.parametrize("named", [False, True])
def test_a_second_try_is_another_request_that_the_endpoint_takes(
    name: str, family: Family, *, named: bool
) -> None:
    stages, recipe = shipped(name).stages, shipped(name).recipes[family]
    seen = set[str]()
    for plan in (one for one in plans(name, family) if one.passes):
        second = second_try(name, plan, named=named)
        if second is None:
            assert named or len(plan.passes) == 2, "two passes may have asked all there is"
            continue
        (one,) = second.passes
        seen.add(one.model)
        before = [(was.endpoint, was.model, was.params) for was in plan.passes]
        assert (one.endpoint, one.model, one.params) not in before
        assert not one.params.get(FACES)
        assert complaints(one.endpoint, asked(one)) == []
        assert recipe.step is None or one.factor <= recipe.step
        assert (second.width, second.height) == (plan.width, plan.height)
        faces = any(was.params.get(FACES) for was in plan.passes)
        assert faces or not repairs_of(stages, one.params)
    assert seen
    assert not named or seen <= recipe.names


def test_a_later_pass_loses_its_repairs_and_keeps_the_rest() -> None:
    stages = shipped("unified").stages
    params = {"output_format": "png", "denoise": 0.4, FACES: True, "strength": 0.2}

    assert without_repairs(stages, params) == {
        "output_format": "png", FACES: False, "strength": 0.2,
    }  # fmt: skip


def test_the_note_says_what_is_done_in_which_order() -> None:
    stages = shipped("unified").stages
    first = Pass(
        endpoint="e", model="Standard V2", factor=2.0, width=2, height=2,
        params={FACES: True, "sharpen": 0.2, "fix_compression": 0.3, "denoise": 0.4},
    )  # fmt: skip
    second = replace(first, factor=3.0, params={})

    assert order_sentence(stages, [first, second]) == (
        "In this order: denoised (denoise 0.4, fix_compression 0.3), sharpened (sharpen 0.2), faces"
        " recovered (face_enhancement), enlarged 2x by Standard V2, then enlarged 3x by Standard"
        " V2."
    )


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("stage", [{"does": "denoised", "fields": ["sparkle"]}]),
        ("stage", [{"does": "a", "fields": ["denoise"]}, {"does": "b", "fields": ["denoise"]}]),
        ("again", [{"model": "Sparkle", "say": "x"}]),
        ("again", [{"model": "CGI", "say": "x", "params": {"creativity": 2}}]),
        ("step", 0.5),
        ("later", "recover"),
    ],
)
def test_what_cannot_be_true_is_a_fault_before_anything_is_spent(where: str, value: object) -> None:
    data = raw("unified")
    place = data if where == "stage" else data["family"]["recover"]
    place[where] = value

    with pytest.raises(ConfigError):
        load_catalogue(data, "models-unified.toml")
