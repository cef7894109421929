"""Waiting for what was handed in, and what render farms leave in folders."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from place import Place, photo

OpenImageIO = pytest.importorskip("OpenImageIO", reason="the dev extras are not installed")


@pytest.fixture
def farm(place: Place) -> Place:
    """Give a place whose inbox is there, as a share's is."""
    place.path("inbox").mkdir()
    return place


def drawn(farm: Place, name: str, size: tuple[int, int] = (640, 480), seed: int = 1) -> str:
    return str(photo(farm.path(f"farm/{name}"), size, seed=seed))


def told(done: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def away(farm: Place) -> None:
    """Let a machine see the share and its config, and not the state directory."""
    farm.path("state").rename(farm.path("elsewhere"))


@pytest.mark.long
@pytest.mark.timeout(400)
def test_waiting_ends_with_what_became_of_each(farm: Place) -> None:
    good, tiny = drawn(farm, "good.png"), drawn(farm, "tiny.png", (120, 90))
    farm.path("farm/words.png").write_text("no picture at all")
    farm.start()

    done = farm.run(
        "submit", good, tiny, str(farm.path("farm/words.png")),
        "--target", "8k", "--wait", "--timeout", "60", "--json", seconds=90,
    )  # fmt: skip

    assert done.returncode == 3, done.stderr
    states = [(one["state"], one["result"] is not None) for one in told(done)]
    assert states == [("failed", True)] * 3
    assert told(done)[1]["result"] == str(farm.path("failed/8k/tiny.png"))
    assert all(one["reason"] for one in told(done))
    done = farm.run("submit", good, "--target", "hd", "--wait", "--timeout", "60", seconds=90)
    assert (done.returncode, len(done.stdout.split())) == (0, 1), done.stderr
    assert "done: " in done.stderr


def test_a_hold_ends_the_waiting_where_the_ledger_can_be_read_and_the_time_where_it_cannot(
    farm: Place,
) -> None:
    farm.until_idle()
    farm.ask("pause")
    farm.start()
    one = drawn(farm, "a.png")

    done = farm.run("submit", one, "--target", "hd", "--wait", "--timeout", "60", "--json")
    (held,) = told(done)
    assert (done.returncode, held["state"]) == (3, "held")
    assert held["reason"].startswith("paused: ")

    away(farm)
    done = farm.run("submit", one, "--target", "hd", "--wait", "--timeout", "1", "--json")
    farm.path("elsewhere").rename(farm.path("state"))
    (blind,) = told(done)
    assert (done.returncode, blind["state"], blind["id"]) == (3, "waiting", held["id"])
    assert "time was over" in blind["reason"]


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("sidecars", ["beside", "folder"])
def test_a_machine_without_the_ledger_sees_each_end_by_its_sidecar(
    farm: Place, sidecars: str
) -> None:
    farm.configure(watch={"sidecars": sidecars})
    good, tiny = drawn(farm, "good.png"), drawn(farm, "tiny.png", (120, 90))
    coarse = drawn(farm, "coarse.png", (900, 640))
    for file, target in ((good, "hd"), (tiny, "8k"), (coarse, "print-a4-local")):
        assert farm.run("submit", file, "--target", target).returncode == 0
    farm.until_idle(3)
    away(farm)

    ends = {}
    for file, target in ((good, "hd"), (tiny, "8k"), (coarse, "print-a4-local")):
        done = farm.run("submit", file, "--target", target, "--wait", "--timeout", "20", "--json")
        (one,) = told(done)
        ends[target] = (one["state"], one["new"], done.returncode, bool(one["reason"]))

    assert ends == {
        "hd": ("done", False, 0, False),
        "8k": ("failed", False, 3, True),
        "print-a4-local": ("review", False, 3, True),
    }


@pytest.mark.long
@pytest.mark.timeout(400)
def test_all_of_one_series_get_one_recipe_and_an_urgent_one_goes_first(farm: Place) -> None:
    names = ["zebra", "apple", "cloud"]
    files = [drawn(farm, f"{name}.png", seed=number) for number, name in enumerate(names)]
    assert farm.run("submit", *files[:2], "--target", "hd", "--series", "Wall 3").returncode == 0
    urgent = farm.run("submit", files[2], "--target", "hd", "--urgent")

    farm.until_idle()

    with closing(sqlite3.connect(farm.path("state/ledger.sqlite"))) as ledger:
        series = [row[0] for row in ledger.execute("SELECT key FROM series")]
        rows = dict(ledger.execute("SELECT id, urgent FROM jobs"))
    assert series == ["hd/*Wall 3"]
    assert rows[urgent.stdout.strip()] == 1
    reasons = {
        name: json.loads(farm.path(f"outbox/hd/{name}.png.json").read_text())["verdict"]["reasons"]
        for name in names
    }
    assert reasons["zebra"][0].startswith("Judged once for the series Wall 3 on 2 of 2 pictures")
    assert reasons["zebra"] == reasons["apple"]
    assert not reasons["cloud"][0].startswith("Judged once")


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_placeholder_and_half_an_exr_wait_until_the_frame_is_written(farm: Place) -> None:
    farm.configure(watch={"patience_seconds": 3600.0})
    placeholder = farm.path("inbox/hd/frame_0042.png")
    placeholder.parent.mkdir(parents=True)
    placeholder.touch()
    whole = exr(farm.path("whole.exr"))
    half = farm.path("inbox/hd/beauty.0001.exr")
    half.write_bytes(whole[: len(whole) // 2])

    farm.until_idle(3)

    held = {job["path"]: (job["state"], job["hold"]) for job in farm.ask("jobs")}
    assert held == {
        "hd/frame_0042.png": ("held", "not_ready"),
        "hd/beauty.0001.exr": ("held", "not_ready"),
    }
    assert farm.files("failed") == []

    photo(placeholder, (640, 480))
    half.write_bytes(whole)
    farm.until_idle()
    assert {job["state"] for job in farm.ask("jobs")} == {"done"}


def exr(path: Path) -> bytes:
    """Write a small scene of light."""
    spec = OpenImageIO.ImageSpec(640, 400, 3, "half")
    image = OpenImageIO.ImageBuf(spec)
    OpenImageIO.ImageBufAlgo.noise(image, "gaussian", 0.4, 0.1)
    OpenImageIO.ImageBufAlgo.fill(
        image, (0.1, 0.2, 0.3), (0.9, 0.5, 0.2), (0.3, 0.8, 0.4), (0.7, 0.7, 0.9)
    )
    assert image.write(str(path))
    return path.read_bytes()
