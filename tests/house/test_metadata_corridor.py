"""From an inbox through fal and back: no word of the owner leaves, every word of his comes back."""

import json
from pathlib import Path

import jsonschema
from PIL import Image

from metadata_sources import OWN_XMP, SECRET, SOURCE_TYPE, jpeg, packet, properties
from place import PLAY_KEY, REPOSITORY, Place, photo
from standin import Options, Standin
from upscaled.edge.pictures.marks import load_marks, read_marks


def drop(place: Place, path: str) -> None:
    """Drop a photograph with every secret in it; its folder's and its own name are secret too."""
    to = place.path(f"inbox/{path}")
    to.parent.mkdir(parents=True)
    with Image.open(photo(place.path("drawn.png"), (960, 640))) as drawn:
        to.write_bytes(jpeg(1, drawn))


def test_the_owners_words_stay_at_home_and_come_back(place: Place, tmp_path: Path) -> None:
    with Standin(tmp_path / "standin", Options()) as fal:
        place.use_fal(
            {
                "queue_url": fal.queue_url,
                "rest_url": fal.rest_url,
                "cdn_url": fal.cdn_url,
                "api_url": fal.api_url,
            },
            finish={"strip_gps": True},
        )
        drop(place, "hd-recover/Secret client/Anna Secret.jpg")

        place.run("run", "--until-idle", seconds=90.0)
        kept = [path.read_bytes() for path in (tmp_path / "standin").rglob("*") if path.is_file()]
        assert len(fal.ledger()["uploads"]) == 1
    assert len(kept) >= 3
    for said in kept:
        assert SECRET.encode() not in said
        assert b"Anna" not in said
    receipts = [*place.path("outbox").rglob("*.json"), *place.path("review").rglob("*.json")]
    told = json.loads(receipts[0].read_text())
    jsonschema.validate(told, json.loads((REPOSITORY / "docs" / "receipt.schema.json").read_text()))
    assert PLAY_KEY not in receipts[0].read_text()
    assert told["metadata"] == {
        "kept": ["EXIF", "IPTC", "XMP"],
        "dropped": ["GPS", "thumbnail", "maker note", "content credentials", "comments"],
        "digital_source_type": "compositeWithTrainedAlgorithmicMedia",
        "content_credentials": True,
    }
    assert any("C2PA" in note for note in told["notes"])
    result = receipts[0].with_suffix("")
    with Image.open(result) as opened:
        opened.load()
        assert opened.getexif()[0x10F] == "SecretMake"
        assert not opened.getexif().get_ifd(0x8825)
    said_of = properties(result)
    assert said_of[f"{OWN_XMP}shelf"] == 'Secret 7 & "8"'
    assert said_of[SOURCE_TYPE].endswith("/compositeWithTrainedAlgorithmicMedia")
    steps = "".join(packet(result).itertext())  # type: ignore[union-attr]
    assert told["passes"][-1]["model"] in steps
    assert read_marks(result.read_bytes(), load_marks()).marks["own"]
