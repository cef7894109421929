"""Which second pass depends on what the first returns, and what is done without it."""

import tomllib
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import DIGITAL, FOUR_K, POOR, RULES, probe, shipped, verdict
from upscaled.core.assessment import Limit, assess, figures_of, parse_limits, stopped
from upscaled.core.catalogue import load_catalogue
from upscaled.core.draft import PlanRequest
from upscaled.core.plan import make_plan
from upscaled.core.series import Group, Member, decide
from upscaled.errors import Aside, ConfigError
from upscaled.nouns import Family, Fidelity, Order, Plan, Probe

LIMITS = parse_limits(
    tomllib.loads((RULES / "second-pass.toml").read_text("utf-8")), "second-pass.toml"
)
SOFT = {"r_eff": 0.4, "noise": 1.0, "grid": 0.0}
CRISP = {"r_eff": 0.7, "noise": 1.0, "grid": 0.0}
SAME = Fidelity(verdict="pass")


def planned(picture: Probe, order: Order = FOUR_K, engine: str = "split", **more: object) -> Plan:
    request = PlanRequest(
        probe=picture,
        verdict=verdict(Family.RECOVER),
        order=order,
        catalogue=shipped(engine),
        fal_catalogue=shipped("split"),
    )
    return make_plan(replace(request, **more))  # type: ignore[arg-type] # the test's own words


@pytest.mark.parametrize("engine", ["unified", "split"])
def test_a_damaged_source_goes_2x_and_higher_only_with_a_model_that_makes_up_nothing(
    engine: str,
) -> None:
    plan = planned(probe(1200, 800, POOR), engine=engine)

    first, second = plan.passes
    assert (first.factor, first.width, first.height) == (2.0, 2400, 1600)
    assert (second.factor, second.width, second.height) == (1.6, 3840, 2560)
    assert (first.model, second.model) == ("Recovery V2", "Standard V2")
    assert plan.cost == first.cost + second.cost == 80_000 + 80_000
    assert plan.shortfall is None
    assert plan.safe_factor == 2.0
    assert any("assessed as a new source" in note for note in plan.notes)


@pytest.mark.parametrize("size", [(3000, 2000), (1200, 800), (800, 600), (400, 300)])
def test_the_embedded_engine_plans_what_fal_does_without_a_second_pass_and_tells_its_price(
    size: tuple[int, int],
) -> None:
    here = planned(probe(*size, POOR), engine="local", resample_limit=4.8)
    there = planned(probe(*size, POOR), resample_limit=4.8)

    ends = there.otherwise or there
    assert [one.factor for one in here.passes] == [one.factor for one in ends.passes]
    assert here.shortfall == ends.shortfall
    assert (here.width, here.height, here.review) == (ends.width, ends.height, ends.review)
    assert (here.otherwise, here.cost) == (None, 0), "Lanczos adds no detail that a look could find"
    assert here.fal_cost == there.cost > 0


def test_the_embedded_engine_gives_a_person_what_is_sure_beyond_the_resample_limit() -> None:
    here = planned(probe(800, 600, POOR), engine="local")

    assert (here.review, here.width, here.height) == (True, 1600, 1200)
    assert here.fal_cost == planned(probe(800, 600, POOR)).cost


def test_what_is_done_otherwise_is_planned_along_with_it() -> None:
    plan = planned(probe(1200, 800, POOR))

    other = plan.otherwise
    assert other is not None
    assert other.passes == plan.passes[:1]
    assert (other.width, other.height) == (plan.width, plan.height)
    assert other.shortfall == (
        "The source may safely be enlarged 2x, to 2400 x 1600; the last 1.6x is plain resampling."
    )
    assert (other.otherwise, other.review) == (None, False)


def test_beyond_the_resample_limit_a_person_gets_what_there_is() -> None:
    plan = planned(probe(800, 600, POOR))  # 4.8x: 2x, 2x more, then 1.2x; 2.4x would be too much

    assert [one.factor for one in plan.passes] == [2.0, 2.0]
    assert (plan.width, plan.height) == (3840, 2880)
    other = plan.otherwise
    assert other is not None
    assert other.review
    assert (other.width, other.height) == (1600, 1200)
    assert other.shortfall is not None
    assert "so the result is smaller" in other.shortfall


def test_up_to_2x_nothing_depends_on_a_look() -> None:
    plan = planned(probe(2000, 1500, POOR))

    assert len(plan.passes) == 1
    assert plan.otherwise is None


@pytest.mark.parametrize("why", ["digital", "series", "tiny"])
def test_where_a_look_must_not_decide_2x_is_all(why: str) -> None:
    picture = probe(1400, 1000, POOR) if why != "tiny" else probe(127, 120, POOR)
    orders = {"digital": DIGITAL, "tiny": replace(FOUR_K, long_px=280, short_px=200)}
    order = orders.get(why, FOUR_K)
    group = Group(folder="4k")
    member = Member(path="4k/a.png", probe=picture, verdict=verdict(Family.RECOVER))
    recipe = decide(group, order, [member], 1) if why == "series" else None

    plan = planned(picture, order, series=recipe)

    assert [one.factor for one in plan.passes] == [2.0]
    assert plan.otherwise is None


@pytest.mark.parametrize(("short", "most"), [(180, 4.0), (400, 9.0)])
def test_little_detail_is_never_enlarged_more_than_4x_whatever_the_rules_say(
    short: int, most: float
) -> None:
    raw = tomllib.loads((RULES / "models-split.toml").read_text("utf-8"))
    raw["family"]["recover"]["step"] = 3.0
    picture = probe(short * 2, short, POOR)

    plan = planned(
        picture, replace(FOUR_K, long_px=short * 2 * 9), catalogue=load_catalogue(raw),
        resample_limit=9.0,
    )  # fmt: skip

    assert plan.passes[0].factor * plan.passes[1].factor == pytest.approx(most)


@given(
    width=st.integers(128, 6000),
    height=st.integers(128, 6000),
    long_px=st.integers(256, 12_000),
    beyond=st.sampled_from(["resample", "smaller", "review"]),
)
def test_the_promise_holds_both_ways(width: int, height: int, long_px: int, beyond: str) -> None:
    source = probe(width, height, POOR)
    try:
        plan = planned(source, replace(FOUR_K, long_px=long_px), beyond_safe=beyond)
    except Aside:
        return
    assert (plan.otherwise is None) == (len(plan.passes) < 2)
    if plan.otherwise is None:
        return
    other = plan.otherwise
    assert other.passes == plan.passes[:1]
    assert 0 < other.cost < plan.cost
    assert other.shortfall
    rest = max(
        Fraction(other.scaled_width, other.passes[0].width),
        Fraction(other.scaled_height, other.passes[0].height),
    )
    assert rest <= Fraction(201, 100)
    assert other.review == (
        beyond == "review" or (beyond == "resample" and (other.width < plan.width))
    )


# ---- the look itself


def look(result: dict[str, float], likeness: Fidelity = SAME) -> tuple[bool, str]:
    found = assess(figures_of(SOFT, result, 2.0, likeness), LIMITS)
    return found.clean, "; ".join(found.reasons)


def test_a_result_that_gained_detail_is_clean() -> None:
    assert look(CRISP) == (True, "")
    figures = figures_of(SOFT, CRISP, 2.0, SAME)
    assert figures["gain"] == pytest.approx(3.5)
    assert figures["gain_share"] == pytest.approx(1.75)


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({**CRISP, "r_eff": 0.29}, "detail gained"),
        ({**CRISP, "r_eff": 0.54}, "detail in its pixels: 0.54, should be at least 0.55"),
        ({**CRISP, "noise": 3.1}, "noise in grey levels: 3.1, should be at most 3"),
        ({**CRISP, "grid": 0.04}, "traces of JPEG blocks"),
        ({**CRISP, "r_eff": 1.0}, "it could not be measured"),
        ({}, "it could not be measured"),
        ({**CRISP, "noise": float("nan")}, "noise in grey levels"),
    ],
)
def test_each_limit_stops_it_and_says_so(result: dict[str, float], says: str) -> None:
    clean, reasons = look(result)

    assert not clean
    assert says in reasons


@pytest.mark.parametrize("word", ["review", "fail"])
def test_what_is_not_surely_the_same_picture_is_not_taken_further(word: str) -> None:
    clean, reasons = look(CRISP, Fidelity(verdict=word))

    assert not clean
    assert "the same picture" in reasons


def test_gain_is_measured_against_the_factor() -> None:
    """0.75 of the factor: the figure of the measured restorers."""
    (limit,) = (one for one in LIMITS if one.figure == "gain_share")
    after = {**CRISP, "r_eff": 0.6}

    kept = figures_of({"r_eff": 0.79}, after, 2.0, SAME)["gain_share"]
    lost = figures_of({"r_eff": 0.81}, after, 2.0, SAME)["gain_share"]

    assert (limit.fault({"gain_share": kept}), limit.least) == ("", 0.75)
    assert limit.fault({"gain_share": lost})


def test_without_limits_nothing_is_clean() -> None:
    assert not assess(figures_of(SOFT, CRISP, 2.0, SAME), ()).clean


def test_a_stop_says_why_in_shortfall_and_notes() -> None:
    plan = planned(probe(1200, 800, POOR))

    made = stopped(plan, ["noise in grey levels: 4.2, should be at most 3"])

    said = (
        "After 2x it was not taken 1.6x further by Standard V2: noise in grey levels: 4.2, should"
        " be at most 3."
    )
    assert made.shortfall is not None
    assert made.shortfall.endswith(said)
    assert said in made.notes
    assert made.promised == plan.passes
    assert (made.passes, made.otherwise) == (plan.passes[:1], None)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"limit": [{"figure": "sparkle", "says": "x", "least": 1}]},
        {"limit": [{"figure": "noise", "says": "x"}]},
        {"limit": [{"figure": "noise", "says": "x", "most": "3"}]},
        {"limit": [{"figure": "noise", "says": "x", "most": 3, "mots": 3}]},
    ],
)
def test_a_file_of_limits_with_a_fault_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_limits(wrong, "second-pass.toml")


def test_a_limit_may_have_two_ends() -> None:
    both = Limit(figure="noise", says="noise", least=1.0, most=2.0)

    assert [bool(both.fault({"noise": value})) for value in (0.9, 1.0, 2.0, 2.1)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_damaged_source_that_is_large_enough_says_that_it_is_not_repaired() -> None:
    picture = probe(4000, 3000, POOR)

    plain = planned(picture)
    cleaned = planned(picture, replace(FOUR_K, clean=True))

    assert plain.passes == ()
    assert any("delivered unrepaired" in note and "-clean" in note for note in plain.notes)
    assert len(cleaned.passes) == 1
    assert cleaned.passes[0].factor == 1
    assert not any("unrepaired" in note for note in cleaned.notes)
