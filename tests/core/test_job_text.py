"""One job in words: what became of it, where it lies, what was paid, what can be typed next."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from upscaled.core.job_text import Lying, headline, next_commands, text
from upscaled.core.runbook import FAILURES, WAITS
from upscaled.nouns import Code, Hold

BERLIN = ZoneInfo("Europe/Berlin")


def told(**more: Any) -> dict[str, Any]:
    """Return what `show --json` prints of a job that is done."""
    plain: dict[str, Any] = {
        "id": "j1", "state": "done", "step": "done", "path": "4k/cat.png", "target": "4k",
        "hold": None, "reason": None, "code": None, "cost_usd": 0.08, "reserved_usd": 0.0,
        "verdict": {
            "model": "core", "confidence": 0.8, "rule": "quiet", "reasons": ["much grain"],
        },
        "series": None, "width": 3840, "height": 2880, "shortfall": None, "redo_of": None,
        "accepted": None, "error": None,
        "money": [
            {
                "at": "2026-11-29T23:30:00.000Z", "kind": "settle", "pass": 0, "usd": 0.08,
                "model": "Standard V2", "request_id": "r1", "billed": True,
            }
        ],
        "history": [
            {"at": "2026-11-29T22:59:00.000Z", "state": "taken", "said": "taken whole"},
            {"at": "2026-11-29T23:30:00.000Z", "state": "done", "said": "delivered"},
        ],
    }  # fmt: skip
    return plain | more


def test_the_first_line_says_what_became_of_it() -> None:
    assert headline(told()) == "Done: 4k/cat.png"
    assert (
        headline(told(state="held", step="planned", hold="budget")) == "Held (budget): 4k/cat.png"
    )
    assert headline(told(state="failed", code="gave_up")) == "Failed (gave_up): 4k/cat.png"
    assert headline(told(state="working", step="submitted")) == "In work (submitted): 4k/cat.png"


def test_the_text_has_places_reasons_money_and_the_night_on_its_own_clock() -> None:
    places = [
        Lying(what="original", path="/archive/4k/cat.png", there=True),
        Lying(what="result", path="/outbox/4k/cat.png", there=False),
        Lying(what="sidecar", path="/outbox/4k/cat.png.json", there=None),
    ]
    lines = text(told(), places, BERLIN).splitlines()
    assert "  original    /archive/4k/cat.png" in lines
    assert "  result      /outbox/4k/cat.png  (not there)" in lines
    assert "  sidecar     /outbox/4k/cat.png.json  (its folder does not answer)" in lines
    assert "  core, 80% sure, by the rule quiet" in lines
    assert "    much grain" in lines
    assert "  Mon 30 Nov 00:30  spent      $0.08, billed, request r1" in lines
    first = lines.index("  Sunday 29 November 2026")
    assert lines[first + 1 : first + 4] == [
        "    23:59:00  taken       taken whole",
        "  Monday 30 November 2026",
        "    00:30:00  done        delivered",
    ]
    assert lines[-1] == "  upscaled redo j1 --model FAMILY"


def test_a_failure_gives_its_hint_and_the_runbooks_commands() -> None:
    error = {"code": "truncated", "message": "cut short", "hint": "copy it again"}
    said = text(told(state="failed", code="truncated", reason="cut short", error=error), [], BERLIN)
    assert said.splitlines()[:3] == [
        "Failed (truncated): 4k/cat.png",
        "  cut short",
        "  copy it again",
    ]
    assert "  upscaled retry j1\n  upscaled explain truncated" in said


@pytest.mark.parametrize("code", Code)
def test_every_failure_has_something_to_type(code: Code) -> None:
    typed = next_commands(told(state="failed", code=code.value))
    assert typed[-1] == f"upscaled explain {code}"
    assert len(typed) >= len(FAILURES[code].commands)


@pytest.mark.parametrize("hold", Hold)
def test_every_hold_has_something_to_type(hold: Hold) -> None:
    typed = next_commands(told(state="held", step="planned", hold=hold.value))
    assert len(typed) >= len(WAITS[hold].commands)
    assert not any(" ID" in one for one in typed)


def test_what_moves_can_be_cancelled_and_what_is_in_review_answered() -> None:
    assert next_commands(told(state="waiting", step="seen")) == ("upscaled cancel j1",)
    review = next_commands(told(state="review", step="review"))
    assert [one.split()[1] for one in review] == ["accept", "reject", "redo"]
