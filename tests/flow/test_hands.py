"""
What people say of finished work: accept, reject, redo, retry; and the plug pulled at every write.

Folders, ledger, conductor and orders are real; pixels are words and fal is a model.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dice import ROLLS
from handling import Studio, assert_law, assert_paid_once, told_beside
from paying import hushed
from upscaled.flow.hands.review import begin_accept
from upscaled.nouns import Hold, State

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - thousands of fsyncs
EXAMPLES = int(os.environ.get("UPSCALED_FUZZ_HANDS", "12"))
FAMILIES = (None, "text", "cgi")


@contextmanager
def opened(**watch: str) -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Studio(Path(folder), **watch)
        try:
            yield studio
        finally:
            studio.close()


@pytest.fixture
def studio() -> Iterator[Studio]:
    with opened() as made:
        yield made


def arrived(studio: Studio, worth: str, path: str = "") -> str:
    """Drop a picture and let it come to its end; return its job's id."""
    before = {job.id for job in studio.jobs()}
    studio.drop(worth, path)
    studio.settle()
    (job_id,) = {job.id for job in studio.jobs()} - before
    return job_id


def newest(studio: Studio) -> str:
    return studio.jobs()[-1].id


# ---- accept


def test_an_accepted_result_goes_to_the_outbox_with_its_verdict_kept(studio: Studio) -> None:
    job = arrived(studio, "review", "4k/ACME/a.png")
    before = studio.files("review")["review/4k/ACME/a.png"]

    assert studio.told("accept", job) == "accepted; it goes to the outbox"

    assert list(studio.files()) == [
        "archive/4k/ACME/a.png",
        "outbox/4k/ACME/a.png",
        "outbox/4k/ACME/a.png.json",
    ]
    assert studio.files("outbox")["outbox/4k/ACME/a.png"] == before
    told = told_beside(studio, "outbox/4k/ACME/a.png")
    assert (told["status"], told["fidelity"]["verdict"]) == ("done", "review")
    assert told["accepted"]["by"] == "command line"
    assert told["result"]["path"] == "4k/ACME/a.png"
    assert studio.job(job).state is State.DONE
    assert_law(studio)


def test_an_accepted_result_takes_a_free_name(studio: Studio) -> None:
    arrived(studio, "pass", "4k/a.png")
    job = arrived(studio, "review", "4k/a.jpg")

    studio.told("accept", job)

    assert {"outbox/4k/a.png", "outbox/4k/a-2.png"} <= studio.files("outbox").keys()
    assert_law(studio)


def test_an_accepted_result_replaces_the_old_one_where_the_folder_says_so() -> None:
    with opened(collision="replace") as studio:
        arrived(studio, "pass", "4k/a.png")
        job = arrived(studio, "review", "4k/a.png")

        studio.told("accept", job)

        assert told_beside(studio, "outbox/4k/a.png")["job"] == job
        assert "archive/_superseded/4k/a.png" in studio.files("archive")
        assert_law(studio)


def test_only_what_is_in_review_can_be_accepted_or_rejected(studio: Studio) -> None:
    job = arrived(studio, "pass")

    why = "it is done; only pictures in review can be"
    assert studio.told("accept", job) == f"not accepted: {why} accepted"
    assert studio.told("reject", job) == f"not rejected: {why} rejected"
    assert_law(studio)


@pytest.mark.parametrize("deed", ["taken away", "changed"])
def test_a_result_that_its_owner_took_out_of_review_is_not_accepted(
    studio: Studio, deed: str
) -> None:
    job = arrived(studio, "review", "4k/a.png")
    result = studio.folder / "review/4k/a.png"
    if deed == "changed":
        result.write_bytes(b"retouched")
    else:
        result.unlink()

    said = studio.told("accept", job)

    assert said.startswith("not accepted: its result does not stand in review/")
    assert f"`upscaled redo {job}`" in said
    assert studio.job(job).state is State.REVIEW
    assert studio.files("outbox") == {}
    again = studio.told("redo", job)
    assert again.startswith("redone as")
    assert studio.fal.submits == 1  # from the pixels that were paid for


def test_a_result_that_leaves_review_while_it_is_accepted_is_in_review_again(
    studio: Studio,
) -> None:
    job = arrived(studio, "review", "4k/a.png")
    begin_accept(studio.conductor, studio.job(job), "command line")
    result = studio.folder / "review/4k/a.png"
    result.unlink()

    studio.settle()

    found = studio.job(job)
    assert found.state is State.REVIEW
    assert "upscaled redo" in (found.reason or "")
    assert studio.files("outbox") == {}


# ---- reject


def test_a_rejected_result_is_kept_and_its_original_goes_to_failed(studio: Studio) -> None:
    job = arrived(studio, "review", "4k/ACME/a.png")

    studio.told("reject", job)

    assert list(studio.files()) == [
        "archive/_rejected/4k/ACME/a.png",
        "archive/_rejected/4k/ACME/a.png.compare.png",
        "archive/_rejected/4k/ACME/a.png.json",
        "failed/4k/ACME/a.png",
        "failed/4k/ACME/a.png.json",
    ]
    error = told_beside(studio, "failed/4k/ACME/a.png")["error"]
    assert error["code"] == "rejected"
    assert "redo" in error["hint"]
    assert "retry" in error["hint"]
    assert_law(studio)


def test_a_rejected_original_that_was_left_in_the_inbox_stays_and_its_reason_is_told() -> None:
    with opened(originals="leave") as studio:
        job = arrived(studio, "review", "4k/a.png")

        studio.told("reject", job)

        assert list(studio.files("failed")) == ["failed/4k/a.png.json"]
        assert list(studio.files("inbox")) == ["inbox/4k/a.png"]
        assert len(studio.jobs()) == 1
        assert_law(studio)


def test_retry_of_a_rejected_picture_gives_the_same_one_for_nothing(studio: Studio) -> None:
    job = arrived(studio, "review", "4k/a.png")
    studio.told("reject", job)

    assert studio.told("retry", job) == "back in the inbox as 4k/a.png"

    assert studio.job(job).state is State.REVIEW
    assert studio.fal.submits == 1
    assert_law(studio)


def test_a_result_that_its_owner_deleted_may_still_be_rejected(studio: Studio) -> None:
    job = arrived(studio, "review", "4k/a.png")
    (studio.folder / "review/4k/a.png").unlink()

    studio.told("reject", job)

    assert "failed/4k/a.png" in studio.files("failed")
    assert studio.files("review") == {}


def test_a_rejected_redo_leaves_the_original_to_the_result_that_stands(studio: Studio) -> None:
    first = arrived(studio, "review", "4k/a.png")
    studio.told("accept", first)
    studio.told("redo", first)
    second = newest(studio)
    assert studio.job(second).state is State.REVIEW

    said = studio.told("reject", second)

    assert said.endswith("its original stays")
    assert "archive/4k/a.png" in studio.files("archive")
    assert studio.files("failed") == {}
    assert studio.told("retry", second).startswith("not retried: it is failed and was a redo")
    assert studio.told("redo", second) == (
        f"not redone: it was a redo itself; redo {first}, whose original it is"
    )
    assert_law(studio)


# ---- redo


def test_a_redo_with_a_family_is_a_new_job_on_the_archived_original(studio: Studio) -> None:
    job = arrived(studio, "pass", "4k/ACME/a.png")

    said = studio.told("redo", job, "cgi")

    new = studio.job(newest(studio))
    assert said == f"redone as {new.id}, as cgi"
    assert list(studio.files()) == [
        "archive/4k/ACME/a.png",
        "outbox/4k/ACME/a-2.png",
        "outbox/4k/ACME/a-2.png.json",
        "outbox/4k/ACME/a.png",
        "outbox/4k/ACME/a.png.json",
    ]
    told = told_beside(studio, "outbox/4k/ACME/a-2.png")
    assert told["redo_of"] == job
    assert told["source"]["path"] == "4k/ACME/a.png"
    assert (told["verdict"]["model"], told["verdict"]["confidence"]) == ("cgi", 1.0)
    assert told["verdict"]["reasons"] == ["cgi was asked for by redo."]
    assert studio.fal.submits == 2
    assert_law(studio)
    assert_paid_once(studio)


def test_a_redo_without_a_family_is_served_from_what_was_paid(studio: Studio) -> None:
    job = arrived(studio, "pass", "4k/a.png")

    said = studio.told("redo", job)

    assert "from paid pixels while they are kept" in said
    assert told_beside(studio, "outbox/4k/a-2.png")["cost_basis"] == "reused"
    assert studio.fal.submits == 1


def test_a_redo_pays_anew_where_the_paid_pixels_are_gone(studio: Studio) -> None:
    job = arrived(studio, "pass", "4k/a.png")
    for kept in (studio.folder / "paid").iterdir():
        kept.unlink()

    studio.told("redo", job)

    assert told_beside(studio, "outbox/4k/a-2.png")["cost_basis"] == "billed"
    assert studio.fal.submits == 2


def test_a_redo_from_review_takes_the_old_result_away_once_the_new_one_stands(
    studio: Studio,
) -> None:
    job = arrived(studio, "review", "4k/a.png")

    studio.told("redo", job, "text")

    assert list(studio.files()) == [
        "archive/4k/a.png",
        "archive/_rejected/4k/a.png",
        "archive/_rejected/4k/a.png.compare.png",
        "archive/_rejected/4k/a.png.json",
        "outbox/4k/a.png",
        "outbox/4k/a.png.json",
    ]
    old = studio.job(job)
    assert (old.state, old.reason) == (State.SUPERSEDED, f"Done again as job {newest(studio)}.")
    assert studio.told("redo", job) == (
        "not redone: it has been redone already; redo the newer job"
    )
    assert_law(studio)


def test_a_redo_of_a_rejected_picture_brings_its_original_back_to_the_archive(
    studio: Studio,
) -> None:
    job = arrived(studio, "review", "4k/a.png")
    studio.told("reject", job)

    studio.told("redo", job, "text")

    assert studio.files("failed") == {}
    assert {"archive/4k/a.png", "outbox/4k/a.png"} <= studio.files("archive", "outbox").keys()
    assert studio.job(job).state is State.SUPERSEDED
    assert_law(studio)


def test_a_redo_leaves_an_original_in_the_inbox_that_was_left_there() -> None:
    with opened(originals="leave") as studio:
        job = arrived(studio, "pass", "4k/a.png")

        studio.told("redo", job, "text")

        assert sorted(studio.files("inbox", "archive")) == ["inbox/4k/a.png"]
        assert [one.state for one in studio.jobs()] == [State.DONE, State.DONE]
        assert_law(studio)


def test_a_redo_does_not_touch_a_new_arrival_of_the_same_name(studio: Studio) -> None:
    job = arrived(studio, "pass", "4k/a.png")
    studio.drop("pass", "4k/a.png")
    studio.ask("redo", job, "text")

    studio.settle()

    assert [one.state for one in studio.jobs()] == [State.DONE] * 3
    assert len(studio.results()) == 3
    assert_law(studio)


def test_a_redo_of_our_own_result_is_done_on_purpose(studio: Studio) -> None:
    arrived(studio, "pass", "4k/a.png")
    own = studio.files("outbox")["outbox/4k/a.png"]
    (studio.folder / "inbox/4k/b.png").write_bytes(own + b"")
    studio.settle()
    refused = newest(studio)
    assert studio.job(refused).facts.error.code == "own_result"  # type: ignore[union-attr]

    studio.told("redo", refused, "text")

    assert studio.job(newest(studio)).state is State.DONE
    assert studio.files("failed") == {}
    assert studio.files("archive")["archive/4k/b.png"] == own


def test_a_cancelled_redo_leaves_everything_as_it_was(studio: Studio) -> None:
    job = arrived(studio, "pass", "4k/a.png")
    before = studio.files()
    studio.fal.down = True
    studio.ask("redo", job, "cgi")
    for _ in range(20):
        studio.turn()
    studio.ask("cancel", newest(studio))

    studio.settle()

    found = studio.job(newest(studio))
    assert (found.state, found.facts.error.code) == (State.FAILED, "cancelled")  # type: ignore[union-attr]
    assert studio.files() == before
    assert_law(studio)


def test_while_a_picture_is_redone_it_is_neither_accepted_nor_redone_nor_retried(
    studio: Studio,
) -> None:
    job = arrived(studio, "review", "4k/a.png")
    studio.fal.down = True
    studio.ask("redo", job, "text")
    orders = [studio.ask(verb, job) for verb in ("accept", "reject", "redo", "retry")]
    for _ in range(20):
        studio.turn()

    told = [studio.ledger.answered(order) or "" for order in orders]
    assert [said.split(":")[0] for said in told] == [
        "not accepted",
        "not rejected",
        "not redone",
        "not retried",
    ]
    assert all(f"it is being redone as {newest(studio)}" in said for said in told)
    studio.fal.down = False
    studio.settle()
    assert_law(studio)


@pytest.mark.parametrize("verb", ["accept", "reject", "redo"])
def test_a_lost_share_holds_what_was_begun_until_it_is_back(studio: Studio, verb: str) -> None:
    job = arrived(studio, "review", "4k/a.png")
    before = studio.files()
    order = studio.ask(verb, job)
    if verb == "accept":  # it looks at review/ before it says yes
        begin_accept(studio.conductor, studio.job(job), "command line")
    studio.shares.lost = True
    for _ in range(10):
        studio.turn()
    (held,) = studio.book.jobs.values()
    assert (held.hold, studio.files()) == (Hold.SHARE, before)

    studio.shares.lost = False
    studio.settle()

    assert not (studio.ledger.answered(order) or "").startswith("not done")
    assert studio.files() != before
    assert_law(studio)


def test_on_a_lost_share_nothing_is_accepted_on_trust(studio: Studio) -> None:
    job = arrived(studio, "review", "4k/a.png")
    studio.shares.lost = True

    said = studio.told("accept", job)

    assert said == "not done: the share is not there; mount it again"
    assert studio.job(job).state is State.REVIEW


def test_an_original_that_is_gone_is_not_redone(studio: Studio) -> None:
    job = arrived(studio, "pass", "4k/a.png")
    (studio.folder / "archive/4k/a.png").unlink()

    said = studio.told("redo", job)

    assert said == "not redone: archive/4k/a.png is not there; drop the original into the inbox"
    assert len(studio.jobs()) == 1


def test_an_original_that_was_replaced_in_the_archive_is_not_redone_for_another(
    studio: Studio,
) -> None:
    job = arrived(studio, "pass", "4k/a.png")
    (studio.folder / "archive/4k/a.png").write_bytes(b"7 pass")

    studio.told("redo", job)

    found = studio.job(newest(studio))
    assert (found.state, found.facts.error.code) == (State.WITHDRAWN, "withdrawn")  # type: ignore[union-attr]
    assert len(studio.results()) == 1


def test_a_family_that_nobody_knows_is_refused_with_those_there_are(studio: Studio) -> None:
    job = arrived(studio, "pass")

    said = studio.told("redo", job, "oil")

    assert said == "not redone: oil is no family; there are core, recover, redefine, text, cgi"


# ---- the plug pulled


Word = tuple[str, str | None]

HISTORIES: dict[str, list[Word]] = {
    "accept": [("accept", None)],
    "reject": [("reject", None)],
    "redo of what is in review": [("redo", "text")],
    "redo of what was rejected": [("reject", None), ("redo", "text")],
    "retry of what was rejected": [("reject", None), ("retry", None)],
}


@pytest.mark.parametrize(
    ("history", "originals", "step"),
    [(one, "archive", 1 if one in {"accept", "reject"} else 6) for one in HISTORIES]
    + [
        pytest.param(one, kind, 1, marks=pytest.mark.long)
        for one in HISTORIES
        for kind in ("archive", "leave")
        if kind == "leave" or one not in {"accept", "reject"}
    ],
)
def test_a_plug_pulled_before_any_write_changes_nothing_in_the_end(
    history: str, originals: str, step: int
) -> None:
    *before, last = HISTORIES[history]
    with opened(originals=originals) as studio:
        job = arrived(studio, "review", "4k/a.png")
        for verb, family in before:
            studio.told(verb, job, family)
        studio.close()
        wanted, _ = after(studio, job, last, None)
        number = 0
        while (found := after(studio, job, last, number))[1]:
            assert found[0] == wanted, number
            number += step
    assert number > 8


def after(studio: Studio, job: str, word: Word, fuse: int | None) -> tuple[list[str], int]:
    """Return the files a word leads to in a copy of a studio, and how often the plug was pulled."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        twin = studio.twin(Path(folder))
        twin.fuse.left = fuse
        said = twin.told(word[0], job, word[1])
        assert said, fuse
        assert not said.startswith("not "), (fuse, said)
        assert_law(twin)
        assert_paid_once(twin)
        twin.close()
        return list(twin.files()), twin.fuse.blown


Ordered = tuple[str, int, str | None]
WORDS = st.tuples(
    st.sampled_from(["accept", "reject", "redo", "redo", "retry"]),
    st.integers(0, 5),
    st.sampled_from(FAMILIES),
)
DEEDS = st.one_of(
    st.sampled_from(["pass", "review", "review", "fail"]),
    st.lists(WORDS, min_size=1, max_size=2),
    st.lists(WORDS, min_size=1, max_size=2),
)
NIGHTS = st.lists(st.tuples(DEEDS, st.none() | st.integers(0, 30)), min_size=3, max_size=9)
ORIGINALS = st.sampled_from(["archive", "archive", "leave"])
COLLISION = st.sampled_from(["version", "replace"])
Deeds = list[tuple[str | list[Ordered], int | None]]


def fuzzed(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.generate) + ((Phase.shrink,) if examples > 100 else ()),
        derandomize=not ROLLS,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@fuzzed(EXAMPLES)
@given(deeds=NIGHTS, originals=ORIGINALS, collision=COLLISION)
def test_in_all_histories_every_original_and_every_paid_result_is_in_one_place(
    deeds: Deeds, originals: str, collision: str
) -> None:
    live_through(deeds, originals, collision)


@pytest.mark.long
@pytest.mark.timeout(900)
@fuzzed(max(EXAMPLES, 150))
@given(deeds=NIGHTS, originals=ORIGINALS, collision=COLLISION)
def test_in_many_more_histories_nothing_is_lost_or_doubled(
    deeds: Deeds, originals: str, collision: str
) -> None:
    live_through(deeds, originals, collision)


def live_through(deeds: Deeds, originals: str, collision: str) -> None:
    with opened(originals=originals, collision=collision) as studio:
        studio.drop("review")
        studio.settle()
        for deed, fuse in deeds:
            studio.fuse.left = fuse
            if isinstance(deed, str):
                studio.drop(deed)
            else:
                say(studio, deed)
            studio.settle()
            studio.fuse.left = None
            assert_law(studio)
            assert_paid_once(studio)


def say(studio: Studio, words: list[Ordered]) -> None:
    """Give some orders at once."""
    jobs = studio.jobs()
    for verb, number, family in words:
        studio.ask(verb, jobs[number % len(jobs)].id, family if verb == "redo" else None)
