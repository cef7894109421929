"""`status` as one screen: what needs a person stands first."""

from typing import Any

from upscaled.core.overview import MOST, headline, overview
from upscaled.nouns import Hold


def said(**more: Any) -> dict[str, Any]:
    """Return what `status --json` prints where all is well."""
    counts = dict.fromkeys(("waiting", "working", "held", "review", "failed", "done"), 0)
    spend = dict.fromkeys(("today_usd", "month_usd", "reserved_usd", "left_usd"), 0.0)
    plain: dict[str, Any] = {
        "engine": {"name": "fal", "state": "working", "reason": None},
        "jobs": counts | more.pop("jobs", {}), "running": True, "paused": False, "restored": None,
        "reload": None, "watches": [], "unknown_folders": [], "odd_names": [],
        "schedule": {"words": []}, "paused_models": [], "spend": spend | {"warnings": []},
    }  # fmt: skip
    return plain | more


def test_the_first_line_says_how_it_stands() -> None:
    assert headline(said(running=False)).startswith("NOT RUNNING")
    assert headline(said(paused=True)).startswith("PAUSED")
    stopped = {"name": "fal", "state": "locked", "reason": "top it up"}
    assert headline(said(engine=stopped)).endswith("top it up")
    assert headline(said()) == "Nothing is under way: all is done"
    assert headline(said(jobs={"review": 2})) == "Nothing is under way; 2 for a person"
    assert headline(said(jobs={"working": 3})) == "Running: 3 in work, 0 waiting, 0 held"


def test_what_needs_a_person_stands_before_the_figures() -> None:
    away = {"inbox": "/in", "observer": "native", "healthy": False, "reason": "gone"}
    told = said(jobs={"review": 2, "failed": 1}, watches=[away])
    lines = overview(told, [(Hold.BUDGET, 7, "the cap is reached")])
    figures = next(number for number, line in enumerate(lines) if line.startswith("engine"))
    assert [line.split()[0] for line in lines[1:figures]] == ["review", "failed", "folder"]
    assert "held     7 for budget: the cap is reached" in lines
    assert lines[-1] == "watch    /in: native, NOT healthy (gone)"


def test_long_lists_end_in_a_number() -> None:
    strays = [{"path": f"5k-{one}", "token": "5k", "hint": "4k?"} for one in range(MOST + 30)]
    lines = overview(said(unknown_folders=strays), [])
    assert sum(line.startswith("unknown") for line in lines) == MOST
    assert "         and 30 more: `upscaled check` tells all" in lines
