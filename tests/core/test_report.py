"""The morning report's page and its text twin: what stands there, in which order, what never."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report_pages import HOSTILE, LINE, SPAN, UNTIL, read, report, written
from upscaled.core.report import money, plain
from upscaled.core.report.lead import NOTHING, lead
from upscaled.core.report.page import POLICY
from upscaled.core.report.style import STYLE
from upscaled.core.report.tiles import SHARPEST, THUMB, WORST, tile_name
from upscaled.core.report.twin import twin
from upscaled.core.report.values import (
    Bar,
    Gap,
    Money,
    Report,
    Tally,
    Took,
    Untouched,
    Wait,
    Waiting,
)
from upscaled.core.report.words import address, lasting, size
from upscaled.nouns import Trouble

ALL = (
    THUMB,
    *(tile_name(place, when) for place in (WORST, SHARPEST) for when in ("before", "after")),
)
FULL = replace(
    LINE,
    family="text",
    confidence=0.93,
    reasons=("Lines of letters.",),
    plan="text: Text Refine 3x; 3840 x 2160 PNG",
    source=(1280, 720),
    result=(3840, 2160),
    result_bytes=12_400_000,
    notes=("The last 1.6x is plain resampling.",),
    cost=160_000,
    basis="billed",
    place="outbox/4k/a.png",
    link="./4k/a.png",
    took=Took(waited=10, enlarged=100, finished=20),
    pictures=ALL,
)
FAILED = replace(
    LINE,
    path="4k/cut.jpg",
    word="failed",
    trouble=Trouble(code="truncated", message="It is cut short.", hint="copy it again"),
)
REVIEW = replace(
    FULL, job="2b", path="4k/odd.jpg", word="review", notes=("an edge moved: 3 px",),
    place="review/4k/odd.png",
)  # fmt: skip
WAIT = Wait(
    hold="budget",
    means="a cap is reached",
    count=21,
    files=(Waiting(path="4k/w.jpg", reason="The day's cap is reached.", until=UNTIL),),
)


def whole() -> Report:
    """Return a report with something in every part."""
    return report(
        REVIEW,
        FAILED,
        FULL,
        waits=(WAIT,),
        tally=Tally(came=31, done=1, review=1, failed=1, held=21, waiting=4, working=2, earlier=3),
        money=Money(spent=160_000, today=80_000, month=1_240_000, reserved=80_000,
                    daily_cap=20_000_000, monthly_cap=200_000_000),
        gaps=(Gap(series="4k/shot.####.png", missing="17-19", count=3, ready=40),),
        untouched=(Untouched(path="4k-fitt", token="fitt", files=1, hint='did you mean "fit"?'),),
        bars=tuple(Bar(starts=SPAN.since + timedelta(hours=hour), done=hour, spent=hour * 10_000)
                   for hour in range(8)),
        slowest=(FULL,),
    )  # fmt: skip


def told(made: Report) -> str:
    return "".join(twin(made))


TELL = pytest.mark.parametrize("tell", [lambda made: read(made).text, told], ids=["page", "twin"])


@TELL
def test_what_a_person_must_look_at_stands_first(tell: Any) -> None:
    text = tell(whole())
    order = ("odd.jpg", "cut.jpg", "w.jpg", "17-19", "4k-fitt")
    places = [text.index(one) for one in order]
    assert places == sorted(places)
    assert text.rindex("a.jpg") > places[-1], "what is done comes last"


@TELL
@pytest.mark.parametrize(
    "said",
    [
        "Morning report, Monday 3 March 2025",
        "Europe/Berlin",
        "1 picture was finished for $0.16.",
        "1 wants a look, 1 failed and 21 are held.",
        "It is cut short.",
        "What to do: copy it again.",
        "An edge moved: 3 px.",
        "text, 93% sure",
        "1280\N{MULTIPLICATION SIGN}720 → 3840\N{MULTIPLICATION SIGN}2160 px",
        "$0.16 (billed)",
        "The day's cap is reached.",
        "shot.####.png",
        "17-19",
        '"fitt" is not known; did you mean "fit"?',
        "$1.24",
        "$200.00",
        "$0.08",
        "2 min",
    ],
)
def test_page_and_twin_tell_the_same(tell: Any, said: str) -> None:
    assert said in " ".join(tell(whole()).split())


def test_the_page_asks_nobody_for_anything() -> None:
    page = read(whole())
    made = written(whole())
    for link in page.links:
        assert link.startswith(("data:image/webp;base64,", "#", "./4k/")), link
    assert not {"script", "link", "iframe", "object", "base", "form"} & set(page.tags)
    assert "@import" not in made
    assert "url(" not in made


def test_its_policy_lets_in_its_own_style_and_nothing_else() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", written(whole()), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert style == STYLE
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert POLICY in written(whole())
    assert "unsafe" not in POLICY
    assert "script" not in POLICY


def test_headings_go_down_step_by_step_and_every_picture_says_what_it_is() -> None:
    page = read(whole())
    assert page.headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(page.headings))
    assert page.headings.count(1) == 1
    assert len(page.alts) == 2 * len(ALL)
    assert f"{FULL.path}, where it is sharpest, before" in page.alts
    assert len(set(page.alts)) == len(page.alts)
    for landmark in ("header", "nav", "main", "footer"):
        assert page.tags.count(landmark) == 1


def test_an_empty_night_says_so_and_shows_no_empty_parts() -> None:
    page = read(report())
    assert lead(report()) == NOTHING
    assert NOTHING in page.text
    assert page.headings == [1, 2], "the caps are told all the same"
    assert NOTHING in told(report())


def test_a_night_in_which_nothing_came_but_something_waits_is_not_called_empty() -> None:
    made = report(tally=Tally(held=2), waits=(replace(WAIT, count=2),))
    assert lead(made) == "Nothing came in. 2 are held."


def test_what_is_not_listed_is_counted_and_how_to_see_it_is_said() -> None:
    made = report(FULL, tally=Tally(done=1700), unlisted=1699)
    assert "1,699 more are not listed here: upscaled jobs --state done" in read(made).text


def test_pictures_that_are_not_there_are_said_to_be() -> None:
    line = replace(FULL, pictures=(), unshown="No pictures: they are not kept any more.")
    assert "they are not kept any more" in read(report(line)).text


def test_without_fal_it_says_what_fal_would_have_asked() -> None:
    line = replace(LINE, basis="free", fal_cost=320_000)
    text = read(report(line, engine="local", would=320_000)).text
    assert "fal would have asked" in text
    assert "free; fal would ask $0.32" in text


@TELL
def test_files_that_wait_for_the_same_are_told_together_wherever_they_stand(tell: Any) -> None:
    reasons = ("$3.60 are spent.", "$2.80 are spent.", "$3.60 are spent.")
    files = tuple(Waiting(path=f"{n}.jpg", reason=why) for n, why in enumerate(reasons))
    wait = Wait(hold="budget", means="a cap is reached", count=3, files=files)
    text = tell(report(waits=(wait,), tally=Tally(held=3)))
    assert text.count("$3.60 are spent.") == 1
    assert "0.jpg, 2.jpg" in text


def test_a_report_of_one_inbox_names_it_and_says_whose_the_caps_are() -> None:
    made = replace(whole(), scope="acme/inbox")
    assert "acme/inbox" in read(made).text
    assert "all inboxes together" in read(made).text


HOSTILE_FIELDS = ("job", "path", "family", "plan", "place", "unshown", "folder", "basis")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_word_of_a_stranger_becomes_markup(name: str) -> None:
    said: dict[str, Any] = dict.fromkeys(HOSTILE_FIELDS, name)
    trouble = Trouble(code=name, message=name, hint=name)
    lines = [
        replace(FULL, **said, reasons=(name,), notes=(name,)),
        replace(FULL, **said, word="review", reasons=(name,), notes=(name,)),
        replace(FAILED, **said, trouble=trouble),
    ]
    waits = (Wait(hold=name, means=name, count=2, files=(Waiting(path=name, reason=name),)),)
    untouched = (Untouched(path=name, token=name, files=2, hint=name),)
    gaps = (Gap(series=name, missing=name, count=1),)
    made = report(*lines, waits=waits, untouched=untouched, gaps=gaps, slowest=tuple(lines),
                  scope=name, software=name, engine=name, tally=Tally(held=2, done=1))  # fmt: skip
    page, harmless = read(made), read(report(REVIEW, FAILED, FULL))
    assert page.tags.count("style") == 1
    assert not {"script", "link"} & set(page.tags)
    assert page.tags.count("img") == harmless.tags.count("img")
    assert not [link for link in page.links if link.startswith(("x", "javascript"))]
    written(made).encode()
    told(made).encode()
    for text in (page.text, told(made)):
        assert " ".join(plain(name).split()) in " ".join(text.split())
        assert not set("\u202e\x1b\x00") & set(text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_link_leads_to_the_file_whatever_it_is_called(name: str) -> None:
    link = address(f"4k/{name}")
    assert link.startswith("./4k/")
    assert re.fullmatch(r"[\x21-\x7e]+", link)
    assert not set("<>\"'`:?# \\") & set(link)
    assert unquote(link[2:], errors="surrogateescape") == f"4k/{name}"


@settings(max_examples=40)
@given(st.text())
def test_any_file_name_gives_a_whole_page_that_can_be_written(name: str) -> None:
    made = report(replace(FULL, path=name, reasons=(name,), folder=name), slowest=(LINE,))
    read(made)
    written(made).encode()
    told(made).encode()


@given(st.text())
def test_plain_text_holds_nothing_that_steers_a_terminal_or_a_reading_direction(name: str) -> None:
    assert plain(name).isprintable()
    assert len(plain(name)) == len(name)


def test_odd_spaces_become_spaces() -> None:
    assert plain("Screenshot 9.41\u202fAM\n.png") == "Screenshot 9.41 AM .png"
    assert plain("a\x1b[31m\u202egnp.\udcff") == "a\ufffd[31m\ufffdgnp.\ufffd"


@pytest.mark.parametrize(
    ("amount", "said"),
    [(0, "$0.00"), (80_000, "$0.08"), (12_300, "$0.0123"), (5_000_000, "$5.00"),
     (-80_000, "-$0.08")],
)  # fmt: skip
def test_money_shows_two_decimals_and_more_only_where_they_count(amount: int, said: str) -> None:
    assert money(amount) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (12_400_000, "12 MB"),
        (4.2e9, "4.2 GB"),
    ],
)
def test_sizes_have_their_units(number: float, said: str) -> None:
    assert size(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.7, "60 s"), (100, "2 min"), (5340, "89 min"), (11_100, "3 h 05 min")],
)
def test_times_are_told_as_people_say_them(seconds: float, said: str) -> None:
    assert lasting(seconds) == said
