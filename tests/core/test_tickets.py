"""What a ticket asks for, and what is wrong with one."""

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.folders import Grammar, Target
from upscaled.core.tickets import (
    as_values,
    by_ticket,
    digest_of,
    fault_in,
    is_id,
    own_id,
    picture_of,
    series_name,
    submitted_id,
    wished,
    wishes_of,
)
from upscaled.nouns import Family, Verdict, Wishes

GRAMMAR = Grammar({})
SHA = "ab" * 32
WHOLE = Wishes(
    ticket="d",
    id="deadline-5f1c09",
    target="ACME/print-a2",
    model=Family.CORE,
    series="Shot 010",
    urgent=True,
    sha256=SHA,
)

ids = st.from_regex(r"\A[a-z][0-9a-z-]{5,39}\Z")
series = st.text("abcXYZ019 ._-äß", min_size=1, max_size=64).filter(series_name)
tickets = st.builds(
    Wishes,
    ticket=st.just("d"),
    id=st.none() | ids,
    target=st.none() | st.sampled_from(["4k", "ACME/print-a2", "8k_fill"]),
    model=st.none() | st.sampled_from(Family),
    series=st.none() | series.map(series_name),
    urgent=st.booleans(),
    sha256=st.none() | st.just(SHA),
)


def place(folder: str) -> Target:
    found = GRAMMAR.resolve(folder)
    assert isinstance(found, Target)
    return found


@given(tickets)
def test_what_is_written_down_is_read_again(wishes: Wishes) -> None:
    values = tomllib.loads(tomli_w.dumps(as_values(wishes)))

    read = wishes_of(values, "d")

    assert read == wishes if values else read.fault == "it is empty"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["id", "target", "model", "series", "priority", "sha256"]) | st.text()


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_whatever_a_ticket_says_it_is_understood_whole_or_its_picture_waits(
    values: dict[str, Any],
) -> None:
    read = wishes_of(values, "d")

    if read.fault:
        assert read == Wishes(ticket="d", fault=read.fault)
        assert "\n" not in read.fault
    else:
        assert read.id is None or is_id(read.id)
        assert wishes_of(as_values(read) or {"priority": "low"}, "d") == read


@pytest.mark.parametrize(
    "bad",
    [
        "short", "a" * 41, "01kb8f2v0abcdefgh", "../../etc", "a/b/c/d/e", "a.b.c.d", "Abcdefg",
        "abcdefg\n", "abc defg", "abcdéfg", "-abcdef", "abcdef\0", "abcdefg ", "s_abcdef",
    ],
)  # fmt: skip
def test_an_id_is_never_a_path_nor_one_of_the_daemons_own(bad: str) -> None:
    assert not is_id(bad)
    made = wishes_of({"id": bad}, "d").id
    assert made is None or is_id(made)


@pytest.mark.parametrize(
    ("written", "begins"),
    [
        ("550E8400-E29B-41D4-A716-446655440000", "t-550e8400-e29b-41d4-a716-"),
        ("550e8400-e29b-41d4-a716-446655440000", "t-550e8400-e29b-41d4-a716-"),
        ("65f1c2aa0b3c4d5e6f708192", "t-65f1c2aa0b3c4d5e6f708192-"),
        ("show-shot-me_comp/0001-layer", "t-show-shot-me-comp-0001-l-"),
        ("Ünï", "t-n-"),
        ("###", "t-"),
        (4711, "t-4711-"),
    ],
)
def test_a_farms_own_id_becomes_one_of_ours_and_is_kept_as_it_was_written(
    written: str | int, begins: str
) -> None:
    wishes = wishes_of({"id": written}, "d")

    assert wishes.fault == ""
    assert wishes.given == str(written)
    assert is_id(wishes.id or "")
    assert str(wishes.id).startswith(begins)
    assert len(str(wishes.id)) == len(begins) + 13
    assert as_values(wishes)["id"] == str(written)


@given(st.lists(st.text("Aa-é1", min_size=1, max_size=9), unique_by=str.strip, min_size=2))
def test_two_ids_of_a_farm_never_become_one(written: list[str]) -> None:
    made = [own_id(text) for text in written]

    assert len(set(made)) == len(written)


@pytest.mark.parametrize("bad", ["", "\n", "a\0b", "a\nb", "x" * 201, "../../etc", "a/../b"])
def test_what_can_be_no_id_names_none(bad: str) -> None:
    assert own_id(bad) is None


@pytest.mark.parametrize(
    ("priority", "urgent"),
    [(0, False), (50, False), (51, True), (100, True), ("75", True), ("-1", False), (-3, False),
     ("High", True), ("URGENT", True), ("Low", False)],
)  # fmt: skip
def test_farms_count_their_priorities(priority: str | int, urgent: bool) -> None:  # noqa: FBT001 - a table
    wishes = wishes_of({"priority": priority}, "d")

    assert (wishes.fault, wishes.urgent) == ("", urgent)


@pytest.mark.parametrize("bad", [True, 7.5, [50], "hot", "5.5", ""])
def test_what_is_no_priority_is_a_fault_or_says_nothing(bad: object) -> None:
    assert ("priority = " in wishes_of({"priority": bad}, "d").fault) == (bad != "")


def test_capitals_of_a_family_and_of_a_hash_say_the_same() -> None:
    wishes = wishes_of({"model": "CGI", "sha256": SHA.upper()}, "d")

    assert (wishes.fault, wishes.model, wishes.sha256) == ("", Family.CGI, SHA)


@pytest.mark.parametrize("bad", ["../x", "a/b", "a\\b", ".hidden", "-x", "a\tb", "x" * 65, "*"])
def test_a_series_name_is_never_a_path(bad: str) -> None:
    assert series_name(bad) is None
    assert "series = " in wishes_of({"series": bad}, "d").fault


def test_all_faults_are_told_at_once_with_what_would_be_right() -> None:
    fault = wishes_of({"modle": "core", "model": "cor", "id": [7], "priority": "hot"}, "d").fault

    for said in (
        "no 'modle'",
        'did you mean "model"?',
        "'cor'",
        "one of core",
        "id = [7]",
        "urgent",
    ):
        assert said in fault


def test_a_ticket_holds_only_in_the_folder_that_it_names() -> None:
    def fault(target: str, folder: str) -> str:
        return fault_in(Wishes(ticket="d", target=target), place(folder), GRAMMAR)

    assert fault("4k", "4k") == ""
    assert fault("4k", "4k/shot010/beauty") == ""
    assert fault("4k_fill_png", "4k-png-fill") == ""
    assert fault("print-a2", "ACME/print-a2") == ""
    assert fault("ACME/print-a2", "ACME/print-a2/x") == ""
    assert "it lies in BETA/print-a2" in fault("ACME/print-a2", "BETA/print-a2")
    assert "it lies in 4k" in fault("8k", "4k")
    assert 'did you mean "print"?' in fault("prnt-a2", "print-a2")


def test_a_family_named_by_a_ticket_counts_like_a_folders_and_says_so() -> None:
    order = place("4k-text").order
    judged = Verdict(model=Family.TEXT, confidence=0.7, rule="points", reasons=("x",))

    assert wished(order, WHOLE).family is Family.CORE
    assert wished(order, None) is order
    said = by_ticket(judged, WHOLE)
    assert (said.model, said.confidence, said.rule) == (Family.CORE, 1.0, "ticket")
    assert said.reasons == ("Its ticket asks for core.",)
    assert by_ticket(judged, None) is judged


def test_the_same_picture_asked_for_in_the_same_way_has_one_id() -> None:
    mine = submitted_id(SHA, WHOLE)

    assert is_id(mine)
    assert mine == submitted_id(SHA, WHOLE) == submitted_id(SHA, Wishes(**_with(ticket="e")))
    others = [
        submitted_id("cd" * 32, WHOLE),
        submitted_id(SHA, Wishes(**_with(target="4k"))),
        submitted_id(SHA, Wishes(**_with(model=None))),
        submitted_id(SHA, Wishes(**_with(series="Shot 020"))),
        submitted_id(SHA, WHOLE, member="shot.0001.png"),
        submitted_id(SHA, WHOLE, nonce=b"chance"),
    ]
    assert len({mine, *others}) == 7


def _with(**values: Any) -> dict[str, Any]:
    return {name: getattr(WHOLE, name) for name in Wishes.__slots__} | values


def test_a_tickets_picture_is_known_by_its_name() -> None:
    assert picture_of("a.png.job.toml") == "a.png"
    assert picture_of("A.PNG.JOB.TOML") == "A.PNG"
    assert picture_of("a.png.toml") is None
    assert digest_of(b"a") != digest_of(b"b")


def test_a_field_that_a_template_left_blank_says_nothing() -> None:
    wishes = wishes_of({"id": "", "model": "", "series": "", "priority": "high"}, "d")
    assert (wishes.fault, wishes.id, wishes.model, wishes.series) == ("", None, None, None)
    assert wishes.urgent
