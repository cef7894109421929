"""
People answer by dragging: exactly what the command does, once, through any crash.

Folders, ledger, conductor and orders are real; pixels are words and fal is a model.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dice import ROLLS
from handling import Listening, Studio, assert_law, assert_paid_once, told_beside
from paying import hushed
from upscaled.edge import disk
from upscaled.errors import Outage
from upscaled.nouns import Code, Job, State, Trouble

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - thousands of fsyncs
RESULT, SIDECAR, COMPARE = "a.png", "a.png.json", "a.png.compare.png"


@contextmanager
def opened(**watch: str) -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio = Listening(Path(folder), **watch)
        try:
            yield studio
        finally:
            studio.close()


@pytest.fixture
def studio() -> Iterator[Studio]:
    with opened() as made:
        yield made


def arrived(studio: Studio, worth: str = "review", path: str = "4k/ACME/a.png") -> Job:
    """Drop a picture and let it come to its end."""
    before = {job.id for job in studio.jobs()}
    studio.drop(worth, path)
    studio.settle()
    (job,) = (job for job in studio.jobs() if job.id not in before)
    return job


def drag(studio: Studio, path: str, to: str) -> None:
    """Move a file or a folder as a person does."""
    source, folder = studio.folder / path, studio.folder / to
    folder.mkdir(parents=True, exist_ok=True)
    source.rename(folder / source.name)


def note(studio: Studio, folder: str) -> str:
    path = studio.folder / folder / "_READ-ME.txt"
    return path.read_text("utf-8-sig") if path.exists() else ""


@cache
def same_as_told(verb: str, family: str | None = None) -> tuple[list[str], list[str]]:
    """Return the files and states that the command leads to."""
    with opened() as studio:
        job = arrived(studio)
        studio.told(verb, job.id, family)
        return list(studio.files()), [one.state.value for one in studio.jobs()]


# ---- the same as the commands


PARTS = {
    "everything": (RESULT, SIDECAR, COMPARE),
    "the result alone": (RESULT,),
    "the sidecar alone": (SIDECAR,),
    "result and comparison": (RESULT, COMPARE),
    "sidecar and comparison": (SIDECAR, COMPARE),
    "the comparison alone": (COMPARE,),
}
BOXES = {
    "_accept": ("accept", None),
    "_reject": ("reject", None),
    "_redo": ("redo", None),
    "_redo-text": ("redo", "text"),
    "_Redo CGI": ("redo", "cgi"),
}


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("box", ["_accept", "_reject", "_redo-text"])
def test_dragging_does_what_the_command_does_whatever_of_it_is_dragged(
    studio: Studio, box: str, parts: str
) -> None:
    arrived(studio)
    for name in PARTS[parts]:
        drag(studio, f"review/4k/ACME/{name}", f"review/{box}")

    studio.settle()

    states = [one.state.value for one in studio.jobs()]
    assert (list(studio.files()), states) == same_as_told(*BOXES[box])
    assert note(studio, f"review/{box}") == ""
    assert_law(studio)
    assert_paid_once(studio)


@pytest.mark.parametrize("box", BOXES)
def test_each_box_has_its_verb_and_its_family(studio: Studio, box: str) -> None:
    arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", f"review/{box}")

    studio.settle()

    states = [one.state.value for one in studio.jobs()]
    assert (list(studio.files()), states) == same_as_told(*BOXES[box])
    assert_law(studio)


def test_a_sidecar_says_how_a_result_was_accepted(studio: Studio) -> None:
    arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")

    studio.settle()

    told = told_beside(studio, f"outbox/4k/ACME/{RESULT}")
    assert told["accepted"]["by"] == "dragged to review/_accept"


def test_a_whole_folder_may_be_dragged(studio: Studio) -> None:
    for name in ("a", "b", "c"):
        arrived(studio, path=f"4k/ACME/{name}.png")
    assert "3 files wait" in note(studio, "review/4k/ACME")
    drag(studio, "review/4k/ACME", "review/_accept")

    studio.settle()

    assert {job.state for job in studio.jobs()} == {State.DONE}
    assert studio.files("review") == {}
    assert_law(studio)
    studio.settle()
    os.utime(studio.folder / "review/_accept/ACME", (0, 0))
    for _ in range(3):
        studio.turn()
    assert not (studio.folder / "review/_accept/ACME").exists()


def test_the_boxes_are_there_from_the_start(studio: Studio) -> None:
    studio.settle()

    made = sorted(path.name for path in (studio.folder / "review").glob("_*"))
    families = ["cgi", "core", "recover", "redefine", "text"]
    assert made == ["_accept", "_redo", *(f"_redo-{one}" for one in families), "_reject"]
    assert (studio.folder / "failed/_retry").is_dir()


@pytest.mark.parametrize("parts", [(RESULT, SIDECAR), (RESULT,), (SIDECAR,)])
def test_a_failed_original_is_tried_again(studio: Studio, parts: Sequence[str]) -> None:
    job = arrived(studio)
    studio.told("reject", job.id)
    for name in parts:
        drag(studio, f"failed/4k/ACME/{name}", "failed/_retry")

    studio.settle()

    found = studio.job(job.id)
    assert (found.state, found.path) == (State.REVIEW, "4k/ACME/a.png")
    assert studio.files("failed") == {}
    assert_law(studio)
    assert_paid_once(studio)


def test_an_original_that_failed_unread_is_known_by_its_place_and_name(studio: Studio) -> None:
    (studio.folder / "inbox/4k").mkdir()
    (studio.folder / "inbox/4k/empty.png").write_bytes(b"")
    for _ in range(3):
        studio.turn()
    (job,) = studio.jobs()
    studio.told("cancel", job.id)
    assert (studio.job(job.id).state, studio.job(job.id).sha256) == (State.FAILED, None)
    drag(studio, "failed/4k/empty.png", "failed/_retry")

    for _ in range(12):
        studio.turn()

    assert studio.files("inbox", "failed") == {"inbox/4k/empty.png": b""}


def test_a_ticket_goes_along_with_its_original(studio: Studio) -> None:
    (studio.folder / "inbox/4k/ACME").mkdir(parents=True)
    told = b'id = "farm-0001"\ntarget = "4k"\n'
    (studio.folder / "inbox/4k/ACME/a.png.job.toml").write_bytes(told)
    job = arrived(studio)
    studio.told("reject", job.id)
    for name in (RESULT, SIDECAR, f"{RESULT}.job.toml"):
        drag(studio, f"failed/4k/ACME/{name}", "failed/_retry")

    studio.settle()

    assert (studio.job(job.id).state, job.id) == (State.REVIEW, "farm-0001")
    assert studio.files("failed") == {}
    assert_law(studio)


def test_a_ticket_alone_stays_with_the_reason(studio: Studio) -> None:
    studio.settle()
    (studio.folder / "failed/_retry/a.png.job.toml").write_bytes(b'target = "4k"')

    studio.settle()

    assert "a ticket goes with its own original" in note(studio, "failed/_retry")


# ---- what a person may also do


def test_a_copy_in_a_box_is_as_good_as_the_result_itself(studio: Studio) -> None:
    arrived(studio)
    for name in (RESULT, SIDECAR, COMPARE):
        shutil.copy(studio.folder / f"review/4k/ACME/{name}", studio.folder / "review/_accept")

    studio.settle()

    assert list(studio.files()) == same_as_told("accept")[0]
    assert_law(studio)


def test_what_lies_in_two_boxes_waits_until_one_is_taken_away(studio: Studio) -> None:
    job = arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")
    shutil.copy(studio.folder / f"review/_accept/{RESULT}", studio.folder / "review/_reject")

    studio.settle()

    assert studio.job(job.id).state is State.REVIEW
    assert "it lies in _reject too" in note(studio, "review/_accept")
    assert "it lies in _accept too" in note(studio, "review/_reject")
    (studio.folder / f"review/_accept/{RESULT}").unlink()
    studio.settle()
    assert studio.job(job.id).state is State.FAILED
    assert note(studio, "review/_accept") == note(studio, "review/_reject") == ""
    assert_law(studio)


@pytest.mark.parametrize("box", ["_accept", "_reject", "_redo-text"])
def test_words_that_come_after_the_answer_are_tidied(studio: Studio, box: str) -> None:
    arrived(studio)
    late = {name: (studio.folder / f"review/4k/ACME/{name}") for name in (SIDECAR, COMPARE)}
    kept = {name: path.read_bytes() for name, path in late.items()}
    drag(studio, f"review/4k/ACME/{RESULT}", f"review/{box}")
    for path in late.values():
        path.unlink()  # on its way from one share to another
    studio.settle()
    for name, content in kept.items():
        (studio.folder / f"review/{box}" / name).write_bytes(content)

    studio.settle()

    assert list(studio.files()) == same_as_told(*BOXES[box])[0]
    assert note(studio, f"review/{box}") == ""


def test_a_command_and_a_drag_at_once_deliver_once(studio: Studio) -> None:
    job = arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")
    studio.ask("accept", job.id)

    studio.settle()

    assert studio.job(job.id).state is State.DONE
    assert list(studio.files()) == same_as_told("accept")[0]
    assert_law(studio)


def test_a_result_that_was_answered_already_stays_with_the_reason(studio: Studio) -> None:
    job = arrived(studio)
    copy = studio.files("review")[f"review/4k/ACME/{RESULT}"]
    studio.told("reject", job.id)
    (studio.folder / "review/_accept/a.png").write_bytes(copy)

    studio.settle()

    assert studio.job(job.id).state is State.FAILED
    assert "it was rejected already" in note(studio, "review/_accept")
    assert "review/_accept/a.png" in studio.files("review")
    (studio.folder / "review/_accept/a.png").unlink()
    studio.settle()
    assert note(studio, "review/_accept") == ""
    assert_law(studio)


def test_a_redo_is_never_begun_of_what_was_accepted_meanwhile(studio: Studio) -> None:
    job = arrived(studio)
    copy = studio.files("review")[f"review/4k/ACME/{RESULT}"]
    studio.told("accept", job.id)
    (studio.folder / "review/_redo-cgi/a.png").write_bytes(copy)

    studio.settle()

    assert len(studio.jobs()) == 1
    assert "it was accepted already" in note(studio, "review/_redo-cgi")


# ---- strangers


def test_a_picture_that_was_retouched_is_not_our_result(studio: Studio) -> None:
    job = arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")
    (studio.folder / f"review/_accept/{RESULT}").write_bytes(b"retouched")

    studio.settle()

    assert studio.job(job.id).state is State.REVIEW
    assert studio.files("review")[f"review/_accept/{RESULT}"] == b"retouched"
    assert "it was changed since then" in note(studio, "review/_accept")
    assert studio.files("outbox") == {}


def test_a_retouched_picture_with_its_true_sidecar_is_not_delivered(studio: Studio) -> None:
    job = arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")
    drag(studio, f"review/4k/ACME/{SIDECAR}", "review/_accept")
    (studio.folder / f"review/_accept/{RESULT}").write_bytes(b"retouched")

    studio.settle()

    assert studio.job(job.id).state is State.REVIEW
    assert studio.files("outbox") == {}
    assert studio.files("review")[f"review/_accept/{RESULT}"] == b"retouched"


def forged(studio: Studio, change: Callable[[dict[str, object]], None]) -> None:
    told = told_beside(studio, f"review/4k/ACME/{RESULT}")
    change(told)
    (studio.folder / "review/_accept/b.png.json").write_text(json.dumps(told))


def test_a_forged_sidecar_answers_for_nobody(studio: Studio) -> None:
    arrived(studio)
    other = arrived(studio, path="4k/b.png")
    forged(studio, lambda told: told.update(job=other.id))

    studio.settle()

    assert {job.state for job in studio.jobs()} == {State.REVIEW}
    assert "no sidecar that fits" in note(studio, "review/_accept")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[" * 100_000, b'{"schema": "upscaled/receipt/1", "job": 7}', b"\xff\xfe"],
)
def test_what_is_no_sidecar_stays_with_the_reason(studio: Studio, content: bytes) -> None:
    arrived(studio)
    (studio.folder / "review/_accept/x.json").write_bytes(content)

    studio.settle()

    assert {job.state for job in studio.jobs()} == {State.REVIEW}
    assert "x.json" in note(studio, "review/_accept")
    assert studio.files("review")["review/_accept/x.json"] == content


def test_a_comparison_of_nothing_that_waits_stays_with_the_reason(studio: Studio) -> None:
    job = arrived(studio)
    drag(studio, f"review/4k/ACME/{COMPARE}", "review/_accept")
    (studio.folder / f"review/_accept/{COMPARE}").write_bytes(b"drawn upon")

    studio.settle()

    assert studio.job(job.id).state is State.REVIEW
    assert "it is no comparison of a result that waits" in note(studio, "review/_accept")


def test_links_and_hidden_files_in_a_box_are_left_alone(studio: Studio) -> None:
    arrived(studio)
    box = studio.folder / "review/_accept"
    (box / "link.png").symlink_to(studio.folder / f"review/4k/ACME/{RESULT}")
    (box / ".DS_Store").write_bytes(b"x")
    (box / "_READ-ME.txt").write_text("a person's own words")

    studio.settle()

    assert studio.job(studio.jobs()[0].id).state is State.REVIEW
    assert note(studio, "review/_accept") == "a person's own words"


def test_a_result_that_is_delivered_into_a_folder_of_that_name_is_not_answered(
    studio: Studio,
) -> None:
    job = arrived(studio, path="_accept/4k/a.png")
    assert studio.job(job.id).facts.delivery.path == "_accept/4k/a.png"  # type: ignore[union-attr]

    studio.settle()

    assert studio.job(job.id).state is State.REVIEW
    assert note(studio, "review/_accept") == ""
    drag(studio, "review/_accept/4k/a.png", "review/_accept")
    studio.settle()
    assert studio.job(job.id).state is State.DONE
    assert_law(studio)


def test_another_file_in_its_place_is_not_driven_out(studio: Studio) -> None:
    job = arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")
    (studio.folder / f"review/4k/ACME/{RESULT}").write_bytes(b"somebody else's")

    studio.settle()

    assert studio.job(job.id).state is State.REVIEW
    assert "another file has its place" in note(studio, "review/_accept")
    (studio.folder / f"review/4k/ACME/{RESULT}").unlink()
    for _ in range(400):
        studio.turn()
    assert studio.job(job.id).state is State.DONE
    assert_law(studio)


def test_on_a_lost_share_nothing_is_answered(studio: Studio) -> None:
    job = arrived(studio)
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")
    studio.shares.lost = True
    for _ in range(10):
        studio.turn()
    assert studio.ledger.asked() == []
    assert studio.job(job.id).state is State.REVIEW

    studio.shares.lost = False
    studio.settle()

    assert studio.job(job.id).state is State.DONE


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_heard(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = arrived(studio)
    bad = studio.folder / "review/_accept/bad.png"
    bad.write_bytes(b"x")
    drag(studio, f"review/4k/ACME/{RESULT}", "review/_accept")
    digest = disk.digest

    def refuse(path: Path) -> str:
        if path == bad:
            raise Outage(f"{path}: permission denied")
        return digest(path)

    monkeypatch.setattr(disk, "digest", refuse)

    studio.settle()

    assert studio.job(job.id).state is State.DONE
    assert "bad.png\n    it could not be read" in note(studio, "review/_accept")


# ---- moved to the outbox by hand


@pytest.mark.parametrize("to", ["4k/ACME/a.png", "4k/a.png", "for the printer/other name.png"])
@pytest.mark.parametrize("along", [(), (SIDECAR,), (SIDECAR, COMPARE)])
def test_a_result_moved_to_the_outbox_by_hand_counts_as_accepted(
    studio: Studio, to: str, along: Sequence[str]
) -> None:
    job = arrived(studio)
    final = studio.folder / "outbox" / to
    final.parent.mkdir(parents=True, exist_ok=True)
    for name in along:
        tail = name.removeprefix(RESULT)
        (studio.folder / f"review/4k/ACME/{name}").rename(f"{final}{tail}")
    (studio.folder / f"review/4k/ACME/{RESULT}").rename(final)

    for _ in range(10):
        studio.turn()
    studio.settle()

    assert studio.job(job.id).state is State.DONE
    assert list(studio.files("outbox", "review")) == sorted([f"outbox/{to}", f"outbox/{to}.json"])
    told = told_beside(studio, f"outbox/{to}")
    assert (told["status"], told["result"]["path"]) == ("done", to)
    assert told["accepted"]["by"] == "moved to the outbox by hand"
    assert_law(studio)


def test_a_strangers_file_under_the_sidecars_name_is_not_touched(studio: Studio) -> None:
    job = arrived(studio)
    delivered = studio.folder / "outbox/4k/ACME/other.png"
    delivered.parent.mkdir(parents=True, exist_ok=True)
    (studio.folder / f"review/4k/ACME/{RESULT}").rename(delivered)
    (studio.folder / "outbox/4k/ACME/other.png.json").write_text("another's sidecar")

    for _ in range(10):
        studio.turn()

    assert studio.job(job.id).state is State.REVIEW
    assert (studio.folder / "outbox/4k/ACME/other.png.json").read_text() == "another's sidecar"


def test_a_result_that_a_hot_folder_took_after_it_was_seen_is_done_and_never_comes_again(
    studio: Studio,
) -> None:
    job = arrived(studio)
    final = studio.folder / "outbox/4k/ACME/a.png"
    final.parent.mkdir(parents=True, exist_ok=True)
    (studio.folder / f"review/4k/ACME/{RESULT}").rename(final)
    while not studio.ledger.asked():
        studio.reception.turn()
        studio.conductor.turn(0)
        studio.clock.at += timedelta(seconds=2)
    final.unlink()

    studio.settle()

    assert studio.job(job.id).state is State.DONE
    assert list(studio.files("outbox", "review")) == ["outbox/4k/ACME/a.png.json"]


def test_a_result_that_its_owner_deleted_is_not_accepted(studio: Studio) -> None:
    job = arrived(studio)
    (studio.folder / f"review/4k/ACME/{RESULT}").unlink()

    for _ in range(40):
        studio.turn()

    assert studio.job(job.id).state is State.REVIEW
    assert studio.files("outbox") == {}


# ---- what stands in the folders


def test_each_folder_of_review_and_failed_says_what_waits_there_and_how_to_answer(
    studio: Studio,
) -> None:
    first = arrived(studio, path="4k/ACME/a.png")
    arrived(studio, path="4k/ACME/b.png")
    studio.told("reject", first.id)

    review, failed = note(studio, "review/4k/ACME"), note(studio, "failed/4k/ACME")

    assert review.startswith("review/4k/ACME: 1 file waits for an answer.")
    assert "b.png   (from 4k/ACME/b.png)" in review
    assert "review/_redo-..." in review
    assert failed.startswith("failed/4k/ACME: 1 file failed.")
    assert "Its result was rejected by hand." in failed
    assert "failed/_retry" in failed
    studio.told("retry", first.id)
    assert note(studio, "failed/4k/ACME") == ""
    assert note(studio, "review/4k/ACME").startswith("review/4k/ACME: 2 files wait")


def test_what_was_tried_again_and_failed_at_once_is_told_with_its_new_reason(
    studio: Studio,
) -> None:
    """Between two looks it left and came back: the same job in the same folder."""
    job = arrived(studio)
    studio.told("reject", job.id)
    assert "rejected by hand" in note(studio, "failed/4k/ACME")
    failed = studio.job(job.id)
    trouble = Trouble(code=Code.GAVE_UP, message="fal was away for long.", hint="try it later")
    studio.clock.at += timedelta(seconds=1)
    facts = replace(failed.facts, error=trouble)
    studio.ledger.record(replace(failed, facts=facts, updated_at=studio.clock.now()), "failed", ())

    studio.settle()

    assert "fal was away for long." in note(studio, "failed/4k/ACME")
    assert "rejected by hand" not in note(studio, "failed/4k/ACME")


def test_notes_of_an_earlier_run_are_taken_away_too(studio: Studio) -> None:
    job = arrived(studio)
    path = studio.folder / "review/4k/ACME/_READ-ME.txt"
    kept = path.read_text()
    studio.told("accept", job.id)
    assert not path.exists()
    path.write_text(kept)  # as if the plug had been pulled before it was taken away
    studio.ledger.put("notes", json.dumps({str(studio.folder / "review"): ["4k/ACME"]}))
    studio.restart()

    studio.settle()

    assert not path.exists()


# ---- the plug pulled


HISTORIES: dict[str, tuple[str, Sequence[tuple[str, str]]]] = {
    "accept": ("", [(f"review/4k/ACME/{name}", "review/_accept") for name in PARTS["everything"]]),
    "accept by its sidecar": ("", [(f"review/4k/ACME/{SIDECAR}", "review/_accept/sub")]),
    "reject": ("", [(f"review/4k/ACME/{name}", "review/_reject") for name in (RESULT, SIDECAR)]),
    "redo": ("", [(f"review/4k/ACME/{RESULT}", "review/_redo-text")]),
    "retry": ("reject", [(f"failed/4k/ACME/{RESULT}", "failed/_retry")]),
    "by hand": ("", [(f"review/4k/ACME/{name}", "outbox/elsewhere") for name in (RESULT, SIDECAR)]),
}


@pytest.mark.parametrize(
    ("history", "step"),
    [("accept", 7), ("redo", 19), ("by hand", 7)]
    + [pytest.param(one, 1, marks=pytest.mark.long) for one in HISTORIES],
)
def test_a_plug_pulled_before_any_write_changes_nothing_in_the_end(history: str, step: int) -> None:
    before, moves = HISTORIES[history]
    with opened() as studio:
        job = arrived(studio)
        if before:
            studio.told(before, job.id)
        for path, to in moves:
            drag(studio, path, to)
        studio.close()
        wanted, _ = after(studio, None)
        number = 0
        while (found := after(studio, number))[1]:
            assert found[0] == wanted, number
            number += step
    assert number > 4


def after(studio: Studio, fuse: int | None) -> tuple[list[str], int]:
    """Return the files a drag leads to in a copy of a studio, and how often the plug was pulled."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        twin = studio.twin(Path(folder))
        twin.fuse.left = fuse
        for _ in range(2):
            twin.settle()
        assert_law(twin)
        assert_paid_once(twin)
        twin.close()
        return list(twin.files()), twin.fuse.blown


# ---- histories


EXAMPLES = int(os.environ.get("UPSCALED_FUZZ_HANDS", "8"))
DRAGS = st.tuples(
    st.integers(0, 5), st.sampled_from([*BOXES, "by hand"]), st.sampled_from([*PARTS])
)
ORDERS = st.tuples(st.integers(0, 5), st.sampled_from(["accept", "reject", "redo", "retry"]))
DEEDS = st.one_of(
    st.sampled_from(["pass", "review", "review", "fail"]),
    st.lists(DRAGS, min_size=1, max_size=2),
    st.lists(DRAGS, min_size=1, max_size=2),
    ORDERS,
)
NIGHTS = st.lists(st.tuples(DEEDS, st.none() | st.integers(0, 30)), min_size=3, max_size=8)
WATCHES = st.fixed_dictionaries(
    {
        "sidecars": st.sampled_from(["beside", "folder"]),
        "originals": st.sampled_from(["archive", "leave"]),
        "collision": st.sampled_from(["version", "replace"]),
    }
)
Drag = tuple[int, str, str]
Deeds = list[tuple[str | list[Drag] | tuple[int, str], int | None]]


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
@given(deeds=NIGHTS, watch=WATCHES)
def test_in_all_histories_of_dragging_nothing_is_lost_or_doubled(
    deeds: Deeds, watch: dict[str, str]
) -> None:
    live_through(deeds, watch)


@pytest.mark.long
@pytest.mark.timeout(900)
@fuzzed(max(EXAMPLES, 120))
@given(deeds=NIGHTS, watch=WATCHES)
def test_in_many_more_histories_of_dragging_nothing_is_lost_or_doubled(
    deeds: Deeds, watch: dict[str, str]
) -> None:
    live_through(deeds, watch)


def live_through(deeds: Deeds, watch: dict[str, str]) -> None:
    with opened(**watch) as studio:
        studio.drop("review")
        studio.settle()
        for deed, fuse in deeds:
            studio.fuse.left = fuse
            if isinstance(deed, str):
                studio.drop(deed)
            elif isinstance(deed, tuple):
                studio.ask(deed[1], studio.jobs()[deed[0] % len(studio.jobs())].id)
            else:
                known = studio.jobs()  # a second word on the same one waits for a person
                for one in {one[0] % len(known): one for one in deed}.values():
                    answer(studio, *one)
            studio.settle()
            studio.fuse.left = None
            assert_law(studio)
            assert_paid_once(studio)


def answer(studio: Studio, number: int, box: str, parts: str) -> None:
    """Drag what there is of a job's files, where a person would."""
    jobs = studio.jobs()
    job = jobs[number % len(jobs)]
    root, home = "failed", job.facts.set_aside
    if job.state is State.REVIEW:
        root, home = "review", job.facts.delivery.path if job.facts.delivery else None
    if job.state not in {State.REVIEW, State.FAILED} or not home:
        return
    names = [name.replace(RESULT, Path(home).name, 1) for name in PARTS[parts]]
    if root == "failed" or box == "by hand":
        names = names[:2] if parts == "everything" else [Path(home).name]
    to = {"failed": "failed/_retry", "review": f"review/{box}"}[root]
    if root == "review" and box == "by hand":
        to = f"outbox/by hand/{job.id}"
    for name in names:
        if (studio.folder / root / home).with_name(name).exists():
            drag(studio, str(Path(root) / Path(home).with_name(name)), to)
