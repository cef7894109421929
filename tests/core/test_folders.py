"""The grammar of folder names: what they ask for, and what is refused."""

from dataclasses import dataclass, replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.folders import (
    Grammar,
    NoTarget,
    Target,
    Unknown,
    UnknownFolder,
    name_problem,
    tokens_for_help,
)
from upscaled.nouns import Assume, Family, Fit, Format, Order


@dataclass(frozen=True)
class Like:
    """What the config says of a name."""

    like: str


GRAMMAR = Grammar({})


def order(name: str, grammar: Grammar = GRAMMAR) -> Order:
    found = grammar.parse_name(name)
    assert isinstance(found, Order), found
    return found


def unknown(name: str, grammar: Grammar = GRAMMAR) -> Unknown:
    found = grammar.parse_name(name)
    assert isinstance(found, Unknown), found
    return found


def target(folder: str, grammar: Grammar = GRAMMAR) -> Target:
    found = grammar.resolve(folder)
    assert isinstance(found, Target), found
    return found


def unknown_folder(folder: str) -> UnknownFolder:
    found = GRAMMAR.resolve(folder)
    assert isinstance(found, UnknownFolder), found
    return found


def pixels(asked: Order) -> tuple[int, int]:
    """Return short and long side of the printed box, as the paper trade reckons it."""
    assert asked.sheet_mm is not None
    short, long = ((side + 2 * asked.bleed_mm) / 25.4 * asked.ppi for side in asked.sheet_mm)
    return round(short), round(long)


@pytest.mark.parametrize(
    ("name", "long_px", "short_px", "fit"),
    [
        ("4k", 3840, 2160, Fit.LONG_EDGE),
        ("8k", 7680, 4320, Fit.LONG_EDGE),
        ("hd", 1920, 1080, Fit.LONG_EDGE),
        ("4k-fit", 3840, 2160, Fit.FIT),
        ("8k-fill", 7680, 4320, Fit.FILL),
        ("4k-dci", 4096, 2160, Fit.LONG_EDGE),
        ("8k-dci-fit", 8192, 4320, Fit.FIT),
        ("digital", 0, 0, Fit.SAFE),
        ("broadcast", 3840, 2160, Fit.PAD),
    ],
)
def test_a_digital_target_has_its_box(name: str, long_px: int, short_px: int, fit: Fit) -> None:
    asked = order(name)

    assert (asked.kind, asked.format) == ("digital", Format.PNG)
    assert (asked.long_px, asked.short_px, asked.fit) == (long_px, short_px, fit)
    assert asked.srgb is (name == "digital")


PAPER = {
    "a5": [(1748, 2480), (1398, 1984), (874, 1240), (1819, 2551)],
    "a4": [(2480, 3508), (1984, 2806), (1240, 1754), (2551, 3579)],
    "a3": [(3508, 4961), (2806, 3969), (1754, 2480), (3579, 5031)],
    "a2": [(4961, 7016), (3969, 5613), (2480, 3508), (5031, 7087)],
    "a1": [(7016, 9933), (5613, 7946), (3508, 4967), (7087, 10004)],
    "a0": [(9933, 14043), (7946, 11235), (4967, 7022), (10004, 14114)],
}
"""Pixels at 300, 240 and 150 ppi, and at 300 with 3 mm of bleed."""


@pytest.mark.parametrize("paper", PAPER)
def test_paper_comes_out_at_the_pixels_of_the_trade(paper: str) -> None:
    names = ("-300ppi", "-240ppi", "-150ppi", "-300ppi-bleed3")

    assert [pixels(order(f"print-{paper}{name}")) for name in names] == PAPER[paper]


@pytest.mark.parametrize(
    ("name", "ppi"),
    [
        ("print", 300), ("print-a5", 300), ("print-a3", 300), ("print-42x10cm", 300),
        ("print-42.1x10cm", 240), ("print-a2", 240), ("print-16x20in", 240), ("print-a1", 200),
        ("print-a0", 150), ("print-24x36in", 150), ("print-a0-72ppi", 72), ("print-a4-30ppi", 30),
        ("print-a4-1200ppi", 1200),
    ],
)  # fmt: skip
def test_density_follows_the_long_edge_unless_said(name: str, ppi: int) -> None:
    assert order(name).ppi == ppi


def test_bare_print_is_a3_as_tiff_inside_the_sheet() -> None:
    asked = order("print")

    assert (asked.kind, asked.sheet_mm, asked.format) == ("print", (297.0, 420.0), Format.TIFF)
    assert (asked.fit, asked.bleed_mm, asked.pad) == (Fit.FIT, 0.0, "")


@pytest.mark.parametrize(
    ("name", "sheet_mm"),
    [
        ("print-16x20in", (406.4, 508.0)),
        ("print-20x16in", (406.4, 508.0)),
        ("print-50x70cm", (500.0, 700.0)),
        ("print-8.5x11in", (215.9, 279.4)),
    ],
)
def test_a_sheet_is_kept_short_side_first_in_millimetres(
    name: str, sheet_mm: tuple[float, float]
) -> None:
    assert order(name).sheet_mm == sheet_mm


@pytest.mark.parametrize(
    ("name", "pad"),
    [
        ("4k-pad", "black"), ("print-pad", "white"), ("4k-pad-white", "white"),
        ("print-black-pad", "black"), ("broadcast", "black"), ("broadcast-white", "white"),
        ("broadcast-fill", ""),
    ],
)  # fmt: skip
def test_padding_is_white_for_print_else_black(name: str, pad: str) -> None:
    assert order(name).pad == pad


def test_bleed_implies_fill() -> None:
    assert order("print-bleed3") == replace(order("print-fill"), bleed_mm=3.0)
    assert order("print-bleed3-fill") == order("print-bleed3")


def test_every_option_fills_its_field() -> None:
    name = "4k_TIF text-legacy ai-clean-nofaces-series-urgent-local-even"

    assert order(name) == replace(
        order("4k"),
        format=Format.TIFF,
        family=Family.TEXT,
        legacy=True,
        assume=Assume.AI,
        clean=True,
        faces=False,
        series=True,
        urgent=True,
        local=True,
        even=True,
    )


@pytest.mark.parametrize(
    ("name", "token", "hint"),
    [
        ("prnt-a3", "prnt", '"print"'),
        ("4k-fil", "fil", '"fill"'),
        ("print-a9", "a9", '"a5" to "a0"'),
        ("print-A2-300", "300", '"300ppi"'),
        ("print-29ppi", "29ppi", "30 to 1200"),
        ("print-1201ppi", "1201ppi", "30 to 1200"),
        ("print-300dpi", "300dpi", '"300ppi"'),
        ("print-bleed0", "bleed0", "1 to 25"),
        ("print-bleed26", "bleed26", "1 to 25"),
        ("print-0x70cm", "0x70cm", '"50x70cm"'),
        ("print-50x70", "50x70", '"50x70cm"'),
        ("print-600x70cm", "600x70cm", "5 m"),
        ("4k-tiff", "tiff", '"tif"'),
        ("4k-jpeg", "jpeg", '"jpg"'),
        ("4k-a3", "a3", 'nothing with "4k"'),
        ("4k-300ppi", "300ppi", 'nothing with "4k"'),
        ("8k-bleed3", "bleed3", 'nothing with "8k"'),
        ("hd-dci", "dci", 'nothing with "hd"'),
        ("print-dci", "dci", 'nothing with "print"'),
        ("digital-fit", "fit", 'nothing with "digital"'),
        ("4k-white", "white", '"pad-white"'),
        ("4k-fit-fit", "fit", "twice"),
        ("4k-fit-fill", "fill", 'contradicts "fit"'),
        ("4k-pad-white-black", "black", 'contradicts "white"'),
        ("4k-faces-nofaces", "nofaces", 'contradicts "faces"'),
        ("4k-core-text", "text", 'contradicts "core"'),
        ("print-a3-50x70cm", "50x70cm", 'contradicts "a3"'),
        ("print-pad-bleed3", "pad", '"bleed3" implies fill'),
        ("4k-print", "print", "comes first"),
        ("_4k", "_4k", '"4k"'),
        ("", "", '"4k"'),
    ],
)
def test_what_cannot_be_read_names_its_token_and_a_way_out(
    name: str, token: str, hint: str
) -> None:
    found = unknown(name)

    assert found.token == token
    assert hint in found.hint


OPTIONS = ["fill", "png", "core", "urgent", "even", "ai"]
PARTERS = st.sampled_from(["-", "_", " ", " - ", "--"])


@given(
    tokens=st.permutations(["a2", "240ppi", *OPTIONS]),
    parters=st.lists(PARTERS, min_size=8, max_size=8),
    cases=st.lists(st.sampled_from([str.lower, str.upper, str.title]), min_size=9, max_size=9),
)
def test_case_separators_and_order_of_later_tokens_change_nothing(
    tokens: list[str], parters: list[str], cases: list[type[str]]
) -> None:
    name = "".join(
        parter + case(token)
        for parter, case, token in zip(["", *parters], cases, ["print", *tokens], strict=True)
    )

    assert order(name) == order("print-a2-240ppi-fill-png-core-urgent-even-ai")


@pytest.mark.parametrize(
    ("folder", "spelled"),
    [
        ("4k", "4k"),
        ("4K", "4k"),
        ("print a3", "print-a3"),
        ("Print_A3-", "print-a3"),
        ("print-jpg-a2", "print-a2-jpg"),
        ("ACME/Print_A2/Day 1/+ Faces_CORE", "ACME/print-a2/Day 1/+core-faces"),
        ("acme/print-a2/Day_1", "acme/print-a2/Day_1"),
        ("4K/8K PNG", "4k/8k-png"),
    ],
)
def test_a_target_has_one_spelling_and_other_folders_keep_their_names(
    folder: str, spelled: str
) -> None:
    assert GRAMMAR.spelled(folder) == spelled
    assert GRAMMAR.spelled(spelled) == spelled


WORDS = st.sampled_from(
    ["4k", "print", "digital", "fit", "pad", "a2", "bleed3", "dci", "+", "core", "x", "ACME", "4k."]
)


@given(st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=5).map("-".join)))
def test_any_name_is_read_or_names_its_token_and_never_raises(name: str) -> None:
    found = GRAMMAR.parse_name(name)

    assert isinstance(found, Order) or (found.hint and (found.token or not name))


@given(st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=5).map("/".join))
def test_any_folder_has_a_place(folder: str) -> None:
    for holds_files in (True, False):
        place = GRAMMAR.resolve(folder, holds_files=holds_files)

        assert isinstance(place, Target | UnknownFolder | NoTarget)
        if holds_files and isinstance(place, NoTarget):
            assert place.path == ""


SPELLINGS = st.sampled_from(
    ["4k", "4K", "print a2", "PRINT_a2", "a2-print", "+core", "+ CORE", "ACME", "acme", "8k-png"]
)


@given(st.lists(SPELLINGS, min_size=1, max_size=3).map("/".join))
def test_what_is_spelled_alike_asks_for_the_same(folder: str) -> None:
    spelled = GRAMMAR.spelled(folder)

    read, again = GRAMMAR.resolve(folder), GRAMMAR.resolve(spelled)

    assert type(read) is type(again)
    assert not isinstance(read, Target) or read.order == target(spelled).order
    assert GRAMMAR.spelled(spelled) == spelled


def test_the_target_may_stand_at_any_depth() -> None:
    found = target("ACME/spring/print-a2/day 1")

    assert found.order == order("print-a2")
    assert (found.target_depth, found.target_path) == (3, "ACME/spring/print-a2")


def test_the_inbox_and_a_parent_without_files_are_no_target_and_nothing_is_wrong() -> None:
    assert GRAMMAR.resolve("") == NoTarget(path="")
    assert GRAMMAR.resolve("ACME", holds_files=False) == NoTarget(path="ACME")


def test_a_folder_with_files_and_no_target_is_unknown() -> None:
    found = unknown_folder("ACME/day1")

    assert (found.path, found.token) == ("ACME/day1", "day1")
    assert "print" in found.hint


def test_a_slip_is_named_even_above_or_without_files() -> None:
    assert unknown_folder("ACME/prnt-a2/day 1").path == "ACME/prnt-a2"
    empty = GRAMMAR.resolve("prnt-a2", holds_files=False)
    assert isinstance(empty, UnknownFolder)
    assert "prnt" in empty.sentence()


def test_a_client_named_much_like_a_target_may_hold_one() -> None:
    assert target("Prinz/4k").order == order("4k")


def test_below_a_target_with_a_bad_token_everything_is_unknown() -> None:
    assert unknown_folder("print-a9/4k/day 1").path == "print-a9"


@pytest.mark.parametrize(
    ("folder", "same_as"),
    [
        ("4k/day 1", "4k"),
        ("4k/print-a9", "4k"),
        ("4k/core", "4k"),
        ("4k/+core", "4k-core"),
        ("4k/+core_jpg/day 1/+fit", "4k-core-jpg-fit"),
        ("4k-pad-white/+fit", "4k-fit"),
        ("4k-pad/+white", "4k-pad-white"),
        ("print-pad/+bleed3", "print-bleed3"),
        ("print-a2-core-240ppi/print-a4", "print-a4-core-240ppi"),
        ("print-a2-core-jpg-fill-urgent/4k", "4k-core-urgent"),
        ("4k-core/8k-text", "8k-text"),
        ("broadcast-fill/broadcast-core", "broadcast-fill-core"),
        ("4k-ai-white-pad/broadcast", "broadcast-ai"),
    ],
)
def test_a_sub_folder_refines_or_is_mirrored_as_it_is(folder: str, same_as: str) -> None:
    assert target(folder).order == order(same_as)


def test_the_nearest_target_word_sets_the_depth() -> None:
    assert target("4k/day 1/8k/x").target_depth == 3
    assert target("4k/day 1/+core/x").target_depth == 1


@pytest.mark.parametrize(
    ("folder", "path", "token"),
    [
        ("4k/+foo/x", "4k/+foo", "foo"),
        ("4k/+", "4k/+", "+"),
        ("4k/+8k", "4k/+8k", "8k"),
        ("4k/+a3", "4k/+a3", "a3"),
        ("+core/4k", "+core", "+core"),
        ("print-bleed3/+fit", "print-bleed3/+fit", "fit"),
    ],
)
def test_a_refinement_that_cannot_be_is_unknown(folder: str, path: str, token: str) -> None:
    found = unknown_folder(folder)

    assert (found.path, found.token) == (path, token)


def test_names_from_the_config_take_tokens_and_stand_on_one_another() -> None:
    grammar = Grammar({"Poster": Like("print-a1-core"), "wall": Like("poster-fill")})

    assert order("poster-png", grammar) == replace(order("print-a1-core-png"), name="poster")
    assert order("WALL-a0", grammar) == replace(order("print-a0-core-fill"), name="wall")
    assert order("broadcast-png", grammar) == replace(order("4k-pad-png"), name="broadcast")
    assert "poster" in unknown("postr", grammar).hint


def test_broadcast_may_be_said_differently() -> None:
    assert order("broadcast", Grammar({"broadcast": Like("hd-fill")})).long_px == 1920


def test_a_circle_or_a_slip_in_the_config_is_left_out_and_told() -> None:
    grammar = Grammar({"a": Like("b"), "b": Like("a-fit"), "c": Like("prnt"), "d": Like("4k")})

    assert set(grammar.bad) == {"a", "b", "c"}
    assert "circle" in grammar.bad["a"].hint
    assert "print" in grammar.bad["c"].hint
    assert "d" in grammar.words


@pytest.mark.parametrize("name", ["4k", "print", "fit", "a3", "300ppi", "x-y", "x y", "", "+x"])
def test_a_name_that_would_be_ambiguous_is_refused(name: str) -> None:
    assert name_problem(name)


@pytest.mark.parametrize("name", ["broadcast", "Poster", "großformat", "x2"])
def test_one_free_word_may_be_a_target(name: str) -> None:
    assert name_problem(name) == ""


def test_accents_may_be_spelled_either_way() -> None:
    grammar = Grammar({"gr\u00f6\u00dfer": Like("8k")})

    assert order("gro\u0308\u00dfer-fit", grammar).fit is Fit.FIT


def test_every_word_of_the_help_can_be_read() -> None:
    words = {row.token for row in tokens_for_help()}
    needs = {"white": "pad-white", "black": "pad-black"}

    assert {"4k", "print", "broadcast", "bleed3", "nofaces"} <= words
    for word in words - set(GRAMMAR.words):
        names = (f"{base}-{needs.get(word, word)}" for base in ("4k", "print"))
        assert any(isinstance(GRAMMAR.parse_name(name), Order) for name in names), word


def test_two_tokens_may_always_change_places() -> None:
    for pair in permutations(OPTIONS, 2):
        assert order("4k-" + "-".join(pair)) == order("4k-" + "-".join(reversed(pair)))
