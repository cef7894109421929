"""`check` asks fal what costs nothing: may the key list, and do the endpoints take what we send."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from place import Place
from standin import Standin
from upscaled.cli.check_fal import fal_warnings
from upscaled.edge.toml import load_settings
from upscaled.reading import read_rules

UNIFIED = "fal-ai/topaz/upscale/image"


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    """Run a stand-in of fal for one test."""
    with Standin(tmp_path / "standin") as server:
        yield server


def urls(fal: Standin) -> dict[str, str]:
    return {name: getattr(fal, name) for name in ("queue_url", "rest_url", "cdn_url", "api_url")}


def warned(place: Place, fal: Standin, **more: Any) -> tuple[str, ...]:
    place.use_fal({**urls(fal), **more})
    settings = load_settings(place.config)
    return fal_warnings(settings, read_rules(settings).catalogues["fal"], "play-key")


def described(**changes: Any) -> dict[str, Any]:
    """Return fal's description of the unified endpoint, changed."""
    one = {"endpoint_id": UNIFIED, "metadata": {"status": "active"}, **changes}
    return {"on": "models", "do": "merge", "json": {"models": [one]}}


def schema(*fields: str, models: tuple[str, ...] = ()) -> dict[str, Any]:
    word = {"model": {"anyOf": [{"type": "string", "enum": list(models)}]}} if models else {}
    shown = {"properties": {**{name: {} for name in fields}, **word}}
    return {"openapi": {"components": {"schemas": {"Whatever": shown}}}}


@pytest.mark.parametrize("family", ["unified", "split"])
def test_rules_that_agree_with_fal_give_no_warning(place: Place, fal: Standin, family: str) -> None:
    assert warned(place, fal, family=family) == ()


def test_a_key_that_may_not_list_requests_is_told(place: Place, fal: Standin) -> None:
    fal.script([{"on": "list", "do": "forbidden"}])

    place.use_fal(urls(fal))
    told = place.ask("check")

    assert told["ok"]
    assert any("list requests (403)" in warning for warning in told["warnings"])
    assert fal.ledger()["submits"] == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"on": "models", "do": "merge", "json": {"models": []}}, "does not offer"),
        ({"on": "models", "do": "not_found"}, "does not offer"),
        (described(metadata={"status": "deprecated"}), "deprecated"),
        (described(**schema("image_url", "model")), "takes no output_format any more"),
        (described(**schema("image_url", models=("CGI",))), "offers no model Standard V2 any more"),
        ({"on": "models", "do": "not_json"}, "could not be asked"),
        ({"on": "models", "do": "merge", "json": {"models": 7}}, "could not be asked"),
        ({"on": "models", "do": "unavailable"}, "could not be asked"),
        ({"on": "list", "do": "unauthorized"}, "does not know the key"),
        ({"on": "list", "do": "bad_gateway"}, "could not be asked for"),
    ],
)
def test_what_fal_has_changed_is_told_before_a_picture_is_refused(
    place: Place, fal: Standin, fault: dict[str, Any], words: str
) -> None:
    fal.script([fault])

    told = warned(place, fal)

    assert any(words in warning for warning in told), told
    assert fal.ledger()["pending"] == []


def test_an_endpoint_is_read_once_a_day(place: Place, fal: Standin) -> None:
    place.path("state").mkdir()
    warned(place, fal)
    fal.script([{"on": "models", "do": "unavailable", "idle": True}])

    assert warned(place, fal) == ()


def test_without_a_network_check_warns_and_is_content(place: Place, fal: Standin) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}"
    place.use_fal({**urls(fal), "api_url": nowhere})

    told = place.ask("check")

    assert told["ok"]
    assert any("could not be asked" in warning for warning in told["warnings"])
