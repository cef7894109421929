"""The farm's hook from end to end: pictures handed in through the share, daemon or not."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from place import Place, photo, sha256


def submit(place: Place, *words: str, code: int = 0) -> list[dict[str, Any]]:
    """Submit with --json; return the objects, one a file."""
    done = place.run("submit", *words, "--json")
    assert done.returncode == code, (done.returncode, done.stderr[-3000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def drawn(place: Place, *names: str, size: tuple[int, int] = (640, 480)) -> list[str]:
    """Draw pictures outside of every root; return their paths."""
    return [
        str(photo(place.path(f"farm/{name}"), size, seed=number))
        for number, name in enumerate(names)
    ]


@pytest.fixture
def farm(place: Place) -> Place:
    """Give a place whose inbox is there, as a share's is."""
    place.path("inbox").mkdir()
    return place


def test_a_node_that_sees_only_the_inbox_hands_in_whole_pictures_and_gets_their_ids(
    farm: Place,
) -> None:
    one, two = drawn(farm, "a.png", "b.png")
    farm.path("state").write_text("no folder: whoever opens it fails")

    done = farm.run("submit", one, two, "--target", "ACME/hd-png")

    ids = done.stdout.split()
    assert (done.returncode, len(set(ids))) == (0, 2), done.stderr
    assert farm.files("inbox") == [
        "inbox/ACME/hd-png/a.png",
        "inbox/ACME/hd-png/a.png.job.toml",
        "inbox/ACME/hd-png/b.png",
        "inbox/ACME/hd-png/b.png.job.toml",
    ]
    ticket = tomllib.loads(farm.path("inbox/ACME/hd-png/a.png.job.toml").read_text())
    assert ticket == {"id": ids[0], "target": "ACME/hd-png", "sha256": sha256(Path(one))}
    assert sha256(farm.path("inbox/ACME/hd-png/a.png")) == sha256(Path(one))
    assert farm.path("state").is_file()
    assert list(farm.path("inbox").rglob(".*")) == []


def test_what_is_handed_in_is_done_under_its_id_and_its_ticket_goes_with_the_original(
    farm: Place,
) -> None:
    (one,) = drawn(farm, "a.png")
    (told,) = submit(farm, one, "--target", "hd", "--model", "text")
    assert submit(farm, one, "--target", "hd", "--model", "text")[0]["id"] == told["id"]

    farm.until_idle()

    assert farm.files("inbox", "archive", "outbox") == [
        "archive/hd/a.png",
        "archive/hd/a.png.job.toml",
        "outbox/hd/a.png",
        "outbox/hd/a.png.json",
    ]
    receipt = json.loads(farm.path("outbox/hd/a.png.json").read_text())
    assert receipt["job"] == told["id"]
    verdict = receipt["verdict"]
    assert (verdict["model"], verdict["confidence"]) == ("text", 1.0)
    assert verdict["reasons"] == ["Its ticket asks for text."]
    (again,) = submit(farm, one, "--target", "hd", "--model", "text", "--wait")
    assert (again["id"], again["new"], again["state"]) == (told["id"], False, "done")
    assert farm.files("inbox") == []
    farm.path("state").rename(farm.path("elsewhere"))
    (blind,) = submit(farm, one, "--target", "hd", "--model", "text", "--wait")
    assert (blind["id"], blind["new"], blind["state"]) == (told["id"], False, "done")
    assert blind["result"] == str(farm.path("outbox/hd/a.png"))


@pytest.mark.long
@pytest.mark.timeout(400)
def test_handed_in_again_when_nothing_here_remembers_it_is_one_job_still(farm: Place) -> None:
    (one,) = drawn(farm, "a.png")
    (told,) = submit(farm, one, "--target", "hd")
    farm.until_idle()
    farm.path("state").rename(farm.path("elsewhere"))
    farm.path("outbox/hd/a.png").unlink()
    farm.path("outbox/hd/a.png.json").unlink()
    (again,) = submit(farm, one, "--target", "hd")
    assert (again["id"], again["new"]) == (told["id"], True)
    farm.path("elsewhere").rename(farm.path("state"))

    farm.until_idle()

    assert [job["id"] for job in farm.ask("jobs")] == [told["id"]]
    assert farm.files("inbox", "outbox", "archive") == [
        "archive/hd/a.png",
        "archive/hd/a.png.job.toml",
    ]
    history = [event["said"] for event in farm.ask("show", told["id"])["history"]]
    assert history[-1].startswith("submitted again as hd/a.png: the same bytes as")
    assert history[-1].endswith("that copy was removed")
    (fresh,) = submit(farm, one, "--target", "hd", "--again")
    assert (fresh["id"] != told["id"], fresh["new"]) == (True, True)


def test_an_unknown_target_copies_nothing_and_names_the_nearest(farm: Place) -> None:
    (one,) = drawn(farm, "a.png")

    for wrong, said in (("prnt-a2", 'did you mean "print"?'), ("4k/../../x", "never looked into")):
        done = farm.run("submit", one, "--target", wrong)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr

    done = farm.run("submit", one, "--target", "hd", "--wait", "--timeout", "nan")
    assert (done.returncode, "--timeout nan is no time" in done.stderr) == (2, True)
    assert list(farm.path("inbox").iterdir()) == []


def test_a_file_that_is_no_picture_is_told_and_the_others_go_in(farm: Place) -> None:
    (good,) = drawn(farm, "good.png")
    folder = farm.path("farm")
    (folder / "empty.png").touch()
    (folder / "clip.mp4").write_bytes(b"\0\0\0\x20ftypisom" + b"\0" * 400)
    (folder / "litter.png.part").write_bytes(b"x")
    bad = [str(folder / name) for name in ("missing.png", "empty.png", "clip.mp4", "")]
    bad.append(str(folder / "litter.png.part"))

    told = submit(farm, *bad, good, "--target", "hd", code=3)

    assert [one["path"] for one in told] == [*bad, good]
    assert [one.get("error", {}).get("code") for one in told] == [
        "unreadable", "truncated", "unsupported", "unreadable", "unsupported", None,
    ]  # fmt: skip
    assert farm.files("inbox") == ["inbox/hd/good.png", "inbox/hd/good.png.job.toml"]


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_share_that_is_not_there_gets_nothing(place: Place) -> None:
    one, two = drawn(place, "a.png", "b.png")
    elsewhere = str(place.path("mnt/share/inbox"))
    done = place.run("submit", one, "--target", "hd", "--inbox", elsewhere)
    assert (done.returncode, place.path("mnt").exists()) == (1, False)
    assert "mount the share" in done.stderr

    submit(place, one, "--target", "hd")  # beside the config: that folder is surely there
    place.until_idle()
    place.path("inbox/.upscaled-root").unlink()
    done = place.run("submit", two, "--target", "hd")
    assert done.returncode == 1
    assert "without its marker" in done.stderr
    assert place.files("inbox") == []
