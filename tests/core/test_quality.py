"""When too many of a model's results miss their check."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from paying import PRICE, plan_of
from trying import ended
from upscaled.core.quality import MOST, WINDOW, Result, last, pause, results_of
from upscaled.nouns import Artifact, Facts, Fidelity, Job, PassDone, Tried

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = ("topaz/upscale", "Redefine")


def results(*verdicts: str) -> list[Result]:
    return [
        Result(at=NOW + timedelta(minutes=number), verdict=verdict, job=f"j{number}", attempt=1)
        for number, verdict in enumerate(verdicts)
    ]


def mixed(missed: int, of: int = WINDOW) -> list[Result]:
    return results(*["fail"] * missed, *["pass"] * (of - missed))


@pytest.mark.parametrize(
    ("missed", "of", "pauses"), [(4, 20, False), (5, 20, True), (19, 19, False)]
)
def test_more_than_a_fifth_of_twenty_pauses(missed: int, of: int, *, pauses: bool) -> None:
    assert bool(pause(KEY, last(mixed(missed, of), None))) is pauses
    assert (WINDOW, MOST) == (20, 0.2)


def test_the_sentence_names_figures_and_what_to_do() -> None:
    window = results(*["fail"] * 2, *["review"] * 4, *["pass"] * 14)

    said = pause(KEY, window)

    assert "Redefine is paused: 6 of its last 20 results" in said
    assert "2 failed, 4 for review" in said
    assert "`upscaled resume`" in said


def test_only_the_last_twenty_count_in_whatever_order_they_come() -> None:
    story = results(*["fail"] * 10, *["pass"] * 20)

    assert pause(KEY, last(reversed(story), None)) == ""


def test_after_resume_the_window_begins_anew() -> None:
    story = results(*["fail"] * 20, *["fail"] * 19)

    window = last(story, story[19].at)

    assert len(window) == 19
    assert pause(KEY, window) == ""


PAID = PassDone(
    engine="fal", endpoint="e", model="m", params={}, factor=2, width=2, height=2,
    request_id="r", seconds=1, cost=PRICE, billed=True,
)  # fmt: skip
FACTS = Facts(
    engine="fal",
    plan=plan_of(2),
    passes=(PAID,),
    fidelity=Fidelity(verdict="fail"),
    times={"finished": NOW},
)
MADE = Artifact(path="", sha256="", bytes=1, width=2, height=2, format="PNG")


def job_of(facts: Facts) -> Job:
    return replace(ended(0, "fail"), facts=facts)


def test_a_result_counts_for_the_last_model_that_worked_on_it() -> None:
    ((key, result),) = results_of(job_of(FACTS))

    assert key == (plan_of().passes[0].endpoint, "Standard V2")
    assert result == Result(at=NOW, verdict="fail", job="j000", attempt=1)


def test_both_of_two_tries_count() -> None:
    first = replace(plan_of(), passes=(replace(plan_of().passes[0], model="Redefine"),))
    tried = Tried(
        plan=first, raw=MADE, raw_from=None, result=MADE, fidelity=Fidelity(verdict="fail")
    )
    facts = replace(FACTS, tried=tried, fidelity=Fidelity(verdict="pass"))

    found = [(key[1], result.verdict) for key, result in results_of(job_of(facts))]

    assert found == [("Redefine", "fail"), ("Standard V2", "pass")]


@pytest.mark.parametrize(
    "free",
    [{"engine": "local"}, {"reused": True}, {"passes": ()}, {"fidelity": None}, {"times": {}}],
)
def test_what_was_not_paid_or_not_checked_says_nothing_of_a_model(free: dict[str, object]) -> None:
    assert results_of(job_of(replace(FACTS, **free))) == []  # type: ignore[arg-type] # the test's words


def test_a_review_that_the_plan_asked_for_is_no_fault_of_the_model() -> None:
    asked = replace(FACTS, plan=replace(plan_of(), review=True))

    assert results_of(job_of(replace(asked, fidelity=Fidelity(verdict="review")))) == []
    assert results_of(job_of(asked)), "a failed check is one all the same"
