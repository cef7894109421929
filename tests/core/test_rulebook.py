"""The rules' grammar is closed: what it does not know is a fault, told together with all others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.conditions import parse_condition
from upscaled.core.rulebook import Rulebook, load_rulebook
from upscaled.errors import ConfigError, Fault
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
        "priors": {"core": 1.0, "recover": 0.0, "redefine": -0.9},
        "temperature": 1.3,
        "gate": {"recover": 0.6},
    }
    return said | changes


def all_faults(said: dict[str, Any], known: frozenset[str] | None = None) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        load_rulebook(said, known)
    return caught.value.faults


def faults_of(said: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load_rulebook(said)
    return {fault.key: fault.value for fault in caught.value.faults}


def test_a_rulebook_is_read_into_typed_values() -> None:
    read = load_rulebook(book())

    assert read.rules[0].family is Family.TEXT
    assert str(read.rules[0].when) == "txt_n >= 10 and eqn > 0.5"
    assert read.evidence[0].points == {Family.RECOVER: 1.5, Family.REDEFINE: -1.0}


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
        "colour",
        "hint ai_name.pattern",
        "native_sizes",
    } <= set(faults_of(wrong))


def test_two_rules_cannot_share_a_name_nor_take_a_reserved_one() -> None:
    rule = book()["rule"][0]

    assert faults_of(book(rule=[rule, rule]))["rule.name"] == "lines"
    assert faults_of(book(rule=[rule | {"name": "folder"}]))["rule.name"] == "folder"


def test_an_example_that_its_rule_contradicts_is_a_fault_and_so_is_none() -> None:
    rule = book()["rule"][0] | {"example": [{"txt_n": 2, "eqn": 0.6, "matches": True}]}
    none = book()["evidence"][0] | {"example": []}

    assert faults_of(book(rule=[rule], evidence=[none])) == {
        "rule lines.example": "example 1",
        "evidence noise >= 2.5.example": "none",
    }


def rule(name: str, when: str, **example: float) -> dict[str, Any]:
    examples = [example | {"matches": True}] if example else []
    base: dict[str, Any] = book()["rule"][0]
    return base | {"name": name, "when": when, "example": examples}


def evidence(when: str, points: dict[str, float], **example: float) -> dict[str, Any]:
    shown = [example | {"matches": True}] if example else []
    return {"when": when, "points": points, "say": "something", "example": shown}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (["a >= 3"], "a >= 4"),
        (["a > 3"], "a >= 3.1 and b >= 1"),
        (["a >= 3 and b < 2"], "b < 1 and a >= 3"),
        (["a <= 3", "a > 3"], "a >= 0"),
        (["a < 2", "a >= 2 and b < 1"], "b <= 0 and a <= 5"),
    ],
)
def test_a_rule_that_earlier_ones_always_take_is_a_fault_that_names_them(
    earlier: list[str], later: str
) -> None:
    rules = [rule(f"first-{at}", when) for at, when in enumerate(earlier)]
    found = {fault.key: fault for fault in all_faults(book(rule=[*rules, rule("last", later)]))}

    assert "first-0" in found["rule last.when"].hint
    assert found["rule last.when"].value == str(parse_condition(later))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (["a > 3"], "a >= 3"),
        (["a >= 3 and b >= 1"], "a >= 4"),  # b may be unknown
        (["a < 2", "a > 2"], "a >= 0"),
        (["a <= 3", "a > 3"], "b >= 0"),
    ],
)
def test_a_rule_that_some_picture_reaches_is_none(earlier: list[str], later: str) -> None:
    rules = [rule(f"first-{at}", when) for at, when in enumerate(earlier)]

    keys = {fault.key for fault in all_faults(book(rule=[*rules, rule("last", later)]))}

    assert "rule last.when" not in keys


def test_terms_that_contradict_each_other_are_a_fault() -> None:
    wrong = book(rule=[rule("never", "a >= 3 and a < 3")])

    assert faults_of(wrong)["rule never.when"] == "a >= 3 and a < 3"


def test_an_example_that_an_earlier_rule_takes_is_a_fault_that_names_it() -> None:
    rules = [rule("first", "a >= 3", a=4), rule("second", "b >= 1", a=5, b=1)]
    [fault] = all_faults(book(rule=rules))

    assert fault.key == "rule second.example"
    assert "rule first comes first" in fault.hint


def test_a_measure_that_nobody_makes_is_a_fault_with_the_nearest_that_is_made() -> None:
    known = frozenset({"txt_n", "eqn", "noise", "cnoise"})
    mistyped = book(
        rule=[rule("lines", "txt_m >= 10", txt_m=12)],
        evidence=[evidence("noise >= 2.5", {"recover": 1.0}, noise=3, cnoize=1)],
    )

    found = {fault.key: fault for fault in all_faults(mistyped, known)}

    assert found.keys() == {"rule lines.when", "evidence noise >= 2.5.example"}
    assert found["rule lines.when"].value == "txt_m"
    assert found["rule lines.when"].hint == 'did you mean "txt_n"?'
    assert found["evidence noise >= 2.5.example"].value == "cnoize"
    assert load_rulebook(book(), known)


def test_hints_and_what_the_studio_says_are_known_but_only_to_the_table_of_points() -> None:
    hint = {"feature": "ai_name", "score": 1, "pattern": "x"}
    points = [evidence("ai_name >= 1 and assume_ai >= 1", {"core": -1.0}, ai_name=1, assume_ai=1)]
    known = frozenset({"noise", "txt_n", "eqn"})

    assert load_rulebook(book(hint=[hint], evidence=points), known)
    wrong = book(hint=[hint], rule=[rule("named", "ai_name >= 1 and assume_ai > 0")])
    values = {fault.value for fault in all_faults(wrong, known) if "evidence" in fault.hint}
    assert values == {"ai_name", "assume_ai"}


def test_a_hint_called_like_a_measure_is_a_fault() -> None:
    hint = {"feature": "noise", "score": 1, "pattern": "x"}

    keys = {fault.key for fault in all_faults(book(hint=[hint]), frozenset({"noise"}))}

    assert "hint noise.feature" in keys


def test_a_hint_that_nothing_reads_is_a_fault() -> None:
    hint = {"feature": "scan_name", "score": 1, "pattern": "^scan"}
    reads = evidence("scan_name >= 1", {"recover": 1.0}, scan_name=1)

    assert faults_of(book(hint=[hint])) == {"hint scan_name": "scan_name"}
    assert load_rulebook(book(hint=[hint], evidence=[reads]))


def test_a_slot_that_no_mark_fills_is_a_fault() -> None:
    marks = {"generator": ("ai_meta", 1.0), "screen": ("screen", 1.0)}
    said = [
        rule("mark", "ai_meta >= 1", ai_meta=1) | {"say": "It is of {generator}"},
        rule("typo", "screen >= 1", screen=1) | {"say": "It is of {scren}"},
        rule("idle", "noise >= 1", noise=1) | {"say": "It is of {screen}"},
    ]

    with pytest.raises(ConfigError) as caught:
        load_rulebook(book(rule=said), marks=marks)
    found = {fault.key: fault for fault in caught.value.faults}

    assert found.keys() == {"rule typo.say", "rule idle.say"}
    assert found["rule typo.say"].hint == 'did you mean "screen"?'
    assert "asks for screen" in found["rule idle.say"].expected


def test_asking_more_of_a_mark_than_any_is_trusted_is_a_fault() -> None:
    marks = {"graphic": ("graphic", 0.3)}
    table = [
        evidence("graphic >= 0.5", {"recover": 1.0}, graphic=1),
        evidence("graphic > 0.3", {"core": 1.0}, graphic=1),
        evidence("graphic >= 0.3", {"core": 1.0}, graphic=1),
        evidence("graphic < 0.1", {"core": 1.0}, graphic=0),
    ]

    with pytest.raises(ConfigError) as caught:
        load_rulebook(book(evidence=table), marks=marks)
    found = {fault.key: fault for fault in caught.value.faults}

    assert found.keys() == {"evidence graphic >= 0.5.when", "evidence graphic > 0.3.when"}
    assert "0.3" in found["evidence graphic >= 0.5.when"].hint


def test_evidence_without_effect_is_a_fault() -> None:
    one = evidence("a >= 1 and b < 2", {"recover": 1.0}, a=1, b=1)
    table = [
        one,
        evidence("b < 2 and a >= 1", {"core": 1.0}, a=1, b=1),
        evidence("c >= 1", {"core": 1, "recover": 1, "redefine": 1}, c=1),
        evidence("d >= 1", {"recover": 0.0}, d=1),
        evidence("e >= 1", {"recover": 1.0, "text": 1.0}, e=1),
    ]

    found = faults_of(book(evidence=table, gate={"cgi": 0.5}))

    assert set(found) == {
        "evidence b < 2 and a >= 1.when",
        "evidence c >= 1.points",
        "evidence d >= 1.points",
        "evidence e >= 1.points",
        "gate.cgi",
    }


def test_faults_of_reading_and_of_sense_are_told_together() -> None:
    rules = [rule("first", "a >= 3", a=4), rule("second", "a >= 5", a=6), rule("odd", "a = 3")]

    assert {"rule second.when", "rule odd.when"} <= set(faults_of(book(rule=rules)))


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
