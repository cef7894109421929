"""The rules' grammar is closed: what it does not know is a fault, told together with all others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.rulebook import Rulebook, load_rulebook
from upscaled.errors import ConfigError
from upscaled.nouns import Family


def book(**changes: Any) -> dict[str, Any]:
    rule = {
        "name": "lines",
        "family": "text",
        "confidence": 0.9,
        "when": "txt_n >= 10 and eqn > 0.5",
        "say": "Lines of letters",
        "example": [{"txt_n": 12, "eqn": 0.6, "matches": True}],
    }
    evidence = {
        "when": "noise >= 2.5",
        "points": {"recover": 1.5, "redefine": -1},
        "say": "visible noise",
        "example": [{"noise": 3, "matches": True}],
    }
    said = {
        "rule": [rule],
        "evidence": [evidence],
        "priors": {"core": 1.0, "recover": 0.0},
        "temperature": 1.3,
        "gate": {"recover": 0.6},
    }
    return said | changes


def faults_of(said: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load_rulebook(said)
    return {fault.key: fault.value for fault in caught.value.faults}


def test_a_rulebook_is_read_into_typed_values() -> None:
    read = load_rulebook(book())

    assert read.rules[0].family is Family.TEXT
    assert str(read.rules[0].when) == "txt_n >= 10 and eqn > 0.5"
    assert read.evidence[0].points == {Family.RECOVER: 1.5, Family.REDEFINE: -1.0}
    assert check_examples(read) == ()


@pytest.mark.parametrize(
    "when",
    [
        "",
        "noise",
        "noise = 2",
        "noise >= many",
        "noise >= 2 or eqn > 1",
        "__import__('os')",
        "noise >= 2 and",
        "Noise >= 2",
        "noise >= 1e9",
        7,
    ],
)
def test_what_the_grammar_does_not_know_is_a_fault(when: object) -> None:
    assert "rule lines.when" in faults_of(book(rule=[book()["rule"][0] | {"when": when}]))


def test_every_fault_is_told_at_once() -> None:
    wrong = book(
        rule=[book()["rule"][0] | {"family": "photo", "confidence": 2, "sya": "x"}],
        priors={"core": "much", "sepia": 1},
        temperature=0,
        colour=1,
        hint=[{"feature": "ai_name", "score": 1, "pattern": "("}],
        native_sizes=[[512], "big"],
    )

    assert {
        "rule lines.family",
        "rule lines.confidence",
        "rule lines.sya",
        "priors.core",
        "priors",
        "temperature",
        "judge.colour",
        "hint ai_name.pattern",
        "native_sizes",
    } <= set(faults_of(wrong))


def test_two_rules_cannot_share_a_name_nor_take_a_reserved_one() -> None:
    rule = book()["rule"][0]

    assert faults_of(book(rule=[rule, rule]))["rule.name"] == "lines"
    assert faults_of(book(rule=[rule | {"name": "folder"}]))["rule.name"] == "folder"


def test_an_example_that_its_rule_contradicts_is_a_fault() -> None:
    rule = book()["rule"][0] | {"example": [{"txt_n": 2, "eqn": 0.6, "matches": True}]}
    none = book()["evidence"][0] | {"example": []}

    keys = [
        fault.key for fault in check_examples(load_rulebook(book(rule=[rule], evidence=[none])))
    ]

    assert keys == ["rule lines", "evidence noise >= 2.5"]


def test_an_unknown_measure_never_holds() -> None:
    assert not load_rulebook(book()).rules[0].when.holds({"eqn": 0.9})


@given(
    said=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["rule", "evidence", "priors", "gate", "name", "when", "points"])
                | st.text(max_size=5),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_mapping_gives_a_rulebook_or_faults(said: object) -> None:
    try:
        read = load_rulebook(said if isinstance(said, dict) else {"rule": said})
    except ConfigError as error:
        assert error.faults  # noqa: PT017  either answer is right, a crash is not
    else:
        assert isinstance(read, Rulebook)
