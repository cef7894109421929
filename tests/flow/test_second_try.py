"""Looks between passes and second tries: what is paid, what is delivered, and never twice."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model_fal import MEMORY, Fate, ModelFal, Mortal, PulledPlugError
from paying import BEGIN, PRICE, UNIFIED, hushed, settings_of
from trying import CRISP, ENDED, SOFT, Looks, Trying, failing, redefined, staged
from upscaled.core.outcome import Next
from upscaled.core.provenance import Story
from upscaled.core.receipt import Ending, receipt
from upscaled.errors import Aside
from upscaled.flow.orders import Orders
from upscaled.flow.ports import Progress
from upscaled.flow.request import ASKED_ANEW
from upscaled.nouns import (
    Artifact,
    Code,
    Family,
    Fidelity,
    Hold,
    Job,
    Pass,
    PassDone,
    Plan,
    Redo,
    Standing,
    State,
)

EQUAL = "5" * 64
TWICE = {"fidelity": {"second_try": True}}


class Scene:
    """A corridor onto a model of fal."""

    def __init__(self, folder: Path, looks: Looks, **config: Mapping[str, Any]) -> None:
        settings = settings_of(folder, **config)
        self.looks = looks
        self.corridor = Trying(folder, ModelFal(None), settings)  # type: ignore[arg-type]
        self.fal = ModelFal(self.corridor.clock)
        self.corridor.engine, self.corridor.pictures = self.fal, looks
        self.corridor.restart(Mortal)

    def walk(self, plan: Plan, path: str = "", **known: Any) -> Job:
        """Bring a planned picture in, with what else is known of it, and let an hour pass."""
        name = self.corridor.drop(plan=plan, path=path)
        job = self.corridor.job(name)
        self.corridor.book.save(replace(job, facts=replace(job.facts, **known)))
        self.corridor.advance(3600.0)
        return self.corridor.job(name)

    def walk_equal(self, plan: Plan) -> Job:
        """Bring in the same picture as always."""
        name = self.corridor.drop(plan=plan, sha256=EQUAL)
        self.corridor.advance(3600.0)
        return self.corridor.job(name)

    @property
    def spent(self) -> int:
        """Return what the ledger has settled."""
        return self.corridor.ledger.spent(BEGIN - timedelta(days=1))

    def models(self, job: Job) -> list[str]:
        """Return the models that were paid for, in the receipt's order."""
        return [one.model for one in job.facts.passes]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Lend a folder in memory where there is one: the stories write thousands of records."""
    with hushed(), tempfile.TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


# ---- between two passes


def test_a_clean_result_goes_on_with_the_second_pass(folder: Path) -> None:
    scene = Scene(folder, Looks(detail=CRISP))

    job = scene.walk(staged())

    assert job.state is State.FINISHED
    assert scene.models(job) == ["Recovery V2", "Standard V2"]
    assert (len(scene.fal.requests), scene.spent, job.reserved) == (2, 2 * PRICE, 0)
    assert job.facts.assessment is not None
    assert job.facts.assessment.clean
    assert job.facts.plan == staged()


def test_a_soft_result_stops_there_and_its_second_price_is_free_again(folder: Path) -> None:
    scene = Scene(folder, Looks(detail=SOFT))

    job = scene.walk(staged())

    assert job.state is State.FINISHED
    assert scene.models(job) == ["Recovery V2"]
    assert (len(scene.fal.requests), scene.spent, job.reserved) == (1, PRICE, 0)
    assert scene.corridor.ledger.open() == 0
    plan = job.facts.plan
    assert plan is not None
    assert plan.shortfall is not None
    assert "detail in its pixels: 0.3, should be at least 0.55" in plan.shortfall
    assert "not taken 2x further by Standard V2" in plan.notes[-1]


def test_both_prices_are_reserved_before_the_first_submit(folder: Path) -> None:
    scene = Scene(folder, Looks(), budget={"daily_usd": 0.15})

    job = scene.walk(staged())

    assert job.hold is Hold.BUDGET
    assert scene.fal.submits == 0


def test_a_second_pass_that_is_refused_leaves_the_first_ones_result(folder: Path) -> None:
    scene = Scene(folder, Looks(detail=CRISP), retry={"attempts": 1})
    name = scene.corridor.drop(plan=staged())
    scene.fal.answers.extend(["accepted", "refused"])
    scene.corridor.advance(3600.0)

    job = scene.corridor.job(name)

    assert scene.fal.happened["refused"] == 1
    assert job.state is State.FINISHED
    assert scene.models(job) == ["Recovery V2"]
    assert (scene.spent, job.reserved) == (PRICE, 0)
    assert job.facts.plan is not None
    assert "the picture is refused" in (job.facts.plan.shortfall or "")


def test_a_lost_intermediate_is_fetched_again_and_not_bought_again(folder: Path) -> None:
    scene = Scene(folder, Looks(detail=SOFT))
    scene.corridor.parked = scene.corridor.parked | {State.FETCHED}
    scene.corridor.restart(Mortal)
    job = scene.walk(staged())
    assert job.state is State.FETCHED
    (scene.corridor.folder / "work" / job.id / "raw-0").unlink()

    scene.corridor.parked = Trying.parked
    scene.corridor.restart(Mortal)
    scene.corridor.advance(3600.0)

    job = scene.corridor.job(job.id)
    assert (job.state, len(scene.fal.requests)) == (State.FINISHED, 1)
    assert len(scene.fal.fetches) == 2


def test_a_lost_intermediate_whose_address_expired_is_asked_for_by_its_ticket(
    folder: Path,
) -> None:
    scene = Scene(folder, Looks(detail=SOFT))
    scene.corridor.parked = scene.corridor.parked | {State.FETCHED}
    scene.corridor.restart(Mortal)
    job = scene.walk(staged())
    (scene.corridor.folder / "work" / job.id / "raw-0").unlink()
    scene.fal.media = "missing"
    scene.corridor.parked = Trying.parked
    scene.corridor.restart(Mortal)
    until_asked_anew(scene, job.id)
    scene.fal.media = ""
    scene.corridor.advance(3600.0)

    job = scene.corridor.job(job.id)
    assert (job.state, job.facts.error, len(scene.fal.requests)) == (State.FINISHED, None, 1)


class Losing(ModelFal):
    """The first picture it returns is lost on the way to the next step."""

    def fetch(self, one: Pass, standing: Standing, to: Path, progress: Progress) -> Artifact:
        """Return it, and take it away."""
        made = ModelFal.fetch(self, one, standing, to, progress)
        if self.happened["fetched"] == 1:
            to.unlink()
            self.media = "missing"
        return made


def test_before_its_second_pass_a_lost_intermediate_is_asked_for_likewise(folder: Path) -> None:
    scene = Scene(folder, Looks(detail=CRISP))
    scene.fal = scene.corridor.engine = Losing(scene.corridor.clock)
    scene.corridor.restart(Mortal)
    name = scene.corridor.drop(plan=staged())
    until_asked_anew(scene, name)
    scene.fal.media = ""
    scene.corridor.advance(3600.0)

    job = scene.corridor.job(name)
    assert (job.state, job.facts.error, len(scene.fal.requests)) == (State.FINISHED, None, 2)


def until_asked_anew(scene: Scene, name: str) -> None:
    for _ in range(600):
        scene.corridor.advance(1.0)
        if ASKED_ANEW in scene.corridor.job(name).facts.times:
            assert scene.fal.happened["missing"] > 1
            return
    raise AssertionError("its address was never asked anew")


def test_after_a_retry_the_delivered_pass_is_the_last(folder: Path) -> None:
    scene = Scene(folder, Looks(detail=SOFT))
    name = scene.corridor.drop(plan=staged())
    job = scene.corridor.book.jobs[name]
    old = PassDone(
        engine="fal", endpoint="e", model="earlier", params={}, factor=2.0, width=1, height=1,
        request_id="earlier", seconds=1.0, cost=PRICE, billed=True,
    )  # fmt: skip
    scene.corridor.book.save(replace(job, facts=replace(job.facts, passes=(old,))), "")

    scene.corridor.advance(3600.0)

    assert scene.models(scene.corridor.job(name)) == ["earlier", "Recovery V2"]


# ---- a second try


def test_without_second_try_a_failed_check_pays_nothing_more(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail")}))

    job = scene.walk(redefined())

    assert (job.state, scene.spent) == (State.FINISHED, PRICE)
    assert job.facts.fidelity == failing("fail")


@pytest.mark.parametrize("word", ["pass", "review"])
def test_only_a_failed_check_pays_once_more(folder: Path, word: str) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing(word)}), **TWICE)

    job = scene.walk(redefined())

    assert (len(scene.fal.requests), job.facts.tried) == (1, None)


def test_a_second_try_that_passes_is_delivered_and_says_why(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail", "colours off")}), **TWICE)

    job = scene.walk(redefined())

    facts = job.facts
    assert scene.models(job) == ["Redefine", "High Fidelity V2"]
    assert (len(scene.fal.requests), scene.spent, job.reserved) == (2, 2 * PRICE, 0)
    assert facts.fidelity == Fidelity(verdict="pass")
    assert facts.result is not None
    assert Path(facts.result.path).read_text() == "High Fidelity V2"
    assert facts.plan is not None
    assert "colours off" in facts.plan.notes[-1]
    assert not (scene.corridor.folder / "work" / job.id / "compare.png").exists()


@pytest.mark.parametrize(
    ("first", "second", "delivered"),
    [
        (failing("fail"), failing("review"), "High Fidelity V2"),
        (failing("fail"), failing("fail", "a", "b"), "Redefine"),
        (failing("fail", tile_min=0.4), failing("fail", tile_min=0.3), "Redefine"),
        (failing("fail", tile_min=0.3), failing("fail", tile_min=0.4), "High Fidelity V2"),
    ],
)
def test_of_two_that_do_not_pass_the_better_goes_to_review_with_both_reasons(
    folder: Path, first: Fidelity, second: Fidelity, delivered: str
) -> None:
    looks = Looks(verdicts={"Redefine": first, "High Fidelity V2": second})
    scene = Scene(folder, looks, **TWICE)

    job = scene.walk(redefined())

    facts, bench = job.facts, scene.corridor.folder / "work" / job.id
    assert (len(scene.fal.requests), scene.spent) == (2, 2 * PRICE)
    assert scene.models(job)[-1] == delivered, "the delivered one stands last"
    assert facts.result is not None
    assert Path(facts.result.path).read_text() == delivered
    assert (bench / "compare.png").read_text() == delivered
    own, other = (first, second) if delivered == "Redefine" else (second, first)
    assert facts.fidelity is not None
    assert facts.fidelity.verdict == own.verdict
    assert facts.fidelity.reasons[:-1] == own.reasons
    assert facts.fidelity.reasons[-1].endswith("; ".join(other.reasons))


def test_a_delivered_first_try_can_be_made_again_from_what_lies_here(folder: Path) -> None:
    looks = Looks(
        verdicts={"Redefine": failing("fail"), "High Fidelity V2": failing("fail", "a", "b")}
    )
    scene = Scene(folder, looks, **TWICE)
    job = scene.walk(redefined())
    before = job.facts.fidelity

    again = Next(to=State.FETCHED, facts=replace(job.facts, result=None, fidelity=None), said="")
    scene.corridor.conductor.apply(job, again)
    scene.corridor.restart(Mortal)
    scene.corridor.advance(60.0)

    job = scene.corridor.job(job.id)
    assert (job.state, len(scene.fal.requests)) == (State.FINISHED, 2)
    assert job.facts.fidelity == before


def test_the_cap_of_one_job_holds_for_the_sum(folder: Path) -> None:
    looks = Looks(verdicts={"Redefine": failing("fail")})
    scene = Scene(folder, looks, budget={"per_job_usd": 0.15}, **TWICE)

    job = scene.walk(redefined())

    assert (job.state, scene.spent) == (State.FINISHED, PRICE)
    assert job.facts.plan is not None
    assert "past [budget] per_job_usd ($0.15)" in job.facts.plan.notes[-1]


def test_the_second_try_is_reserved_and_waits_for_the_days_cap(folder: Path) -> None:
    looks = Looks(verdicts={"Redefine": failing("fail")})
    scene = Scene(folder, looks, budget={"daily_usd": 0.15}, **TWICE)

    held = scene.walk(redefined())
    assert (held.state, held.hold, scene.spent) == (State.PLANNED, Hold.BUDGET, PRICE)

    scene.corridor.advance(24 * 3600.0)
    job = scene.corridor.job(held.id)
    assert (job.state, len(scene.fal.requests)) == (State.FINISHED, 2)


def test_a_folder_that_names_the_family_keeps_it(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail")}), **TWICE)

    job = scene.walk(redefined(), path="4k-redefine/a.png")

    assert scene.models(job) == ["Redefine", "Redefine"]
    assert [one.params["creativity"] for one in job.facts.passes] == [2, 1]


def test_a_redo_that_names_the_family_keeps_it(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail")}), **TWICE)
    redo = Redo(of="j0", family=Family.REDEFINE, root="archive", path="4k/a.png")

    job = scene.walk(redefined(), redo=redo)

    assert scene.models(job) == ["Redefine", "Redefine"]
    assert [one.params["creativity"] for one in job.facts.passes] == [2, 1]


def test_a_member_of_a_series_is_not_tried_in_another_way_and_says_so(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail", "colours off")}), **TWICE)

    job = scene.walk(redefined(), path="4k-series/a.png", series="4k-series")

    assert (job.state, scene.models(job), scene.spent) == (State.FINISHED, ["Redefine"], PRICE)
    assert job.facts.fidelity is not None
    first, why = job.facts.fidelity.reasons
    assert first == "colours off"
    assert why == "no second try: a series keeps one recipe for all its pictures"


def test_a_second_try_that_is_refused_leaves_the_first_result_for_review(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail")}), **TWICE)
    scene.fal.answers.extend(["accepted", "refused"])

    job = scene.walk(redefined())

    assert scene.fal.happened["refused"] == 1
    assert (job.state, scene.spent, job.reserved) == (State.FINISHED, PRICE, 0)
    assert job.facts.fidelity == failing("fail")
    assert job.facts.plan is not None
    assert "came to nothing: the picture is refused" in job.facts.plan.notes[-1]


def test_a_second_try_whose_model_pauses_leaves_the_first_result_for_review(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail")}), **TWICE)
    scene.corridor.pause(UNIFIED, "High Fidelity V2", "High Fidelity V2 is paused: look at it.")

    job = scene.walk(redefined())

    assert (job.state, job.hold, scene.spent, job.reserved) == (State.FINISHED, None, PRICE, 0)
    assert scene.models(job) == ["Redefine"]
    assert job.facts.fidelity == failing("fail")
    assert job.facts.result is not None
    assert Path(job.facts.result.path).read_text() == "Redefine"
    assert job.facts.plan is not None
    assert "High Fidelity V2 is paused" in job.facts.plan.notes[-1]


def test_a_second_try_whose_model_pauses_before_its_submit_does_not_wait(folder: Path) -> None:
    scene = Scene(folder, Looks(verdicts={"Redefine": failing("fail")}), **TWICE)
    scene.corridor.parked = scene.corridor.parked | {State.FETCHED}
    scene.corridor.restart(Mortal)
    name = scene.corridor.drop(plan=redefined())
    scene.corridor.advance(60.0)
    scene.corridor.parked = Trying.parked | {State.ADMITTED}
    scene.corridor.restart(Mortal)
    scene.corridor.advance(60.0)
    reserved = scene.corridor.job(name)
    assert reserved.state is State.ADMITTED
    assert reserved.facts.tried is not None

    scene.corridor.pause(UNIFIED, "High Fidelity V2", "High Fidelity V2 is paused: look at it.")
    scene.corridor.parked = Trying.parked
    scene.corridor.restart(Mortal)
    scene.corridor.advance(60.0)

    job = scene.corridor.job(name)
    assert (job.state, job.hold, scene.spent, job.reserved) == (State.FINISHED, None, PRICE, 0)
    assert scene.models(job) == ["Redefine"]


def test_a_first_try_whose_model_pauses_waits(folder: Path) -> None:
    scene = Scene(folder, Looks(), **TWICE)
    scene.corridor.pause(UNIFIED, "Redefine", "Redefine is paused: look at it.")

    job = scene.walk(redefined())

    assert (job.state, job.hold, scene.fal.submits) == (State.PLANNED, Hold.ENDPOINT, 0)


def test_a_cancelled_second_try_is_cancelled(folder: Path) -> None:
    looks = Looks(verdicts={"Redefine": failing("fail")})
    scene = Scene(folder, looks, budget={"daily_usd": 0.15}, **TWICE)
    held = scene.walk(redefined())

    scene.corridor.ledger.ask("cancel", held.id, scene.corridor.clock.now())
    Orders(scene.corridor.conductor, scene.corridor.ledger, scene.corridor.roads).turn()

    assert scene.corridor.job(held.id).state is State.FAILING


# ---- the plug, pulled before and after every single record

STORIES = {
    "clean": (staged, Looks(detail=CRISP), 2),
    "soft": (staged, Looks(detail=SOFT), 1),
    "second passes": (redefined, Looks(verdicts={"Redefine": failing("fail")}), 2),
    "second is worse": (
        redefined,
        Looks(
            verdicts={"Redefine": failing("fail"), "High Fidelity V2": failing("fail", "a", "b")}
        ),
        2,
    ),
}


def plug_pulled(folder: Path, story: str, record: int, *, after: bool) -> tuple[bool, Job, Scene]:
    plan, looks, _ = STORIES[story]
    scene = Scene(folder, looks, fal={"start_timeout_seconds": 60}, **TWICE)
    ledger = scene.corridor.ledger
    assert isinstance(ledger, Mortal)
    ledger.dies_in, ledger.after = record, after
    name = scene.corridor.drop(plan=plan())
    died = False
    try:
        scene.corridor.advance(3600.0)
    except PulledPlugError:
        died = True
        scene.corridor.restart(Mortal)
    scene.corridor.advance(7200.0)
    return died, scene.corridor.job(name), scene


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("after", [False, True])
def test_wherever_the_plug_is_pulled_no_request_is_paid_twice(
    folder: Path, story: str, *, after: bool
) -> None:
    paid = STORIES[story][2]
    for record in range(40):
        died, job, scene = plug_pulled(folder / str(record), story, record, after=after)
        assert job.state in ENDED, (record, job.state, job.hold, job.reason)
        assert len(scene.fal.requests) == len(scene.fal.billed()) == paid, record
        assert (scene.spent, job.reserved) == (paid * PRICE, 0), record
        assert len(job.facts.passes) == paid
        assert len({one.owner for one in scene.fal.requests}) == paid
        scene.corridor.close()
        if not died:
            assert record > 6 * paid, "the story has more records than that"
            return
    raise AssertionError("the plug was pulled at every record and there was always one more")


@pytest.mark.parametrize("worse", [False, True])
def test_equal_pictures_wait_for_the_second_try_too(folder: Path, *, worse: bool) -> None:
    bad = {"Redefine": failing("fail")}
    if worse:
        bad["High Fidelity V2"] = failing("fail", "a", "b")
    scene = Scene(folder, Looks(verdicts=bad), **TWICE)
    names = [scene.corridor.drop(plan=redefined(), sha256="5" * 64) for _ in range(3)]
    scene.corridor.advance(7200.0)

    jobs = [scene.corridor.job(name) for name in names]
    assert {job.state for job in jobs} == {State.FINISHED}
    assert (len(scene.fal.requests), scene.spent) == (2, 2 * PRICE)
    assert [job.facts.reused for job in jobs] == [False, True, True]


# ---- what was paid for serves again


def test_a_stopped_plan_with_a_second_try_is_kept_under_what_was_planned_first(
    folder: Path,
) -> None:
    looks = Looks(detail=SOFT, verdicts={"Recovery V2": failing("fail")})
    scene = Scene(folder, looks, **TWICE)
    for _ in range(2):
        name = scene.corridor.drop(plan=staged(), sha256=EQUAL)
        scene.corridor.advance(3600.0)

    job = scene.corridor.job(name)
    assert (job.state, job.facts.reused) == (State.FINISHED, True)
    assert (len(scene.fal.requests), scene.spent) == (2, 2 * PRICE)


def test_after_a_restart_a_twin_waits_for_a_stopped_plans_second_try(folder: Path) -> None:
    looks = Looks(detail=SOFT, verdicts={"Recovery V2": failing("fail")})
    scene = Scene(folder, looks, **TWICE)
    scene.fal.fates.extend([Fate(), Fate(takes=1000.0)])
    first = scene.corridor.drop(plan=staged(), sha256=EQUAL)
    scene.corridor.advance(100.0)
    assert scene.corridor.job(first).facts.tried is not None
    second = scene.corridor.drop(plan=staged(), sha256=EQUAL)
    scene.corridor.restart(Mortal)

    scene.corridor.advance(7200.0)

    assert [scene.corridor.job(name).state for name in (first, second)] == [State.FINISHED] * 2
    assert scene.corridor.job(second).facts.reused
    assert len(scene.fal.requests) == 2


def test_what_the_job_itself_paid_before_is_told_as_paid(folder: Path) -> None:
    scene = Scene(folder, Looks())
    paid = scene.walk_equal(redefined())
    name = scene.corridor.drop(plan=redefined(), sha256=EQUAL)
    again = scene.corridor.book.jobs[name]
    facts = replace(again.facts, passes=paid.facts.passes)
    scene.corridor.book.save(replace(again, facts=facts), "")
    scene.corridor.advance(60.0)

    job = scene.corridor.job(name)
    told = receipt(job, Ending(status="done", version="test", reused=job.facts.reused))
    assert (job.facts.reused, len(scene.fal.requests)) == (True, 1)
    assert (told["cost_usd"], told["cost_basis"]) == (0.08, "billed")
    assert told["notes"][-1].endswith("its pixels come from what was paid then.")


def test_a_cancelled_second_try_leaves_the_first_ones_pixels_for_the_same_picture(
    folder: Path,
) -> None:
    looks = Looks(verdicts={"Redefine": failing("fail")})
    scene = Scene(folder, looks, budget={"daily_usd": 0.15}, **TWICE)
    held = scene.walk_equal(redefined())
    assert held.hold is Hold.BUDGET
    scene.corridor.ledger.ask("cancel", held.id, scene.corridor.clock.now())
    Orders(scene.corridor.conductor, scene.corridor.ledger, scene.corridor.roads).turn()

    job = scene.walk_equal(redefined())

    assert (job.state, job.facts.reused, len(scene.fal.requests)) == (State.FINISHED, True, 1)
    assert job.facts.fidelity is not None
    assert job.facts.fidelity.verdict == "fail", "what failed its check is still told so"


class Dies(Looks):
    """The finish comes to nothing, as told."""

    code: Code | None = None

    def finish(self, raw: Path, source: Path, plan: Plan, to: Path, story: Story) -> Artifact:
        """Fail as told."""
        if self.code is not None:
            raise Aside(self.code, "it came to nothing", "see why")
        return Looks.finish(self, raw, source, plan, to, story)


def test_pixels_whose_finish_was_given_up_serve_the_same_picture(folder: Path) -> None:
    looks = Dies()
    looks.code = Code.WORKER_DIED
    scene = Scene(folder, looks, retry={"attempts": 2})
    assert scene.walk_equal(redefined()).state is State.FAILING

    looks.code = None
    job = scene.walk_equal(redefined())

    assert (job.state, job.facts.reused, len(scene.fal.requests)) == (State.FINISHED, True, 1)


def test_pixels_that_the_finish_cannot_read_are_not_kept(folder: Path) -> None:
    looks = Dies()
    looks.code = Code.BAD_RESULT
    scene = Scene(folder, looks, retry={"attempts": 2})

    job = scene.walk_equal(redefined())

    assert (job.state, len(scene.fal.fetches)) == (State.FAILING, 2)
    assert list(scene.corridor.tools.paid.iterdir()) == []


@pytest.mark.parametrize("worse", [False, True])
def test_what_is_served_again_is_told_as_made_by_the_try_that_was_delivered(
    folder: Path, *, worse: bool
) -> None:
    bad = {"Redefine": failing("fail")}
    if worse:
        bad["High Fidelity V2"] = failing("fail", "a", "b")
    scene = Scene(folder, Looks(verdicts=bad), **TWICE)
    first = scene.walk_equal(redefined())
    job = scene.walk_equal(redefined())

    made, plan = scene.models(first)[-1], job.facts.plan
    assert made == ("Redefine" if worse else "High Fidelity V2")
    assert plan is not None
    assert (job.facts.reused, len(scene.fal.requests)) == (True, 2)
    assert [one.model for one in plan.passes] == [made]
    assert any(made in note for note in plan.notes) is not worse
    assert job.facts.fidelity is not None
    assert job.facts.fidelity.verdict == ("fail" if worse else "pass")


def test_without_a_word_on_its_making_a_kept_picture_serves_as_planned(folder: Path) -> None:
    scene = Scene(folder, Looks())
    scene.walk_equal(redefined())
    words = list(scene.corridor.tools.paid.glob("*.json"))
    assert len(words) == 1
    words[0].unlink()

    job = scene.walk_equal(redefined())

    assert (job.facts.reused, len(scene.fal.requests)) == (True, 1)
    assert job.facts.plan is not None
    assert job.facts.plan.passes == redefined().passes
