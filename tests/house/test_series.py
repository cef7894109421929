"""A series from its first frame to its last: one recipe, whatever happens meanwhile."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from dying import die_at
from place import REPOSITORY, Place

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


def receipts(place: Place, folder: str = "") -> dict[str, dict[str, Any]]:
    """Return every sidecar of the outbox, held to its schema, by its source's name."""
    schema = json.loads((REPOSITORY / "docs" / "receipt.schema.json").read_text())
    found = {}
    for path in sorted(place.path(f"outbox/{folder}").rglob("*.json")):
        told = json.loads(path.read_text())
        jsonschema.validate(told, schema)
        found[told["source"]["path"]] = told
    return found


def recipes(told: dict[str, dict[str, Any]]) -> set[str]:
    """Return how many different recipes were used: verdict, models, parameters, factors."""
    used = [
        (one["verdict"], [(each["model"], each["params"], each["factor"]) for each in one["passes"]])
        for one in told.values()
    ]
    return {json.dumps(one, sort_keys=True) for one in used}


def locked(place: Place) -> list[tuple[str, str]]:
    """Return the ledger's rows of series."""
    with sqlite3.connect(place.path("state/ledger.sqlite")) as ledger:
        return ledger.execute("SELECT key, recipe FROM series ORDER BY key").fetchall()


def test_twenty_frames_get_one_recipe_and_late_ones_join_it(place: Place) -> None:
    for number in range(1001, 1021):
        frame(place.path(f"inbox/digital/shot_010.{number}.png"), number)
    black(place.path("inbox/digital/shot_010.1001.png"))
    title(place.path("inbox/digital/shot_010.1002.png"))
    place.path("inbox/digital/shot_010.1021.png").write_text("a render that broke")
    place.path("inbox/digital/shot_010.1022.png").touch()
    frame(place.path("inbox/digital/shot_010.0001.png"), 1, (200, 320))

    place.until_idle(3)

    shot = receipts(place)
    other = shot.pop("digital/shot_010.0001.png")
    assert len(shot) == 20
    assert len(recipes(shot)) == 1
    told = shot["digital/shot_010.1001.png"]["verdict"]
    head = told["reasons"][0]
    assert "Judged once for the series shot_010 on 16 of " in head
    assert "votes)" in head
    assert "text" in place.ask("show", job_of(place, "digital/shot_010.1002.png"))["history"][1][
        "said"
    ]
    assert "on 1 of " in other["verdict"]["reasons"][0]
    assert [key for key, _ in locked(place)] == [
        "digital/shot_010.#.png 200x320",
        "digital/shot_010.#.png 320x200",
    ]
    before = locked(place)
    jobs = place.jobs()
    assert jobs["digital/shot_010.1021.png"]["code"] == "not_a_picture"
    assert jobs["digital/shot_010.1022.png"]["hold"] == "not_ready"

    title(place.path("inbox/digital/shot_010.1023.png"))
    place.until_idle(3)

    late = receipts(place)["digital/shot_010.1023.png"]
    assert recipes({"late": late}) == recipes(shot)
    assert locked(place) == before


def job_of(place: Place, path: str) -> str:
    return str(place.jobs()[path]["id"])
