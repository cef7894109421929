"""A series from its first frame to its last: one recipe, whatever happens meanwhile."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image, ImageFilter

from dying import die_at
from place import REPOSITORY, Place
from standin import Options, Standin
from upscaled.edge.ledger import Ledger

SIZE = (320, 200)


def frame(path: Path, number: int, size: tuple[int, int] = SIZE) -> Path:
    """Draw a frame: soft light that wanders, and grain."""
    chance = np.random.default_rng(number)
    across = np.linspace(0, 6, size[0])[None, :, None] + number / 10
    down = np.linspace(0, 4, size[1])[:, None, None]
    light = 120 + 60 * np.sin(across) * np.cos(down) + np.array([0, 10, -15])
    save(path, light + chance.normal(0, 2, (size[1], size[0], 3)))
    return path


def black(path: Path) -> None:
    save(path, np.full((SIZE[1], SIZE[0], 3), 4.0))


def title(path: Path) -> None:
    """Draw what is judged as flat graphics: hard bars in a few colours."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 240.0)
    pixels[40:160:8, 30:290] = (200, 30, 30)
    save(path, pixels)


def save(path: Path, pixels: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)


def facts(place: Place) -> dict[str, dict[str, Any]]:
    """Return what the ledger knows of each planned job, by path."""
    with closing(sqlite3.connect(place.path("state/ledger.sqlite"))) as ledger:
        rows = ledger.execute("SELECT path, facts FROM jobs WHERE state = 'planned'")
        return {path: json.loads(known) for path, known in rows}


def recipes(known: Iterable[dict[str, Any]]) -> set[str]:
    """Return the different recipes: verdict, models, parameters, factors, finish."""
    found = []
    for one in known:
        plan = one["plan"]
        passes = [(each["model"], each["params"], each["factor"]) for each in plan["passes"]]
        found.append([one["verdict"], passes, plan["safe_factor"], plan["width"], plan["format"]])
    return {json.dumps(one, sort_keys=True) for one in found}


def locked(place: Place) -> dict[str, str]:
    """Return the ledger's rows of series."""
    with closing(sqlite3.connect(place.path("state/ledger.sqlite"))) as ledger:
        return dict(ledger.execute("SELECT key, recipe FROM series"))


def said(place: Place, path: str) -> list[str]:
    """Return a job's history."""
    query = "SELECT said FROM history, jobs WHERE jobs.id = history.job AND path = ?"
    with closing(sqlite3.connect(place.path("state/ledger.sqlite"))) as ledger:
        return [row[0] for row in ledger.execute(query, (path,))]


def paid_before_the_proof(place: Place) -> int:
    """Return how many frames were begun before the pilot's result was checked, the pilot too."""
    checked = (
        "SELECT min(history.id) FROM history, series"
        " WHERE state = 'finished' AND job = series.proven_by"
    )
    query = f"SELECT count(DISTINCT job) FROM history WHERE state = 'admitted' AND id < ({checked})"  # noqa: S608
    with closing(sqlite3.connect(place.path("state/ledger.sqlite"))) as ledger:
        return int(ledger.execute(query).fetchone()[0])


def pause(place: Place) -> None:
    """Let everything be planned and nothing be done."""
    place.path("state").mkdir()
    ledger = Ledger(place.path("state/ledger.sqlite"), [])
    ledger.create()
    ledger.put("paused", "1")
    ledger.close()


def urls(fal: Standin) -> dict[str, str]:
    """Return a stand-in's addresses as the config has them."""
    return {name: getattr(fal, name) for name in ("queue_url", "rest_url", "cdn_url", "api_url")}


@pytest.mark.long
def test_twenty_frames_get_one_recipe_whatever_some_of_them_are(place: Place) -> None:
    shot = [f"digital/shot_010.{number}.png" for number in range(1001, 1021)]
    for number, path in enumerate(shot):
        frame(place.path(f"inbox/{path}"), number)
    black(place.path(f"inbox/{shot[0]}"))
    title(place.path(f"inbox/{shot[1]}"))
    broken, empty, turned = (f"digital/shot_010.{number}.png" for number in (1, 2, 3))
    place.path(f"inbox/{broken}").write_text("a render that broke")
    place.path(f"inbox/{empty}").touch()
    frame(place.path(f"inbox/{turned}"), 3, (SIZE[1], SIZE[0]))
    pause(place)

    place.until_idle(3)

    known = facts(place)
    assert known.keys() == {*shot, turned}
    assert len(recipes(known[path] for path in shot)) == 1
    head = known[shot[0]]["verdict"]["reasons"][0]
    assert head.startswith("Judged once for the series shot_010 on 16 of ")
    assert "judged for itself: text (88%)" in said(place, shot[1])
    assert set(locked(place)) == {
        "digital/shot_010.#.png 320x200",
        "digital/shot_010.#.png 200x320",
    }
    jobs = place.jobs()
    assert jobs[broken]["code"] == "not_a_picture"
    assert jobs[empty]["hold"] == "not_ready"


def test_a_series_folder_is_one_and_each_sidecar_says_what_was_decided(place: Place) -> None:
    frame(place.path("inbox/digital-series/ACME/night.png"), 1)
    frame(place.path("inbox/digital-series/ACME/IMG_0001.png"), 2, (240, 320))
    title(place.path("inbox/digital-series/ACME/logo.png"))
    frame(place.path("inbox/digital-series/other.png"), 3)

    place.until_idle()

    schema = json.loads((REPOSITORY / "docs" / "receipt.schema.json").read_text())
    told = {}
    for path in sorted(place.path("outbox/digital-series").rglob("*.json")):
        receipt = json.loads(path.read_text())
        jsonschema.validate(receipt, schema)
        told[receipt["source"]["path"].removeprefix("digital-series/")] = receipt
    other = told.pop("other.png")["verdict"]["reasons"][0]
    assert len({json.dumps(one["verdict"]) for one in told.values()}) == 1
    assert len({json.dumps(one["passes"][0]["params"]) for one in told.values()}) == 1
    head = told["ACME/night.png"]["verdict"]["reasons"][0]
    assert head.startswith("Judged once for the series digital-series/ACME on 3 of 3 pictures: ")
    assert "the series digital-series on 1 of 1 picture" in other
    assert set(locked(place)) == {"digital-series/*", "digital-series/ACME/*"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_decision_there_is_one_recipe_for_late_ones_too(
    place: Place, when: str
) -> None:
    shot = [f"digital/shot.{number}.png" for number in (1, 2, 3)]
    for number, path in enumerate(shot):
        frame(place.path(f"inbox/{path}"), number)
    pause(place)
    die_at(place, "recipe", when)
    before = locked(place)
    assert bool(before) is (when == "after")
    assert facts(place) == {}  # nothing was planned before the recipe was durable
    title(place.path("inbox/digital/shot.4.png"))

    place.until_idle(3)

    known = facts(place)
    assert len(known) == 4
    assert len(recipes(known.values())) == 1
    assert not before or locked(place) == before


@pytest.mark.long
def test_killed_again_and_again_a_sequence_is_paid_once_with_one_recipe(place: Place) -> None:
    for number in range(1, 4):
        frame(place.path(f"inbox/hd/shot.{number}.png"), number, (960, 600))
    with Standin(place.path("standin"), Options(concurrency=4)) as fal:
        place.use_fal(urls(fal), fal={"start_timeout_seconds": 2}, watch={"settle_seconds": 0.1})
        for number in range(12):
            die_at(place, 3, "before" if number % 2 else "after")
        place.start()
        place.wait_for(lambda: len(place.files("archive")) == 3, "the archive", 60.0)
        told = fal.ledger()

    assert (told["accepted"], told["billed"], told["duplicates"]) == (3, 3, {})
    assert paid_before_the_proof(place) == 1
    receipts = [json.loads(path.read_text()) for path in place.path("outbox").rglob("*.json")]
    assert len(receipts) == 3
    used = [
        (
            one["verdict"],
            [(each["model"], each["params"], each["factor"]) for each in one["passes"]],
        )
        for one in receipts
    ]
    assert len({json.dumps(one, sort_keys=True) for one in used}) == 1


def test_in_other_sub_folders_each_family_has_one_recipe(place: Place) -> None:
    for folder in ("digital-core", "digital-core/batch"):
        clean = frame(place.path(f"inbox/{folder}/clean.png"), 7, (900, 600))
        with Image.open(clean) as opened:
            soft = np.asarray(opened.filter(ImageFilter.GaussianBlur(2)), float)
        save(clean, soft)
        noise = np.random.default_rng(5).normal(0, 14, soft.shape)
        save(clean.with_name("noisy.png"), soft + noise)
    pause(place)
    with Standin(place.path("standin"), Options()) as fal:
        place.use_fal(urls(fal))
        place.until_idle(3)

    known = facts(place)
    asked = {path: one["plan"]["passes"][0]["params"] for path, one in known.items()}
    assert asked["digital-core/clean.png"] != asked["digital-core/noisy.png"]
    assert asked["digital-core/batch/clean.png"] == asked["digital-core/batch/noisy.png"]


def test_missing_frames_are_listed_and_provable_and_a_pilot_went_first(place: Place) -> None:
    for number in (1001, 1002, 1004):
        frame(place.path(f"inbox/digital/ACME/shot.{number}.png"), number, (321, 201))

    place.until_idle()

    (told,) = place.ask("status")["series"]
    assert (told["folder"], told["name"], told["model"]) == ("digital/ACME", "shot", "core")
    assert (told["members"], told["done"], told["waiting"]) == (3, 3, 0)
    assert (told["first"], told["last"], told["missing"]) == (1001, 1004, ["1003"])
    assert told["pilot"].startswith("digital/ACME/shot.100")
    page = place.path("outbox/digital/ACME/_SERIES.txt").read_text()
    assert "3 here: 3 done." in page
    assert "Missing between the first and the last: 1003." in page
    frame_path = str(place.path("inbox/digital/ACME/shot.1001.png"))
    for name in ("shot", "digital/ACME/shot", frame_path):
        assert place.ask("series", name, code=3) == [told]
    (ranged,) = place.ask("series", "shot", "--frames", "1001-1006", code=3)
    assert (ranged["missing"], ranged["missing_count"]) == (["1003", "1005-1006"], 3)
    assert place.ask("series", "shot", "--frames", "1001-1002", code=0)[0]["missing"] == []
    assert "1003" in place.run("series", "shot").stdout
    wrong = place.run("series", "shut")
    assert (wrong.returncode, "shot" in wrong.stderr) == (2, True)
    told = {}
    for path in place.path("outbox/digital/ACME").glob("*.json"):
        told[path.name] = json.loads(path.read_text())["series"]
    assert {one["frame"] for one in told.values()} == {1001, 1002, 1004}
    assert told["shot.1004.png.json"]["flicker"] is None
    found = [told[f"shot.{number}.png.json"]["flicker"] for number in (1001, 1002)]
    assert [one["excess"] < 1.5 for one in found if one] in ([True], [True, True])
    with Image.open(place.path("outbox/digital/ACME/shot.1001.png")) as made:
        assert (made.width % 2, made.height % 2) == (0, 0)
