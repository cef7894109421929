"""The figures of the judge, against figures worked out by hand."""

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.conditions import Condition, Term
from upscaled.core.rulebook import Evidence, Rule, Rulebook
from upscaled.core.score import (
    FAMILIES,
    TAUS,
    Judged,
    Labelled,
    judged_by,
    score,
    score_json,
    trade_json,
    trade_off,
)
from upscaled.nouns import Family, Probe, Verdict

CORE, RECOVER, REDEFINE = Family.CORE, Family.RECOVER, Family.REDEFINE
TEXT, CGI = Family.TEXT, Family.CGI


def one(label: Family, model: Family, confidence: float = 0.7) -> Judged:
    verdict = Verdict(model=model, confidence=confidence, rule="points", reasons=("So.",))
    return Judged(label=label, verdict=verdict)


TEN = (
    *(one(CORE, CORE, 0.95), one(CORE, CORE, 0.55), one(CORE, RECOVER, 0.65)),
    *(one(CORE, REDEFINE, 0.9), one(CORE, CGI, 0.92)),
    *(one(RECOVER, RECOVER, 1.0), one(RECOVER, CORE, 0.4)),
    one(TEXT, TEXT, 0.93),
    *(one(CGI, CORE, 0.5), one(CGI, CGI, 0.8)),
)
"""5 core, 2 recover, 1 text, 2 cgi; nothing is labelled redefine."""


def test_the_figures_of_ten_pictures_are_those_worked_out_by_hand() -> None:
    told = score_json(score(TEN))

    assert told["accuracy"] == 0.5
    assert told["recall"] == {
        "core": 0.4, "recover": 0.5, "redefine": None, "text": 1.0, "cgi": 0.5,
    }  # fmt: skip
    assert told["precision"] == {
        "core": 0.5, "recover": 0.5, "redefine": 0.0, "text": 1.0, "cgi": 0.5,
    }  # fmt: skip
    assert told["macro_recall"] == 0.6  # (0.4 + 0.5 + 1 + 0.5) / 4: redefine does not occur
    assert told["confusion"]["core"] == {
        "core": 2, "recover": 1, "redefine": 1, "text": 0, "cgi": 1,
    }  # fmt: skip
    assert told["photos"] == {"generative": 0.4, "redefine": 0.2}


def test_with_cgi_counted_as_core_four_families_are_left() -> None:
    four = score_json(score(TEN))["four"]

    assert four["accuracy"] == 0.7  # core as cgi and cgi as core are right now
    assert four["recall"] == {"core": 0.7143, "recover": 0.5, "redefine": None, "text": 1.0}
    assert four["precision"] == {"core": 0.8333, "recover": 0.5, "redefine": 0.0, "text": 1.0}
    assert four["macro_recall"] == round((5 / 7 + 0.5 + 1) / 3, 4)


def test_every_confidence_falls_into_the_bin_that_begins_with_it() -> None:
    told = score_json(score(TEN))

    assert [(row["from"], row["count"], row["right"]) for row in told["calibration"]] == [
        (0.0, 1, 0), (0.5, 2, 1), (0.6, 1, 0), (0.7, 0, 0), (0.8, 1, 1), (0.9, 5, 3),
    ]  # fmt: skip
    assert [row["to"] for row in told["calibration"]] == [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert told["sure"] == {"from": 0.9, "count": 5, "right": 3, "right_four": 4, "share": 0.6}


def test_of_no_pictures_at_all_nothing_is_claimed() -> None:
    told = score_json(score(()))

    assert (told["accuracy"], told["macro_recall"]) == (None, None)
    assert told["photos"] == {"generative": None, "redefine": None}
    assert told["sure"]["share"] is None


PAIRS = st.lists(
    st.builds(one, st.sampled_from(FAMILIES), st.sampled_from(FAMILIES), st.floats(0, 1)),
    min_size=1,
)


@given(PAIRS)
def test_every_picture_is_counted_once_in_every_table(judged: list[Judged]) -> None:
    told = score_json(score(judged))

    assert sum(sum(row.values()) for row in told["confusion"].values()) == len(judged)
    assert sum(row["count"] for row in told["calibration"]) == len(judged)
    assert told["four"]["accuracy"] >= told["accuracy"]


def when(name: str) -> Condition:
    return Condition(terms=(Term(name=name, op=">=", number=1.0),))


BOOK = Rulebook(
    rules=(
        Rule(
            name="mark",
            family=REDEFINE,
            confidence=0.7,
            when=when("mark"),
            say="Marked",
            examples=(),
        ),
    ),
    evidence=(
        Evidence(when=when("worn"), points={RECOVER: 3.0}, say="worn", examples=()),
        Evidence(when=when("soft"), points={RECOVER: 1.0}, say="soft", examples=()),
    ),
    priors={CORE: 0.0, RECOVER: 0.0},
    temperature=1.0,
    gate={RECOVER: 0.75},
)


def measured(name: str) -> Probe:
    return Probe(format="JPEG", width=900, height=600, mode="RGB", features={name: 1.0})


PICTURES = (
    Labelled(label=RECOVER, name="a.jpg", probe=measured("worn")),  # e^3 / (e^3 + 1) = 0.953
    Labelled(label=CORE, name="b.jpg", probe=measured("soft")),  # e / (e + 1) = 0.731
    Labelled(label=REDEFINE, name="c.png", probe=measured("mark")),
)


def test_a_higher_gate_keeps_photos_from_models_that_invent() -> None:
    rows = {row.tau: trade_json(row) for row in trade_off(BOOK, PICTURES)}

    assert tuple(rows) == TAUS
    assert [rows[tau]["generative"] for tau in TAUS] == [1, 1, 1, 1, 1, 1, 0]
    assert rows[0.0]["recover_recall"] == rows[0.8]["recover_recall"] == 1.0


def test_a_generators_mark_minds_no_gate() -> None:
    (row,) = trade_off(BOOK, PICTURES, taus=[1.0])

    assert trade_json(row)["redefine_recall"] == 1.0
    assert trade_json(row)["recover_recall"] == 0.0


def test_the_rulebooks_own_gate_is_left_as_it_is() -> None:
    trade_off(BOOK, PICTURES)

    soft = judged_by(BOOK, PICTURES)[1].verdict
    assert (soft.model, soft.rule) == (CORE, "points")
