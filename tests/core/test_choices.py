"""Sub-choices: the first named model, and from each choice what the earlier ones left open."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import EIGHT_K, FOUR_K, GOOD, PRISTINE, probe, raw, shipped, verdict
from upscaled.core.catalogue import FACES, load_catalogue
from upscaled.core.choices import Choice, choose
from upscaled.core.conditions import Condition, parse_condition
from upscaled.core.draft import PlanRequest
from upscaled.core.plan import make_plan
from upscaled.edge.pictures.named import MEASURED
from upscaled.errors import ConfigError, Fault
from upscaled.nouns import Family, Order, Plan

FAL = ("unified", "split")
CLEAN = PRISTINE | {"detail_px": 1500.0, "txt_share": 0.01, "txt_n": 1.0, "jpeg_life": 0.0}
DAMAGED = CLEAN | {"noise": 5.0, "q_eq": 50.0, "edgew_best": 0.6, "lossless": 0.0, "jpeg_life": 1.0}


def choice(when: str, model: str = "", **params: Any) -> Choice:
    condition = parse_condition(when)
    assert condition
    return Choice(when=condition, model=model, params=params, say="so", examples=())


def test_each_choice_sets_what_the_earlier_ones_have_not_set() -> None:
    list_ = [choice("a >= 3", x=3), choice("a >= 1", x=1, y=1), choice("b >= 1", z=1)]

    chosen = choose(list_, {"a": 5, "b": 0})

    assert chosen.params == {"x": 3, "y": 1}
    assert [dict(step.sets) for step in chosen.steps] == [{"x": 3}, {"y": 1}, {}]
    assert choose(list_, {}).params == {}


def test_the_first_that_names_a_model_decides_it_and_others_models_are_passed_over_whole() -> None:
    list_ = [
        choice("a >= 1", x=1),
        choice("a >= 1", "M", y=1),
        choice("a >= 1", "N", y=2, z=2),
        choice("a >= 1", "M", w=1),
    ]

    chosen = choose(list_, {"a": 1})

    assert (chosen.model, chosen.params) == ("M", {"x": 1, "y": 1, "w": 1})
    assert choose(list_, {"a": 1}, fixed="N").params == {"x": 1, "y": 2, "z": 2}
    assert choose(list_, {"a": 0}).model == ""


def test_a_reason_holds_the_measured_figures() -> None:
    one = Choice(
        when=Condition(terms=()), model="", params={}, say="noise {noise}, {odd}", examples=()
    )

    assert one.sentence({"noise": 3.14159}) == "noise 3.14, {odd}."


# ---- what the files may say


def faults(family: str, *choices: Mapping[str, Any]) -> dict[str, Fault]:
    data = raw("unified")
    data["family"][family]["choice"] = list(choices)
    with pytest.raises(ConfigError) as caught:
        load_catalogue(data, "models-unified.toml", MEASURED)
    return {fault.key: fault for fault in caught.value.faults}


def entry(when: str, params: dict[str, Any], measures: dict[str, float], **more: Any) -> Any:
    example = [measures | {"matches": True}]
    return {"when": when, "params": params, "say": "so", "example": example} | more


def test_every_value_of_a_choice_is_held_to_the_fields_of_its_model() -> None:
    found = faults(
        "cgi",
        entry("noise >= 2", {"denoise": 1.5}, {"noise": 3}),
        entry("q_eq <= 50", {"fix_compression": 0.3}, {"q_eq": 40}),
        entry("q_eq <= 40", {"fix_compresion": 0.3}, {"q_eq": 30}, model="Standard V2"),
        entry("q_eq <= 30", {"sharpen": 0.1}, {"q_eq": 20}, model="Standard V9"),
    )

    assert found["family.cgi.choice noise >= 2.params.denoise"].expected == (
        "a number from 0 up to 1"
    )
    assert "family.cgi.choice q_eq <= 50.params.fix_compression" in found, "CGI has no such field"
    assert found["family.cgi.choice q_eq <= 40.params.fix_compresion"].hint
    assert "family.cgi.choice q_eq <= 30.model" in found


def test_a_choice_that_can_set_nothing_is_a_fault() -> None:
    found = faults(
        "core",
        entry("noise >= 2", {"denoise": 0.2}, {"noise": 3}),
        entry("noise >= 4.5", {"denoise": 0.4}, {"noise": 5}),
        entry("q_eq <= 80", {}, {"q_eq": 70}),
        entry("q_eq >= 90 and q_eq < 80", {"denoise": 0.1}, {"q_eq": 90}),
    )

    assert "family.core.choice noise >= 4.5.when" in found
    assert "family.core.choice q_eq <= 80" in found
    assert "family.core.choice q_eq >= 90 and q_eq < 80.when" in found


def test_names_examples_and_braces_are_checked_as_the_rules_are() -> None:
    found = faults(
        "core",
        entry("nois >= 2", {"denoise": 0.2}, {"nois": 3}),
        entry("q_eq <= 80", {"denoise": 0.1}, {"q_eq": 90}),
        entry("lum <= 80", {"sharpen": 0.1}, {"lum": 9}, say="at {noise}"),
        entry("lum = 80", {"sharpen": 0.1}, {"lum": 9}),
    )

    assert found["family.core.choice nois >= 2.when"].hint == 'did you mean "noise"?'
    assert "family.core.choice q_eq <= 80.example" in found
    assert found["family.core.choice lum <= 80.say"].value == "noise"
    assert "family.core.choice lum = 80.when" in found


# ---- what the shipped files choose


def planned(
    features: dict[str, float],
    family: Family = Family.CORE,
    name: str = "unified",
    order: Order = FOUR_K,
    *,
    alike: bool = False,
) -> Plan:
    return make_plan(
        PlanRequest(
            probe=probe(1500, 1000, features),
            verdict=verdict(family),
            order=order,
            catalogue=shipped(name),
            alike=alike,
        )
    )


@pytest.mark.parametrize("name", FAL)
@pytest.mark.parametrize(
    ("changes", "model"),
    [
        ({}, "Standard V2"),
        ({"detail_px": 600.0}, "Low Resolution V2"),
        ({"detail_px": 1200.0, "q_eq": 75.0}, "Low Resolution V2"),
        ({"detail_px": 1200.0, "q_eq": 90.0}, "Standard V2"),
        ({"detail_px": 4000.0}, "High Fidelity V2"),
        ({"detail_px": 4000.0, "noise": 2.0}, "Standard V2"),
        ({"detail_px": 4000.0, "edgew_best": 0.5}, "Standard V2"),
    ],
)
def test_a_core_picture_gets_the_model_made_for_its_kind_at_the_price_of_precision(
    name: str, changes: dict[str, float], model: str
) -> None:
    plan = planned(CLEAN | changes, name=name)

    assert [one.model for one in plan.passes] == [model]
    assert plan.cost == 80_000


@pytest.mark.parametrize("name", FAL)
@pytest.mark.parametrize("family", [Family.CORE, Family.CGI, Family.TEXT])
@pytest.mark.parametrize("features", [CLEAN, CLEAN | GOOD])
def test_nothing_is_sent_against_damage_that_was_not_measured(
    name: str, family: Family, features: dict[str, float]
) -> None:
    params = planned(features, family, name).passes[0].params

    assert not {"denoise", "sharpen", "fix_compression"} & params.keys()


@pytest.mark.parametrize("family", Family)
def test_in_a_sub_folder_nothing_measured_changes_the_recipe_and_the_note_says_so(
    family: Family,
) -> None:
    clean = planned(GOOD, family, alike=True)
    bad = planned(GOOD | {"noise": 6.0, "lnoise": 5.0, "q_eq": 40.0}, family, alike=True)

    recipes = [[(one.model, one.params) for one in plan.passes] for plan in (clean, bad)]
    assert recipes[0] == recipes[1]
    told = any("sub-folder" in note for note in bad.notes)
    chosen = planned(GOOD | {"noise": 6.0, "lnoise": 5.0, "q_eq": 40.0}, family).passes[0]
    assert told is ((chosen.model, chosen.params) != recipes[1][0])


@pytest.mark.parametrize("name", FAL)
def test_damage_is_met_with_small_strengths_and_a_sentence_each(name: str) -> None:
    plan = planned(DAMAGED, name=name)
    params = plan.passes[0].params

    assert (params["denoise"], params["fix_compression"]) == (0.4, 0.5)
    assert "sharpen" not in params, "sharpening would dig out noise and blocks"
    assert "Strong noise of 5 grey levels: denoised." in plan.notes
    assert "Very strong JPEG compression (quality 50): mended." in plan.notes


@pytest.mark.parametrize("family", [Family.TEXT, Family.CGI])
def test_the_ringing_round_letters_is_not_taken_for_noise(family: Family) -> None:
    loud = CLEAN | {"noise": 6.0}

    assert "denoise" not in planned(loud | {"lnoise": 0.1}, family).passes[0].params
    assert planned(loud | {"lnoise": 2.0}, family).passes[0].params["denoise"] >= 0.3


@pytest.mark.parametrize("name", FAL)
def test_renders_get_a_model_that_mends_compression_only_where_it_is_very_strong(name: str) -> None:
    assert planned(CLEAN, Family.CGI, name).passes[0].model == "CGI"
    mended = planned(CLEAN | {"q_eq": 50.0}, Family.CGI, name).passes[0]
    assert (mended.model, mended.params["fix_compression"]) == ("Standard V2", 0.4)


@pytest.mark.parametrize("name", FAL)
def test_more_detail_is_made_up_where_less_is_left_and_least_where_letters_stand(name: str) -> None:
    def detail(**changes: float) -> float:
        return float(planned(CLEAN | changes, Family.RECOVER, name).passes[0].params["detail"])

    letters = {"txt_share": 0.2, "txt_n": 12.0}
    assert detail(**letters, q_eq=20.0) < detail() < detail(edgew_best=0.2) == detail(q_eq=20.0)


@pytest.mark.parametrize("name", FAL)
def test_redefine_stays_low_and_lowest_where_much_could_be_lost(name: str) -> None:
    def creativity(**changes: float) -> int:
        params = planned(CLEAN | changes, Family.REDEFINE, name).passes[0].params
        assert (params["texture"], params["autoprompt"]) == (1, False)
        return int(params["creativity"])

    assert creativity(detail_px=1024.0) == 2
    assert creativity(detail_px=2048.0) == creativity(txt_share=0.2, txt_n=12.0) == 1


def test_legacy_goes_before_the_chosen_model_and_takes_only_its_own_fields() -> None:
    old = planned(CLEAN | {"q_eq": 20.0}, Family.RECOVER, order=legacy(FOUR_K)).passes[0]
    core = planned(CLEAN | {"detail_px": 500.0, "noise": 3.0}, order=legacy(FOUR_K))

    assert (old.model, "detail" in old.params) == ("Recovery", False)
    assert (core.passes[0].model, core.passes[0].params["denoise"]) == ("Standard V2", 0.2)
    assert not any("small pictures" in note for note in core.notes)


def legacy(order: Order) -> Order:
    return Order(
        name=order.name, kind=order.kind, fit=order.fit, long_px=order.long_px, legacy=True
    )


def test_only_the_first_pass_rests_on_the_measures_of_the_source() -> None:
    plan = make_plan(
        PlanRequest(
            probe=probe(1500, 1000, CLEAN | {"detail_px": 2500.0}),
            verdict=verdict(),
            order=EIGHT_K,
            catalogue=shipped("unified"),
        )
    )

    assert [one.model for one in plan.passes] == ["High Fidelity V2", "Standard V2"]


@pytest.mark.parametrize(("faces", "sent", "told"), [(None, False, True), (True, True, False)])
def test_recover_says_that_faces_were_not_looked_for_unless_the_folder_speaks_of_them(
    *, faces: bool | None, sent: bool, told: bool
) -> None:
    order = Order(name="4k", kind="digital", fit=FOUR_K.fit, long_px=3840, faces=faces)
    plan = planned(DAMAGED, Family.RECOVER, order=order)

    assert plan.passes[0].params[FACES] is sent
    assert ("Faces were not looked for." in plan.notes) is told
    assert "Faces were not looked for." not in planned(DAMAGED, Family.CORE).notes


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"r_eff": 0.45}, True),
        ({"r_eff": 0.55}, False),
        ({"r_eff": 1.0}, False),
        ({"r_eff": 0.45, "jpeg_life": 1.0}, False),
    ],
)
def test_an_enlarged_source_is_told_its_true_size_but_never_a_jpeg(
    changes: dict[str, float], *, told: bool
) -> None:
    notes = planned(CLEAN | changes).notes

    assert any("about 750 x 500 of its pixels" in note for note in notes) is told


@pytest.mark.parametrize("name", FAL)
@given(
    features=st.fixed_dictionaries(
        {
            "noise": st.floats(0, 12),
            "cnoise": st.floats(0, 3),
            "lnoise": st.floats(0, 3),
            "q_eq": st.floats(5, 100),
            "edgew_best": st.floats(0.1, 1),
            "detail_px": st.floats(50, 8000),
            "txt_share": st.floats(0, 0.5),
            "txt_n": st.floats(0, 40),
        }
    ),
    family=st.sampled_from(Family),
    noisier=st.floats(0, 8),
)
def test_whatever_is_measured_the_model_takes_it_and_more_noise_is_never_less_denoised(
    name: str, features: dict[str, float], family: Family, noisier: float
) -> None:
    catalogue = shipped(name)
    model, params, _ = catalogue.pick(family, features=features)
    louder = features | {"noise": features["noise"] + noisier}
    stronger = catalogue.pick(family, features=louder).params

    assert all(model.fields[key].allows(value) for key, value in params.items())
    assert model.endpoint in catalogue.endpoints
    assert stronger.get("denoise", 0) >= params.get("denoise", 0)
    assert max(params.get("sharpen", 0), params.get("denoise", 0)) <= 0.4
