"""Waiting without the ledger for pictures whose sidecars are not where they should be."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from place import photo
from upscaled.cli.awaiting import Awaited, await_ends
from upscaled.cli.tracing import Watched
from upscaled.core.folders import Grammar
from upscaled.edge import roots as roots_door
from upscaled.edge.ledger import Ledger
from upscaled.endings import Roots
from upscaled.nouns import Job, State
from upscaled.submitting import Asked, Counter, read_target

ROOTS = ("inbox", "outbox", "archive", "review", "failed")


class Share:
    """A share, the machine that submits, and whoever else moves files there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ROOTS:
            (folder / name / "hd").mkdir(parents=True)
        self.roots = Roots(watch=0, **{name: folder / name for name in ROOTS})
        grammar = Grammar({})
        target, order = read_target(grammar, "hd")
        self.asked = Asked(folder=target, order=order, grammar=grammar)
        picture = photo(folder / "farm/a.png", (64, 48))
        self.handed = Counter(self.roots, self.asked, lambda _id: None).hand_in(picture)

    def moved(self, root: str, name: str = "a.png") -> None:
        """Move picture and ticket out of the inbox, as the daemon does."""
        for end in ("", ".job.toml"):
            (self.folder / f"inbox/hd/a.png{end}").rename(self.folder / root / f"hd/{name}{end}")

    def told(self, place: str, **words: Any) -> None:
        """Write a sidecar."""
        content = {
            "job": self.handed.id, "status": "done", "error": None, "fidelity": {"reasons": []},
            "source": {"path": "hd/a.png"}, "result": {"path": "hd/a.png"}, **words,
        }  # fmt: skip
        (self.folder / place).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / place).write_text(json.dumps(content))

    def waits(self, timeout: float = 0.0, ledger: Ledger | None = None) -> Awaited:
        """Wait for the picture."""
        path = self.handed.path
        watched = {0: Watched(id=self.handed.id, path=path, name=Path(path).name)}
        return await_ends(self.roots, self.asked, watched, lambda: ledger, timeout)[0]


@pytest.fixture
def share(tmp_path: Path) -> Share:
    return Share(tmp_path)


@pytest.mark.parametrize(
    "place", ["outbox/hd/renamed by hand.png.json", "outbox/_sidecars/hd/b.png.json",
              "outbox/HD/a.png.json", "review/hd/x.json"],
)  # fmt: skip
def test_a_sidecar_of_another_name_is_found_once_the_picture_is_gone(
    share: Share, place: str
) -> None:
    share.told(place)
    strangers = ("[]", "[" * 100_000, "9" * 5_000, "{}", '{"job": 1}', "\0", "")
    for number, words in enumerate(strangers):
        (share.folder / f"outbox/hd/{number}.json").write_text(words)
    os.mkfifo(share.folder / "outbox/hd/pipe.json")
    (share.folder / "outbox/hd/folder.json").mkdir()
    assert share.waits().state == ("done" if place.startswith("outbox/HD") else "waiting")

    share.moved("archive")

    assert (share.waits().state, share.waits().reason) == ("done", None)


@pytest.mark.parametrize(
    ("root", "name", "state"),
    [("archive", "a.png", "done"), ("archive", "a-7.png", "done"), ("failed", "a.png", "failed")],
)
def test_a_sidecar_that_a_consumer_took_is_told_by_where_the_ticket_lies(
    share: Share, root: str, name: str, state: str
) -> None:
    share.moved(root, name)

    found = share.waits()

    assert found.state == state
    assert f"{root}/hd/{name}; its sidecar was taken away" in str(found.reason)


def test_a_ticket_of_another_job_says_nothing(share: Share) -> None:
    share.moved("archive")
    ticket = share.folder / "archive/hd/a.png.job.toml"
    ticket.write_text(ticket.read_text().replace(share.handed.id, "another-job"))

    found = share.waits()

    assert found.state == "waiting"
    assert "neither a sidecar nor its ticket" in str(found.reason)


def test_what_left_without_a_trace_has_not_failed(
    share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ticking(monkeypatch)
    (share.folder / "inbox/hd/a.png").unlink()

    found = share.waits(timeout=3600)

    assert (found.state, clock() >= 3600) == ("waiting", True)
    assert "not in the inbox any more" in str(found.reason)


def test_what_was_taken_away_and_submitted_again_is_waited_for(tmp_path: Path) -> None:
    share = Share(tmp_path)
    ledger = Ledger(tmp_path / "ledger.sqlite", [str(tmp_path / "inbox")])
    ledger.create()
    now = datetime(2026, 11, 22, tzinfo=UTC)
    gone = Job(
        id=share.handed.id, state=State.WITHDRAWN, watch=0, path="hd/a.png", size=1, mtime_ns=1,
        inode=1, seen_at=now, updated_at=now, reason="taken away",
    )  # fmt: skip
    ledger.add([gone])

    assert share.waits(ledger=ledger).state == "waiting"

    (tmp_path / "inbox/hd/a.png").unlink()
    assert (share.waits(ledger=ledger).state, share.waits(ledger=ledger).reason) == (
        "failed", "taken away",
    )  # fmt: skip
    ledger.close()


def test_on_a_network_share_nothing_is_concluded_while_its_folders_may_be_remembered(
    share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roots_door, "file_system", lambda _path: "nfs4")
    clock = ticking(monkeypatch)
    share.moved("archive")

    assert share.waits(timeout=60).state == "waiting"
    began = clock()
    assert share.waits(timeout=300).state == "done"
    assert 90 <= clock() - began < 100


def ticking(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """Let time pass by sleeping alone."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    monkeypatch.setattr("time.monotonic", lambda: passed[0])
    monkeypatch.setattr("time.sleep", sleep)
    return lambda: passed[0]
