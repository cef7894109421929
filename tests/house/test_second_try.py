"""The daemon and a stand-in of fal: second passes, second tries, models that pause, money."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image, ImageFilter

from judge_pictures import landscape
from place import PLAY_KEY, REPOSITORY, Place
from standin import Options, Standin
from trying import ended
from upscaled.core.settings import parse_settings
from upscaled.edge.toml import load_mapping
from upscaled.rooms import open_ledger

SOURCE = 700, 500


def urls(fal: Standin) -> dict[str, str]:
    return {
        "queue_url": fal.queue_url,
        "rest_url": fal.rest_url,
        "cdn_url": fal.cdn_url,
        "api_url": fal.api_url,
    }


def drawn(path: Path, image: Image.Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


@pytest.fixture(scope="module")
def crisp() -> Image.Image:
    return landscape(2 * SOURCE[0], 2 * SOURCE[1])


@pytest.fixture(scope="module")
def soft(crisp: Image.Image) -> Image.Image:
    """Return the same, a quarter of the pixels and half of their detail."""
    return crisp.filter(ImageFilter.GaussianBlur(1.5)).resize(SOURCE, Image.Resampling.BICUBIC)


def sidecar(place: Place, path: str) -> dict[str, Any]:
    """Return a sidecar, held to its schema."""
    told: dict[str, Any] = json.loads(place.path(f"{path}.json").read_text())
    schema = json.loads((REPOSITORY / "docs" / "receipt.schema.json").read_text())
    jsonschema.validate(told, schema)
    return told


def models(told: dict[str, Any]) -> list[str]:
    return [one["model"] for one in told["passes"]]


def settled(place: Place, fal: Standin) -> None:
    """Assert that what is settled is what was billed, and that nothing stands reserved."""
    told, spend = fal.ledger(), place.ask("status")["spend"]
    assert told["duplicates"] == {}
    assert told["violations"] == []
    assert spend["today_usd"] == pytest.approx(told["billed_usd"])
    assert spend["reserved_usd"] == 0


@pytest.mark.long
def test_a_restored_picture_that_is_clean_goes_higher_with_a_precision_model(
    place: Place, crisp: Image.Image, soft: Image.Image, tmp_path: Path
) -> None:
    restored = drawn(tmp_path / "restored.png", crisp)
    with Standin(tmp_path / "standin", Options(pictures={"Recovery V2": restored})) as fal:
        place.use_fal(urls(fal), fal={"family": "split"})
        drawn(place.path("inbox/hd-recover/a.png"), soft)

        place.until_idle()

        assert (fal.ledger()["accepted"], fal.ledger()["billed"]) == (2, 2)
        settled(place, fal)
    told = sidecar(place, "outbox/hd-recover/a.png")
    assert models(told) == ["Recovery V2", "Standard V2"]
    assert told["assessment"]["clean"]
    assert told["assessment"]["gain"] > 2
    assert told["shortfall"] is None
    assert (told["result"]["width"], told["result"]["height"]) == (1920, 1371)


@pytest.mark.long
def test_what_is_not_clean_stops_and_what_failed_is_tried_once_more(
    place: Place, crisp: Image.Image, soft: Image.Image, tmp_path: Path
) -> None:
    wrong = drawn(tmp_path / "wrong.png", landscape(900, 600, seed=5))
    with Standin(tmp_path / "standin", Options(pictures={"Redefine": wrong})) as fal:
        place.use_fal(
            urls(fal),
            fal={"family": "split"},
            fidelity={"second_try": True},
            watch={"assume": "ai"},
        )
        drawn(place.path("inbox/hd-recover/soft.png"), soft)
        drawn(place.path("inbox/hd-recover/far.png"), soft.resize((400, 286)))
        drawn(place.path("inbox/hd-redefine/named.png"), crisp.resize((1050, 750)))

        place.until_idle(code=3)

        assert (fal.ledger()["accepted"], fal.ledger()["billed"]) == (4, 4)
        settled(place, fal)

    told = sidecar(place, "outbox/hd-recover/soft.png")
    assert models(told) == ["Recovery V2"]
    assert not told["assessment"]["clean"]
    assert "not taken" in told["shortfall"]
    assert any("detail in its pixels" in note for note in told["notes"])

    far = sidecar(place, "review/hd-recover/far.png")
    assert models(far) == ["Recovery V2"]
    assert (far["result"]["width"], far["result"]["height"]) == (800, 572)

    named = sidecar(place, "review/hd-redefine/named.png")
    assert models(named) == ["Redefine", "Redefine"]
    assert named["other_try"]["verdict"] == named["fidelity"]["verdict"] == "fail"
    assert "the other try, by Redefine" in named["fidelity"]["reasons"][-1]
    assert named["cost_usd"] == pytest.approx(sum(one["cost_usd"] for one in named["passes"]))


@pytest.mark.long
def test_a_second_try_of_another_model_is_delivered_and_served_again_for_nothing(
    place: Place, crisp: Image.Image, tmp_path: Path
) -> None:
    wrong = drawn(tmp_path / "wrong.png", landscape(900, 600, seed=5))
    with Standin(tmp_path / "standin", Options(pictures={"Text Refine": wrong})) as fal:
        place.use_fal(
            urls(fal), fidelity={"second_try": True}, rules={"directory": str(only_text(tmp_path))}
        )
        drawn(place.path("inbox/hd/a.png"), crisp.resize((1050, 750)))
        place.until_idle()
        drawn(place.path("inbox/hd/b.png"), crisp.resize((1050, 750)))
        place.until_idle()

        assert (fal.ledger()["accepted"], fal.ledger()["billed"]) == (2, 2)
        settled(place, fal)
    told = sidecar(place, "outbox/hd/a.png")
    assert models(told) == ["Text Refine", "High Fidelity V2"]
    assert (told["status"], told["fidelity"]["verdict"]) == ("done", "pass")
    assert any("asked once more: High Fidelity V2" in note for note in told["notes"])
    assert told["other_try"]["model"] == "Text Refine"
    assert sidecar(place, "outbox/hd/b.png")["cost_usd"] == 0


def only_text(folder: Path) -> Path:
    """Return a directory of rules in which every picture is text."""
    rules = folder / "rules"
    rules.mkdir()
    text = (REPOSITORY / "rules" / "models-unified.toml").read_text()
    core = '[family.core]\nmodel = "{}"\nparams = {{ output_format = "png" }}\n'
    own = text.replace(core.format("Standard V2"), core.format("Text Refine"))
    assert own != text
    (rules / "models-unified.toml").write_text(own)
    return rules


# ---- models that pause


@pytest.mark.long
def test_a_model_of_which_too_much_fails_pauses_until_resume(place: Place, tmp_path: Path) -> None:
    with Standin(tmp_path / "standin") as fal:
        place.use_fal(urls(fal))
        settings = parse_settings(load_mapping(place.config), source=place.config)
        ledger = open_ledger(settings)
        ledger.create()
        ledger.add([ended(number, "fail" if number < 5 else "pass") for number in range(20)])
        ledger.close()
        drawn(place.path("inbox/hd-core/a.png"), landscape(1200, 800))

        log = place.until_idle(code=3)

        (job,) = (one for path, one in place.jobs().items() if path == "hd-core/a.png")
        assert job["hold"] == "endpoint"
        assert "5 of its last 20 results did not pass" in job["reason"]
        assert "`upscaled resume`" in job["reason"]
        assert "model_paused" in log
        (paused,) = place.ask("status")["paused_models"]
        assert paused["model"] == "Standard V2"
        assert fal.ledger()["accepted"] == 0

        place.run("resume")
        place.until_idle()

        assert fal.ledger()["accepted"] == 1
        assert place.ask("status")["paused_models"] == []
        settled(place, fal)
    assert PLAY_KEY not in log
