"""The morning report's page: what stands in it, in which order, and what never does."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upscaled.core.report import (
    Crops,
    Line,
    Money,
    Report,
    Untouched,
    money,
    plain,
    render,
)
from upscaled.nouns import Trouble

NOW = datetime(2025, 3, 2, 7, 30, tzinfo=UTC)
LINE = Line(job="1a", path="4k/a.jpg", word="done", at=NOW)
NASTY = "<img src=x onerror=alert(1)>\"&'.jpg"


def report(*lines: Line, engine: str = "fal", spent: Money | None = None) -> Report:
    return Report(since=NOW, made_at=NOW, engine=engine, lines=lines, money=spent or Money())


class Page(HTMLParser):
    """Collects tags, attributes and text; notes tags that were never closed."""

    VOID = ("meta", "img", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, its links, and that it starts nothing."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect what a person reads."""
        if self.open[-1:] != ["style"]:
            self.text += data


def page(made: Report) -> Page:
    read = Page(render(made))
    assert read.open == []
    return read


def test_what_a_person_must_look_at_stands_first() -> None:
    words = ("done", "working", "held", "failed", "review")
    lines = [replace(LINE, path=f"{word}.jpg", word=word) for word in words]
    text = page(report(*lines)).text
    order = ("review", "failed", "held", "working", "done")
    places = [text.index(f"{word}.jpg") for word in order]
    assert places == sorted(places)


def test_the_page_asks_nobody_for_anything() -> None:
    crops = Crops(before=b"\xff\xd8before", after=b"\xff\xd8after")
    read = page(report(replace(LINE, crops=crops)))
    assert len(read.links) == 2
    assert all(link.startswith("data:image/jpeg;base64,") for link in read.links)
    assert not {"script", "link", "iframe", "object"} & set(read.tags)
    assert "@import" not in render(report(LINE))
    assert "url(" not in render(report(LINE))


def test_a_failure_says_what_and_what_to_do() -> None:
    trouble = Trouble(code="truncated", message="It is cut short.", hint="Copy it again.")
    text = page(report(replace(LINE, word="failed", trouble=trouble))).text
    assert "It is cut short." in text
    assert "Copy it again." in text
    assert "truncated" in text


def test_a_held_picture_shows_its_word_and_its_reason() -> None:
    held = replace(LINE, word="held", hold="budget", reason="The day's cap is reached.")
    text = page(report(held)).text
    assert "budget" in text
    assert "The day's cap is reached." in text


def test_a_job_shows_family_reasons_plan_price_and_place() -> None:
    line = replace(
        LINE,
        family="text",
        confidence=0.93,
        reasons=("Lines of letters.",),
        plan="Text Refine 3x",
        cost=160_000,
        basis="billed",
        place="outbox/4k/a.png",
        notes=("The last 1.6x is plain resampling.",),
    )
    text = page(report(line)).text
    for said in ("text", "93% sure", "Lines of letters.", "Text Refine 3x", "$0.16 (billed)"):
        assert said in text
    assert "outbox/4k/a.png" in text
    assert "The last 1.6x is plain resampling." in text


def test_the_totals_hold_spend_against_its_caps() -> None:
    spent = Money(today=80_000, month=1_240_000, reserved=80_000, daily_cap=20_000_000)
    text = page(report(LINE, spent=spent)).text
    for said in ("$0.08", "today, of $20.00", "$1.24", "reserved"):
        assert said in text


def test_without_fal_it_says_what_fal_would_have_asked() -> None:
    line = replace(LINE, basis="free", fal_cost=320_000)
    local = page(report(line, line, engine="local")).text
    assert "$0.64" in local
    assert "nothing; fal would ask $0.32" in local


def test_pictures_that_were_taken_away_are_said_to_be() -> None:
    text = page(report(replace(LINE, crops_missing="No crops: the result was taken away."))).text
    assert "the result was taken away" in text


def test_a_folder_that_is_not_understood_is_named_with_its_word() -> None:
    stray = Untouched(path="4k-fitt", token="fitt", files=1, hint='did you mean "fit"?')
    text = page(replace(report(), untouched=(stray,))).text
    assert '4k-fitt, 1 file: "fitt" is not known; did you mean "fit"?' in text


def test_an_empty_report_is_a_page_too() -> None:
    assert "done" in page(report()).text


@pytest.mark.parametrize("field", ["job", "path", "family", "plan", "place", "reason", "hold"])
def test_no_word_of_a_stranger_becomes_markup(field: str) -> None:
    said: dict[str, Any] = {field: NASTY, "crops": Crops(before=b"", after=b"")}
    made = render(report(replace(LINE, **said)))
    assert "<img src=x" not in made
    assert len(Page(made).links) == 2


@settings(max_examples=40)
@given(st.text())
def test_any_file_name_gives_a_whole_page_that_can_be_written(name: str) -> None:
    line = replace(LINE, path=name, reasons=(name,), crops=Crops(before=b"", after=b""))
    made = render(report(line))
    made.encode()
    assert Page(made).open == []


@given(st.text())
def test_plain_text_holds_nothing_that_steers_a_terminal_or_a_reading_direction(name: str) -> None:
    assert plain(name).isprintable()
    assert len(plain(name)) == len(name)


def test_odd_spaces_become_spaces() -> None:
    assert plain("Screenshot 9.41\u202fAM\n.png") == "Screenshot 9.41 AM .png"
    assert plain("a\x1b[31m\u202egnp.\udcff") == "a\ufffd[31m\ufffdgnp.\ufffd"


@pytest.mark.parametrize(
    ("amount", "said"), [(0, "$0.00"), (80_000, "$0.08"), (12_300, "$0.0123"), (5_000_000, "$5.00")]
)
def test_money_shows_two_decimals_and_more_only_where_they_count(amount: int, said: str) -> None:
    assert money(amount) == said
