"""Render folders that may not be touched: nothing in them is written, moved or removed."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from handling import Studio, told_beside
from upscaled.core.tickets import own_id
from upscaled.nouns import Code, Hold, State

ID = "farm-0001"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """Open a studio that leaves its originals alone."""
    made = Studio(tmp_path, originals="leave")
    yield made
    made.close()


def ticket(studio: Studio, path: str, **values: str) -> None:
    """Put a ticket beside a picture's place."""
    to = studio.folder / "inbox" / f"{path}.job.toml"
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(tomli_w.dumps(values).encode())


def looks(studio: Studio) -> dict[str, tuple[int, int, bytes]]:
    """Return what the inbox looks like, hidden names included."""
    found = {}
    for path in sorted((studio.folder / "inbox").rglob("*")):
        seen = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (seen.st_ino, seen.st_mtime_ns, content)
    return found


def test_what_is_done_and_what_has_failed_stay_untouched_and_are_not_tried_again(
    studio: Studio,
) -> None:
    ticket(studio, "4k/good.png", id=ID, model="text")
    studio.drop("pass", "4k/good.png")
    studio.drop("pass", "4k/cancelled.png")
    studio.drop("pass", "loose/x.png")
    ticket(studio, "4k/never.png", id="farm-0002")
    before = looks(studio)
    studio.turn()
    cancelled = next(job for job in studio.jobs() if job.path == "4k/cancelled.png")

    studio.told("cancel", cancelled.id)
    studio.restart()
    studio.settle()

    assert looks(studio) == before
    assert {job.path: job.state for job in studio.jobs()} == {
        "4k/good.png": State.DONE,
        "4k/cancelled.png": State.FAILED,
    }
    assert studio.job(ID).state is State.DONE
    assert list(studio.files("failed")) == ["failed/4k/cancelled.png.json"]
    assert told_beside(studio, "failed/4k/cancelled.png")["error"]["code"] == Code.CANCELLED
    assert len(studio.fal.paid) == 1


def test_a_farms_own_id_is_told_in_the_sidecar_and_names_one_job(studio: Studio) -> None:
    written = "65F1C2AA-0b3c"
    ticket(studio, "4k/a.png", id=written, priority="80")
    studio.drop("pass", "4k/a.png")
    studio.settle()

    told = told_beside(studio, "outbox/4k/a.png")
    assert (told["ticket_id"], told["job"]) == (written, own_id(written))
    assert (studio.only().id, studio.only().urgent) == (told["job"], True)


def test_a_failed_one_that_stays_is_tried_again_when_asked_or_when_it_changes(
    studio: Studio,
) -> None:
    for name in ("a", "b", "c"):
        studio.drop("review", f"4k/{name}.png")
    studio.settle()
    for job in studio.jobs():
        studio.told("reject", job.id)
    assert {job.state for job in studio.jobs()} == {State.FAILED}
    before = looks(studio)
    by_path = {job.path: job for job in studio.jobs()}

    assert studio.told("retry", by_path["4k/a.png"].id) == "back in the inbox as 4k/a.png"
    assert studio.told("redo", by_path["4k/b.png"].id, "text").startswith("redone as")
    assert looks(studio) == before
    studio.drop("pass", "4k/new.png")
    (studio.folder / "inbox/4k/new.png").replace(studio.folder / "inbox/4k/c.png")
    studio.settle()

    states = {(job.path, job.state) for job in studio.jobs()}
    assert states >= {
        ("4k/a.png", State.REVIEW),
        ("4k/b.png", State.DONE),
        ("4k/b.png", State.SUPERSEDED),
        ("4k/c.png", State.DONE),
        ("4k/c.png", State.FAILED),
    }
    assert list(studio.files("failed")) == ["failed/4k/c.png.json"]


def test_the_same_picture_submitted_again_under_another_name_stays_and_is_told(
    studio: Studio,
) -> None:
    ticket(studio, "4k/a.png", id=ID)
    studio.drop("pass", "4k/a.png")
    studio.settle()
    ticket(studio, "4k/b.png", id=ID)
    content = (studio.folder / "inbox/4k/a.png").read_bytes()
    (studio.folder / "inbox/4k/b.png").write_bytes(content)
    before = looks(studio)

    studio.settle()

    assert looks(studio) == before
    held = next(job for job in studio.jobs() if job.path == "4k/b.png")
    assert held.hold is Hold.NOT_READY
    assert "the same picture as 4k/a.png (job farm-0001)" in (held.reason or "")
    assert len(studio.fal.paid) == 1


def touched(studio: Studio, path: str) -> None:
    """Write a file anew with the bytes that it has, as a copy without times does."""
    place = studio.folder / "inbox" / path
    before = place.stat().st_mtime_ns
    other = place.with_name(".copy")
    other.write_bytes(place.read_bytes())
    other.replace(place)
    os.utime(place, ns=(before + 10**9, before + 10**9))


class Counting(Studio):
    """A studio that counts what it reads."""

    taken = 0

    def restart(self) -> None:
        """Begin again, with a disk that counts."""
        super().restart()
        tools, studio = self.conductor.tools, self

        class Counted:
            def __getattr__(self, name: str) -> Any:
                studio.taken += name == "take"
                return getattr(tools.disk, name)

        self.conductor.tools = replace(tools, disk=Counted())

    def reads(self) -> int:
        """Return how many files were read whole since it was asked before."""
        before, self.taken = self.taken, 0
        return before


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Counting]:
    made = Counting(tmp_path, originals="leave")
    yield made
    made.close()


def test_a_changed_time_alone_is_no_new_job_and_is_read_once(counting: Counting) -> None:
    studio = counting
    ticket(studio, "4k/ticket.png", id=ID)
    for worth, name in (("pass", "done"), ("pass", "ticket"), ("review", "bad"), ("fail", "worse")):
        studio.drop(worth, f"4k/{name}.png")
    studio.settle()
    rejected = next(job for job in studio.jobs() if job.path == "4k/bad.png")
    studio.told("reject", rejected.id)
    before, paid = {job.id: job.state for job in studio.jobs()}, list(studio.fal.paid)
    assert len(before) == 4
    assert studio.reads() == 4

    for _ in range(2):
        for name in ("done", "ticket", "bad", "worse"):
            touched(studio, f"4k/{name}.png")
        studio.settle()
        assert studio.reads() == 4
        studio.restart()
        studio.settle()
        assert studio.reads() == 0

    assert {job.id: job.state for job in studio.jobs()} == before
    assert studio.fal.paid == paid
    assert list((studio.folder / "work").iterdir()) == []
    result = studio.files("outbox")["outbox/4k/done.png"]

    (studio.folder / "inbox/4k/done.png").write_bytes(b"9 pass")
    studio.settle()
    assert len(studio.jobs()) == 5
    assert len(studio.fal.paid) == len(paid) + 1
    assert studio.files("outbox")["outbox/4k/done.png"] == result


def test_a_new_ticket_beside_a_touched_original_is_a_new_order(studio: Studio) -> None:
    studio.drop("pass", "4k/a.png")
    studio.settle()

    ticket(studio, "4k/a.png", model="text")
    touched(studio, "4k/a.png")
    studio.settle()

    assert [job.state for job in studio.jobs()] == [State.DONE, State.DONE]


def test_a_redo_of_a_touched_original_goes_on(studio: Studio) -> None:
    studio.drop("review", "4k/a.png")
    studio.settle()
    first = studio.only()
    touched(studio, "4k/a.png")
    studio.settle()
    assert studio.only().state is State.REVIEW

    assert studio.told("redo", first.id, "text").startswith("redone as")
    touched(studio, "4k/a.png")
    studio.settle()

    assert sorted(job.state for job in studio.jobs()) == [State.DONE, State.SUPERSEDED]
