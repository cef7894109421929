"""Folders that speak and listen, with a real daemon: two reviews answered by dragging."""

import json
from pathlib import Path

import pytest
import tomli_w

from place import Place, photo, sha256


def drag(place: Place, path: str, to: str) -> None:
    source = place.path(path)
    source.rename(place.path(to) / source.name)


def test_two_reviews_are_answered_by_dragging(place: Place) -> None:
    place.configure(plan={"beyond_safe": "review"})
    for seed, name in enumerate(("good", "bad")):
        photo(place.path(f"inbox/hd/ACME/{name}.png"), (720, 540), seed=seed)
    place.until_idle(3)
    status = place.path("inbox/_STATUS.txt").read_text("utf-8-sig")
    words = place.path("review/hd/ACME/_READ-ME.txt").read_text("utf-8-sig")
    made = {name: sha256(place.path(f"review/hd/ACME/{name}.png")) for name in ("good", "bad")}
    assert "NOT RUNNING" in status
    assert "review/hd/ACME: 2 files" in status
    assert "good.png   (from hd/ACME/good.png)" in words

    drag(place, "review/hd/ACME/good.png", "review/_accept")
    drag(place, "review/hd/ACME/bad.png", "review/_reject")
    drag(place, "review/hd/ACME/bad.png.json", "review/_reject")
    place.until_idle(3)

    told = json.loads(place.path("outbox/hd/ACME/good.png.json").read_text())
    assert (told["status"], told["accepted"]["by"]) == ("done", "dragged to review/_accept")
    assert sha256(place.path("outbox/hd/ACME/good.png")) == made["good"]
    assert sha256(place.path("archive/_rejected/hd/ACME/bad.png")) == made["bad"]
    assert place.files("inbox", "review") == []
    assert place.files("failed") == ["failed/hd/ACME/bad.png", "failed/hd/ACME/bad.png.json"]
    assert not place.path("review/hd/ACME/_READ-ME.txt").exists()
    failed = place.path("failed/hd/ACME/_READ-ME.txt").read_text("utf-8-sig")
    assert "Its result was rejected by hand." in failed
    states = {path: job["state"] for path, job in place.jobs().items()}
    assert states == {"hd/ACME/good.png": "done", "hd/ACME/bad.png": "failed"}


@pytest.mark.long
def test_a_living_daemon_hears_within_seconds_and_says_so(place: Place) -> None:
    place.configure(plan={"beyond_safe": "review"})
    for seed, name in enumerate(("a", "b", "c")):
        photo(place.path(f"inbox/hd/{name}.png"), (720, 540), seed=seed)
    place.start()
    results = [place.path(f"review/hd/{name}.png.json") for name in ("a", "b", "c")]
    place.wait_for(lambda: all(path.exists() for path in results), "the results")

    drag(place, "review/hd/a.png.json", "review/_accept")
    place.path("outbox/elsewhere").mkdir(parents=True)
    drag(place, "review/hd/b.png", "outbox/elsewhere")
    drag(place, "review/hd/c.png", "review/_redo-cgi")
    place.path("review/_accept/stranger.png").write_bytes(b"who am I")

    for path in ("outbox/hd/a.png.json", "outbox/elsewhere/b.png.json"):
        place.wait_for(place.path(path).exists, path)
    place.wait_for(place.path("archive/_rejected/hd/c.png.json").exists, "the redo")
    note = place.path("review/_accept/_READ-ME.txt")
    place.wait_for(note.exists, "the note")
    assert "stranger.png" in note.read_text("utf-8-sig")
    assert place.stop() == 0
    assert "NOT RUNNING since" in place.path("inbox/_STATUS.txt").read_text("utf-8-sig")
    assert not Path(place.path("outbox/hd/b.png")).exists()


@pytest.mark.long
def test_two_inboxes_may_share_one_review(place: Place) -> None:
    rooms = ("outbox", "archive", "failed")
    watches = [
        {"inbox": f"{name}/inbox", "settle_seconds": 0.15, "review": "review"}
        | {room: f"{name}/{room}" for room in rooms}
        for name in ("north", "south")
    ]
    values = {"watch": watches, "engine": {"name": "local"}, "plan": {"beyond_safe": "review"}}
    place.config.write_text(tomli_w.dumps(values))
    for seed, name in enumerate(("north", "south")):
        photo(place.path(f"{name}/inbox/hd/{name}.png"), (720, 540), seed=seed)
    place.until_idle(3)
    words = place.path("review/hd/_READ-ME.txt").read_text("utf-8-sig")
    assert "2 files wait" in words

    for name in ("north", "south"):
        drag(place, f"review/hd/{name}.png", "review/_accept")
    place.until_idle(0)

    assert place.files("north/outbox", "south/outbox", "review") == [
        "north/outbox/hd/north.png",
        "north/outbox/hd/north.png.json",
        "south/outbox/hd/south.png",
        "south/outbox/hd/south.png.json",
    ]
