"""Which pictures belong together, and what their vote comes to."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import FOUR_K, GOOD, POOR, PRISTINE, probe, shipped
from upscaled.core.draft import PlanRequest
from upscaled.core.plan import make_plan
from upscaled.core.series import (
    SAMPLE,
    Group,
    Member,
    as_member,
    decide,
    finish_of,
    group_of,
    is_empty,
    is_quiet,
)
from upscaled.nouns import Family, Plan, Probe, Recipe, Verdict

SERIES = replace(FOUR_K, series=True)
SHOT = Group(folder="4k", stem="shot", end="png")
FOLDER = Group(folder="4k-series")
BLACK = {**PRISTINE, "lum": 2.0, "p95": 6.0, "g_flat": 0.4, "txt_n": 0.0}
SLATE = {**PRISTINE, "lum": 128.0, "p95": 128.0, "g_flat": 1.0, "txt_n": 0.0}
CREDITS = {**PRISTINE, "lum": 1.0, "p95": 0.0, "g_flat": 0.99, "txt_n": 8.0}

CORE, RECOVER, REDEFINE = Family.CORE, Family.RECOVER, Family.REDEFINE


def member(
    number: int,
    family: Family = CORE,
    sure: float = 0.8,
    features: dict[str, float] | None = None,
    path: str = "4k/shot.{:04}.png",
) -> Member:
    said = Verdict(model=family, confidence=sure, rule="points", reasons=(f"Looks {family}.",))
    return Member(path=path.format(number), probe=probe(960, 540, features), verdict=said)


def members(*votes: tuple[Family, float]) -> list[Member]:
    return [member(number, family, sure) for number, (family, sure) in enumerate(votes, 1)]


def stills(*votes: tuple[Family, float]) -> list[Member]:
    made = members(*votes)
    return [replace(one, path=f"4k-series/{number}.png") for number, one in enumerate(made)]


def judged(sample: list[Member], group: Group = SHOT, known: int = 0) -> Recipe:
    order = FOUR_K if group.stem or group.named else SERIES
    return decide(group, order, sample, known or len(sample))


# ---- membership


@pytest.mark.parametrize(
    ("path", "stem", "end"),
    [
        ("4k/shot_010.1001.png", "shot_010", "png"),
        ("4k/ACME/shot.1.jpg", "shot", "jpg"),
        ("4k/a.b.0001.EXR", "a.b", "exr"),
        ("4k/Überflug 3.0001.tif", "Überflug 3", "tif"),
        ("4k/1001.1001.png", "1001", "png"),
        ("4k/IMG_0001.0001.jpg", "IMG_0001", "jpg"),
    ],
)
def test_a_stem_a_dot_digits_and_an_extension_make_a_frame(path: str, stem: str, end: str) -> None:
    folder = path.rpartition("/")[0]

    assert group_of(path, FOUR_K) == Group(folder=folder, stem=stem, end=end)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_0001.jpg",
        "DSC_0001.jpg",
        "DSC00001.ARW",
        "P1010001.JPG",
        "frame0001.png",
        "frame_0001.png",
        "shot-1001.png",
        "0001.png",
        ".0001.png",
        "shot.v2.png",
        "shot.0001b.png",
        "shot.-001.png",
        "shot.\u0660\u0661.png",
        "shot.0001.",
        "shot..png",
        "holiday.png",
        "no extension",
    ],
)
def test_camera_counters_and_plain_names_stand_alone(name: str) -> None:
    assert group_of(f"4k/{name}", FOUR_K) is None


def test_a_series_folder_takes_all_its_files_whatever_their_names() -> None:
    names = ("a.png", "IMG_0001.jpg", "shot.0001.png", "Notes to self.tif")

    assert {group_of(f"4k-series/{name}", SERIES) for name in names} == {FOLDER}
    assert group_of("4k-series/ACME/a.png", SERIES) == Group(folder="4k-series/ACME")


def test_folder_stem_extension_and_pixel_size_make_the_series() -> None:
    small, large = probe(960, 540), probe(1920, 1080)
    frames = ["4k/a.1.png", "4k/a.2.png", "4k/b.1.png", "4k/a.1.jpg", "8k/a.1.png"]
    groups = [group for path in frames if (group := group_of(path, FOUR_K))]

    keys = [group.key(small) for group in groups]

    assert keys[0] == keys[1]
    assert len({*keys, groups[0].key(large)}) == 5
    assert FOLDER.key(small) == FOLDER.key(large)


# ---- who may vote, and when


@pytest.mark.parametrize("features", [BLACK, SLATE, {**BLACK, "p95": 30.0}])
def test_black_and_flat_frames_show_nothing(features: dict[str, float]) -> None:
    assert is_empty(probe(960, 540, features))


@pytest.mark.parametrize(
    "features", [PRISTINE, CREDITS, {**BLACK, "p95": 60.0}, {**SLATE, "g_flat": 0.9}, {}]
)
def test_credits_night_scenes_and_the_unmeasured_may_be_judged(features: dict[str, float]) -> None:
    assert not is_empty(probe(960, 540, features))


@pytest.mark.parametrize(
    ("voters", "arriving", "quiet"),
    [(1, 0, True), (15, 1, False), (16, 1, True), (16, 500, True), (0, 0, True), (0, 1, False)],
)
def test_a_series_is_judged_on_sixteen_or_on_all_there_is(
    *, voters: int, arriving: int, quiet: bool
) -> None:
    assert is_quiet(voters, arriving) is quiet


# ---- the vote


def test_the_reasons_say_who_voted_and_how() -> None:
    votes = [(CORE, 0.8)] * 14 + [(Family.TEXT, 0.9)] * 2

    recipe = judged(members(*votes), known=240)

    said = recipe.verdict
    assert said.reasons[0] == (
        "Judged once for the series shot on 16 of 240 frames: core (14 of 16 votes)."
    )
    assert "Looks core." in said.reasons
    assert "Looks text." not in said.reasons
    assert (said.model, said.rule) == (CORE, "series")
    assert said.confidence == pytest.approx(14 * 0.8 / 16)
    assert (recipe.sample, recipe.known) == (16, 240)


def test_one_sure_voice_outweighs_two_that_guess() -> None:
    votes = [(Family.TEXT, 0.93), (CORE, 0.4), (CORE, 0.4)]

    assert judged(members(*votes)).verdict.model is Family.TEXT


def test_of_equal_votes_the_family_that_changes_least_wins_in_any_order() -> None:
    votes = [(REDEFINE, 0.3), (REDEFINE, 0.3), (Family.CGI, 0.6), (Family.TEXT, 0.1 + 0.5)]
    for order in permutations(votes):
        assert judged(stills(*order), FOLDER).verdict.model is Family.TEXT
    with_core = [*votes, (CORE, 0.2), (CORE, 0.4)]
    assert judged(stills(*with_core), FOLDER).verdict.model is CORE


def test_a_numbered_sequence_never_gets_a_family_that_invents_detail() -> None:
    recipe = judged(members(*[(RECOVER, 0.9)] * 3, (REDEFINE, 0.98), (CORE, 0.7)))

    assert recipe.verdict.model is CORE
    assert recipe.verdict.confidence == pytest.approx((3 * 0.9 + 0.98 + 0.7) / 5)
    told = " ".join(recipe.verdict.reasons)
    assert "core (5 of 5 votes)" in told
    assert "3 of them would be recover" in told
    assert 'a folder named with "redefine" asks for it' in told


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Family)), st.floats(0, 1)), min_size=1, max_size=2 * SAMPLE
    )
)
def test_no_vote_makes_a_sequence_flicker(votes: list[tuple[Family, float]]) -> None:
    recipe = judged(members(*votes))

    assert recipe.verdict.model not in {RECOVER, REDEFINE}
    assert 0 <= recipe.verdict.confidence <= 1
    assert recipe.sample == min(SAMPLE, len(votes))


def test_a_folder_that_names_the_family_gets_it() -> None:
    asked = replace(FOUR_K, family=REDEFINE)
    said = Verdict(model=REDEFINE, confidence=1.0, rule="folder", reasons=("The folder says so.",))
    sample = [replace(one, verdict=said) for one in members((CORE, 1.0), (CORE, 1.0))]

    verdict = decide(SHOT, asked, sample, 2).verdict

    assert (verdict.model, verdict.confidence, verdict.rule) == (REDEFINE, 1.0, "folder")
    assert "The folder says so." in verdict.reasons


def test_stills_in_a_series_folder_may_have_any_family() -> None:
    assert judged(stills(*[(REDEFINE, 0.9)] * 3), FOLDER).verdict.model is REDEFINE


def test_a_sequence_inside_a_series_folder_flickers_just_the_same() -> None:
    frames = [
        replace(one, path=f"4k-series/shot.{number}.png")
        for number, one in enumerate(members((REDEFINE, 0.9), (REDEFINE, 0.9)))
    ]

    assert judged(frames, FOLDER).verdict.model is CORE


def test_empty_frames_have_no_vote_no_measure_and_no_say_in_the_factor() -> None:
    black = [member(number, Family.TEXT, 0.99, {**BLACK, "q_eq": 10.0}) for number in range(1, 9)]
    seen = [member(number, CORE, 0.5, {**PRISTINE, "p95": 200.0}) for number in range(9, 12)]

    recipe = judged([*black, *seen])

    assert recipe.verdict.model is CORE
    assert recipe.sample == 3
    assert (recipe.features["q_eq"], recipe.safe) == (100.0, 6.0)
    assert "Empty frames have no vote: 8." in recipe.verdict.reasons


def test_where_all_are_empty_they_decide_after_all() -> None:
    assert judged([member(1, Family.TEXT, 0.9, SLATE)]).verdict.model is Family.TEXT


def test_the_first_sixteen_by_number_vote() -> None:
    late = [member(number, Family.TEXT, 1.0) for number in range(17, 40)]
    early = [member(number, CORE, 0.1) for number in range(1, 17)]

    assert judged([*late, *early]).verdict.reasons[0].endswith("core (16 of 16 votes).")


# ---- what is locked


def test_the_lowest_safe_factor_of_the_sample_holds_for_all() -> None:
    good = [member(number, features=PRISTINE) for number in range(1, 6)]

    recipe = judged([*good, member(6, features=POOR)])

    assert judged(good).safe == 6.0
    assert recipe.safe == 2.0
    assert "No frame of the series' sample bears less." in recipe.why


def test_measures_are_medians_and_flags_stay_flags() -> None:
    three = [
        member(1, features={**GOOD, "noise": 1.0, "rare": 7.0}),
        member(2, features={**GOOD, "noise": 9.0, "lossless": 1.0}),
        member(3, features={**GOOD, "noise": 2.0, "odd": float("nan")}),
        member(4, features={**GOOD, "noise": float("inf"), "lossless": 1.0}),
    ]

    found = judged(three).features

    assert found["noise"] == 2.0
    assert found["lossless"] in {0.0, 1.0}
    assert "rare" not in found
    assert "odd" not in found


def test_every_member_is_planned_alike_whatever_it_measures_itself() -> None:
    votes = [PRISTINE, PRISTINE, POOR]
    recipe = judged([member(number, features=one) for number, one in enumerate(votes)])

    def plan(features: dict[str, float]) -> Plan:
        seen: Probe = as_member(probe(960, 540, features), recipe)
        request = PlanRequest(
            probe=seen,
            verdict=recipe.verdict,
            order=recipe.order,
            catalogue=shipped("unified"),
            series=recipe,
        )
        return make_plan(request)

    assert plan(PRISTINE) == plan(POOR) == plan({})
    assert plan(PRISTINE).safe_factor == recipe.safe == 2.0


# ---- the finish


def test_a_sequence_gets_even_sides_and_its_long_edge_stays_exact() -> None:
    recipe = judged(members((CORE, 0.8), (CORE, 0.8)))

    def size(width: int, height: int) -> tuple[int, int]:
        request = PlanRequest(
            probe=probe(width, height, PRISTINE),
            verdict=recipe.verdict,
            order=recipe.order,
            catalogue=shipped("unified"),
        )
        made = make_plan(request)
        return made.width, made.height

    assert size(1000, 667) == (3840, 2562)
    assert size(667, 1000) == (2562, 3840)
    assert size(1920, 1080) == (3840, 2160)
    assert judged(stills((CORE, 0.8)), FOLDER).order.even is False


def test_a_printed_sequence_keeps_the_sides_of_its_sheet() -> None:
    sheet = replace(FOUR_K, name="print", kind="print", sheet_mm=(297.0, 420.0), ppi=300)

    assert decide(SHOT, sheet, members((CORE, 0.8), (CORE, 0.8)), 2).order.even is False


def test_a_lone_picture_that_may_be_dated_is_judged_as_a_picture() -> None:
    dated = member(2024, RECOVER, path="4k/shot.{}.png")

    alone = judged([dated])

    assert (alone.verdict.model, alone.order.even) == (RECOVER, False)
    assert judged([dated], known=2).verdict.model is CORE
    assert judged([member(1001, RECOVER)]).verdict.model is CORE


def test_a_plan_of_one_frame_has_its_sequence_s_finish() -> None:
    assert finish_of(FOUR_K, "shot.1001.png").even is True
    assert finish_of(FOUR_K, "holiday.2024.png").even is False
    assert finish_of(FOUR_K, "holiday.png").even is False


def test_a_lone_frame_in_a_named_series_is_a_sequence_too() -> None:
    named = Group(folder="4k", named="hero")

    assert judged([member(1001, RECOVER)], named).order.even is True
    assert judged([member(1001, RECOVER)], named).verdict.model is CORE
    assert judged([member(2024, RECOVER, path="4k/shot.{}.png")], named).order.even is False
