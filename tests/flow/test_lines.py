"""What the report says of one job: where its time went, and its notes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paying import BEGIN, plan_of
from report_studio import Studio
from upscaled.core.folders import Grammar
from upscaled.core.readme_text import entry_of, readme
from upscaled.core.report.figures import took
from upscaled.flow.lines import line_of, notes_of
from upscaled.nouns import Facts, Fidelity, State

MINUTES = {
    State.PLANNED: 1,
    State.ADMITTED: 2,  # here fal's account is locked for half an hour
    State.SUBMITTED: 32,
    State.FETCHED: 34,
    State.FINISHED: 35,  # here the share is gone for an hour
    State.DELIVERING: 95,
    State.RECEIPTING: 96,
    State.REVIEW: 97,
}


def test_work_is_neither_what_was_held_nor_what_lay_in_review(tmp_path: Path) -> None:
    times: dict[str, datetime] = {
        state: BEGIN + timedelta(minutes=minutes) for state, minutes in MINUTES.items()
    }
    late = BEGIN + timedelta(hours=9)
    accepted: dict[str, datetime] = {State.ACCEPTING: late, State.RECEIPTING: late}
    studio = Studio(tmp_path)
    for more in (dict[str, datetime](), accepted):
        job = studio.made(State.DONE, BEGIN)
        job = replace(job, seen_at=BEGIN, facts=replace(job.facts, times={**times, **more}))

        told = took(job.seen_at, job.facts.times)

        assert (told.waited, told.enlarged, told.finished) == (32 * 60, 2 * 60, 60)
    studio.ledger.close()


def test_a_note_that_stands_in_the_reason_for_a_look_is_not_told_twice() -> None:
    plan = replace(plan_of(), shortfall="the rest is resampling", notes=("It is soft.", "A frame."))
    why = "the rest is resampling, for a person to look at. It is soft."
    facts = Facts(engine="fal", plan=plan, fidelity=Fidelity(verdict="review", reasons=(why,)))

    assert notes_of(facts) == (why, "A frame.")


def test_all_that_a_note_in_review_tells_stands_in_the_report_too(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    plan = replace(plan_of(), review=True, review_reason="its profile is broken")
    fidelity = Fidelity(verdict="fail", reasons=("A face is not the same.",))
    made = studio.made(State.REVIEW, BEGIN, reason="Not accepted: it was taken away.")
    job = replace(made, facts=replace(made.facts, plan=plan, fidelity=fidelity))

    line = line_of(job, studio.settings, Grammar({}), UTC)

    assert line.notes == (
        "Not accepted: it was taken away.",
        "A face is not the same.",
        "its profile is broken",
    )
    told = readme("review", "", [entry_of(job, "a.png", is_there=True)], 1)
    assert all(note in told for note in line.notes)
    studio.ledger.close()
