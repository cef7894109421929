"""The judge: the folder first, then the list, then the points, and doubt goes to core."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.hints import score_name
from upscaled.core.judge import count_points, features_of, judge
from upscaled.core.rulebook import load_rulebook
from upscaled.nouns import Assume, Family, Probe, Verdict

RULES = Path(__file__).parents[2] / "rules" / "judge.toml"
BOOK = load_rulebook(tomllib.loads(RULES.read_text("utf-8")))
PHOTO = {
    "top8": 0.15,
    "eqn": 0.05,
    "g_flat": 0.15,
    "g_mid": 0.55,
    "txt_n": 3.0,
    "txt_share": 0.03,
    "txt_area": 0.004,
    "noise": 0.8,
    "lnoise": 0.7,
    "cnoise": 0.25,
    "edgew_best": 0.66,
    "q_eq": 93.0,
    "jpeg_life": 1.0,
    "detail_px": 1800.0,
    "kurt": 3.0,
    "chf": -2.2,
    "flat8": 0.0,
    "mono": 0.0,
    "lum": 110.0,
    "p95": 215.0,
    "transp": 0.0,
    "mult64": 0.0,
    "ai_meta": 0.0,
    "camera": 0.0,
    "renderer": 0.0,
    "exif_n": 0.0,
}
TEXT = {"txt_n": 60.0, "txt_share": 0.6, "txt_area": 0.05, "eqn": 0.9, "top8": 0.95}
MARKED = {"ai_meta": 1.0}


def probe(**changes: float) -> Probe:
    marks = {"generator": "ComfyUI"} if changes.get("ai_meta") else {}
    return Probe(
        format="JPEG", width=1800, height=1200, mode="RGB", features=PHOTO | changes, marks=marks
    )


def verdict(
    one: Probe,
    *,
    name: str = "a.jpg",
    family: Family | None = None,
    assume: Assume = Assume.NOTHING,
) -> Verdict:
    return judge(BOOK, one, name=name, family=family, assume=assume)


def test_a_sound_photograph_is_core() -> None:
    found = verdict(probe())

    assert (found.model, found.rule) == (Family.CORE, "points")
    assert 0.5 < found.confidence < 1
    assert all(reason.endswith(".") and reason[0].isupper() for reason in found.reasons)


@pytest.mark.parametrize(
    "damage",
    [
        {"noise": 6.0, "cnoise": 1.8, "lnoise": 4.0},
        {"edgew_best": 0.3, "q_eq": 60.0},
        {"q_eq": 40.0, "edgew_best": 0.48},
        {"detail_px": 220.0, "q_eq": 70.0},
    ],
)
def test_a_damaged_photograph_is_recover(damage: dict[str, float]) -> None:
    found = verdict(probe(**damage))

    assert found.model is Family.RECOVER
    assert found.confidence >= BOOK.gate[Family.RECOVER]


def test_a_folders_family_is_certain_and_says_so() -> None:
    found = verdict(probe(**TEXT), family=Family.CGI)

    assert (found.model, found.confidence, found.rule) == (Family.CGI, 1.0, "folder")
    assert "folder" in found.reasons[0]


def test_a_generators_mark_decides_and_is_named() -> None:
    found = verdict(probe(**MARKED, camera=1.0, noise=6.0, cnoise=2.0))

    assert (found.model, found.rule) == (Family.REDEFINE, "generator-mark")
    assert "ComfyUI" in found.reasons[0]


def test_a_screenshot_of_a_generators_window_is_text_in_spite_of_its_mark() -> None:
    assert verdict(probe(**TEXT, **MARKED)).model is Family.TEXT


def test_letters_outrank_a_renderers_mark() -> None:
    assert verdict(probe(renderer=1.0)).model is Family.CGI
    assert verdict(probe(**TEXT, renderer=1.0)).model is Family.TEXT


@pytest.mark.parametrize("assume", list(Assume))
def test_what_a_studio_says_never_outranks_text_or_a_mark(assume: Assume) -> None:
    assert verdict(probe(**TEXT), assume=assume).model is Family.TEXT
    assert verdict(probe(**MARKED), assume=assume).model is Family.REDEFINE


def test_what_a_studio_says_tips_an_open_question_and_is_told() -> None:
    smooth = probe(jpeg_life=0.0, kurt=3.6, g_flat=0.4, lnoise=0.2, chf=-1.5, noise=0.2)

    said = verdict(smooth, assume=Assume.AI)

    assert said.model is Family.REDEFINE
    assert any("folder" in reason for reason in said.reasons)
    assert verdict(probe(camera=1.0, exif_n=30.0), assume=Assume.AI).model is Family.CORE


def test_too_little_certainty_to_invent_detail_means_core_and_says_why() -> None:
    found = verdict(probe(detail_px=250, jpeg_life=0, edgew_best=0.55))

    assert found.model is Family.CORE
    assert "not sure enough to invent detail" in found.reasons[0]


def test_a_name_alone_never_makes_a_photograph_a_generated_picture() -> None:
    for name in ("ComfyUI_00001_.png", "midjourney-office.jpg", "Screenshot 2026.png"):
        assert verdict(probe(camera=1.0), name=name).model is Family.CORE


@pytest.mark.parametrize(
    ("name", "feature", "score"),
    [
        ("ComfyUI_00012_.png", "ai_name", 3),
        ("in/00001-1234567890.png", "ai_name", 2),
        ("a fox sdxl.png", "ai_name", 1),
        ("influx.png", "ai_name", 0),
        ("reimagining.png", "ai_name", 0),
        ("IMG_0042.JPG", "camera_name", 1),
        ("scan_004.tif", "scan_name", 1),
        ("scandal.tif", "scan_name", 0),
    ],
)
def test_names_hint(name: str, feature: str, score: float) -> None:
    assert score_name(BOOK.hints, name)[feature] == score


def test_native_sizes_count_in_either_turn() -> None:
    def ai_size(width: int, height: int) -> float:
        one = Probe(format="PNG", width=width, height=height, mode="RGB")
        return features_of(BOOK, one, name="a.png")["ai_size"]

    assert (ai_size(832, 1216), ai_size(1216, 832)) == (2, 2)
    assert (ai_size(512, 768), ai_size(768, 512)) == (1, 1)
    assert ai_size(800, 600) == 0


measure = st.fixed_dictionaries(
    {
        "noise": st.floats(0, 12),
        "cnoise": st.floats(0, 4),
        "q_eq": st.floats(10, 100),
        "edgew_best": st.floats(0.1, 1),
        "detail_px": st.floats(50, 8000),
        "kurt": st.floats(1, 6),
        "g_flat": st.floats(0, 1),
        "camera": st.sampled_from([0.0, 1.0]),
        "txt_share": st.floats(0, 1),
        "txt_n": st.floats(0, 100),
        "top8": st.floats(0, 1),
        "eqn": st.floats(0, 1),
    }
)


def shares(features: dict[str, float]) -> dict[Family, float]:
    return count_points(BOOK, PHOTO | features).shares


def against(features: dict[str, float]) -> float:
    """Return recover's share beside core's."""
    found = shares(features)
    return found[Family.RECOVER] / found[Family.CORE]


@given(features=measure, more=st.floats(0, 8))
def test_more_noise_never_speaks_against_recover(features: dict[str, float], more: float) -> None:
    louder = features | {"noise": features["noise"] + more}

    assert shares(louder)[Family.RECOVER] >= shares(features)[Family.RECOVER] - 1e-12


@pytest.mark.parametrize(
    ("name", "worse"),
    [("noise", 1), ("cnoise", 1), ("lnoise", 1), ("q_eq", -1), ("edgew_best", -1)],
)
@given(features=measure, lnoise=st.floats(0, 4), step=st.floats(0, 60))
def test_more_of_one_damage_never_turns_a_picture_from_recover_to_core(
    name: str, worse: int, features: dict[str, float], lnoise: float, step: float
) -> None:
    before = features | {"lnoise": lnoise}
    after = before | {name: max(0.0, before[name] + worse * step)}

    assert against(after) >= against(before) * (1 - 1e-9)


@given(features=measure, assume=st.sampled_from(list(Assume)))
def test_adding_a_mark_never_lowers_redefine(features: dict[str, float], assume: Assume) -> None:
    before = verdict(probe(**features), assume=assume)
    after = verdict(probe(**features, **MARKED), assume=assume)

    assert shares(features | MARKED)[Family.REDEFINE] >= shares(features)[Family.REDEFINE]
    if before.model is Family.REDEFINE:
        assert after.model is Family.REDEFINE
        assert after.confidence >= min(before.confidence, 0.98)


@given(features=measure, family=st.sampled_from(Family), assume=st.sampled_from(list(Assume)))
def test_a_folders_family_wins_over_everything(
    features: dict[str, float], family: Family, assume: Assume
) -> None:
    one = probe(**features, **MARKED)

    found = judge(BOOK, one, name="a.jpg", family=family, assume=assume)

    assert (found.model, found.confidence, found.rule) == (family, 1.0, "folder")


@given(features=measure, assume=st.sampled_from(list(Assume)))
def test_what_a_studio_says_never_changes_what_a_rule_decided(
    features: dict[str, float], assume: Assume
) -> None:
    unsaid = verdict(probe(**features))

    if unsaid.rule != "points":
        assert verdict(probe(**features), assume=assume) == unsaid


@given(features=measure, assume=st.sampled_from(list(Assume)))
def test_every_verdict_is_a_probability_with_reasons(
    features: dict[str, float], assume: Assume
) -> None:
    found = verdict(probe(**features), assume=assume)

    assert 0 <= found.confidence <= 1
    assert found.reasons
    if found.rule == "points" and not assume:  # also below a gate
        assert found.confidence == pytest.approx(shares(features)[found.model], abs=0.001)
    assert sum(shares(features).values()) == pytest.approx(1)
