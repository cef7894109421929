"""A model's answer that is no longer the picture never reaches the outbox."""

import json
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from place import REPOSITORY, Place, photo
from standin import Options, Standin


@pytest.mark.long
def test_a_spoilt_result_goes_to_review_with_a_picture_and_its_reasons(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with Standin(tmp_path / "standin", Options()) as fal:
        place.use_fal(
            {
                "queue_url": fal.queue_url,
                "rest_url": fal.rest_url,
                "cdn_url": fal.cdn_url,
                "api_url": fal.api_url,
            }
        )
        fal.script([{"on": "run", "do": "spoil", "how": "patch"}])
        photo(place.path("inbox/hd/a.png"), (900, 600))
        place.until_idle(code=3)

    assert place.files("outbox") == []
    assert place.files("review") == [
        "review/hd/a.png",
        "review/hd/a.png.compare.png",
        "review/hd/a.png.json",
    ]
    told = json.loads(place.path("review/hd/a.png.json").read_text())
    jsonschema.validate(told, json.loads((REPOSITORY / "docs/receipt.schema.json").read_text()))
    assert told["fidelity"]["verdict"] in {"review", "fail"}
    assert told["fidelity"]["reasons"]
    left, top, right, bottom = told["fidelity"]["worst"]
    assert left < 0.36 < right + 0.02
    assert top < 0.37 < bottom + 0.02
    with Image.open(place.path("review/hd/a.png.compare.png")) as sheet:
        assert sheet.width == 744
