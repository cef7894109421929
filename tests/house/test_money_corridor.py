"""Money through the whole program: a full cap, a pulled plug, a raised cap, a later bill."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from house.test_fal_corridor import drop, paid_once, urls
from place import Place, photo
from standin import Options, Standin

ADMIN_KEY = "test-admin-key-of-no-account"


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    """Run a stand-in of fal for one test."""
    with Standin(tmp_path / "standin", Options(concurrency=4)) as server:
        yield server


@pytest.mark.long
def test_a_full_cap_holds_through_a_pulled_plug_and_lifts_when_raised(
    place: Place, fal: Standin
) -> None:
    # One at a time: a submit that just leaves when the plug is pulled stays in doubt for an hour.
    place.use_fal(urls(fal), budget={"daily_usd": 0.40}, fal={"max_in_flight": 1})
    drop(place, hd=8)
    place.start()
    place.wait_for(lambda: fal.ledger()["accepted"] >= 2, "the second submit")
    place.kill(group=True)

    place.until_idle(3)

    paid_once(fal, 5)
    jobs = place.jobs().values()
    assert [job["hold"] for job in jobs if job["state"] == "held"] == ["budget"] * 3
    spend = place.ask("status")["spend"]
    assert (spend["today_usd"], spend["left_usd"], spend["reserved_usd"]) == (0.4, 0.0, 0.0)
    assert "$0.40 of $0.40 (this day" in spend["warnings"][0]

    place.use_fal(urls(fal), budget={"daily_usd": 5.0})
    log = place.until_idle()

    paid_once(fal, 8)
    assert "budget_nearly_spent" not in log
    story = place.ask("show", next(iter(jobs))["id"])["money"]
    assert [(one["kind"], one["usd"]) for one in story] == [
        ("reserve", 0.08),
        ("release", 0.08),
        ("settle", 0.08),
    ]


@pytest.mark.long
def test_a_bill_that_comes_later_corrects_the_sum(place: Place, fal: Standin) -> None:
    place.use_fal(urls(fal))
    drop(place, hd=1)
    place.until_idle()
    assert place.ask("status")["spend"]["today_usd"] == 0.08

    place.environment["FAL_ADMIN_KEY"] = ADMIN_KEY
    place.start()
    place.wait_for(lambda: place.ask("status")["spend"]["today_usd"] == 0.06, "the bill")
    place.stop()

    (job,) = place.jobs().values()
    story = place.ask("show", job["id"])["money"]
    assert (story[-1]["kind"], story[-1]["usd"], story[-1]["billed"]) == ("correct", -0.02, True)
    seen = place.path("daemon.log").read_text() + str(story)
    assert "billed_otherwise" in seen
    assert ADMIN_KEY not in seen
    assert fal.ledger()["violations"] == []


@pytest.mark.long
def test_a_sequence_over_the_cap_is_held_whole_until_the_cap_is_raised(
    place: Place, fal: Standin
) -> None:
    for number in range(1001, 1013):
        photo(place.path(f"inbox/hd/shot.{number}.png"), seed=number)
    place.use_fal(urls(fal), budget={"daily_usd": 0.60})

    place.until_idle(3)

    assert fal.ledger()["accepted"] == 0
    jobs = place.jobs().values()
    assert [job["hold"] for job in jobs] == ["budget"] * 12
    (reason,) = {job["reason"] for job in jobs}
    assert "The series needs $0.96 for 12 pictures at once" in reason
    assert "so $0.60 are left; none of it is begun until the cap is raised." in reason

    place.use_fal(urls(fal), budget={"daily_usd": 1.00})
    place.until_idle()

    paid_once(fal, 12)
    assert {job["state"] for job in place.jobs().values()} == {"done"}
