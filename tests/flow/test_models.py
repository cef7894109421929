"""A model's last results: each counts once, whoever says what of it, whenever it is said."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from paying import hushed
from trying import ended
from upscaled.core.quality import WINDOW
from upscaled.flow.models import LOOK_BACK, Models
from upscaled.nouns import Artifact, Code, Fidelity, Job, State, Tried, Trouble

MADE = Artifact(path="", sha256="", bytes=1, width=2, height=2, format="PNG")
REJECTED = Trouble(code=Code.REJECTED, message="not wanted", hint="redo it")


class Records:
    """What the ledger would have, without a file: jobs that have ended, and two words."""

    def __init__(self, jobs: Sequence[Job] = ()) -> None:
        self.jobs_there = list(jobs)
        self.words: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Return a remembered value."""
        return self.words.get(key)

    def put(self, key: str, value: str) -> None:
        """Remember a value."""
        self.words[key] = value

    def each(self, states: Sequence[State] | None, limit: int = LOOK_BACK) -> list[Job]:
        """Return jobs, the latest ends first."""
        found = [one for one in self.jobs_there if states is None or one.state in states]
        return sorted(found, key=lambda one: one.updated_at, reverse=True)[:limit]


def paused(models: Models) -> bool:
    return bool(models.paused)


def loaded(jobs: Sequence[Job]) -> Models:
    """Return the models as a restart finds them."""
    models = Models(Records(jobs))
    with hushed():
        models.load(None)
    return models


def noted(jobs: Sequence[Job]) -> Models:
    """Return the models as a daemon knows them that saw every end."""
    models = Models(Records())
    with hushed():
        for job in jobs:
            models.note(job)
    return models


def story(missed: int, of: int = WINDOW) -> list[Job]:
    """Return ended jobs, the first so many of which failed their check."""
    return [ended(number, "fail" if number < missed else "pass") for number in range(of)]


def twice_failed(job: Job) -> Job:
    """Return a job of which both tries, by the same model, failed."""
    facts = job.facts
    assert facts.plan is not None
    other = Fidelity(verdict="fail")
    tried = Tried(plan=facts.plan, raw=MADE, raw_from=None, result=MADE, fidelity=other)
    return replace(job, facts=replace(facts, tried=tried, chosen=True))


@pytest.mark.parametrize("known", [noted, loaded])
def test_more_than_a_fifth_pauses(known: type[Models]) -> None:
    assert paused(known(story(5)))  # type: ignore[arg-type] # either way of knowing
    assert not paused(known(story(4)))  # type: ignore[arg-type]


def test_accepting_old_reviews_pauses_no_model() -> None:
    jobs = [ended(number, "review" if number % 7 == 3 else "pass") for number in range(200)]
    reviews = [job for job in jobs if job.state is State.REVIEW]
    models = noted(jobs)
    assert not paused(models)

    with hushed():
        for job in reviews:
            models.note(replace(job, state=State.DONE))

    assert len(reviews) > 2 * WINDOW // 5
    assert not paused(models)


def test_a_restart_after_old_reviews_were_accepted_pauses_no_model() -> None:
    jobs = [ended(number, "review" if number < 100 else "pass") for number in range(200)]
    late = jobs[-1].updated_at.replace(year=jobs[-1].updated_at.year + 1)
    accepted = [replace(job, state=State.DONE, updated_at=late) for job in jobs[:100]]

    assert not paused(loaded([*accepted, *jobs[100:]]))


def test_older_results_that_end_later_push_no_newer_ones_out() -> None:
    old = [ended(number, "fail" if number < 5 else "pass") for number in range(2 * WINDOW)]
    new = [ended(number, "pass") for number in range(2 * WINDOW, 3 * WINDOW)]

    assert not paused(noted([*new, *reversed(old)]))


@pytest.mark.parametrize(
    "change",
    [
        {"state": State.FAILED, "error": REJECTED},
        {"state": State.SUPERSEDED, "error": None},
    ],
)
def test_what_a_person_rejected_or_did_again_still_counts_after_a_restart(
    change: dict[str, object],
) -> None:
    def answered(job: Job) -> Job:
        facts = replace(job.facts, error=change["error"])  # type: ignore[arg-type]
        return replace(job, state=change["state"], facts=facts)  # type: ignore[arg-type]

    jobs = story(5)

    assert paused(loaded([*map(answered, jobs[:5]), *jobs[5:]]))


def test_what_failed_for_another_reason_says_nothing_of_a_model() -> None:
    cancelled = replace(REJECTED, code=Code.CANCELLED)
    jobs = story(5)
    gone = [
        replace(job, state=State.FAILED, facts=replace(job.facts, error=cancelled))
        for job in jobs[:5]
    ]

    assert not paused(loaded([*gone, *jobs[5:]]))


def test_two_failed_tries_of_one_model_count_twice() -> None:
    jobs = story(3, of=WINDOW - 3)  # with both tries of each: six failed of twenty

    assert paused(loaded([*map(twice_failed, jobs[:3]), *jobs[3:]]))
