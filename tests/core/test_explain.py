"""An explanation says what the judge did: it is made of the judge's own weighing."""

import json
import tomllib
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import RULES, shipped
from upscaled.cli.explain import explained
from upscaled.core.explain import Explanation, explain
from upscaled.core.judge import weigh
from upscaled.core.rulebook import load_rulebook
from upscaled.nouns import Assume, Family, Probe

BOOK = load_rulebook(tomllib.loads((RULES / "judge.toml").read_text("utf-8")))
PHOTO = {
    "top8": 0.15, "eqn": 0.05, "g_flat": 0.15, "g_mid": 0.55, "txt_n": 3.0, "txt_share": 0.03,
    "txt_area": 0.004, "noise": 0.8, "lnoise": 0.7, "cnoise": 0.25, "edgew_best": 0.66,
    "q_eq": 93.0, "jpeg_life": 1.0, "detail_px": 1800.0, "kurt": 3.0, "chf": -2.2, "r_eff": 0.9,
    "p95": 215.0, "lum": 110.0, "mono": 0.0, "ai_meta": 0.0, "camera": 0.0, "renderer": 0.0,
}  # fmt: skip
TEXT = {"txt_n": 60.0, "txt_share": 0.6, "txt_area": 0.05, "eqn": 0.9, "top8": 0.95}


def explanation(family: Family | None = None, /, **changes: float) -> Explanation:
    probe = Probe(format="JPEG", width=1800, height=1200, mode="RGB", features=PHOTO | changes)
    weighing = weigh(BOOK, probe, name="a.jpg", family=family, assume=Assume.NOTHING)
    return explain(BOOK, weighing, probe, shipped("unified"))


def test_where_a_rule_decides_the_earlier_ones_say_what_they_failed_at() -> None:
    found = explanation(**{**TEXT, "txt_share": 0.21})

    place = [rule.name for rule in BOOK.rules].index("text-lines")
    assert [rule.asked.held for rule in found.rules] == [False] * place + [True]
    assert str(found.rules[0].asked.decided) == "ai_meta >= 1 (0)"
    assert found.untried == len(BOOK.rules) - place - 1
    assert not found.points.asked
    assert found.decisive.measure == "txt_share"
    assert '"text-lines"' in found.decisive.sentence


def test_where_points_decide_the_evidence_without_which_it_would_turn_is_named() -> None:
    found = explanation(cnoise=1.4)

    assert all(not rule.asked.held for rule in found.rules)
    assert found.points.gate.family is Family.RECOVER
    assert found.points.gate.held
    assert found.decisive.measure == "cnoise"
    assert "the picture would go to core" in found.decisive.sentence


def test_where_no_single_evidence_turns_it_the_weightiest_is_named() -> None:
    found = explanation(camera=1.0, exif_n=20.0)

    assert found.decisive.measure == "edgew_best"
    assert "would go to" not in found.decisive.sentence


def test_a_gate_that_was_not_reached_is_told() -> None:
    found = explanation(detail_px=250, jpeg_life=0, edgew_best=0.55)

    assert (found.points.gate.family, found.points.gate.held) == (Family.RECOVER, False)
    assert "not held, so core" in explained(found)


def test_a_folders_word_asks_nothing() -> None:
    found = explanation(Family.CGI)

    assert (found.rules, found.points.asked) == ((), False)
    assert "cgi" in found.decisive.sentence
    assert found.treatment.model == "CGI"


def test_the_treatment_tells_each_choice_and_what_it_set() -> None:
    found = explanation(noise=3.0, q_eq=60.0).treatment
    applied = {key: one.sets[key] for one in found.choices for key in one.sets}

    assert found.model in {"Recovery V2", "Standard V2", "Low Resolution V2"}
    assert all(found.params[key] == value for key, value in applied.items() if key != "model")
    assert found.safe_why.startswith(f"{found.safe_factor:g}x is safe")


@given(
    changes=st.fixed_dictionaries(
        {
            "noise": st.floats(0, 12),
            "cnoise": st.floats(0, 3),
            "q_eq": st.floats(5, 100),
            "edgew_best": st.floats(0.1, 1),
            "txt_share": st.floats(0, 0.5),
            "txt_n": st.floats(0, 40),
            "detail_px": st.floats(0, 1e7),
        }
    ),
    family=st.none() | st.sampled_from(Family),
)
def test_every_explanation_adds_up_prints_within_its_columns_and_is_json(
    changes: dict[str, float], family: Family | None
) -> None:
    found = explanation(family, **changes)
    points = found.points
    spoke = [one for one in points.evidence if one.asked.held]

    assert len(points.evidence) == len(BOOK.evidence)
    for name, total in points.sums.items():
        told = points.priors[name] + sum(one.points.get(name, 0) for one in spoke)
        assert told == pytest.approx(total)
    assert all(len(line) <= 100 for line in explained(found).splitlines())
    assert json.loads(json.dumps(asdict(found)))["decisive"]["sentence"]
