"""Tickets beside pictures, in a studio turned by hand: whose job is whose."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from handling import Studio, assert_law, told_beside
from upscaled.flow.slips import LONELY_SECONDS
from upscaled.nouns import Code, Hold, State

ID = "farm-0001"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """Open a studio."""
    made = Studio(tmp_path)
    yield made
    made.close()


def ticket(studio: Studio, path: str, **values: Any) -> Path:
    """Put a ticket beside a picture's place."""
    to = studio.folder / "inbox" / f"{path}.job.toml"
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(tomli_w.dumps(values).encode())
    return to


def again(studio: Studio, path: str, content: bytes) -> None:
    """Put a picture with these bytes into the inbox."""
    to = studio.folder / "inbox" / path
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(content)


def pause(studio: Studio) -> None:
    """Let everything be planned and nothing be paid for, until a restart."""
    open_door = studio.conductor.door.conditions
    studio.conductor.door.conditions = lambda job: replace(open_door(job), paused=True)


def turns(studio: Studio, number: int = 4) -> None:
    for _ in range(number):
        studio.turn()


def test_a_ticket_gives_its_picture_an_id_a_family_and_goes_along_with_it(studio: Studio) -> None:
    ticket(studio, "4k/a.png", id=ID, target="4k", model="text", priority="urgent")
    studio.drop("review", "4k/a.png")

    studio.settle()

    job = studio.only()
    assert (job.id, job.state, job.urgent) == (ID, State.DONE, True)
    assert job.facts.verdict is not None
    assert job.facts.verdict.reasons == ("Its ticket asks for text.",)
    assert {"archive/4k/a.png", "archive/4k/a.png.job.toml"} <= studio.files().keys()
    assert studio.files("inbox") == {}
    assert_law(studio)


def test_a_ticket_without_an_id_leaves_that_to_us(studio: Studio) -> None:
    ticket(studio, "4k/a.png", model="text")
    studio.drop("pass", "4k/a.png")

    studio.settle()

    job = studio.only()
    assert job.id[0].isdigit()
    assert job.facts.verdict is not None
    assert job.facts.verdict.rule == "ticket"


def test_a_ticket_that_comes_after_its_picture_counts_until_that_is_read(studio: Studio) -> None:
    studio.drop("pass", "4k/a.png")
    studio.turn()
    assert studio.only().state is State.SEEN
    ticket(studio, "4k/a.png", id=ID)

    studio.settle()

    assert (studio.only().id, studio.only().state) == (ID, State.DONE)


def test_a_ticket_that_comes_too_late_counts_for_nothing_and_is_told(studio: Studio) -> None:
    pause(studio)
    studio.drop("pass", "4k/a.png")
    studio.settle()
    before = studio.only()
    assert before.state is State.PLANNED

    ticket(studio, "4k/a.png", id=ID)
    turns(studio)

    assert studio.only() == before
    (told,) = studio.patrol.beats[0].odd
    assert told.startswith("4k/a.png.job.toml: this ticket came when its picture was under way")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"id = ", "it is no valid TOML"),
        (b'id = "../../etc"', "id = '../../etc'"),
        (b'id = "farm-0001"\nmodel = "cor"', "model = 'cor', expected one of core"),
        (b'target = "8k"', "target = '8k', but it lies in 4k"),
        (b"\xff\xfe", "it is no UTF-8 at byte 0"),
        (b"id = " + b"9" * 5000, "it is no valid TOML"),
        (b"id = 0x" + b"f" * 9000, "id = a very large number"),
        (b"priority = 0x" + b"f" * 9000, "priority = a very large number"),
        (b"#" * 20_000, "it is larger than 16 KiB"),
    ],
)
def test_a_ticket_with_a_fault_keeps_its_picture_until_it_is_mended(
    studio: Studio, content: bytes, said: str
) -> None:
    slip = ticket(studio, "4k/a.png")
    slip.write_bytes(content)
    studio.drop("pass", "4k/a.png")
    turns(studio)
    job = studio.only()
    assert (job.state, job.hold) == (State.SEEN, Hold.NOT_READY)
    assert said in (job.reason or "")
    assert "Mend it, or remove it" in (job.reason or "")
    studio.restart()
    turns(studio)
    assert studio.only().hold is Hold.NOT_READY

    slip.write_bytes(b'id = "farm-0002"')
    studio.settle()

    assert (studio.only().id, studio.only().state) == ("farm-0002", State.DONE)


def test_a_ticket_with_a_fault_that_is_removed_leaves_its_picture_to_the_folder(
    studio: Studio,
) -> None:
    slip = ticket(studio, "4k/a.png", model="none")
    studio.drop("pass", "4k/a.png")
    turns(studio)

    slip.unlink()
    studio.settle()

    assert studio.only().state is State.DONE


def test_a_ticket_whose_picture_never_comes_is_told_and_is_no_picture(studio: Studio) -> None:
    ticket(studio, "4k/a.png", id=ID)
    studio.turn()
    assert not studio.patrol.beats[0].odd

    turns(studio, int(LONELY_SECONDS / 2) + 1)

    assert studio.jobs() == []
    assert studio.patrol.beats[0].odd == (
        (
            "4k/a.png.job.toml: a ticket whose picture is not there; put the picture beside it, or"
            " remove the ticket"
        ),
    )


def test_a_ticket_for_other_bytes_keeps_a_picture_until_its_own_is_there(studio: Studio) -> None:
    wanted = studio.drop("pass", "4k/b.png")
    mine = studio.folder / "inbox/4k/b.png"
    ticket(studio, "4k/a.png", id=ID, sha256=wanted)
    studio.drop("pass", "4k/a.png")
    studio.settle()
    held = next(job for job in studio.jobs() if job.path == "4k/a.png")
    assert (held.state, held.hold) == (State.SEEN, Hold.NOT_READY)
    assert "sha256 = " in (held.reason or "")
    assert not mine.exists()

    right = (studio.folder / "archive/4k/b.png").read_bytes()
    (studio.folder / "inbox/4k/a.png").write_bytes(right + b"")
    studio.settle()

    assert studio.job(ID).state is State.DONE


def test_the_same_picture_under_the_same_id_is_done_once_and_leaves_a_trace(
    studio: Studio,
) -> None:
    ticket(studio, "4k/a.png", id=ID)
    studio.drop("pass", "4k/a.png")
    studio.settle()
    content = (studio.folder / "archive/4k/a.png").read_bytes()

    for path in ("4k/a.png", "4k/other.png"):
        ticket(studio, path, id=ID)
        again(studio, path, content)
    studio.settle()

    assert (studio.only().id, len(studio.fal.paid)) == (ID, 1)
    assert studio.files("inbox") == {}
    said = [event.said for event in studio.ledger.history(ID)][-2:]
    assert all("the same bytes as" in line and "removed" in line for line in said)
    assert_law(studio)


def test_a_copy_is_kept_where_the_first_original_is_gone(studio: Studio) -> None:
    ticket(studio, "4k/a.png", id=ID)
    studio.drop("pass", "4k/a.png")
    studio.settle()
    original = studio.folder / "archive/4k/a.png"
    content = original.read_bytes()
    original.unlink()
    (studio.folder / "archive/4k/a.png.job.toml").unlink()

    ticket(studio, "4k/a.png", id=ID)
    again(studio, "4k/a.png", content)
    studio.settle()

    assert original.read_bytes() == content
    assert studio.only().id == ID
    assert studio.files("inbox") == {}
    assert_law(studio)


def test_an_id_that_is_known_for_other_bytes_changes_nothing_and_is_told(studio: Studio) -> None:
    ticket(studio, "4k/a.png", id=ID)
    studio.drop("pass", "4k/a.png")
    studio.settle()
    first = studio.only()
    for path, claim in (("4k/b.png", {}), ("4k/c.png", {"sha256": "0" * 64})):
        ticket(studio, path, id=ID, **claim)
        studio.drop("pass", path)

    studio.settle()

    assert studio.job(ID) == first
    held = sorted((job for job in studio.jobs() if job.id != ID), key=lambda job: job.path)
    assert [(job.path, job.hold) for job in held] == [
        ("4k/b.png", Hold.NOT_READY),
        ("4k/c.png", Hold.NOT_READY),
    ]
    assert all("is that of another picture, 4k/a.png" in (job.reason or "") for job in held)
    assert set(studio.files("inbox")) == {
        "inbox/4k/b.png", "inbox/4k/b.png.job.toml", "inbox/4k/c.png", "inbox/4k/c.png.job.toml",
    }  # fmt: skip


def test_two_pictures_that_claim_one_id_at_once_are_told_apart_by_their_bytes(
    studio: Studio,
) -> None:
    for path in ("4k/a.png", "4k/b.png", "4k/c.png"):
        ticket(studio, path, id=ID)
    studio.drop("pass", "4k/a.png")
    studio.drop("pass", "4k/b.png")
    again(studio, "4k/c.png", (studio.folder / "inbox/4k/a.png").read_bytes())

    studio.settle()

    by_id = {job.id == ID: (job.state, job.hold) for job in studio.jobs()}
    assert by_id == {True: (State.DONE, None), False: (State.SEEN, Hold.NOT_READY)}
    assert len(studio.jobs()) == 2


def test_a_copy_of_a_placeholder_that_was_not_filled_yet_waits_for_it_unread(
    studio: Studio,
) -> None:
    for path in ("4k/a.png", "4k/b.png"):
        ticket(studio, path, id=ID)
    again(studio, "4k/a.png", b"")
    turns(studio)
    again(studio, "4k/b.png", b"0 pass")
    turns(studio)
    waiting = next(job for job in studio.jobs() if job.path == "4k/b.png")
    assert (waiting.id != ID, waiting.hold) == (True, Hold.NOT_READY)
    assert waiting.reason == "Its ticket has the id of 4k/a.png, which is read first."
    assert not (studio.folder / "work" / waiting.id / "source").exists()

    again(studio, "4k/a.png", b"0 pass")
    turns(studio, 8)
    studio.settle()

    assert (studio.only().id, studio.only().state) == (ID, State.DONE)
    assert studio.files("inbox") == {}


def test_what_was_withdrawn_begins_anew_when_it_is_handed_in_again(studio: Studio) -> None:
    pause(studio)
    ticket(studio, "4k/a.png", id=ID)
    studio.drop("pass", "4k/a.png")
    studio.settle()
    content = (studio.folder / "inbox/4k/a.png").read_bytes()
    (studio.folder / "inbox/4k/a.png").unlink()
    studio.settle()
    assert studio.only().state is State.WITHDRAWN

    studio.restart()
    again(studio, "4k/a.png", content)
    studio.settle()

    assert (studio.only().id, studio.only().state) == (ID, State.DONE)


def test_a_retry_takes_the_ticket_back_along_and_a_redo_keeps_its_family(studio: Studio) -> None:
    ticket(studio, "4k/a.png", id=ID, model="cgi")
    studio.drop("review", "4k/a.png")
    studio.settle()
    assert studio.only().state is State.REVIEW
    assert studio.told("reject", ID).startswith("rejected")
    assert {"failed/4k/a.png", "failed/4k/a.png.job.toml"} <= studio.files("failed").keys()

    studio.told("retry", ID)

    assert (studio.only().id, studio.only().state) == (ID, State.REVIEW)
    assert studio.files("failed") == {}
    assert "archive/4k/a.png.job.toml" in studio.files("archive")
    studio.told("redo", ID)
    newest = max(studio.jobs(), key=lambda job: job.seen_at)
    assert newest.facts.redo is not None
    assert newest.facts.verdict is not None
    assert newest.facts.verdict.rule == "ticket"
    assert_law(studio)


def test_a_cancelled_one_is_not_done_when_it_is_handed_in_again(studio: Studio) -> None:
    ticket(studio, "4k/a.png", id=ID)
    studio.drop("pass", "4k/a.png")
    content = (studio.folder / "inbox/4k/a.png").read_bytes()
    studio.turn()
    studio.told("cancel", ID)
    failed = studio.job(ID)
    assert failed.facts.error is not None
    assert failed.facts.error.code == Code.CANCELLED

    ticket(studio, "4k/a.png", id=ID)
    again(studio, "4k/a.png", content)
    studio.settle()

    assert studio.only() == failed
    assert studio.files("inbox") == {}
    assert studio.fal.paid == []
    assert_law(studio)


@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_plug_pulled_at_any_write_leaves_one_job_one_original_and_no_ticket_behind(
    tmp_path: Path, *, after: bool
) -> None:
    for left in range(80):
        (tmp_path / f"{left}").mkdir()
        studio = Studio(tmp_path / f"{left}")
        ticket(studio, "4k/a.png", id=ID)
        studio.drop("pass", "4k/a.png")
        content = (studio.folder / "inbox/4k/a.png").read_bytes()
        studio.settle()
        studio.fuse.left, studio.fuse.after = left, after
        ticket(studio, "4k/b.png", id=ID)
        again(studio, "4k/b.png", content)
        studio.settle()
        blown, studio.fuse.left = studio.fuse.blown, None
        turns(studio)

        assert (studio.only().id, studio.only().state, len(studio.fal.paid)) == (ID, State.DONE, 1)
        left_over = {name for name in studio.files("inbox") if not name.endswith(".job.toml")}
        assert left_over == set()
        assert_law(studio)
        studio.close()
        if not blown:
            assert left > 3
            return
    raise AssertionError("it never came to an end")


@pytest.mark.parametrize("kind", ["link", "loose link", "pipe", "socket"])
def test_what_is_no_file_is_a_fault_of_its_picture_and_no_outage_of_its_inbox(
    studio: Studio, kind: str
) -> None:
    place = studio.folder / "inbox/4k/a.png.job.toml"
    place.parent.mkdir(parents=True)
    if kind == "link":
        place.symlink_to(ticket(studio, "loose/x.png", id=ID))
    elif kind == "loose link":
        place.symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        with closing(socket.socket(socket.AF_UNIX)) as made:
            made.bind(str(place))
    studio.drop("pass", "4k/a.png")
    studio.drop("pass", "4k/b.png")

    studio.settle()

    states = {job.path: (job.state, job.hold) for job in studio.jobs()}
    assert states["4k/b.png"] == (State.DONE, None)
    assert states["4k/a.png"] == (State.SEEN, Hold.NOT_READY)


def test_a_failed_picture_that_is_dragged_back_with_its_ticket_is_tried_again(
    studio: Studio,
) -> None:
    ticket(studio, "4k/a.png", id=ID, model="text")
    studio.drop("pass", "4k/a.png")
    studio.turn()
    studio.told("cancel", ID)
    assert studio.only().state is State.FAILED
    for name in ("a.png", "a.png.job.toml"):
        (studio.folder / "failed/4k" / name).rename(studio.folder / "inbox/4k" / name)

    studio.settle()

    states = {job.id == ID: job.state for job in studio.jobs()}
    assert states == {True: State.FAILED, False: State.DONE}
    assert {"archive/4k/a.png", "archive/4k/a.png.job.toml"} <= studio.files("archive").keys()
    assert told_beside(studio, "outbox/4k/a.png")["verdict"]["rule"] == "ticket"
    assert len(studio.fal.paid) == 1
